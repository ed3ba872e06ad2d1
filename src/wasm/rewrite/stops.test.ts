import { describe, expect, it } from "vitest";
import { assembleModule } from "../../../test/support/assemble.ts";
import { call, exportIndex, finish, machineOf, summary, WHOLE } from "../../../test/support/machine-run.ts";
import { makeProgram } from "../../kernel/index.ts";
import { decodeModule } from "../decode.ts";
import { validateModule } from "../validate.ts";
import { planFunction } from "./continuation.ts";
import { findStops, STOPS_MAX } from "./stops.ts";

const IMPORTS = { "env.f": "->" };
const HOST = { imports: { "env.f": () => undefined } };

/** Stops of a function, each as the numbers of the safepoints that share it. */
function stopsOf(code: string, locals = "4*i32"): (readonly number[])[] {
  const module = decodeModule(assembleModule({ imports: IMPORTS, functions: [{ type: "i32 ->", locals, code }] }));
  validateModule(module);
  return findStops(planFunction(module, 1, () => false).plan).all.map((stop) => stop.points);
}

/** A function with so many calls, each charged on its own and with another one local alive; it gives the sum of what they hold. */
function callsWithLocals(count: number): string {
  const steps = Array.from(
    { length: count },
    (_, i) =>
      `block i32.const 0 br_if 0 end i32.const ${i} local.set ${i + 1} call 0 global.get 0 local.get ${i + 1} i32.add global.set 0`,
  );
  return `${steps.join(" ")} global.get 0`;
}

describe("stops", () => {
  it("are shared by safepoints that save the same", () => {
    // The entry saves the parameter, like the first two calls; the third saves nothing.
    expect(stopsOf("call 0 call 0 local.get 0 drop call 0")).toEqual([[0, 1, 2], [3]]);
  });

  it("are not shared where locals, operands or results differ", () => {
    expect(stopsOf("call 0 local.get 0 local.set 1 call 0 local.get 1 drop")).toEqual([[0, 1], [2]]);
    expect(stopsOf("i32.const 1 call 0 drop i32.const 1 i32.const 2 call 0 drop drop")).toEqual([[0], [1], [2]]);
  });

  it.each([STOPS_MAX - 1, STOPS_MAX, STOPS_MAX + 1, STOPS_MAX + 2])("%i calls that share nothing", (calls) => {
    const bytes = assembleModule({
      imports: IMPORTS,
      globals: ["mut i32 i32.const 0"],
      functions: [{ name: "f", type: "i32 -> i32", locals: `${calls}*i32`, code: callsWithLocals(calls) }],
    });
    const { all, of } = findStops(planFunction(decodeModule(bytes), 1, () => false).plan);
    // One more is that of the entry.
    expect(all).toHaveLength(Math.min(calls + 1, STOPS_MAX));
    expect(of.filter((stop) => stop === undefined)).toHaveLength(Math.max(0, calls + 1 - STOPS_MAX));
    const program = makeProgram({ bytes });
    const whole = call(program, "f", [0], HOST, { slice: WHOLE, thaws: false });
    expect(whole.stop).toMatchObject({ kind: "done", results: [(calls * (calls - 1)) / 2] });
    // At the last ones, on both sides of the limit.
    for (let left = 4; left < 60; left += 7) {
      const sliced = call(program, "f", [0], HOST, { slice: whole.gasUsed - left, thaws: false });
      expect(sliced.stops).toBe(1);
      expect(summary(sliced)).toEqual(summary(whole));
      // The same in a continuation: that of the first call, which holds all others.
      const machine = machineOf(program, HOST);
      machine.start(exportIndex(program, "f"), [0]);
      expect(machine.run(0)).toEqual({ kind: "slice" });
      expect(machine.run(whole.gasUsed - left - machine.gasUsed)).toEqual({ kind: "slice" });
      const resumed = finish(program, machine, HOST, { slice: WHOLE, thaws: false });
      expect(summary(resumed)).toEqual(summary(whole));
    }
  });
});
