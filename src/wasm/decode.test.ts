import { describe, expect, it } from "vitest";
import { judgeModule } from "../../test/support/agree.ts";
import { SAMPLE_MODULE } from "../../test/support/sample-module.ts";
import { decodeModule } from "./decode.ts";
import { encodeModule } from "./encode-module.ts";
import type { WasmError } from "./errors.ts";
import { LOCALS_MAX, PARAMS_MAX, TABLE_ELEMENTS_MAX } from "./limits.ts";
import { EXTERNREF, F64, FUNCREF, I32, I64, V128 } from "./module.ts";

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** A module of sections given as id and contents. */
function sections(...parts: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...HEADER, ...parts.flatMap(([id = 0, ...contents]) => [id, contents.length, ...contents])]);
}

function errorOf(bytes: Uint8Array): WasmError {
  try {
    decodeModule(bytes);
  } catch (error) {
    return error as WasmError;
  }
  throw new Error("expected an error");
}

describe("a module with every section", () => {
  const module = decodeModule(SAMPLE_MODULE);

  it("keeps types, imports and exports", () => {
    expect(module.types[2]).toEqual({ params: [I64], results: [I64, F64] });
    expect(module.imports.map(({ module: from, name, kind }) => [from, name, kind])).toEqual([
      ["env", "add", "func"],
      ["env", "table", "table"],
      ["env", "base", "global"],
      ["env", "error", "tag"],
    ]);
    expect(module.exports[1]).toEqual({ name: "table", kind: "table", index: 1 });
    expect(module.start).toBe(1);
  });

  it("puts imported items first in each index space", () => {
    expect(module.functions).toEqual([1, 0, 1, 2, 2]);
    expect(module.tables.map((table) => table.element)).toEqual([FUNCREF, FUNCREF, EXTERNREF]);
    expect(module.tables[1]?.limits).toEqual({ min: 4, max: 10 });
    expect(module.globals.map((global) => [global.type, global.mutable])).toEqual([
      [I32, false],
      [I32, true],
      [FUNCREF, false],
      [I32, false],
      [V128, true],
    ]);
    expect(module.globalInits[0]).toBeUndefined();
    expect(module.globalInits.slice(1).every((init) => init !== undefined)).toBe(true);
    expect([module.importedFunctions, module.importedTables, module.importedMemories]).toEqual([1, 1, 0]);
    expect([module.importedGlobals, module.importedTags]).toEqual([1, 1]);
    expect(module.tags).toEqual([3, 3]);
    expect(module.memories).toEqual([{ min: 1, max: 16 }]);
  });

  it("reads segments, with ranges into the bytes", () => {
    expect(module.elements.map(({ mode, table, items }) => ({ mode, table, items }))).toEqual([
      { mode: "active", table: 1, items: [2, null, 0] },
      { mode: "passive", table: 0, items: [1, { global: 2 }] },
      { mode: "declarative", table: 0, items: [3] },
    ]);
    expect(module.dataCount).toBe(2);
    expect(module.data.map(({ start, end }) => [...SAMPLE_MODULE.subarray(start, end)])).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
    const offset = module.data[0]?.offset;
    expect([...SAMPLE_MODULE.subarray(offset?.start, offset?.end)]).toEqual([0x23, 0, 0x0b]);
    expect(module.data[1]?.offset).toBeUndefined();
  });

  it("reads bodies up to their code", () => {
    const body = module.bodies[1];
    expect(body?.locals).toEqual([
      { count: 2, type: I64 },
      { count: 1, type: V128 },
    ]);
    expect(SAMPLE_MODULE[(body?.end ?? 0) - 1]).toBe(0x0b);
    expect(module.customs.map((custom) => custom.name)).toEqual(["name", "producers"]);
  });
});

describe("element segments", () => {
  const table = [4, 1, 0x70, 0, 4];
  const functions = [
    [1, 1, 0x60, 0, 0],
    [3, 2, 0, 0],
  ];
  const code = [10, 2, 2, 0, 0x0b, 2, 0, 0x0b];
  const offset = [0x41, 1, 0x0b];
  const first = [0xd2, 0, 0x0b];
  const second = [0xd0, 0x70, 0x0b];

  it.each([
    ["0", [0, ...offset, 2, 0, 1], "active", 0, [0, 1]],
    ["1", [1, 0, 2, 0, 1], "passive", 0, [0, 1]],
    ["2", [2, 0, ...offset, 0, 2, 0, 1], "active", 0, [0, 1]],
    ["3", [3, 0, 2, 0, 1], "declarative", 0, [0, 1]],
    ["4", [4, ...offset, 2, ...first, ...second], "active", 0, [0, null]],
    ["5", [5, 0x70, 2, ...first, ...second], "passive", 0, [0, null]],
    ["6", [6, 0, ...offset, 0x70, 2, ...first, ...second], "active", 0, [0, null]],
    ["7", [7, 0x70, 2, ...first, ...second], "declarative", 0, [0, null]],
  ])("form %s", (_, bytes, mode, index, items) => {
    const module = sections(...functions, table, [9, 1, ...bytes], code);
    expect(decodeModule(module).elements).toEqual([
      { mode, table: index, type: FUNCREF, offset: mode === "active" ? expect.anything() : undefined, items },
    ]);
    expect(judgeModule(module).code).toBe("ok");
    expect(WebAssembly.validate(module)).toBe(true);
  });

  it("refuses an eighth form, an unknown kind and items that are not values", () => {
    expect(errorOf(sections([9, 1, 8])).message).toBe("element section: element segment 0 at 0xb: unknown flags 8");
    expect(errorOf(sections([9, 1, 1, 1, 0])).message).toContain("unknown kind of elements 0x1");
    expect(errorOf(sections([9, 1, 5, 0x7f, 0])).message).toContain("expected a reference type");
    expect(errorOf(sections([9, 1, 5, 0x6f, 1, 0xd0, 0x70, 0x0b]))).toMatchObject({
      code: "invalid",
      message: expect.stringContaining("expected externref, found funcref"),
    });
    expect(errorOf(sections([9, 1, 5, 0x70, 1, 0x41, 0, 0x0b]))).toMatchObject({
      code: "invalid",
      message: expect.stringContaining('"i32.const" cannot be in an element'),
    });
    expect(errorOf(sections([9, 1, 5, 0x70, 1, 0xd2, 0])).code).toBe("malformed");
  });
});

