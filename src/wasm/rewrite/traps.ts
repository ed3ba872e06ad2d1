/**
 * Properties of instructions: which can trap (docs/spec/gas.md, "Traps"), for functions without them need no checkpoints;
 * which change a table.
 * @module
 */

import * as o from "../opcodes.ts";

const OTHERS = [
  o.OP_UNREACHABLE,
  o.OP_THROW_REF,
  o.OP_CALL_INDIRECT,
  o.OP_RETURN_CALL_INDIRECT,
  o.OP_TABLE_GET,
  o.OP_TABLE_SET,
  o.OP_MEMORY_INIT,
  o.OP_MEMORY_COPY,
  o.OP_MEMORY_FILL,
  o.OP_TABLE_INIT,
  o.OP_TABLE_COPY,
  o.OP_TABLE_FILL,
];

/** 1 for each instruction that can trap, by opcode key. */
export const CAN_TRAP: Uint8Array = Uint8Array.from(o.NAMES, (name, key) => {
  if (name === undefined) return 0;
  const kind = o.IMMEDIATES[key];
  if (kind === o.MEMARG || kind === o.MEMARG_LANE || OTHERS.includes(key)) return 1;
  return /^i(32|64)\.(div|rem)_|^i(32|64)\.trunc_f/.test(name) ? 1 : 0;
});

const TABLE_CHANGES = [o.OP_TABLE_SET, o.OP_TABLE_INIT, o.OP_TABLE_COPY, o.OP_TABLE_FILL, o.OP_TABLE_GROW];

/** 1 for each instruction that changes a table, by opcode key. */
export const CHANGES_TABLES: Uint8Array = Uint8Array.from(o.NAMES, (_, key) => (TABLE_CHANGES.includes(key) ? 1 : 0));
