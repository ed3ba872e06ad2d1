/**
 * Properties of instructions: which need the exact gas at hand when they trap, and which change a table.
 * @module
 */

import * as o from "../opcodes.ts";

/**
 * 1 for each instruction before which the gas is stored, by opcode key, so that a trap in it is accounted exactly
 * (docs/spec/gas.md, "Traps"). Memory accesses are too many for that; calls through tables do it themselves.
 */
export const EXACT_AT_TRAP: Uint8Array = Uint8Array.from(o.NAMES, (name, key) =>
  name !== undefined && (key === o.OP_UNREACHABLE || /^i(32|64)\.(div|rem)_|^i(32|64)\.trunc_f/.test(name)) ? 1 : 0,
);

const TABLE_CHANGES = [o.OP_TABLE_SET, o.OP_TABLE_INIT, o.OP_TABLE_COPY, o.OP_TABLE_FILL, o.OP_TABLE_GROW];

/** 1 for each instruction that changes a table, by opcode key. */
export const CHANGES_TABLES: Uint8Array = Uint8Array.from(o.NAMES, (_, key) => (TABLE_CHANGES.includes(key) ? 1 : 0));
