/**
 * About how much memory a value takes that is kept for a peer.
 *
 * @module
 */

import { isTarget, Tagged } from "../../passable/index.ts";
import { VALUE_BYTES } from "../limits.ts";

/** Of a UTF-16 unit, and of a float. */
const UNIT_BYTES = 2;

/** Of the value, and of all that is in it; references count as one. Stops as soon as it is more than `bytesMax`. */
export function weightOf(value: unknown, bytesMax: number): number {
  if (typeof value !== "string" && typeof value !== "object") return VALUE_BYTES;
  const left: unknown[] = [value];
  let bytes = 0;
  while (left.length > 0 && bytes <= bytesMax) {
    const item = left.pop();
    bytes += VALUE_BYTES;
    if (typeof item === "string") bytes += item.length * UNIT_BYTES;
    else if (typeof item === "object" && item !== null) bytes += ownWeight(item, left);
  }
  return bytes;
}

/** Of an object without its parts, which are put with what is left. */
function ownWeight(item: object, left: unknown[]): number {
  if (item instanceof Uint8Array) return item.length;
  if (item instanceof Tagged) left.push(item.payload);
  else if (Array.isArray(item)) for (const part of item as readonly unknown[]) left.push(part);
  else if (item instanceof Error) left.push(ownValue(item, "message"));
  else if (Object.getPrototypeOf(item) === Object.prototype && !isTarget(item)) {
    for (const key of Object.keys(item)) left.push(key, ownValue(item, key));
  }
  return 0;
}

/** Without running accessors: that is for whoever uses the value. */
function ownValue(item: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(item, key)?.value;
}
