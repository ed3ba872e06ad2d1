/**
 * The randomness power, and the seeded generator that stands in where no randomness was granted: xoshiro128** 1.1
 * (Blackman and Vigna), whose four words are its whole saved state. It is reproducible, which means predictable: never a
 * source of keys.
 *
 * @module
 */

export interface RandomSource {
  /** Overwrites all of `bytes`. */
  fill(bytes: Uint8Array): void;
}

export type SeededRandomState = readonly [number, number, number, number];

export interface SeededRandom extends RandomSource {
  save(): SeededRandomState;
}

/** "CAPE": the seed of every process that was given none. */
export const DEFAULT_SEED = 0x43415045;

/** The four words are successive outputs of splitmix32, so that any seed gives a state that is not all zero. */
function stateFromSeed(seed: number): [number, number, number, number] {
  let counter = seed >>> 0;
  const next = (): number => {
    counter = (counter + 0x9e3779b9) >>> 0;
    let z = counter;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  return [next(), next(), next(), next()];
}

export function makeSeededRandom(
  start: { readonly seed?: number; readonly saved?: SeededRandomState } = {},
): SeededRandom {
  let [a, b, c, d] = start.saved ?? stateFromSeed(start.seed ?? DEFAULT_SEED);
  if ((a | b | c | d) === 0) throw new RangeError("saved: expected a state that is not all zero");
  const rotateLeft = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));
  const next = (): number => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result;
  };
  return Object.freeze({
    /** Little-endian words; what is left of the last word is thrown away, so the state depends only on the lengths asked for. */
    fill(bytes: Uint8Array): void {
      for (let at = 0; at < bytes.length; at += 4) {
        const word = next();
        bytes[at] = word;
        if (at + 1 < bytes.length) bytes[at + 1] = word >>> 8;
        if (at + 2 < bytes.length) bytes[at + 2] = word >>> 16;
        if (at + 3 < bytes.length) bytes[at + 3] = word >>> 24;
      }
    },
    save: (): SeededRandomState => [a >>> 0, b >>> 0, c >>> 0, d >>> 0],
  });
}
