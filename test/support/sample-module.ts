/**
 * A small valid module that has every section, every kind of import and export, and most kinds of immediates: what tests of
 * the WebAssembly layer cut, flip and change.
 *
 * @module
 */
import { encodeModule, type ModuleParts } from "../../src/wasm/encode-module.ts";
import { EXNREF, EXTERNREF, F64, FUNCREF, I32, I64, V128 } from "../../src/wasm/module.ts";
import * as o from "../../src/wasm/opcodes.ts";

const BLOCK_EMPTY = 0x40;
const ANSWER = [o.OP_I32_CONST, 42] as const;

/** Locals: 0 and 1 are i32 parameters, 2 and 3 i64, 4 v128. */
const ARITHMETIC: readonly number[] = [
  ...[o.OP_LOCAL_GET, 1, o.OP_BLOCK, I32, o.OP_LOCAL_GET, 0, o.OP_LOCAL_GET, 1, o.OP_BR_TABLE, 2, 0, 0, 0, o.OP_END],
  ...[o.OP_LOCAL_GET, 1, o.OP_IF, 1, o.OP_I32_ADD, o.OP_ELSE, o.OP_I32_SUB, o.OP_END, o.OP_DROP],
  ...[o.OP_LOOP, BLOCK_EMPTY, o.OP_LOCAL_GET, 0, o.OP_I32_EQZ, o.OP_BR_IF, 0, o.OP_END],
  ...[o.OP_I64_CONST, 0x80, 0x7f, o.OP_LOCAL_TEE, 2, o.OP_LOCAL_SET, 3],
  ...[o.OP_F32_CONST, 0, 0, 0x80, 0x3f, o.OP_DROP, o.OP_F64_CONST, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, o.OP_DROP],
  ...[o.PREFIX_SIMD, 0x0c, ...Array.from({ length: 16 }, (_, i) => i), o.OP_LOCAL_SET, 4],
  ...[o.OP_LOCAL_GET, 4, o.OP_LOCAL_GET, 4, o.PREFIX_SIMD, 0x0d, ...Array.from({ length: 16 }, (_, i) => 31 - i)],
  ...[o.PREFIX_SIMD, 0x15, 15, o.OP_DROP],
  ...[o.OP_I32_CONST, 0, o.OP_LOCAL_GET, 4, o.PREFIX_SIMD, 0x57, 3, 8, 1, o.OP_DROP],
  ...[...ANSWER, o.OP_GLOBAL_SET, 1, o.OP_GLOBAL_GET, 0, o.OP_I32_LOAD, 2, 0x80, 0x01],
  ...[o.OP_I32_CONST, 1, o.OP_I32_CONST, 2, o.OP_I32_CONST, 3, o.OP_SELECT_T, 1, I32],
  ...[o.OP_I32_CONST, 0, o.OP_CALL_INDIRECT, 1, 1, o.OP_END],
];

const REFERENCES: readonly number[] = [
  ...[o.OP_I32_CONST, 0, o.OP_REF_FUNC, 1, o.OP_TABLE_SET, 1, o.OP_REF_NULL, EXTERNREF, o.OP_REF_IS_NULL, o.OP_DROP],
  ...[o.OP_I32_CONST, 0, o.OP_I32_CONST, 0, o.OP_I32_CONST, 0, o.PREFIX_MISC, 12, 1, 1],
  ...[o.OP_I32_CONST, 0, o.OP_I32_CONST, 0, o.OP_I32_CONST, 0, o.PREFIX_MISC, 14, 1, 0, o.PREFIX_MISC, 13, 1],
  ...[o.OP_I32_CONST, 0, o.OP_I32_CONST, 0, o.OP_I32_CONST, 0, o.PREFIX_MISC, 8, 1, 0, o.PREFIX_MISC, 9, 1],
  ...[o.OP_I32_CONST, 0, o.OP_I32_CONST, 0, o.OP_I32_CONST, 0, o.PREFIX_MISC, 10, 0, 0, o.OP_MEMORY_SIZE, 0, o.OP_DROP],
  ...[o.OP_BLOCK, EXNREF, o.OP_BLOCK, I32, o.OP_TRY_TABLE, BLOCK_EMPTY, 2, 0, 0, 0, 3, 1],
  ...[...ANSWER, o.OP_THROW, 1, o.OP_END, o.OP_RETURN, o.OP_END, o.OP_DROP, o.OP_RETURN, o.OP_END, o.OP_THROW_REF],
  o.OP_END,
];

