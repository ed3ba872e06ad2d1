import { describe, expect, it } from "vitest";
import { SAMPLE_MODULE } from "../../test/support/sample-module.ts";
import { BLOCK_EMPTY, CATCH, CATCH_ALL_REF, InstructionCursor } from "./cursor.ts";
import { decodeModule } from "./decode.ts";
import { EXTERNREF, I32 } from "./module.ts";
import * as o from "./opcodes.ts";

function cursorOn(...bytes: readonly number[]): InstructionCursor {
  const cursor = new InstructionCursor(Uint8Array.from(bytes));
  expect(cursor.next()).toBe(true);
  expect(cursor.position).toBe(bytes.length);
  expect(cursor.next()).toBe(false);
  return cursor;
}

describe("immediates", () => {
  it("of i32.const and of indices", () => {
    expect(cursorOn(o.OP_I32_CONST, 0x80, 0x7f).value).toBe(-128);
    expect(cursorOn(o.OP_LOCAL_GET, 0x80, 0x01).index).toBe(128);
    expect(cursorOn(o.OP_CALL_INDIRECT, 3, 4)).toMatchObject({ index: 3, index2: 4 });
    expect(cursorOn(o.PREFIX_MISC, 0x0e, 1, 2)).toMatchObject({ opcode: o.OP_TABLE_COPY, index: 1, index2: 2 });
    expect(cursorOn(o.PREFIX_MISC, 0x08, 5, 0)).toMatchObject({ opcode: o.OP_MEMORY_INIT, index: 5 });
  });

  it("of the other constants, on demand", () => {
    expect(cursorOn(o.OP_I64_CONST, 0x7f).i64).toBe(-1n);
    expect(cursorOn(o.OP_I64_CONST, ...new Array<number>(9).fill(0x80), 0x7f).i64).toBe(-(2n ** 63n));
    expect(cursorOn(o.OP_F32_CONST, 1, 0, 0xa0, 0x7f).f32Bits).toBe(0x7fa00001);
    expect(cursorOn(o.OP_F64_CONST, 1, 0, 0, 0, 0, 0, 0xf4, 0x7f).f64Bits).toBe(0x7ff4000000000001n);
    const lanes = Array.from({ length: 16 }, (_, i) => i);
    expect([...cursorOn(o.PREFIX_SIMD, 0x0c, ...lanes).v128]).toEqual(lanes);
    expect([...cursorOn(o.PREFIX_SIMD, 0x0d, ...lanes).v128]).toEqual(lanes);
  });

  it("of memory accesses and lanes", () => {
    expect(cursorOn(o.OP_I32_LOAD, 2, 0xff, 0xff, 0xff, 0xff, 0x0f)).toMatchObject({
      align: 2,
      memoryOffset: 0xffffffff,
    });
    expect(cursorOn(o.PREFIX_SIMD, 0x54, 0, 7, 15)).toMatchObject({ align: 0, memoryOffset: 7, lane: 15 });
    expect(cursorOn(o.PREFIX_SIMD, 0x15, 9)).toMatchObject({ opcode: o.OP_I8X16_EXTRACT_LANE_S, lane: 9 });
  });

  it("of blocks and types", () => {
    expect(cursorOn(o.OP_BLOCK, 0x40).blockType).toBe(BLOCK_EMPTY);
    expect(cursorOn(o.OP_LOOP, I32).blockType).toBe(I32 - 0x80);
    expect(cursorOn(o.OP_IF, 0x85, 0x01).blockType).toBe(0x85);
    expect(cursorOn(o.OP_REF_NULL, EXTERNREF).type).toBe(EXTERNREF);
    expect(cursorOn(o.OP_SELECT_T, 1, I32).type).toBe(I32);
  });

  it("of br_table and try_table", () => {
    const table = cursorOn(o.OP_BR_TABLE, 2, 5, 6, 7);
    expect([...table.labels.subarray(0, table.labelCount)]).toEqual([5, 6, 7]);
    const many = Array.from({ length: 100 }, (_, i) => i);
    const large = cursorOn(o.OP_BR_TABLE, 99, ...many);
    expect([...large.labels.subarray(0, large.labelCount)]).toEqual(many);
    expect(cursorOn(o.OP_TRY_TABLE, 0x40, 2, CATCH, 3, 4, CATCH_ALL_REF, 5).catches).toEqual([
      { kind: CATCH, tag: 3, label: 4 },
      { kind: CATCH_ALL_REF, tag: 0, label: 5 },
    ]);
  });

  it("reads prefixed opcodes of any length", () => {
    expect(cursorOn(o.PREFIX_SIMD, 0xff, 0x01).opcode).toBe(o.OP_F64X2_CONVERT_LOW_I32X4_U);
    expect(cursorOn(o.PREFIX_MISC, 0x80, 0x80, 0x00).opcode).toBe(o.OP_I32_TRUNC_SAT_F32_S);
  });
});

describe("walking", () => {
  it("visits each instruction of a body once and ends at its end", () => {
    const module = decodeModule(SAMPLE_MODULE);
    const body = module.bodies[1];
    if (body === undefined) throw new Error("expected a body");
    const cursor = new InstructionCursor(module.bytes, body.codeStart, body.end);
    const names: string[] = [];
    let end = body.codeStart;
    while (cursor.next()) {
      expect(cursor.offset).toBe(end);
      end = cursor.position;
      names.push(o.NAMES[cursor.opcode] ?? "?");
    }
    expect(end).toBe(body.end);
    expect(names.slice(0, 7)).toEqual(["local.get", "block", "local.get", "local.get", "br_table", "end", "local.get"]);
    expect(names.at(-1)).toBe("end");
  });

  it("finds the end of an expression, blocks and all", () => {
    const bytes = Uint8Array.from([
      o.OP_BLOCK,
      0x40,
      o.OP_LOOP,
      0x40,
      o.OP_END,
      o.OP_END,
      o.OP_NOP,
      o.OP_END,
      o.OP_END,
    ]);
    expect(new InstructionCursor(bytes).skipExpression()).toBe(8);
    expect(() => new InstructionCursor(bytes, 0, 7).skipExpression()).toThrow("the expression has no end");
  });

  it.each([
    ["block type", [o.OP_BLOCK, 0x41]],
    ["catch clause", [o.OP_TRY_TABLE, 0x40, 1, 4, 0]],
    ["alignment", [o.OP_I32_LOAD, 0x80, 0x01, 0]],
    ["count of labels", [o.OP_BR_TABLE, 9, 0]],
  ])("refuses a malformed %s", (_, bytes) => {
    const cursor = new InstructionCursor(Uint8Array.from(bytes));
    expect(() => cursor.next()).toThrow(expect.objectContaining({ name: "WasmError", code: "malformed" }));
  });
});
