/**
 * Instructions by number. One number (the key) names an instruction: its opcode, or 0x100 + n for sub-opcode n of prefix
 * 0xFC, or 0x200 + n for prefix 0xFD, so that plain arrays serve as tables in the hot loops of the layer.
 * @module
 */

import { F32, F64, FUNCREF, type FunctionType, I32, I64, V128 } from "./module.ts";
import { ROWS, UNKNOWN } from "./opcodes/table.ts";

export * from "./opcodes/core.ts";
export { REFUSALS, type Refusal, refusalKey } from "./opcodes/refused.ts";
export * from "./opcodes/simd.ts";
export {
  BLOCK_TYPE,
  BR_TABLE,
  DATA,
  DATA_MEMORY,
  ELEM,
  ELEM_TABLE,
  F32_CONST,
  F64_CONST,
  FUNC,
  GLOBAL,
  I32_CONST,
  I64_CONST,
  LABEL,
  LANE,
  LOCAL,
  MEMARG,
  MEMARG_LANE,
  MEMORY,
  MEMORY_MEMORY,
  NONE,
  REF_TYPE,
  SELECT_TYPES,
  SHUFFLE,
  TABLE,
  TABLE_TABLE,
  TAG,
  TRY_TABLE,
  TYPE_TABLE,
  UNKNOWN,
  V128_CONST,
} from "./opcodes/table.ts";

export const PREFIX_MISC = 0xfc;
export const PREFIX_SIMD = 0xfd;
export const KEY_MISC = 0x100;
export const KEY_SIMD = 0x200;
/** Every key is below this; tables have this length. */
export const KEY_COUNT = 0x300;

// Letters of the signatures in the table of instructions.
const LETTERS: { readonly [letter: string]: number } = { i: I32, l: I64, f: F32, d: F64, v: V128, r: FUNCREF };

/** Name in the text format (and `select_t` for the select with types). */
export const NAMES: readonly (string | undefined)[] = perKey((names, i) => names[i]);

/** Kind of immediates; `UNKNOWN` where there is no such instruction. */
export const IMMEDIATES: Uint8Array = makeImmediates();

/** Operands and results; undefined where they depend on context (control, parametric, variable, call, reference). */
export const SIGNATURES: readonly (FunctionType | undefined)[] = makeSignatures();

/** Bytes that a memory access touches as a power of two; lanes of an extract or replace; else 0. */
export const SIZES: Uint8Array = makeSizes();

function perKey<T>(get: (names: readonly string[], i: number) => T): (T | undefined)[] {
  const out: (T | undefined)[] = new Array(KEY_COUNT).fill(undefined);
  for (const [start, , , joined] of ROWS) {
    const names = joined.split(" ");
    for (let i = 0; i < names.length; i++) out[start + i] = get(names, i);
  }
  return out;
}

function makeImmediates(): Uint8Array {
  const table = new Uint8Array(KEY_COUNT).fill(UNKNOWN);
  for (const [start, immediates, , names] of ROWS) table.fill(immediates, start, start + names.split(" ").length);
  return table;
}

function makeSizes(): Uint8Array {
  const table = new Uint8Array(KEY_COUNT);
  for (const [start, , , names, size] of ROWS) table.fill(size ?? 0, start, start + names.split(" ").length);
  return table;
}

function lettersToTypes(letters: string): number[] {
  return [...letters].map((letter) => LETTERS[letter] as number);
}

function makeSignatures(): (FunctionType | undefined)[] {
  const table: (FunctionType | undefined)[] = new Array(KEY_COUNT).fill(undefined);
  for (const [start, , signature, names] of ROWS) {
    if (signature === undefined) continue;
    const [params = "", results = ""] = signature.split(":");
    const type: FunctionType = { params: lettersToTypes(params), results: lettersToTypes(results) };
    table.fill(type, start, start + names.split(" ").length);
  }
  return table;
}
