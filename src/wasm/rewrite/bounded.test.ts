import { describe, expect, it } from "vitest";
import { assembleModule, type FunctionText, type ModuleText } from "../../../test/support/assemble.ts";
import { decodeModule } from "../decode.ts";
import { validateModule } from "../validate.ts";
import {
  BOUNDED_BODY_BYTES_MAX,
  BOUNDED_COST_MAX,
  BOUNDED_STACK_SLOTS_MAX,
  FRAME_BASE_SLOTS,
  findBounded,
} from "./bounded.ts";

/** Which of the functions are bounded, imported ones first. */
function boundedOf(functions: readonly FunctionText[], more: Partial<ModuleText> = {}): boolean[] {
  const module = decodeModule(assembleModule({ functions, ...more }));
  validateModule(module);
  return [...findBounded(module)].map((flag) => flag === 1);
}

const nops = (count: number): string => "nop ".repeat(count);

describe("findBounded", () => {
  it.each([
    ["straight code", "i32.const 1 drop", true],
    ["blocks, arms and branches", "block i32.const 1 br_if 0 i32.const 0 if nop else nop end end", true],
    ["a trap", "unreachable", true],
    ["memory accesses", "i32.const 0 i32.const 0 i32.load i32.store", true],
    ["data.drop and elem.drop", "data.drop 0 elem.drop 0", true],
    ["table.get and table.set", "i32.const 0 i32.const 0 table.get 0 table.set 0", true],
    ["a loop", "loop end", false],
    ["memory.grow", "i32.const 0 memory.grow drop", false],
    ["table.grow", "ref.null funcref i32.const 0 table.grow 0 drop", false],
    ["memory.fill", "i32.const 0 i32.const 0 i32.const 0 memory.fill", false],
    ["memory.copy", "i32.const 0 i32.const 0 i32.const 0 memory.copy", false],
    ["memory.init", "i32.const 0 i32.const 0 i32.const 0 memory.init 0", false],
    ["table.fill", "i32.const 0 ref.null funcref i32.const 0 table.fill 0", false],
    ["table.copy", "i32.const 0 i32.const 0 i32.const 0 table.copy 0 0", false],
    ["table.init", "i32.const 0 i32.const 0 i32.const 0 table.init 0 0", false],
    ["call_indirect", "i32.const 0 call_indirect [->] 0", false],
    ["return_call", "return_call 1", false],
    ["return_call_indirect", "i32.const 0 return_call_indirect [->] 0", false],
    ["throw", "throw 0", false],
    ["try_table", "try_table end", false],
    ["a loop in dead code", "return loop end", true],
    ["a throw in dead code of an arm", "i32.const 0 if unreachable throw 0 end", true],
    ["a loop after an endless block is left", "block br 0 end loop end", false],
  ])("knows that %s is bounded, or not", (_, code, expected) => {
    const more: Partial<ModuleText> = {
      memory: [1],
      tags: [""],
      more: {
        tables: [{ element: 0x70, limits: { min: 1, max: 9 } }],
        elements: [{ mode: "passive", table: 0, type: 0x70, items: [0] }],
        dataCount: 1,
        data: [{ mode: "passive", bytes: [1] }],
      },
    };
    expect(boundedOf([{ code }, { code: "" }], more)).toEqual([expected, true]);
  });

  it("adds up the cost of instructions and locals", () => {
    expect(boundedOf([{ code: nops(BOUNDED_COST_MAX) }, { code: nops(BOUNDED_COST_MAX + 1) }])).toEqual([true, false]);
    expect(
      boundedOf([
        { locals: "16*i32", code: nops(BOUNDED_COST_MAX - 2) },
        { locals: "16*i32", code: nops(BOUNDED_COST_MAX - 1) },
        { locals: "7*i32", code: nops(BOUNDED_COST_MAX) },
      ]),
    ).toEqual([true, false, true]);
  });

  it("counts a callee's cost at each of its calls", () => {
    const callee = { code: nops(300) };
    const costly = { code: `${nops(97)} call 0 call 0 call 0` };
    const tooCostly = { code: `${nops(98)} call 0 call 0 call 0` };
    expect(boundedOf([callee, costly, tooCostly])).toEqual([true, true, false]);
  });

  it("counts no dead code", () => {
    expect(boundedOf([{ code: `return ${nops(BOUNDED_COST_MAX + 1)}` }])).toEqual([true]);
  });

  it("limits the stack along the deepest path of calls, vectors counted twice", () => {
    const room = BOUNDED_STACK_SLOTS_MAX - FRAME_BASE_SLOTS;
    expect(
      boundedOf([
        { locals: `${room}*i32`, code: "" },
        { locals: `${room}*i64`, code: "i32.const 0 drop" },
        { locals: `${room / 2}*v128`, code: "" },
        { locals: `${room / 2 - 1}*v128`, code: `v128.const ${"00".repeat(16)} drop` },
        { locals: `${room / 2}*v128`, code: `v128.const ${"00".repeat(16)} drop` },
      ]),
    ).toEqual([true, false, true, true, false]);
    const callee = { locals: `${room - FRAME_BASE_SLOTS - 1}*i32`, code: "" };
    expect(boundedOf([callee, { code: "call 0 i32.const 0 drop" }, { locals: "2*i32", code: "call 0" }])).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("looks at no long bodies", () => {
    // Each pair takes 12 bytes; one byte for the locals, one for the last end.
    const pair = "i64.const -9223372036854775808 drop ";
    const pairs = Math.floor((BOUNDED_BODY_BYTES_MAX - 2) / 12);
    const rest = BOUNDED_BODY_BYTES_MAX - 2 - pairs * 12;
    expect(
      boundedOf([{ code: pair.repeat(pairs) + nops(rest) }, { code: pair.repeat(pairs) + nops(rest + 1) }]),
    ).toEqual([true, false]);
  });

  it("knows that recursion and calls of unbounded functions are unbounded", () => {
    expect(
      boundedOf(
        [
          { code: "call 1" },
          { code: "call 3" },
          { code: "call 2" },
          { code: "call 5" },
          { code: "" },
          { code: "i32.const 0 if call 0 end" },
          { code: "call 8" },
          { code: "loop end" },
        ],
        { imports: { "env.f": "->" } },
      ),
    ).toEqual([false, false, false, false, true, true, false, false, false]);
  });
});
