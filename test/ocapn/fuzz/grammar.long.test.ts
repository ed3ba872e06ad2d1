/**
 * The same for longer, with the heap watched: CAPER_GRAMMAR_COUNT messages from CAPER_SEED.
 *
 * @module
 */
import { expect, it } from "vitest";
import { Random } from "../../random/random.ts";
import { runGrammar } from "./run-grammar.ts";

const SEED = Number(process.env.CAPER_SEED ?? 1_000);
const COUNT = Number(process.env.CAPER_GRAMMAR_COUNT ?? 100_000);
/** A leak of a hundred bytes a message would be more. */
const GROWTH_BYTES_MAX = 4 << 20;

it(`takes ${COUNT} messages of which few are wrong, and keeps nothing`, async () => {
  const { heapBytes, reasons } = await runGrammar({
    random: new Random(SEED),
    count: COUNT,
    errorRate: 0.02,
    hasGifts: false,
  });
  expect(reasons.size).toBeGreaterThan(5);
  const half = Math.floor(heapBytes.length / 2);
  const least = (some: readonly number[]): number => Math.min(...some);
  expect(least(heapBytes.slice(half)) - least(heapBytes.slice(0, half))).toBeLessThan(GROWTH_BYTES_MAX);
});