describe("malformed modules", () => {
  it.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(), "header: expected a WebAssembly module"],
    [
      "another magic number",
      Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0, 0, 0, 0),
      "header: expected a WebAssembly module",
    ],
    ["text", new TextEncoder().encode("(module)"), "translate it with wat2wasm first"],
    ["another version", Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0), "header at 0x4: expected version 1, got 2"],
    ["an unknown section", sections([14]), "unknown section 14 at 0x8"],
    ["a section twice", sections([1, 0], [1, 0]), "type section at 0xb: occurs twice"],
    ["a section in the wrong place", sections([3, 0], [1, 0]), "type section at 0xb: stands in the wrong place"],
    ["a tag section after globals", sections([6, 0], [13, 0]), "tag section at 0xb: stands in the wrong place"],
    ["a data count after code", sections([10, 0], [12, 0]), "data count section at 0xb: stands in the wrong place"],
    [
      "a section that ends too late",
      Uint8Array.from([...HEADER, 1, 9, 0]),
      "its 9 bytes do not fit the 1 that are left",
    ],
    ["a section without size", Uint8Array.from([...HEADER, 1]), "type section at 0x9: unexpected end"],
    ["bytes left over", sections([1, 0, 0]), "type section at 0xb: bytes are left over"],
    ["a count too large", sections([1, 5, 0x60]), "type section at 0xa: 5 items do not fit the section"],
    ["an unknown type form", sections([1, 1, 0x40]), "type section: type 0 at 0xb: unknown form of type 0x40"],
    ["an unknown value type", sections([1, 1, 0x60, 1, 0x20, 0]), "type section: type 0 at 0xd: unknown type 0x20"],
    ["an unknown import", sections([2, 1, 0, 0, 9]), "import section: import 0 at 0xd: unknown kind of import 0x9"],
    ["an unknown export", sections([7, 1, 0, 9, 0]), "export section: export 0 at 0xc: unknown kind of export 0x9"],
    ["a bad name", sections([7, 1, 1, 0xff, 0, 0]), "export section: export 0 at 0xc: a name is not valid UTF-8"],
    ["a bad mutability", sections([6, 1, 0x7f, 4]), "global section: global 0 at 0xc: unknown mutability 0x4"],
    ["a bad limits flag", sections([5, 1, 0x10, 0]), "memory section: memory 0 at 0xb: unknown limits flags 0x10"],
    ["a bad tag", sections([13, 1, 1, 0]), "tag section: tag 0 at 0xb: unknown attribute of a tag 0x1"],
    [
      "an expression without end",
      sections([6, 1, 0x7f, 0, 0x41, 0]),
      "global section: global 0 at 0xf: the expression",
    ],
    ["functions without code", sections([1, 1, 0x60, 0, 0], [3, 1, 0]), "1 functions are declared, but there are 0"],
    ["code without functions", sections([10, 1, 2, 0, 0x0b]), "0 functions are declared, but there are 1 bodies"],
    ["too little data", sections([12, 1]), "data section: the data count section announces 1 segments"],
    ["a body too large", sections([3, 1, 0], [10, 1, 9, 0]), "code section: function 0 at 0xf: its 9 bytes do not fit"],
    ["an empty body", sections([3, 1, 0], [10, 1, 1, 0]), "code section: function 0 at 0x11: the body ends before"],
    ["data that ends early", sections([11, 1, 1, 9, 0]), "data section: data segment 0 at 0xe: unexpected end"],
  ])("%s", (_, bytes, message) => {
    const error = errorOf(bytes);
    expect([error.code, error.message]).toEqual(["malformed", expect.stringContaining(message)]);
  });

  it("names the function by its export", () => {
    const bytes = sections([1, 1, 0x60, 0, 0], [3, 1, 0], [7, 1, 1, 0x66, 0, 0], [10, 1, 3, 1, 1, 0x20]);
    expect(errorOf(bytes).message).toBe('code section: function 0 "f" at 0x1f: unknown type 0x20');
  });

  it("shows nothing of a name that could confuse a terminal", () => {
    const name = `\u001b[31m\u202e${"x".repeat(200)}`;
    const type = { params: [], results: [] };
    const bytes = encodeModule({
      types: [type],
      functions: [0],
      exports: [{ name, kind: "func", index: 0 }],
      bodies: [{ code: [0x16] }],
    });
    expect(judgeModule(bytes).message).toMatch(/^code section: function 0 "\?\[31m\?x{74}…" at 0x/);
  });
});

