/**
 * QuickJS evaluating the shortest script that there is, from the base image to rest, stopped at every safepoint (slices of 1
 * gas) and more seldom, and frozen at every single stop: through the bytes of a file, into a new process with a new instance.
 */
import { describe, expect, it } from "vitest";
import { makeMessageSubject } from "./scripts.ts";
import { endOf } from "./stepper.ts";

const SLICES = [1, 2, 3, 7, 100] as const;
/** QuickJS has a safepoint every 23 gas or so: a slice of 1 gas ends at each of them. */
const GAS_PER_STOP_MAX = 40;

describe("an evaluation, frozen at every stop", () => {
  const subject = makeMessageSubject(["eval", "a.js", "1+1"]);

  it.for(SLICES)("ends the same in slices of %i gas", async (gas, { annotate }) => {
    const run = subject.run({ gas, freezeEvery: 1 });
    await annotate(`frozen at all of ${run.stops} stops, ${run.gasUsed} gas`);
    expect(endOf(run)).toEqual(endOf(subject.whole));
    expect(run.status).toEqual({ state: "idle" });
    expect(run.freezes).toBe(run.stops);
    expect(run.stops).toBeGreaterThan(subject.whole.gasUsed / (gas + GAS_PER_STOP_MAX));
    expect(subject.faults).toEqual([]);
  });
});
