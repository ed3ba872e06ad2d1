import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { describeWith } from "../support/needs.ts";
import { CRASHES, enableExceptions, runCampaign } from "./campaign.ts";
import { compare } from "./compare.ts";
import { generateModule } from "./generate.ts";
import { Random } from "./random.ts";
import { makeWasmOpt } from "./wasm-opt.ts";

describe("random modules run as the oracle says, whatever interrupts them", () => {
  it("our own modules", () => {
    const tally = runCampaign({ name: "own", firstSeed: 1, count: 80, generate: generateModule });
    expect(tally.same).toBe(80);
    expect(tally.calls).toBeGreaterThan(400);
    expect(tally.slices).toBeGreaterThan(1000);
    expect(tally.thaws).toBeGreaterThan(100);
  });

  describeWith(["wasm-opt"], "of Binaryen", () => {
    it("modules of wasm-opt", () => {
      using wasmOpt = makeWasmOpt();
      const tally = runCampaign({ name: "wasm-opt", firstSeed: 1, count: 20, generate: wasmOpt.generate });
      expect(tally.same).toBe(20);
      expect(tally.calls).toBeGreaterThan(50);
    });
  });

  it("modules that failed once", () => {
    enableExceptions();
    const kept = existsSync(CRASHES) ? readdirSync(CRASHES).filter((name) => name.endsWith(".wasm")) : [];
    expect(kept.length).toBeGreaterThan(0);
    for (const name of kept) {
      const bytes = readFileSync(new URL(name, CRASHES));
      // The seed that it failed with is in its name; others interrupt it elsewhere.
      const seeds = [Number(/(\d+)\.wasm$/.exec(name)?.[1] ?? 0), 1, 2, 3, 4];
      for (const seed of seeds)
        expect(compare(bytes, { seed }), `${name}, seed ${seed}`).toMatchObject({ kind: "same" });
    }
  });
});

describe("the generator", () => {
  it("gives the same module for the same seed", () => {
    expect(generateModule(new Random(7))).toEqual(generateModule(new Random(7)));
    expect(generateModule(new Random(7))).not.toEqual(generateModule(new Random(8)));
  });

  it("gives modules that the engine holds valid", () => {
    enableExceptions();
    for (let seed = 1000; seed < 1200; seed++) {
      const bytes = generateModule(new Random(seed)) as Uint8Array<ArrayBuffer>;
      expect(WebAssembly.validate(bytes), `seed ${seed}`).toBe(true);
    }
  });
});
