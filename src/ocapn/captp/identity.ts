/**
 * Who is at the two ends of a session (CapTP draft, Cryptography).
 *
 * @module
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { SyrupWriter } from "../../passable/index.ts";
import { writePublicKey } from "../codecs/keys.ts";

function twice(bytes: Uint8Array): Uint8Array {
  return sha256(sha256(bytes));
}

/** The public identifier of one end, 32 bytes. */
export function publicIdentifier(publicKey: Uint8Array): Uint8Array {
  const writer = new SyrupWriter();
  writePublicKey(writer, publicKey);
  return twice(writer.take());
}

/** The same on both sides, 32 bytes. */
export function sessionIdentifier(one: Uint8Array, other: Uint8Array): Uint8Array {
  const prefix = new TextEncoder().encode("prot0");
  const [first, second] = compareBytes(one, other) <= 0 ? [one, other] : [other, one];
  const bytes = new Uint8Array(prefix.length + first.length + second.length);
  bytes.set(prefix);
  bytes.set(first, prefix.length);
  bytes.set(second, prefix.length + first.length);
  return twice(bytes);
}

/** Bytewise; what is shorter comes first. */
export function compareBytes(one: Uint8Array, other: Uint8Array): number {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at += 1) {
    const difference = (one[at] as number) - (other[at] as number);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return compareBytes(one, other) === 0;
}

/** For keys of maps. */
export function bytesKey(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}
