/**
 * About how much memory a value takes that is kept for a peer.
 *
 * @module
 */

import { ownStyle, Selector, SYRUP_VALUES_MAX, Tagged } from "../../passable/index.ts";
import { SignedReceiveValue } from "../handoff/envelope.ts";
import { VALUE_BYTES, WEIGHED_ONCE_MAX } from "../limits.ts";
import { SturdyRef } from "../sturdyref.ts";

/** Of a UTF-16 unit. */
const UNIT_BYTES = 2;

/**
 * Of the value, and of all that is in it; references count as one. What is in it twice, or in itself, counts once. Stops as soon as it is more than
 * `bytesMax`, or as many values as no message can have: what was found so far is the weight then.
 */
export function weightOf(value: unknown, bytesMax: number): number {
  if (typeof value !== "object" || value === null) return VALUE_BYTES + ownWeight(value);
  const scale = new Scale(bytesMax);
  try {
    scale.weigh(value);
  } catch {
    // A proxy among the parts refused. That cannot be passed either, and whoever writes it says so.
  }
  return scale.bytes;
}

class Scale {
  bytes = 0;
  readonly #bytesMax: number;
  readonly #left: object[] = [];
  #values = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get #isEnough(): boolean {
    return this.bytes > this.#bytesMax || this.#values >= SYRUP_VALUES_MAX;
  }

  weigh(value: object): void {
    this.bytes += VALUE_BYTES;
    this.#addObject(value);
    if (this.#left.length === 0) return;
    const seen = new Set([value]);
    for (let item = this.#left.pop(); item !== undefined && !this.#isEnough; item = this.#left.pop()) {
      if (seen.has(item)) continue;
      if (seen.size < WEIGHED_ONCE_MAX) seen.add(item);
      this.#addObject(item);
    }
  }

  #add(value: unknown): void {
    this.#values += 1;
    this.bytes += VALUE_BYTES;
    if (typeof value === "object" && value !== null) this.#left.push(value);
    else this.bytes += ownWeight(value);
  }

  #addObject(item: object): void {
    this.bytes += ownWeight(item);
    switch (ownStyle(item)) {
      case "copyArray":
        this.#addItems(item as readonly unknown[]);
        break;
      case "copyRecord":
        this.#addFields(item);
        break;
      case "tagged":
        this.#add((item as Tagged).payload);
        break;
      default:
        if (item instanceof SturdyRef) this.#add(item.locator);
        else if (item instanceof SignedReceiveValue) this.#add(item.certificate);
    }
  }

  #addItems(list: readonly unknown[]): void {
    for (let at = 0; at < list.length && !this.#isEnough; at += 1) this.#add(list[at]);
  }

  #addFields(record: object): void {
    for (const key of Object.keys(record)) {
      if (this.#isEnough) return;
      this.#add(key);
      this.#add(ownValue(record, key));
    }
  }
}

/** Of a value beside that it is one, and without its parts. */
function ownWeight(value: unknown): number {
  switch (typeof value) {
    case "string":
      return value.length * UNIT_BYTES;
    case "bigint":
      return BigInt.asIntN(64, value) === value ? 0 : value.toString(16).length / 2;
    case "object":
      if (value instanceof Uint8Array) return value.length;
      if (value instanceof Selector) return value.name.length * UNIT_BYTES;
      if (value instanceof Tagged) return value.tag.length * UNIT_BYTES;
      return value instanceof Error ? textWeight(value, "name") + textWeight(value, "message") : 0;
    default:
      return 0;
  }
}

function textWeight(error: Error, key: "name" | "message"): number {
  const text = ownValue(error, key);
  return typeof text === "string" ? text.length * UNIT_BYTES : 0;
}

/** Without running accessors: that is for whoever uses the value. */
function ownValue(item: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(item, key)?.value;
}
