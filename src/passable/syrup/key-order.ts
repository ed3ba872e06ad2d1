/**
 * The order of the keys of a struct and of the items of a set. The Syrup draft orders them by their encoded bytes, so by length first in
 * part ("Sorting Algorithm"); so do Goblins and the Python suite. Endo orders the keys of a struct by their text, and refuses others.
 * @module
 */

import * as tag from "./tags.ts";

/** A part of some bytes: an encoded key or item. */
interface Part {
  start: number;
  end: number;
}

/** Negative, 0 or positive, as `left` comes before `right`, is the same, or comes after it. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const difference = left[i]! - right[i]!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** The keys as they are written: sorted by their UTF-16 units, which is the only order that all known readers take. */
export function sortKeys(keys: string[]): string[] {
  // The engine's own order without a function to compare is just this one.
  return keys.length < 2 ? keys : keys.sort();
}

/** Follows the keys of one struct, or the items of one set, as they are read, and says when one is out of order. */
export class KeyOrder {
  /** Containers around what is in this one: only what is read at this depth is a key, a value or an item. */
  readonly depth: number;
  readonly outer: KeyOrder | undefined;
  readonly #bytes: Uint8Array;
  readonly #isSet: boolean;
  readonly #previous: Part = { start: -1, end: -1 };
  /** Where the key, value or item under way starts. */
  #start = 0;
  #isValueNext = false;
  /** Whether all keys so far were in this order. */
  #isByBytes = true;
  #isByText: boolean;

  constructor(
    bytes: Uint8Array,
    options: {
      readonly depth: number;
      readonly outer: KeyOrder | undefined;
      readonly isSet: boolean;
      readonly isCanonical: boolean;
    },
  ) {
    this.#bytes = bytes;
    this.depth = options.depth;
    this.outer = options.outer;
    this.#isSet = options.isSet;
    this.#isByText = !options.isSet && !options.isCanonical;
  }

  /** Whether a key has no value yet. */
  get isValueNext(): boolean {
    return this.#isValueNext;
  }

  begin(start: number): void {
    this.#start = start;
  }

  /** What began ends here. Gives false where it is out of order. */
  end(end: number): boolean {
    if (this.#isValueNext) {
      this.#isValueNext = false;
      return true;
    }
    this.#isValueNext = !this.#isSet;
    const start = this.#start;
    const previous = this.#previous;
    if (previous.start >= 0) {
      this.#isByBytes &&= this.#isAfterByBytes(start, end);
      this.#isByText &&= this.#isAfterByText(start, end);
    }
    previous.start = start;
    previous.end = end;
    return this.#isByBytes || this.#isByText;
  }

  /** No encoded value is the beginning of another one: where one ends, they are the same. */
  #isAfterByBytes(start: number, end: number): boolean {
    const bytes = this.#bytes;
    let at = this.#previous.start;
    while (start < end) {
      const difference = bytes[start++]! - bytes[at++]!;
      if (difference !== 0) return difference > 0;
    }
    return false;
  }

  #isAfterByText(start: number, end: number): boolean {
    const bytes = this.#bytes;
    const previous = this.#previous;
    let left = textStart(bytes, previous.start);
    let right = textStart(bytes, start);
    if (left < 0 || right < 0) return false;
    for (; left < previous.end && right < end; left++, right++) {
      const leftByte = bytes[left]!;
      const rightByte = bytes[right]!;
      if (leftByte === rightByte) continue;
      // UTF-16 has what is beyond its 16 bits (from F0 in UTF-8) before U+E000 to U+FFFF (EE and EF).
      return leftByte >= 0xee && rightByte >= 0xee && leftByte >= 0xf0 !== rightByte >= 0xf0
        ? leftByte > rightByte
        : leftByte < rightByte;
    }
    return right < end;
  }
}

/** Where the text of an encoded string begins; negative for other values. */
function textStart(bytes: Uint8Array, at: number): number {
  while (bytes[at]! >= tag.ZERO && bytes[at]! <= tag.NINE) at++;
  return bytes[at] === tag.STRING ? at + 1 : -1;
}
