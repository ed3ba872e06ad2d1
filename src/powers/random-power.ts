/**
 * The power `random`.
 *
 * @module
 */
import { M } from "../passable/index.ts";
import { makePower } from "./power.ts";
import type { RandomSource } from "./random.ts";

export interface RandomPower {
  readonly bytes: (count: number) => Uint8Array;
  /** From 0 up to, and not including, 1: a multiple of 2⁻⁵³. */
  readonly number: () => number;
}

/** Of one call; the same as `crypto.getRandomValues` allows. */
export const RANDOM_BYTES_MAX = 65_536;

const guard = M.interface("random", {
  bytes: M.call(M.named("count", M.integer({ min: 0, max: RANDOM_BYTES_MAX })))
    .returns(M.bytes({ lengthMax: RANDOM_BYTES_MAX }))
    .reads(),
  number: M.call()
    .returns(M.number({ min: 0, max: 1 }))
    .reads(),
});

/** As good as its source: keys need one that is made for them. */
export function makeRandomPower(source: RandomSource): RandomPower {
  const bytes = (count: number): Uint8Array => {
    const filled = new Uint8Array(count);
    source.fill(filled);
    return filled;
  };
  return makePower("random", guard, {
    bytes,
    number() {
      const words = new DataView(bytes(8).buffer);
      return ((words.getUint32(0) >>> 5) * 2 ** 26 + (words.getUint32(4) >>> 6)) / 2 ** 53;
    },
  });
}