const TAIL_CALL: readonly number[] = [o.OP_LOCAL_GET, 0, o.OP_RETURN_CALL, 3, o.OP_END];

function nameSection(): Uint8Array {
  const name = (text: string) => [text.length, ...new TextEncoder().encode(text)];
  const functions = [2, 1, ...name("references"), 2, ...name("arithmetic")];
  return Uint8Array.from([0, 7, ...name("sample"), 1, functions.length, ...functions]);
}

export const SAMPLE_PARTS: ModuleParts = {
  types: [
    { params: [], results: [] },
    { params: [I32, I32], results: [I32] },
    { params: [I64], results: [I64, F64] },
    { params: [I32], results: [] },
  ],
  imports: [
    { module: "env", name: "add", kind: "func", type: 1 },
    { module: "env", name: "table", kind: "table", table: { element: FUNCREF, limits: { min: 1, max: undefined } } },
    { module: "env", name: "base", kind: "global", global: { type: I32, mutable: false } },
    { module: "env", name: "error", kind: "tag", type: 3 },
  ],
  functions: [0, 1, 2, 2],
  tables: [
    { element: FUNCREF, limits: { min: 4, max: 10 } },
    { element: EXTERNREF, limits: { min: 1, max: undefined } },
  ],
  memories: [{ min: 1, max: 16 }],
  tags: [3],
  globals: [
    { global: { type: I32, mutable: true }, init: [...ANSWER, o.OP_END] },
    { global: { type: FUNCREF, mutable: false }, init: [o.OP_REF_FUNC, 1, o.OP_END] },
    { global: { type: I32, mutable: false }, init: [o.OP_GLOBAL_GET, 0, ...ANSWER, o.OP_I32_ADD, o.OP_END] },
    { global: { type: V128, mutable: true }, init: [o.PREFIX_SIMD, 0x0c, ...new Array<number>(16).fill(1), o.OP_END] },
  ],
  exports: [
    { name: "run", kind: "func", index: 2 },
    { name: "table", kind: "table", index: 1 },
    { name: "memory", kind: "memory", index: 0 },
    { name: "base", kind: "global", index: 0 },
    { name: "error", kind: "tag", index: 1 },
  ],
  start: 1,
  elements: [
    { mode: "active", table: 1, type: FUNCREF, offset: [o.OP_I32_CONST, 1, o.OP_END], items: [2, null, 0] },
    { mode: "passive", table: 0, type: FUNCREF, items: [1, { global: 2 }] },
    { mode: "declarative", table: 0, type: FUNCREF, items: [3] },
  ],
  dataCount: 2,
  bodies: [
    { code: REFERENCES },
    {
      locals: [
        { count: 2, type: I64 },
        { count: 1, type: V128 },
      ],
      code: ARITHMETIC,
    },
    { code: TAIL_CALL },
    { code: TAIL_CALL },
  ],
  data: [
    { mode: "active", offset: [o.OP_GLOBAL_GET, 0, o.OP_END], bytes: [1, 2, 3] },
    { mode: "passive", bytes: [4, 5] },
  ],
  customs: [
    { name: "name", bytes: nameSection() },
    { name: "producers", bytes: Uint8Array.of(1, 2, 3) },
  ],
};

export const SAMPLE_MODULE: Uint8Array<ArrayBuffer> = encodeModule(SAMPLE_PARTS);
