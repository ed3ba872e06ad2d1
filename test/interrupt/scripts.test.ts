/**
 * QuickJS with scripts, stopped in slices of 7, 100 and 10,007 gas and frozen through the bytes of a file at some of the
 * stops. scripts.long.test.ts freezes more often.
 */
import { describe, expect, it } from "vitest";
import { makeScriptSubject, SCRIPTS } from "./scripts.ts";
import { endOf } from "./stepper.ts";

const STEPS: readonly { readonly script: string; readonly gas: number; readonly freezeEvery: number }[] = [
  { script: "smallest", gas: 7, freezeEvery: 499 },
  { script: "smallest", gas: 10_007, freezeEvery: 1 },
  { script: "varied", gas: 100, freezeEvery: 199 },
  { script: "varied", gas: 10_007, freezeEvery: 2 },
  { script: "numbers", gas: 10_007, freezeEvery: 2 },
];

describe("scripts, interrupted", () => {
  for (const [name, script] of Object.entries(SCRIPTS)) {
    it(`${name} ends the same, whatever the slices`, () => {
      const subject = makeScriptSubject(script.source);
      expect(subject.whole.output).toBe(script.output);
      for (const steps of STEPS.filter((item) => item.script === name)) {
        const run = subject.run(steps);
        expect({ steps, output: run.output, ...endOf(run) }).toEqual({
          steps,
          output: script.output,
          ...endOf(subject.whole),
        });
        expect(run.freezes).toBe(Math.floor(run.stops / steps.freezeEvery));
        expect(run.freezes).toBeGreaterThan(10);
      }
      expect(subject.faults).toEqual([]);
    });
  }
});
