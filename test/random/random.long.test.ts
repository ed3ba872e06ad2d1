import { describe, expect, it } from "vitest";
import { describeWith } from "../support/needs.ts";
import { runCampaign } from "./campaign.ts";
import { generateModule } from "./generate.ts";
import { makeWasmOpt } from "./wasm-opt.ts";

/** Modules of each kind: CAPER_RANDOM_COUNT; the first seed: CAPER_RANDOM_SEED, fixed unless given. */
const COUNT = Number(process.env.CAPER_RANDOM_COUNT ?? 10_000);
const SEED = Number(process.env.CAPER_RANDOM_SEED ?? 1_000_000);
/** So many at a time, so that a report says where it is. */
const CHUNK = 500;

/** Some of wasm-opt's modules are refused, and further seeds take their place: so the next chunk begins that much later. */
const chunks = Array.from({ length: Math.ceil(COUNT / CHUNK) }, (_, i) => ({
  firstSeed: SEED + 2 * i * CHUNK,
  count: Math.min(CHUNK, COUNT - i * CHUNK),
}));

describe("many random modules", () => {
  for (const { firstSeed, count } of chunks) {
    it(`our own, seeds from ${firstSeed}`, () => {
      expect(runCampaign({ name: "own", firstSeed, count, generate: generateModule }).same).toBe(count);
    });
  }

  describeWith(["wasm-opt"], "of wasm-opt", () => {
    for (const { firstSeed, count } of chunks) {
      it(`seeds from ${firstSeed}`, () => {
        using wasmOpt = makeWasmOpt();
        expect(runCampaign({ name: "wasm-opt", firstSeed, count, generate: wasmOpt.generate }).same).toBe(count);
      });
    }
  });
});
