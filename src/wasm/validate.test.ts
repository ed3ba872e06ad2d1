import { describe, expect, it } from "vitest";
import { disagreement, judgeModule } from "../../test/support/agree.ts";
import { SAMPLE_MODULE } from "../../test/support/sample-module.ts";
import { encodeModule, type ModuleParts } from "./encode-module.ts";
import { BR_TABLE_LABELS_MAX, NESTING_MAX } from "./limits.ts";
import { EXNREF, EXTERNREF, F32, FUNCREF, type FunctionType, I32, I64 } from "./module.ts";
import * as o from "./opcodes.ts";

const EMPTY = 0x40;
const ZERO = [o.OP_I32_CONST, 0] as const;
const BIG = [o.OP_I64_CONST, 0] as const;
const END = o.OP_END;

/** Types that functions and blocks of these tests use, by index. */
const TYPES: readonly FunctionType[] = [
  { params: [], results: [] },
  { params: [], results: [I32] },
  { params: [I32], results: [I32] },
  { params: [I32, I64], results: [I64, I32] },
  { params: [I64], results: [] },
];

function moduleOf(code: readonly number[], more: ModuleParts = {}): Uint8Array<ArrayBuffer> {
  return encodeModule({
    types: TYPES,
    functions: [0, 2],
    tables: [
      { element: FUNCREF, limits: { min: 1, max: undefined } },
      { element: EXTERNREF, limits: { min: 1, max: undefined } },
    ],
    memories: [{ min: 1, max: undefined }],
    tags: [4],
    globals: [
      { global: { type: I32, mutable: false }, init: [...ZERO, END] },
      { global: { type: I64, mutable: true }, init: [...BIG, END] },
    ],
    bodies: [{ locals: [{ count: 1, type: F32 }], code }, { code: [o.OP_LOCAL_GET, 0, END] }],
    ...more,
  });
}

/** Our verdict, after it was held against the engine's. */
function judge(bytes: Uint8Array<ArrayBuffer>): string {
  expect(disagreement(bytes)).toBeUndefined();
  const { code, message } = judgeModule(bytes);
  return code === "ok" ? code : `${code} ${message}`;
}

describe("bodies that are valid", () => {
  it.each<[string, readonly number[]]>([
    ["nothing", []],
    ["block parameters", [...ZERO, o.OP_BLOCK, 2, END, o.OP_DROP]],
    ["several results", [...ZERO, ...BIG, o.OP_BLOCK, 3, ...BIG, ...ZERO, o.OP_BR, 0, END, o.OP_DROP, o.OP_DROP]],
    ["a loop whose label takes its parameters", [...ZERO, o.OP_LOOP, 2, ...ZERO, o.OP_BR_IF, 0, END, o.OP_DROP]],
    ["any operand after unreachable", [o.OP_UNREACHABLE, o.OP_I32_ADD, o.OP_I64_EXTEND_I32_S, o.OP_DROP]],
    ["a choice of two unknowns", [o.OP_UNREACHABLE, o.OP_SELECT, o.OP_I64_EQZ, o.OP_DROP]],
    ["a choice of a known and an unknown", [o.OP_UNREACHABLE, ...BIG, ...ZERO, o.OP_SELECT, o.OP_I64_EQZ, o.OP_DROP]],
    ["a reference out of nowhere", [o.OP_UNREACHABLE, o.OP_REF_IS_NULL, o.OP_DROP]],
    ["code after br", [o.OP_BLOCK, EMPTY, o.OP_BR, 0, o.OP_I32_ADD, o.OP_DROP, END]],
    ["code after return", [o.OP_RETURN, o.OP_F32_ADD, o.OP_DROP]],
    ["an else after unreachable", [...ZERO, o.OP_IF, 1, o.OP_UNREACHABLE, o.OP_ELSE, ...ZERO, END, o.OP_DROP]],
    ["labels of other types in unreachable code", brTableUnreachable()],
    [
      "a caught exception",
      [o.OP_BLOCK, I64, o.OP_TRY_TABLE, EMPTY, 1, 0, 0, 0, ...BIG, o.OP_THROW, 0, END, ...BIG, END, o.OP_DROP],
    ],
    ["a caught reference", [o.OP_BLOCK, EXNREF, o.OP_TRY_TABLE, EMPTY, 1, 3, 0, END, o.OP_RETURN, END, o.OP_THROW_REF]],
    ["a tail call in a function without results", [o.OP_RETURN_CALL, 0]],
    [
      "select of references by type",
      [o.OP_REF_NULL, FUNCREF, o.OP_REF_NULL, FUNCREF, ...ZERO, o.OP_SELECT_T, 1, FUNCREF, o.OP_DROP],
    ],
  ])("%s", (_, code) => {
    expect(judge(moduleOf([...code, END]))).toBe("ok");
  });
});

