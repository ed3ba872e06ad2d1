/**
 * Runs many random modules and keeps those that oracle and machine disagree on: their bytes go to test/vectors/crashes, where a
 * test replays them for ever.
 * @module
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { compare, type Verdict } from "./compare.ts";
import { Random } from "./random.ts";

export const CRASHES: URL = new URL("../vectors/crashes/", import.meta.url);

export interface Campaign {
  /** Names files and messages. */
  readonly name: string;
  readonly firstSeed: number;
  /** Modules to compare, so those that are refused are not among them: further seeds make up for them, at most as many again. */
  readonly count: number;
  readonly generate: (random: Random) => Uint8Array | undefined;
}

export interface Tally {
  readonly same: number;
  readonly refused: number;
  readonly calls: number;
  readonly slices: number;
  readonly thaws: number;
}

/** The smallest module with an exception reference: (func (local exnref)). */
const NEEDS_EXNREF: readonly number[] = [
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 6, 1, 4, 1, 1, 0x69, 0x0b,
];

/** V8 before 13.7 (Node 24 has 13.6) hides the standard's exception handling behind a flag. */
export function enableExceptions(): void {
  if (!WebAssembly.validate(Uint8Array.from(NEEDS_EXNREF))) setFlagsFromString("--experimental-wasm-exnref");
}

/** Throws at the first disagreement, with the seed; the module is kept. Throws if more are refused than compared. */
export function runCampaign({ name, firstSeed, count, generate }: Campaign): Tally {
  enableExceptions();
  const tally = { same: 0, refused: 0, calls: 0, slices: 0, thaws: 0 };
  for (let seed = firstSeed; tally.same < count; seed++) {
    if (seed === firstSeed + 2 * count) throw new Error(`most seeds from ${firstSeed} make modules that are refused`);
    const bytes = generate(new Random(seed));
    if (bytes === undefined) continue;
    const verdict = compareAndKeep(`${name}-${seed}`, bytes, seed);
    if (verdict.kind === "refused") tally.refused++;
    else {
      tally.same++;
      tally.calls += verdict.calls;
      tally.slices += verdict.slices;
      tally.thaws += verdict.thaws;
    }
  }
  return tally;
}

function compareAndKeep(name: string, bytes: Uint8Array, seed: number): Verdict {
  try {
    return compare(bytes, { seed });
  } catch (error) {
    mkdirSync(CRASHES, { recursive: true });
    const file = new URL(`${name}.wasm`, CRASHES);
    writeFileSync(file, bytes);
    throw new Error(
      `seed ${seed}, kept as ${file.pathname}: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
}
