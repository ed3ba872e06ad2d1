import { describe, expect, it } from "vitest";
import { runCampaign } from "./campaign.ts";
import { generateModule } from "./generate.ts";
import { hasWasmOpt, makeWasmOpt, REMEDY } from "./wasm-opt.ts";

/** Modules of each kind: CAPER_RANDOM_COUNT; the first seed: CAPER_RANDOM_SEED, fixed unless given. */
const COUNT = Number(process.env.CAPER_RANDOM_COUNT ?? 10_000);
const SEED = Number(process.env.CAPER_RANDOM_SEED ?? 1_000_000);
/** So many at a time, so that a report says where it is. */
const CHUNK = 500;

const chunks = Array.from({ length: Math.ceil(COUNT / CHUNK) }, (_, i) => ({
  firstSeed: SEED + i * CHUNK,
  count: Math.min(CHUNK, COUNT - i * CHUNK),
}));

describe("many random modules", () => {
  for (const { firstSeed, count } of chunks) {
    it(`our own, seeds from ${firstSeed}`, () => {
      expect(runCampaign({ name: "own", firstSeed, count, generate: generateModule }).same).toBe(count);
    });
  }

  const remedy = hasWasmOpt() ? "" : ` (skipped: no wasm-opt; ${REMEDY})`;
  for (const { firstSeed, count } of chunks) {
    it.skipIf(!hasWasmOpt())(`of wasm-opt, seeds from ${firstSeed}${remedy}`, () => {
      using wasmOpt = makeWasmOpt();
      const tally = runCampaign({ name: "wasm-opt", firstSeed, count, generate: wasmOpt.generate });
      expect(tally.same).toBeGreaterThan(0);
    });
  }
});
