/** Large loops have continuations of their own: those that begin before one save the frame as at its header. */
import { describe, expect, it } from "vitest";
import { assembleModule, type FunctionText } from "../../../test/support/assemble.ts";
import { call, programOf, summary, WHOLE } from "../../../test/support/machine-run.ts";
import { decodeModule } from "../decode.ts";
import { validateModule } from "../validate.ts";
import { makeContinuation, planFunction } from "./continuation.ts";
import { LOOP_CUT_BYTES_MIN } from "./emit-function.ts";

const IMPORTS = { "env.f": "->" };
const HOST = { imports: { "env.f": () => undefined } };

/** Of the loop below, without what fills it. */
const LOOP_BYTES = 21;

/** Adds 1 to local 1 as many times as local 0 says, or once; of so many bytes from `loop` to `end`. */
function loop(bytes: number): string {
  const add = "local.get 1 i32.const 1 i32.add local.set 1";
  const back = "local.get 0 i32.const 1 i32.sub local.tee 0 i32.const 0 i32.gt_s br_if 0";
  return `loop ${"nop ".repeat(bytes - LOOP_BYTES)} ${add} ${back} end`;
}

/** Bytes of the continuation at a safepoint of function 1. */
function continuationBytes(code: string, point: number): number {
  const functions = [{ type: "i32 -> i32", locals: "2*i32", code }];
  const module = decodeModule(assembleModule({ imports: IMPORTS, functions }));
  validateModule(module);
  const plan = planFunction(module, 1, () => false);
  return makeContinuation({ ...plan, point, pointBase: 0, isBounded: () => false, resumption: "results" }).length;
}

const LARGE = loop(LOOP_CUT_BYTES_MIN);

describe("a large loop", () => {
  it.each([
    [LOOP_CUT_BYTES_MIN - 1, false],
    [LOOP_CUT_BYTES_MIN, true],
  ])("of %i bytes: that it is not part of what begins before it is %s", (bytes, isCut) => {
    const code = `call 0 ${loop(bytes)} local.get 1`;
    expect(continuationBytes(code, 1) < 1000).toBe(isCut);
    // That of its header has it.
    expect(continuationBytes(code, 2)).toBeGreaterThan(bytes);
  });

  it("is part of the continuation of a loop around it", () => {
    const code = `loop call 0 ${LARGE} local.get 1 i32.const 8 i32.lt_u br_if 0 end local.get 1`;
    expect(continuationBytes(code, 1)).toBeGreaterThan(LOOP_CUT_BYTES_MIN);
    // After the call the loop around it is not run again before its header.
    expect(continuationBytes(code, 2)).toBeLessThan(1000);
  });

  it.each<[name: string, code: string]>([
    ["after a call", `call 0 ${LARGE} local.get 1`],
    ["above operands", `i32.const 5 call 0 i32.const 7 ${LARGE} i32.add local.get 1 i32.add`],
    ["with a parameter", `call 0 i32.const 5 ${LARGE.replace("loop", "loop [i32 -> i32]")} local.get 1 i32.add`],
    ["in a block that others leave", `block call 0 local.get 0 i32.eqz br_if 0 ${LARGE} end local.get 1`],
    ["in one arm", `call 0 local.get 0 if ${LARGE} else i32.const 9 local.set 1 end local.get 1`],
    [
      "in a loop",
      `loop call 0 i32.const 3 local.set 0 ${LARGE} local.get 1 i32.const 8 i32.lt_u br_if 0 end local.get 1`,
    ],
    ["after another", `call 0 ${LARGE} i32.const 4 local.set 0 ${LARGE} local.get 1`],
  ])("%s ends the same in slices", (_, code) => {
    const f: FunctionText = { name: "f", type: "i32 -> i32", locals: "2*i32", code };
    const program = programOf({ imports: IMPORTS, functions: [f] });
    for (const argument of [0, 1, 5]) {
      const whole = summary(call(program, "f", [argument], HOST));
      for (const slice of [0, 5, 5000, WHOLE]) {
        for (const thaws of [false, true]) {
          expect(summary(call(program, "f", [argument], HOST, { slice, thaws }))).toEqual(whole);
        }
      }
    }
  });
});
