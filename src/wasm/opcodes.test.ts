import { describe, expect, it } from "vitest";
import { judgeModule } from "../../test/support/agree.ts";
import { encodeModule } from "./encode-module.ts";
import { FUNCREF, type FunctionType, V128 } from "./module.ts";
import * as o from "./opcodes.ts";

/** Immediates with which an instruction is valid in `moduleOf`. */
const IMMEDIATES_OF: { readonly [kind: number]: readonly number[] } = {
  [o.NONE]: [],
  [o.FUNC]: [0],
  [o.TABLE]: [0],
  [o.ELEM]: [0],
  [o.DATA]: [0],
  [o.MEMARG]: [0, 0],
  [o.MEMARG_LANE]: [0, 0, 0],
  [o.MEMORY]: [0],
  [o.MEMORY_MEMORY]: [0, 0],
  [o.DATA_MEMORY]: [0, 0],
  [o.ELEM_TABLE]: [0, 0],
  [o.TABLE_TABLE]: [0, 0],
  [o.I32_CONST]: [0],
  [o.I64_CONST]: [0],
  [o.F32_CONST]: [0, 0, 0, 0],
  [o.F64_CONST]: [0, 0, 0, 0, 0, 0, 0, 0],
  [o.V128_CONST]: new Array<number>(16).fill(0),
  [o.SHUFFLE]: new Array<number>(16).fill(0),
  [o.LANE]: [0],
};

function opcodeBytes(key: number): readonly number[] {
  if (key < o.KEY_MISC) return [key];
  const prefix = key < o.KEY_SIMD ? o.PREFIX_MISC : o.PREFIX_SIMD;
  const sub = key & 0xff;
  return sub < 0x80 ? [prefix, sub] : [prefix, sub, 0x01];
}

/** A function that is nothing but one instruction, its operands as parameters and its results as results. */
function moduleOf(type: FunctionType, instruction: readonly number[]): Uint8Array<ArrayBuffer> {
  return encodeModule({
    types: [type],
    functions: [0],
    tables: [{ element: FUNCREF, limits: { min: 1, max: undefined } }],
    memories: [{ min: 1, max: undefined }],
    elements: [{ mode: "passive", table: 0, type: FUNCREF, items: [0] }],
    dataCount: 1,
    bodies: [{ code: [...type.params.flatMap((_, i) => [o.OP_LOCAL_GET, i]), ...instruction, o.OP_END] }],
    data: [{ mode: "passive", bytes: [] }],
  });
}

const keys = [...o.NAMES.keys()].filter((key) => o.NAMES[key] !== undefined);

describe("the table of instructions", () => {
  it("names every key once, and each name is a constant", () => {
    const constants = new Map(Object.entries(o).filter(([name]) => name.startsWith("OP_")));
    for (const key of keys) {
      const constant = `OP_${(o.NAMES[key] ?? "").toUpperCase().replaceAll(".", "_")}`;
      expect([constant, constants.get(constant)]).toEqual([constant, key]);
    }
    expect(constants.size).toBe(keys.length);
    expect(new Set(o.NAMES).size).toBe(keys.length + 1);
  });

  it("has all 236 vector instructions and 18 with the other prefix", () => {
    expect(keys.filter((key) => key >= o.KEY_SIMD).length).toBe(236);
    expect(keys.filter((key) => key >= o.KEY_MISC && key < o.KEY_SIMD).length).toBe(18);
  });

  it("knows the immediates exactly where it knows the name", () => {
    for (let key = 0; key < o.KEY_COUNT; key++) {
      expect(o.IMMEDIATES[key] === o.UNKNOWN).toBe(o.NAMES[key] === undefined);
    }
  });

  it("gives each fixed signature as the engine sees it", () => {
    let count = 0;
    for (const key of keys) {
      const type = o.SIGNATURES[key];
      if (type === undefined) continue;
      const immediates = IMMEDIATES_OF[o.IMMEDIATES[key] as number];
      expect([o.NAMES[key], immediates]).not.toEqual([o.NAMES[key], undefined]);
      const bytes = moduleOf(type, [...opcodeBytes(key), ...(immediates ?? [])]);
      expect([o.NAMES[key], WebAssembly.validate(bytes)]).toEqual([o.NAMES[key], true]);
      expect([o.NAMES[key], judgeModule(bytes)]).toEqual([o.NAMES[key], { code: "ok", message: "" }]);
      count++;
    }
    expect(count).toBe(keys.length - 31);
  });

  it("takes the alignment and the lanes that the engine takes, and no more", () => {
    for (const key of keys) {
      const type = o.SIGNATURES[key];
      const kind = o.IMMEDIATES[key] as number;
      const size = o.SIZES[key] as number;
      const tries: number[][] = [];
      if (kind === o.MEMARG) tries.push([size, 0], [size + 1, 0]);
      if (kind === o.MEMARG_LANE) tries.push([size + 1, 0, 0], [size, 0, (16 >> size) - 1], [size, 0, 16 >> size]);
      if (kind === o.LANE) tries.push([size - 1], [size]);
      for (const immediates of type === undefined ? [] : tries) {
        const bytes = moduleOf(type as FunctionType, [...opcodeBytes(key), ...immediates]);
        const ours = judgeModule(bytes).code === "ok";
        expect([o.NAMES[key], immediates, ours]).toEqual([o.NAMES[key], immediates, WebAssembly.validate(bytes)]);
      }
    }
  });

  it("has a first operand of each type where the engine wants one", () => {
    // The same instructions with a wrong operand: a signature that was too lenient would pass.
    for (const key of keys) {
      const type = o.SIGNATURES[key];
      if (type === undefined || type.params.length === 0) continue;
      const wrong = type.params.map((param, i) => (i === 0 ? (param === V128 ? FUNCREF : V128) : param));
      const immediates = IMMEDIATES_OF[o.IMMEDIATES[key] as number] ?? [];
      const bytes = moduleOf({ params: wrong, results: type.results }, [...opcodeBytes(key), ...immediates]);
      expect([o.NAMES[key], judgeModule(bytes).code]).toEqual([o.NAMES[key], "invalid"]);
    }
  });
});

