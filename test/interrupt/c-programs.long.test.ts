/**
 * Each C program stopped at every safepoint and more seldom, and frozen at every single stop: through the bytes of a file,
 * into a new process with a new instance.
 */
import { describe, expect, it } from "vitest";
import { C_PROGRAMS, makeSubject, outcomeOf } from "./c-programs.ts";

const SLICES = [1, 2, 3, 7, 100, 10_007] as const;

describe("C programs, frozen at every stop", () => {
  for (const program of C_PROGRAMS) {
    const subject = makeSubject(program);
    for (const gas of SLICES) {
      it(`${program.name} ends the same in slices of ${gas} gas`, () => {
        const run = subject.run({ gas, freezeEvery: 1 });
        expect(outcomeOf(run)).toEqual(outcomeOf(subject.whole));
        expect(run.freezes).toBe(run.stops);
        expect(subject.faults).toEqual([]);
      });
    }
  }
});
