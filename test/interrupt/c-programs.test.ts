/**
 * Each C program stopped at every safepoint (slices of 1 gas) and more seldom, and frozen through the bytes of a file at some
 * of the stops: at all of them for the shortest programs. c-programs.long.test.ts freezes at each stop of each program.
 */
import { describe, expect, it } from "vitest";
import { C_PROGRAMS, makeSubject, outcomeOf, type Steps } from "./c-programs.ts";

const SHORT: readonly string[] = ["fib", "sieve", "matmul"];
const SHORT_STEPS: readonly Steps[] = [
  { gas: 1, freezeEvery: 1 },
  { gas: 2, freezeEvery: 3 },
  { gas: 3, freezeEvery: 2 },
  { gas: 7, freezeEvery: 2 },
  { gas: 100, freezeEvery: 1 },
];
/** Freezing costs a hundred times what stopping does; the numbers are prime so that all parts of a loop get their turn. */
const STEPS: readonly Steps[] = [
  { gas: 1, freezeEvery: 41 },
  { gas: 2, freezeEvery: 97 },
  { gas: 3, freezeEvery: 89 },
  { gas: 7, freezeEvery: 59 },
  { gas: 100, freezeEvery: 11 },
  { gas: 10_007, freezeEvery: 1 },
];
/** Safepoints are at most this far apart in these programs: a stop at each of them makes at least so many stops. */
const GAS_BETWEEN_STOPS_MAX = 200;

describe("C programs, interrupted", () => {
  for (const program of C_PROGRAMS) {
    it(`${program.name} ends the same, whatever the slices`, () => {
      const subject = makeSubject(program);
      expect(subject.whole.output).toBe(`${program.testLine}\n`);
      for (const steps of SHORT.includes(program.name) ? SHORT_STEPS : STEPS) {
        const run = subject.run(steps);
        expect({ steps, outcome: outcomeOf(run) }).toEqual({ steps, outcome: outcomeOf(subject.whole) });
        expect(run.freezes).toBe(Math.floor(run.stops / steps.freezeEvery));
        const stopsMin = Math.floor(subject.whole.gasUsed / (steps.gas + GAS_BETWEEN_STOPS_MAX));
        expect(run.stops).toBeGreaterThanOrEqual(stopsMin);
      }
      expect(subject.faults).toEqual([]);
    });
  }
});
