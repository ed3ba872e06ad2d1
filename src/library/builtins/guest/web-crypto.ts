/**
 * The global `crypto`: randomness over the power `random`. Digests are added where a bundle has them: most want a random number only.
 *
 * @module
 */
import { needPower } from "./power.ts";

/** What one call of the power gives at most. */
const RANDOM_PIECE_BYTES = 65_536;

export function viewOf(target: ArrayBufferView | ArrayBuffer): Uint8Array {
  if (target instanceof ArrayBuffer) return new Uint8Array(target);
  return new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
}

export function randomInto(target: Uint8Array, what: string): void {
  const random = needPower("random", what);
  for (let at = 0; at < target.length; at += RANDOM_PIECE_BYTES) {
    const piece = random.bytes?.(Math.min(RANDOM_PIECE_BYTES, target.length - at));
    if (!(piece instanceof Uint8Array)) throw new TypeError("random.bytes: expected bytes");
    target.set(piece, at);
  }
}

export function getRandomValues<T extends ArrayBufferView>(target: T): T {
  if (target.byteLength > RANDOM_PIECE_BYTES) {
    throw new DOMException(`at most ${RANDOM_PIECE_BYTES} bytes at once`, "QuotaExceededError");
  }
  randomInto(viewOf(target), "crypto.getRandomValues");
  return target;
}

export function randomUUID(): string {
  const bytes = new Uint8Array(16);
  randomInto(bytes, "crypto.randomUUID");
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

export const webcrypto: object = { getRandomValues, randomUUID };