describe("refused modules", () => {
  it.each<[string, Uint8Array, string]>([
    ["a component", Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0), "extract its core module first"],
    ["shared memory", sections([5, 1, 3, 1, 1]), "a shared memory (threads) is not supported; build without -pthread"],
    ["memory64", sections([5, 1, 4, 1]), "a 64-bit memory (memory64) is not supported; build for wasm32"],
    ["table64", sections([4, 1, 0x70, 4, 1]), "a 64-bit table (memory64) is not supported"],
    ["pages of another size", sections([5, 1, 8, 1, 0]), "a memory with its own page size is not supported"],
    ["two memories", sections([5, 2, 0, 1, 0, 1]), "memory section: memory 1 at 0xd: a second memory (multi-memory)"],
    ["an imported second memory", sections([2, 1, 0, 0, 2, 0, 1], [5, 1, 0, 1]), "a second memory (multi-memory)"],
    ["a shared global", sections([6, 1, 0x7f, 2, 0x41, 0, 0x0b]), "a shared global (threads)"],
    ["a structure type", sections([1, 1, 0x5f, 0]), "a structure, array or recursive type (garbage-collected types)"],
    ["anyref", sections([1, 1, 0x60, 1, 0x6e, 0]), "type section: type 0 at 0xd: anyref (garbage-collected types)"],
    ["a typed reference", sections([1, 1, 0x60, 1, 0x63, 0, 0]), "a typed reference (typed function references)"],
    ["a table's value", sections([4, 1, 0x40, 0, 0x70, 0, 1]), "an initial value (typed function references)"],
  ])("%s", (_, bytes, message) => {
    const error = errorOf(bytes);
    expect([error.code, error.message]).toEqual(["unsupported", expect.stringContaining(message)]);
  });
});

describe("limits", () => {
  const params = (count: number) =>
    encodeModule({ types: [{ params: new Array<number>(count).fill(I32), results: [] }] });
  const results = (count: number) =>
    encodeModule({ types: [{ params: [], results: new Array<number>(count).fill(I32) }] });
  const table = (min: number) => encodeModule({ tables: [{ element: FUNCREF, limits: { min, max: undefined } }] });
  const locals = (count: number) =>
    encodeModule({
      types: [{ params: [I32], results: [] }],
      functions: [0],
      bodies: [{ locals: [{ count, type: I32 }], code: [0x0b] }],
    });

  it.each<[string, (count: number) => Uint8Array, number, string]>([
    ["parameters", params, PARAMS_MAX, `${PARAMS_MAX + 1} parameters, at most ${PARAMS_MAX} are supported`],
    ["results", results, PARAMS_MAX, `${PARAMS_MAX + 1} results, at most`],
    ["table elements", table, TABLE_ELEMENTS_MAX, `more than ${TABLE_ELEMENTS_MAX} elements`],
    ["locals, the parameter counted", locals, LOCALS_MAX - 1, `${LOCALS_MAX + 1} locals, at most ${LOCALS_MAX}`],
  ])("%s: at the limit and one more", (_, make, countMax, message) => {
    expect(judgeModule(make(countMax)).code).toBe("ok");
    const error = errorOf(make(countMax + 1));
    expect([error.code, error.message]).toEqual(["unsupported", expect.stringContaining(message)]);
  });

  it("memory pages: the specification's limit", () => {
    const memory = (min: number, max?: number) => encodeModule({ memories: [{ min, max }] });
    expect(judgeModule(memory(65536, 65536)).code).toBe("ok");
    expect(errorOf(memory(65537)).code).toBe("invalid");
    expect(errorOf(memory(1, 65537)).code).toBe("invalid");
    expect(errorOf(memory(2, 1)).message).toContain("maximum 1 is below its minimum 2");
  });

  it("more locals than can be counted are malformed", () => {
    const run = [0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f];
    const error = errorOf(sections([1, 1, 0x60, 0, 0], [3, 1, 0], [10, 1, 14, 2, ...run, ...run, 0x0b]));
    expect([error.code, error.message]).toEqual(["malformed", expect.stringContaining("too many locals")]);
  });

  it("arguments that are not bytes are a programmer's error", () => {
    for (const wrong of [undefined, null, "\0asm", [0, 97, 115, 109], new ArrayBuffer(8)]) {
      expect(() => decodeModule(wrong as unknown as Uint8Array)).toThrow(TypeError);
    }
  });
});
