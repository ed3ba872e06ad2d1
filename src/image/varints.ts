/**
 * Unsigned varints as CAR and CID use them (https://github.com/multiformats/unsigned-varint), with their place in refusals.
 * @module
 */

import { varint } from "multiformats";
import { ImageError } from "./errors.ts";

export interface VarintReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly where: string;
}

/** Shortest form only. */
export function takeVarint(reader: VarintReader): number {
  const { bytes, at, where } = reader;
  const first = bytes[at];
  if (first !== undefined && first < 0x80) {
    reader.at += 1;
    return first;
  }
  let value: number;
  let size: number;
  try {
    [value, size] = varint.decode(bytes, at);
  } catch (cause) {
    // A number has at most nine bytes; fewer than that to the end, all of them unfinished, is an end in the middle.
    const cut = bytes.length - at < 9 && bytes.subarray(at).every((byte) => byte >= 0x80);
    const what = cut ? `ends in the middle of a number at byte ${at}` : `has no proper number at byte ${at}`;
    throw new ImageError({ code: cut ? "truncated" : "bad-field", where, what, cause });
  }
  if (!Number.isSafeInteger(value)) {
    throw new ImageError({ code: "bad-field", where, what: `has no proper number at byte ${at}` });
  }
  reader.at += size;
  return value;
}

export function putVarint(target: number[], value: number): void {
  const bytes = new Uint8Array(varint.encodingLength(value));
  varint.encodeTo(value, bytes);
  for (const byte of bytes) target.push(byte);
}
