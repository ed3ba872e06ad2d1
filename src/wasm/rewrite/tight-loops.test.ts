/** Loops that are run several iterations at a time charge and stop as if they were not. */
import { describe, expect, it } from "vitest";
import { compare } from "../../../test/random/compare.ts";
import { assembleModule, type FunctionText, type ModuleText } from "../../../test/support/assemble.ts";
import { call, type Outcome, summary, WHOLE } from "../../../test/support/machine-run.ts";
import { makeProgram, type Program, type Value } from "../../kernel/index.ts";
import { decodeModule } from "../decode.ts";
import { OP_LOOP } from "../opcodes.ts";
import { analyseFlow } from "./analyse-flow.ts";
import { makeBody } from "./body.ts";
import { tightLoopEnd } from "./tight-loops.ts";

/** Around one, two, three and four iterations of the loops below. */
const SLICES = [0, 1, 7, 8, 9, 10, 11, 12, 17, 18, 19, 20, 26, 27, 28, 34, 35, 36, 37, 44, 45] as const;
const COUNT_DOWN = "local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0";

const LOOPS: { readonly [name: string]: Pick<ModuleText, "functions" | "memory"> } = {
  sum: {
    functions: [
      {
        name: "f",
        type: "i32 -> i32",
        locals: "i32",
        code: `loop local.get 0 local.get 1 i32.add local.set 1 ${COUNT_DOWN} end local.get 1`,
      },
    ],
  },
  "a loop in a loop": {
    functions: [
      {
        name: "f",
        type: "i32 -> i32",
        locals: "3*i32",
        code: `local.get 0 local.set 1
          loop
            local.get 0 local.set 2
            loop local.get 3 i32.const 31 i32.mul local.get 2 i32.add local.set 3 local.get 2 i32.const 1 i32.sub local.tee 2 br_if 0 end
            local.get 1 i32.const 1 i32.sub local.tee 1 br_if 0
          end local.get 3`,
      },
    ],
  },
  "a division that traps in the end": {
    functions: [
      {
        name: "f",
        type: "i32 -> i32",
        locals: "i32",
        code: `loop i32.const 1000 local.get 0 i32.div_u local.set 1 local.get 0 i32.const 1 i32.sub local.set 0 local.get 0 i32.const -1 i32.ne br_if 0 end local.get 1`,
      },
    ],
  },
  "a load that runs out of memory": {
    memory: [1, 1],
    functions: [
      {
        name: "f",
        type: "i32 -> i32",
        locals: "i32",
        code: `i32.const 65536 local.get 0 i32.sub local.set 0
          loop local.get 1 local.get 0 i32.load8_u i32.add local.set 1 local.get 0 i32.const 1 i32.add local.tee 0 br_if 0 end local.get 1`,
      },
    ],
  },
  "stores and a global's worth of floats": {
    memory: [1],
    functions: [
      {
        name: "f",
        type: "i32 -> i32",
        locals: "f32",
        code: `loop local.get 0 i32.const 4 i32.mul local.get 1 f32.const 0 f32.const 0 f32.div f32.add local.tee 1 f32.store ${COUNT_DOWN} end
          i32.const 4 i32.load`,
      },
    ],
  },
};

function programOf(text: ModuleText): Program {
  return makeProgram({ bytes: assembleModule(text) });
}

function everySlice(program: Program, args: readonly Value[], expected: Outcome): void {
  for (const slice of SLICES) {
    const run = call(program, "f", args, {}, { slice, thaws: slice === 0 || slice === 20 });
    expect({ slice, ...(summary(run) as object) }).toEqual({ slice, ...(summary(expected) as object) });
  }
}

describe("tight loops", () => {
  for (const [name, text] of Object.entries(LOOPS)) {
    it(`${name}: is one`, () => {
      const module = decodeModule(assembleModule(text));
      const body = makeBody(module, 0);
      const flow = analyseFlow(body);
      const openers = [...body.op.keys()].filter((i) => body.op[i] === OP_LOOP);
      expect(openers.some((opener) => tightLoopEnd(flow, opener) !== undefined)).toBe(true);
    });

    it(`${name}: gas and state do not depend on slices or on how many iterations there are to go`, () => {
      const program = programOf(text);
      for (const count of [1, 3, 4, 5, 9]) {
        const whole = call(program, "f", [count], {}, { slice: WHOLE, thaws: false });
        everySlice(program, [count], whole);
      }
    });

    it(`${name}: the oracle agrees`, () => {
      const [loop] = text.functions as [FunctionText];
      const { name: _, ...inner } = loop;
      // Arguments are random, and must not be counts of billions.
      const outer = {
        name: "f",
        type: "i32 -> i32",
        code: "local.get 0 i32.const 31 i32.and i32.const 1 i32.add call 0",
      };
      const bytes = assembleModule({ ...text, functions: [inner, outer] });
      for (let seed = 0; seed < 8; seed++) {
        expect(compare(bytes, { seed, gasMax: 20_000 })).toMatchObject({ kind: "same" });
      }
    });
  }

  it("count exactly", () => {
    const program = programOf(LOOPS.sum as ModuleText);
    // Nine instructions an iteration (loop and end are free), one behind the loop.
    expect(call(program, "f", [10]).gasUsed).toBe(10 * 9 + 1);
    const divides = programOf(LOOPS["a division that traps in the end"] as ModuleText);
    const trap = call(divides, "f", [6]);
    expect(trap.stop).toMatchObject({ kind: "trap", code: "divide-by-zero" });
    // The seventh iteration is charged as a whole, and traps.
    expect(trap.gasUsed).toBe(7 * 12);
  });

  it("are none if they are long, have results, or hold anything that could stop", () => {
    const tight = (code: string, type = "i32 ->"): boolean => {
      const module = decodeModule(assembleModule({ functions: [{ type, code }, { code: "" }], memory: [1] }));
      const body = makeBody(module, 0);
      return tightLoopEnd(analyseFlow(body), 0) !== undefined;
    };
    expect(tight(`loop ${COUNT_DOWN} end`)).toBe(true);
    expect(tight(`loop ${"nop ".repeat(60)} ${COUNT_DOWN} end`)).toBe(false);
    expect(tight(`loop call 1 ${COUNT_DOWN} end`)).toBe(false);
    expect(tight(`loop i32.const 0 memory.grow drop ${COUNT_DOWN} end`)).toBe(false);
    expect(tight(`loop block ${COUNT_DOWN} end end`)).toBe(false);
    expect(tight(`loop ${COUNT_DOWN} nop end`)).toBe(false);
    expect(tight(`loop i32 i32.const 1 ${COUNT_DOWN} end drop`)).toBe(false);
  });
});
