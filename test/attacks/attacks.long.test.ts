/**
 * Each case of the corpus whole, as `npm run attacks` prints it: the look-alike does its harm in plain Node, and none in Caper.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import { CASES } from "./harness/cases.ts";
import { judge } from "./harness/judge.ts";
import { POINTS } from "./harness/score.ts";

describe("attacks in plain Node and in Caper", () => {
  it.each(CASES)("$title", async (one) => {
    const verdict = await judge(one);
    expect(verdict.problems).toEqual([]);
    expect(POINTS.filter((point) => !verdict.caper[point])).toEqual([]);
    expect(POINTS.filter((point) => !verdict.plain[point]).length).toBeGreaterThan(2);
  });
});