describe("refused instructions", () => {
  const empty: FunctionType = { params: [], results: [] };

  it.each([
    [[0xfe, 0x03, 0x00], "atomic.fence (threads)"],
    [[0xfe, 0x10, 0x02, 0x00], "i32.atomic.load (threads)"],
    [[0xfe, 0x4e, 0x03, 0x00], "i64.atomic.rmw32.cmpxchg_u (threads)"],
    [[0xfd, 0x80, 0x02], "i8x16.relaxed_swizzle (relaxed SIMD)"],
    [[0xfd, 0x93, 0x02], "i32x4.relaxed_dot_i8x16_i7x16_add_s (relaxed SIMD)"],
    [[0xfb, 0x00, 0x00], "struct.new (garbage-collected types)"],
    [[0xfb, 0x1e], "i31.get_u (garbage-collected types)"],
    [[0xd3], "ref.eq (garbage-collected types)"],
    [[0x06, 0x40], "try (legacy exception handling)"],
    [[0x07, 0x00], "catch (legacy exception handling)"],
    [[0x09, 0x00], "rethrow (legacy exception handling)"],
    [[0x18, 0x00], "delegate (legacy exception handling)"],
    [[0x19], "catch_all (legacy exception handling)"],
    [[0x14, 0x00], "call_ref (typed function references)"],
    [[0x15, 0x00], "return_call_ref (typed function references)"],
    [[0xd4], "ref.as_non_null (typed function references)"],
    [[0xd5, 0x00], "br_on_null (typed function references)"],
    [[0xd6, 0x00], "br_on_non_null (typed function references)"],
    [[0x28, 0x42, 0x00, 0x00], "i32.load of a second memory (multi-memory)"],
    [[0x3f, 0x01], "memory.size of a second memory (multi-memory)"],
    [[0xfc, 0x0a, 0x00, 0x01], "memory.copy of a second memory (multi-memory)"],
    [[0x28, 0x02, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], "i32.load with a 64-bit offset (memory64)"],
  ])("%j by name and place", (instruction, name) => {
    const bytes = moduleOf(empty, [...instruction, o.OP_END]);
    const offset = lastIndexOf(bytes, instruction).toString(16);
    const { code, message } = judgeModule(bytes);
    expect([code, message]).toEqual(["unsupported", expect.stringContaining(`0x${offset}: ${name} is not supported`)]);
    expect(message).toContain("code section: function 0");
  });

  it("calls what does not exist malformed", () => {
    for (const instruction of [
      [0x16],
      [0xff],
      [0xfc, 0x12],
      [0xfd, 0x9a, 0x01],
      [0xfd, 0x94, 0x02],
      [0xfb, 0x1f],
      [0xfe, 0x4f],
    ]) {
      const { code, message } = judgeModule(moduleOf(empty, instruction));
      expect([code, message]).toEqual(["malformed", expect.stringContaining("unknown instruction 0x")]);
    }
  });
});

function lastIndexOf(bytes: Uint8Array, part: readonly number[]): number {
  for (let at = bytes.length - part.length; at >= 0; at--) {
    if (part.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}
