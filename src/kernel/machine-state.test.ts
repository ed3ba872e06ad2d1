import { describe, expect, it } from "vitest";
import type { FunctionText, ModuleText } from "../../test/support/assemble.ts";
import { call, machineOf, programOf, WHOLE } from "../../test/support/machine-run.ts";
import type { Frame, MachineState, Pending } from "../image/index.ts";
import { Suspend } from "./host.ts";
import { StateError } from "./machine-errors.ts";

const fn = (code: string, more: Partial<FunctionText> = {}): FunctionText => ({ name: "f", code, ...more });
const TABLE = { tables: [{ element: 0x70, limits: { min: 3, max: 10 } }] };

describe("a saved state that does not fit", () => {
  const text: ModuleText = {
    imports: { "env.ask": "-> i32", "env.other": "f32 -> i64" },
    memory: [1, 2],
    globals: ["mut i32 i32.const 0", "i64 i64.const 0"],
    functions: [
      fn("local.get 0 f64.const 1 call 3 local.set 0 drop drop local.get 0", { type: "i32 -> i32" }),
      { type: "-> i32", code: "loop end call 0" },
    ],
    more: { ...TABLE, dataCount: 1, data: [{ mode: "passive", bytes: [1] }] },
  };
  const program = programOf(text);
  const init = {
    imports: { "env.ask": () => new Suspend(new Promise(() => {})), "env.other": () => 0n },
    memoryPagesMax: 4,
  };
  const good = structuredClone(call(program, "f", [1], init).machine.freeze({ copy: true }));
  const [outer, inner] = good.frames as [Frame, Frame];
  const withFrames = (...frames: Frame[]): MachineState => ({ ...good, frames });
  const withPending = (pending: Pending): MachineState => ({ ...good, pending });

  it("is the exception", () => {
    expect(good).toMatchObject({
      frames: [
        { func: 2, point: 1 },
        { func: 3, point: 2 },
      ],
      pending: { kind: "call", func: 0 },
    });
    const machine = machineOf(program, { ...init, imports: { ...init.imports, "env.ask": () => 8 } }, good);
    expect(machine.run(WHOLE)).toEqual({ kind: "done", results: [8] });
  });

  it.each<[what: string, state: MachineState, message: string]>([
    ["an imported function", withFrames({ ...outer, func: 0 }, inner), "frame 0: function 0 has no safepoint 1"],
    [
      "a function that does not exist",
      withFrames({ ...outer, func: 9 }, inner),
      "frame 0: function 9 has no safepoint 1",
    ],
    [
      "a function number that is none",
      withFrames({ ...outer, func: -1 }, inner),
      "frame 0: function -1 has no safepoint 1",
    ],
    [
      "a safepoint that does not exist",
      withFrames(outer, { ...inner, point: 7 }),
      "frame 1: function 3 has no safepoint 7",
    ],
    ["a negative safepoint", withFrames(outer, { ...inner, point: -1 }), "frame 1: function 3 has no safepoint -1"],
    ["a fractional safepoint", withFrames(outer, { ...inner, point: 0.5 }), "frame 1: function 3 has no safepoint 0.5"],
    ["too few values", withFrames({ ...outer, values: [] }, inner), "frame 0: has 0 values where"],
    ["too many values", withFrames({ ...outer, values: [...outer.values, 1] }, inner), "frame 0: has"],
    [
      "values of other types",
      withFrames({ ...outer, values: outer.values.map(() => null) }, inner),
      "frame 0: has a value 0 that is not",
    ],
    [
      "a frame inside one that is at a loop",
      withFrames({ func: 3, point: 1, values: [] }, inner),
      "frame 1: the frame around it is not at a call",
    ],
    [
      "a frame inside one at its entry",
      withFrames({ func: 2, point: 0, values: [1] }, inner),
      "frame 1: the frame around it is not at a call",
    ],
    [
      "a call that nothing waits for",
      withFrames(outer, { func: 3, point: 1, values: [] }),
      "pending: the innermost frame waits for nothing",
    ],
    ["nothing for a frame that waits", withPending({ kind: "none" }), "pending: the innermost frame waits for results"],
    [
      "results without a frame",
      { ...withFrames(), pending: { kind: "results", values: [1] } },
      "pending: results without a frame",
    ],
    [
      "results of other types",
      withPending({ kind: "results", values: [1n] }),
      "pending: has a value 0 that is not i32",
    ],
    ["too many results", withPending({ kind: "results", values: [1, 2] }), "pending: has 2 values where 1 belong"],
    [
      "a call of a function that is no import",
      withPending({ kind: "call", func: 2, args: [1], state: null }),
      "pending: function 2 is not an import",
    ],
    [
      "a call of a negative function",
      withPending({ kind: "call", func: -1, args: [], state: null }),
      "pending: function -1 is not an import",
    ],
    [
      "a call with wrong arguments",
      withPending({ kind: "call", func: 0, args: [1], state: null }),
      "pending: the call has 1 values where 0 belong",
    ],
    [
      "a call with other results",
      withPending({ kind: "call", func: 1, args: [1], state: null }),
      "pending: the call gives other results",
    ],
    ["no memory", { ...good, memories: [] }, "memories: 0 where the module has 1"],
    ["too few pages", { ...good, memories: [{ pages: 0, bytes: new Uint8Array(0) }] }, "memory: 0 pages do not fit"],
    [
      "more pages than declared",
      { ...good, memories: [{ pages: 3, bytes: new Uint8Array(3 << 16) }] },
      "memory: 3 pages do not fit",
    ],
    ["other bytes than pages", { ...good, memories: [{ pages: 1, bytes: new Uint8Array(9) }] }, "memory: its bytes"],
    ["no table", { ...good, tables: [] }, "tables: 0 where the module has 1"],
    ["a shorter table", { ...good, tables: [[null]] }, "table 0: 1 elements do not fit"],
    ["a longer table", { ...good, tables: [new Array(11).fill(null)] }, "table 0: 11 elements do not fit"],
    [
      "another table than the module's, which it never changes",
      { ...good, tables: [[null, 3, null]] },
      "table 0: element 1 is not the module's",
    ],
    ["too few globals", { ...good, globals: [1] }, "globals: 1 where the module has 2"],
    ["a global of another type", { ...good, globals: [1n, 0n] }, "global 0: has a value 0 that is not i32"],
    [
      "a dropped segment that can not be",
      { ...good, droppedData: [3] },
      "droppedData: the module never drops segment 3",
    ],
    ["negative gas", { ...good, counters: { gasUsed: -1 } }, "counters: gas used is negative"],
    ["gas that is no number", { ...good, counters: { gasUsed: Number.NaN } }, "counters: gas used is negative"],
  ])("with %s", (_, state, message) => {
    const make = () => machineOf(program, init, state);
    expect(make).toThrow(StateError);
    expect(make).toThrow(message);
  });

  it("is refused with functions that do not exist in a table that the module changes", () => {
    const changing = programOf({
      functions: [fn("i32.const 0 ref.null funcref table.set 0", { type: "->" })],
      more: TABLE,
    });
    const saved = machineOf(changing).freeze({ copy: true });
    expect(() => machineOf(changing, {}, { ...saved, tables: [[null, 4, null]] })).toThrow(
      "table 0: element 1 names function 4",
    );
    expect(machineOf(changing, {}, { ...saved, tables: [[null, 0, null]] }).freeze().tables).toEqual([[null, 0, null]]);
  });
});
