import { describe, expect, it } from "vitest";
import { SLICE_GAS_MIN } from "./limits.ts";
import { SLICE_GAS_MAX } from "./machine.ts";
import { makeSlicer } from "./slicer.ts";

/** A clock that a guest moves by what it uses: so much gas in a millisecond. */
function run(gasPerMs: number, slices: number): number {
  let nowMs = 0;
  const slicer = makeSlicer({ sliceGas: 1 << 24, now: () => nowMs });
  for (let n = 0; n < slices; n++) {
    nowMs += slicer.begin() / gasPerMs;
    slicer.end(0);
  }
  return slicer.begin();
}

describe("the size of slices", () => {
  it("follows the speed of the machine", () => {
    expect(run(1_000_000, 40) / run(100_000, 40)).toBeCloseTo(10, 0);
  });

  it("stays within its bounds on very slow and very fast machines", () => {
    expect(run(1, 100)).toBe(SLICE_GAS_MIN);
    expect(run(1e12, 100)).toBe(SLICE_GAS_MAX);
  });

  it("is fixed without a clock", () => {
    const slicer = makeSlicer({ sliceGas: 12_345 });
    slicer.end(0);
    expect(slicer.begin()).toBe(12_345);
  });

  it("is over when its time is, whatever it has used, and the next is shorter", () => {
    let nowMs = 0;
    const slicer = makeSlicer({ sliceGas: 1 << 24, now: () => nowMs });
    for (let n = 0; n < 20; n++) {
      nowMs += slicer.begin() / 1_000_000;
      slicer.end(0);
    }
    const gas = slicer.begin();
    expect(slicer.isOver()).toBe(false);
    nowMs += 10;
    expect(slicer.isOver()).toBe(true);
    slicer.end(gas - 1000);
    expect(slicer.begin()).toBe(SLICE_GAS_MIN);
    expect(slicer.isOver()).toBe(false);
  });

  it("has no end but the gas's without a clock", () => {
    const slicer = makeSlicer({ sliceGas: 12_345 });
    slicer.begin();
    expect(slicer.isOver()).toBe(false);
  });

  it("does not learn from short slices that were not used up", () => {
    let nowMs = 0;
    const slicer = makeSlicer({ sliceGas: 1 << 24, now: () => nowMs });
    const gas = slicer.begin();
    nowMs += 1;
    slicer.end(gas - 10);
    expect(slicer.begin()).toBe(gas);
  });
});
