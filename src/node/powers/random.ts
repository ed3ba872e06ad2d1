/**
 * The machine's randomness as a power, good enough for keys.
 *
 * @module
 */
import { randomFillSync } from "node:crypto";
import type { RandomSource } from "../../powers/index.ts";

export function makeNodeRandom(): RandomSource {
  return Object.freeze({
    fill(bytes: Uint8Array): void {
      randomFillSync(bytes);
    },
  });
}
