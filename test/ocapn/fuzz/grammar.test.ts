/**
 * A peer that speaks the protocol's grammar at random: sessions end with a sentence of the protocol or go on, nothing is thrown that nobody
 * catches, and nothing is left.
 *
 * @module
 */
import { expect, it } from "vitest";
import { Random } from "../../random/random.ts";
import { runGrammar } from "./run-grammar.ts";

const SEED = Number(process.env.CAPER_SEED ?? 1);

it.each([0, 0.002, 0.05])("takes messages of which some are wrong: %f", async (errorRate) => {
  const { sessions, reasons } = await runGrammar({ random: new Random(SEED), count: 4_000, errorRate, hasGifts: true });
  expect(sessions).toBeGreaterThan(1);
  if (errorRate > 0.01) expect(reasons.size).toBeGreaterThan(4);
});
