/**
 * Names that come again and again (labels, methods, keys), remembered by their bytes: finding one is faster than making its string, and
 * comparing it afterwards is free. The table has a fixed size, so that a peer that invents names only makes itself slower.
 * @module
 */

import { SYRUP_NAME_BYTES_MAX, SYRUP_NAMES_MAX } from "./limits.ts";

const names: string[] = new Array<string>(SYRUP_NAMES_MAX).fill("");

/** The ASCII text of these bytes; undefined where they are too many, or not ASCII. */
export function nameOf(bytes: Uint8Array, start: number, end: number): string | undefined {
  const length = end - start;
  if (length > SYRUP_NAME_BYTES_MAX) return undefined;
  let hash = length;
  let union = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    union |= byte;
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  if (union >= 0x80) return undefined;
  const slot = (hash ^ (hash >>> 15)) & (SYRUP_NAMES_MAX - 1);
  const known = names[slot]!;
  if (known.length === length && isSame(known, bytes, start)) return known;
  const name = asciiText(bytes, start, end);
  names[slot] = name;
  return name;
}

function isSame(name: string, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}

/** The text of bytes that are known to be ASCII. Meant for short ones. */
export function asciiText(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  let at = start;
  for (; at + 4 <= end; at += 4) {
    text += String.fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!);
  }
  for (; at < end; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}