function brTableUnreachable(): number[] {
  const inner = [o.OP_UNREACHABLE, o.OP_BR_TABLE, 1, 0, 1, END, o.OP_DROP, ...ZERO];
  return [o.OP_BLOCK, I32, o.OP_BLOCK, I64, ...inner, END, o.OP_DROP];
}

describe("bodies that are not valid", () => {
  it.each<[string, readonly number[], string]>([
    ["a missing operand", [o.OP_I32_EQZ], "i32.eqz: expected i32, found nothing"],
    ["a wrong operand", [...BIG, o.OP_I32_EQZ], "i32.eqz: expected i32, found i64"],
    ["a value left over", [...ZERO], "end: 1 operands are left over at the end of the block"],
    ["a value left over in a block", [o.OP_BLOCK, EMPTY, ...ZERO, END], "end: 1 operands are left over"],
    ["a value from outside of the block", [...ZERO, o.OP_BLOCK, EMPTY, o.OP_DROP, END], "drop: expected an operand"],
    ["a wrong value after unreachable", [o.OP_UNREACHABLE, ...BIG, o.OP_I32_EQZ], "i32.eqz: expected i32, found i64"],
    ["an unknown local", [o.OP_LOCAL_GET, 1], "local.get: unknown local 1, there is 1"],
    ["an unknown global", [o.OP_GLOBAL_GET, 9], "global.get: unknown global 9, there are 2"],
    ["an immutable global", [...ZERO, o.OP_GLOBAL_SET, 0], "global.set: global 0 is immutable"],
    ["an unknown function", [o.OP_CALL, 9], "call: unknown function 9, there are 2"],
    ["an unknown label", [o.OP_BR, 1], "br: unknown label 1, 1 are open"],
    ["an unknown type", [o.OP_BLOCK, 9, END], "block: unknown type 9, there are 5"],
    ["an unknown table", [...ZERO, o.OP_TABLE_GET, 2], "table.get: unknown table 2, there are 2"],
    ["an unknown element segment", [0xfc, 13, 0], "elem.drop: unknown element segment 0, there are 0"],
    ["an unknown tag", [o.OP_THROW, 1], "throw: unknown tag 1, there is 1"],
    [
      "a call through a table of others",
      [...ZERO, o.OP_CALL_INDIRECT, 0, 1],
      "table 1 holds externref, expected funcref",
    ],
    ["an if that drops its result", [...ZERO, o.OP_IF, I32, ...ZERO, END, o.OP_DROP], "an if without else must have"],
    ["an else without if", [o.OP_BLOCK, EMPTY, o.OP_ELSE, END], "else: there is no if that it belongs to"],
    ["a second else", [...ZERO, o.OP_IF, EMPTY, o.OP_ELSE, o.OP_ELSE, END], "else: there is no if that it belongs to"],
    [
      "labels of other arity",
      [o.OP_BLOCK, I32, ...ZERO, ...ZERO, o.OP_BR_TABLE, 1, 0, 1, END, o.OP_DROP],
      "label 0 takes 1",
    ],
    [
      "select of references",
      [o.OP_REF_NULL, FUNCREF, o.OP_REF_NULL, FUNCREF, ...ZERO, o.OP_SELECT, o.OP_DROP],
      "the select that names",
    ],
    ["select of two types", [...ZERO, ...BIG, ...ZERO, o.OP_SELECT, o.OP_DROP], "found i32 and i64"],
    ["a test of a number", [...ZERO, o.OP_REF_IS_NULL, o.OP_DROP], "ref.is_null: expected a reference, found i32"],
    ["an undeclared reference", [o.OP_REF_FUNC, 0, o.OP_DROP], "function 0 is not declared for references"],
    [
      "too large an alignment",
      [...ZERO, o.OP_I32_LOAD, 3, 0, o.OP_DROP],
      "its alignment of 2^3 is larger than the 4 bytes",
    ],
    ["a copy between tables of two types", [...ZERO, ...ZERO, ...ZERO, 0xfc, 14, 0, 1], "the table holds funcref"],
    ["a tail call with other results", [...ZERO, o.OP_RETURN_CALL, 1], "the function called has other results"],
    [
      "a catch with other types",
      [o.OP_TRY_TABLE, EMPTY, 1, 0, 0, 0, END],
      "a clause gives [i64] to label 0, which takes []",
    ],
  ])("%s", (_, code, message) => {
    const verdict = judge(moduleOf([...code, END]));
    expect(verdict).toContain(message);
    expect(verdict).toMatch(/^invalid code section: function 0 at 0x[0-9a-f]+: /);
  });

  it("names the function and the offset", () => {
    const bytes = moduleOf([...ZERO, END], { exports: [{ name: "main", kind: "func", index: 0 }] });
    const at = (bytes.length - 10).toString(16);
    expect(judge(bytes)).toBe(
      `invalid code section: function 0 "main" at 0x${at}: end: 1 operands are left over at the end of the block`,
    );
  });

  it("calls code without or beyond its end malformed", () => {
    expect(judge(moduleOf([o.OP_BLOCK, EMPTY, END]))).toContain("malformed code section: function 0");
    expect(judge(moduleOf([o.OP_NOP, o.OP_NOP]))).toContain("the body has no end");
    expect(judge(moduleOf([END, o.OP_NOP, END]))).toContain("code is left over after the function's end");
    expect(judge(moduleOf([o.OP_I32_CONST]))).toContain("unexpected end");
  });

  it("asks for a data count where code names a data segment", () => {
    const data = [{ mode: "passive", bytes: [] }] as const;
    const code = [0xfc, 9, 0, END];
    expect(judge(moduleOf(code, { data }))).toContain("malformed code section: function 0");
    expect(judge(moduleOf(code, { data, dataCount: 1 }))).toBe("ok");
    expect(judge(moduleOf([0xfc, 9, 1, END], { data, dataCount: 1 }))).toContain("unknown data segment 1, there is 1");
  });

  it("asks for a memory", () => {
    expect(judge(moduleOf([...ZERO, o.OP_I32_LOAD, 0, 0, o.OP_DROP, END], { memories: [] }))).toContain(
      "there is no memory",
    );
    expect(judge(moduleOf([o.OP_MEMORY_SIZE, 0, o.OP_DROP, END], { memories: [] }))).toContain("there is no memory");
  });
});

