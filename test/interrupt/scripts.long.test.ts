/**
 * QuickJS with scripts, stopped as often as at every safepoint, and frozen through the bytes of a file hundreds of times.
 */
import { describe, expect, it } from "vitest";
import { makeScriptSubject, SCRIPTS } from "./scripts.ts";
import { endOf } from "./stepper.ts";

const STEPS: readonly { readonly gas: number; readonly freezeEvery: number }[] = [
  { gas: 1, freezeEvery: 211 },
  { gas: 7, freezeEvery: 127 },
  { gas: 100, freezeEvery: 13 },
  { gas: 10_007, freezeEvery: 1 },
];

describe("scripts, frozen often", () => {
  for (const [name, script] of Object.entries(SCRIPTS)) {
    const subject = makeScriptSubject(script.source);
    for (const { gas, freezeEvery } of STEPS) {
      it(`${name} ends the same in slices of ${gas} gas`, () => {
        const run = subject.run({ gas, freezeEvery });
        expect({ output: run.output, ...endOf(run) }).toEqual({ output: script.output, ...endOf(subject.whole) });
        expect(run.freezes).toBe(Math.floor(run.stops / freezeEvery));
        expect(subject.faults).toEqual([]);
      });
    }
  }
});