describe("modules", () => {
  it("takes a module with everything", () => {
    expect(judge(SAMPLE_MODULE)).toBe("ok");
  });

  it.each<[string, ModuleParts, string]>([
    ["a function of an unknown type", { functions: [9, 0] }, "function section: function 0: unknown type 9"],
    [
      "an import of an unknown type",
      { imports: [{ module: "", name: "", kind: "func", type: 9 }] },
      "import section: import 0",
    ],
    ["a tag with results", { tags: [1] }, "tag section: tag 0: the type of a tag has no results"],
    ["a name exported twice", { exports: twice() }, 'export section: export 1: the name "a" is exported twice'],
    [
      "an export of nothing",
      { exports: [{ name: "a", kind: "memory", index: 1 }] },
      "export section: export 0: unknown memory 1",
    ],
    ["a start function with parameters", { start: 1 }, "start section: function 1 has parameters or results"],
    ["an unknown start function", { start: 9 }, "start section: unknown function 9"],
    ["a global of another type", globalOf([...BIG, END]), "global section: global 0 at 0x"],
    [
      "a global that is computed",
      globalOf([...ZERO, o.OP_I32_EQZ, END]),
      "i32.eqz: it cannot be in a constant expression",
    ],
    ["a global that needs a later one", globalOf([o.OP_GLOBAL_GET, 0, END]), "global 0 has no value yet"],
    ["a global with two values", globalOf([...ZERO, ...ZERO, END]), "end: 1 operands are left over"],
    ["elements of an unknown function", elementsOf([9]), "element section: element segment 0: unknown function 9"],
    ["elements of a number", elementsOf([{ global: 0 }]), "global 0 is i32, the segment holds funcref"],
    ["elements of a mutable global", elementsOf([{ global: 1 }]), "global 1 is mutable"],
    ["elements for a table of others", elementsOf([], 1), "table 1 holds externref, the segment funcref"],
    [
      "data for no memory",
      { memories: [], data: [{ mode: "active", offset: [...ZERO, END], bytes: [] }] },
      "unknown memory 0",
    ],
    [
      "data at a mutable offset",
      { data: [{ mode: "active", offset: [o.OP_GLOBAL_GET, 1, END], bytes: [] }] },
      "data segment 0",
    ],
  ])("refuses %s", (_, parts, message) => {
    const verdict = judge(moduleOf([END], parts));
    expect(verdict).toContain(message);
    expect(verdict).toMatch(/^invalid/);
  });

  it("takes references to what exports, globals and elements declare", () => {
    const code = [o.OP_REF_FUNC, 1, o.OP_DROP, END];
    expect(judge(moduleOf(code, { exports: [{ name: "a", kind: "func", index: 1 }] }))).toBe("ok");
    expect(judge(moduleOf(code, { elements: [{ mode: "declarative", table: 0, type: FUNCREF, items: [1] }] }))).toBe(
      "ok",
    );
    expect(judge(moduleOf(code, globalOf([o.OP_REF_FUNC, 1, END], FUNCREF)))).toBe("ok");
    expect(judge(moduleOf(code, { start: 0 }))).toContain("is not declared for references");
  });
});

function twice(): NonNullable<ModuleParts["exports"]> {
  return [
    { name: "a", kind: "func", index: 0 },
    { name: "a", kind: "memory", index: 0 },
  ];
}

function globalOf(init: readonly number[], type: number = I32): ModuleParts {
  return { globals: [{ global: { type, mutable: false }, init }] };
}

function elementsOf(items: NonNullable<ModuleParts["elements"]>[number]["items"], table = 0): ModuleParts {
  return { elements: [{ mode: "active", table, type: FUNCREF, offset: [...ZERO, END], items }] };
}

describe("limits", () => {
  const nested = (depth: number) => {
    const code = new Uint8Array(depth * 3 + 1);
    for (let i = 0; i < depth; i++) code.set([o.OP_BLOCK, EMPTY], i * 2);
    return encodeModule({ types: TYPES, functions: [0], bodies: [{ code: code.fill(END, depth * 2) }] });
  };

  it("takes blocks nested to the limit and refuses one more", () => {
    expect(judgeModule(nested(NESTING_MAX)).code).toBe("ok");
    const { code, message } = judgeModule(nested(NESTING_MAX + 1));
    expect([code, message]).toEqual(["unsupported", expect.stringContaining(`more than ${NESTING_MAX} nested blocks`)]);
  });

  it("takes as many labels as an engine does", () => {
    const table = (labels: number) => {
      const count = [(labels & 0x7f) | 0x80, ((labels >> 7) & 0x7f) | 0x80, labels >> 14];
      const zeros = new Array<number>(labels + 1).fill(0);
      return moduleOf([...ZERO, o.OP_BR_TABLE, ...count, ...zeros, END]);
    };
    expect(judge(table(BR_TABLE_LABELS_MAX))).toBe("ok");
    expect(judge(table(BR_TABLE_LABELS_MAX + 1))).toContain("unsupported");
  });

  it("keeps more operands and results than its first stacks hold", () => {
    const many = new Array<number>(900).fill(I32);
    const code = [...many.flatMap(() => ZERO), ...many.flatMap(() => ZERO), ...many.map(() => o.OP_DROP), END];
    const bytes = encodeModule({ types: [{ params: [], results: many }], functions: [0], bodies: [{ code }] });
    expect(judge(bytes)).toBe("ok");
  });
});
