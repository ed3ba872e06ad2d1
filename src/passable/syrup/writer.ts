/**
 * Writes canonical Syrup (Syrup draft) into a buffer that grows. It writes what it is told, in that order: whoever writes a struct or a
 * set brings its keys in order (key-order.ts).
 * @module
 */

import { PassableError } from "../errors.ts";
import { SYRUP_BUFFER_BYTES_MAX, SYRUP_DIGITS_MAX } from "./limits.ts";
import * as tag from "./tags.ts";

const CAPACITY_AT_FIRST = 1_024;
/** Of a buffer whose parts were taken, when the next does not fit any more. */
const CAPACITY_OF_PARTS = 16_384;
/** A buffer that a large message made larger than this is not kept for the next one. */
const CAPACITY_KEPT_MAX = 65_536;
/** Beyond this many units the engine's encoder is faster than a loop. */
const LOOP_UNITS_MAX = 32;
/** A UTF-16 unit makes at most three bytes of UTF-8. */
const UNIT_BYTES_MAX = 3;
/** Length and tag before a string or bytes: a length is below 2^53. */
const PREFIX_BYTES_MAX = 17;
const FLOAT64_WITH_TAG = 1 + tag.FLOAT64_BYTES;

const utf8 = new TextEncoder();

export class SyrupWriter {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(CAPACITY_AT_FIRST);
  #view: DataView | undefined;
  /** Of what is not yet taken. */
  #start = 0;
  #at = 0;
  #valueCount = 0;

  /** Of values that were ever written, keys and labels included: as a reader of them counts. */
  get valueCount(): number {
    return this.#valueCount;
  }

  /** Of what was written and not yet taken. */
  get length(): number {
    return this.#at - this.#start;
  }

  /** Forgets what was written after the first `length` bytes. */
  truncate(length: number): void {
    if (!Number.isInteger(length) || length < 0 || length > this.length) {
      throw new RangeError(`length: expected an integer from 0 to ${this.length}, got ${length}`);
    }
    this.#at = this.#start + length;
  }

  /** Hands the bytes over; the writer begins anew. They have a buffer of their own: whoever transfers that must not get other messages with it. */
  take(): Uint8Array<ArrayBuffer> {
    if (this.#start === 0 && this.#bytes.length > CAPACITY_KEPT_MAX) return this.takePart();
    const copy = this.#bytes.slice(this.#start, this.#at);
    this.#at = this.#start;
    return copy;
  }

  /** The same for whoever wants no buffer of their own, without a copy: others taken this way may be in it, too. They stay as they are. */
  takePart(): Uint8Array<ArrayBuffer> {
    const part = this.#bytes.subarray(this.#start, this.#at);
    this.#start = this.#at;
    if (this.#bytes.length > CAPACITY_KEPT_MAX) this.#use(new Uint8Array(CAPACITY_AT_FIRST));
    return part;
  }

  /** A copy of a part. */
  slice(start: number, end: number): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(this.#start + start, Math.min(this.#start + end, this.#at));
  }

  beginRecord(): void {
    this.#valueCount += 1;
    this.#byte(tag.RECORD);
  }

  endRecord(): void {
    this.#byte(tag.RECORD_END);
  }

  beginList(): void {
    this.#valueCount += 1;
    this.#byte(tag.LIST);
  }

  endList(): void {
    this.#byte(tag.LIST_END);
  }

  beginStruct(): void {
    this.#valueCount += 1;
    this.#byte(tag.STRUCT);
  }

  endStruct(): void {
    this.#byte(tag.STRUCT_END);
  }

  beginSet(): void {
    this.#valueCount += 1;
    this.#byte(tag.SET);
  }

  endSet(): void {
    this.#byte(tag.SET_END);
  }

  writeBoolean(value: boolean): void {
    this.#valueCount += 1;
    this.#byte(value ? tag.TRUE : tag.FALSE);
  }

  /** All NaNs are written as one; -0 and 0 are two (Model draft, "Float64"). */
  writeFloat64(value: number): void {
    this.#valueCount += 1;
    this.#reserve(FLOAT64_WITH_TAG);
    this.#bytes[this.#at] = tag.FLOAT64;
    this.#view ??= new DataView(this.#bytes.buffer);
    this.#view.setFloat64(this.#at + 1, Number.isNaN(value) ? Number.NaN : value);
    this.#at += FLOAT64_WITH_TAG;
  }

  /** An integer of any size; a number must be a safe integer. */
  writeInteger(value: number | bigint): void {
    this.#valueCount += 1;
    if (typeof value === "bigint") {
      if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) {
        this.#bigInteger(value);
        return;
      }
      value = Number(value);
    } else if (!Number.isSafeInteger(value)) {
      throw new RangeError(`value: expected a safe integer or a bigint, got ${value}`);
    }
    this.#reserve(PREFIX_BYTES_MAX);
    this.#digits(value < 0 ? -value : value, value < 0 ? tag.MINUS : tag.PLUS);
  }

  writeString(text: string): void {
    this.#text(text, tag.STRING);
  }

  writeSymbol(name: string): void {
    this.#text(name, tag.SYMBOL);
  }

  writeBytes(bytes: Uint8Array): void {
    this.#valueCount += 1;
    this.#reserve(PREFIX_BYTES_MAX + bytes.length);
    this.#digits(bytes.length, tag.BYTES);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** A value, or a part of one, that is Syrup already. */
  writeRaw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #byte(byte: number): void {
    if (this.#at === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#at++] = byte;
  }

  #reserve(count: number): void {
    if (this.#at + count > this.#bytes.length) this.#grow(count);
  }

  #grow(count: number): void {
    const needed = this.length + count;
    if (needed > SYRUP_BUFFER_BYTES_MAX) {
      throw new PassableError("limit", `syrup: more than ${SYRUP_BUFFER_BYTES_MAX} bytes to be written at a time`);
    }
    const anyway = Math.min(this.#bytes.length * 2, CAPACITY_OF_PARTS);
    this.#use(new Uint8Array(Math.max(anyway, this.length * 2, needed)));
  }

  /** Takes along what is not yet taken. */
  #use(bytes: Uint8Array<ArrayBuffer>): void {
    bytes.set(this.#bytes.subarray(this.#start, this.#at));
    this.#at -= this.#start;
    this.#start = 0;
    this.#bytes = bytes;
    this.#view = undefined;
  }

  /** A safe integer that is not negative, and the tag after it. There must be room. */
  #digits(value: number, tagAfter: number): void {
    const bytes = this.#bytes;
    let at = this.#at;
    if (value < 10) {
      bytes[at++] = tag.ZERO + value;
    } else {
      const end = at + digitCount(value);
      at = end;
      while (value >= 10) {
        const rest = Math.floor(value / 10);
        bytes[--at] = tag.ZERO + (value - rest * 10);
        value = rest;
      }
      bytes[--at] = tag.ZERO + value;
      at = end;
    }
    bytes[at] = tagAfter;
    this.#at = at + 1;
  }

  #bigInteger(value: bigint): void {
    const digits = (value < 0n ? -value : value).toString();
    if (digits.length > SYRUP_DIGITS_MAX) {
      throw new PassableError("limit", `integer of ${digits.length} digits; at most ${SYRUP_DIGITS_MAX}`);
    }
    this.#reserve(digits.length + 1);
    for (let i = 0; i < digits.length; i++) this.#bytes[this.#at++] = digits.charCodeAt(i);
    this.#bytes[this.#at++] = value < 0n ? tag.MINUS : tag.PLUS;
  }

  #text(text: string, tagBefore: number): void {
    this.#valueCount += 1;
    const length = text.length;
    this.#reserve(PREFIX_BYTES_MAX + length * UNIT_BYTES_MAX);
    if (length > LOOP_UNITS_MAX) {
      this.#encoded(text, tagBefore);
      return;
    }
    const start = this.#at;
    this.#digits(length, tagBefore);
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) {
        this.#at = start;
        this.#encoded(text, tagBefore);
        return;
      }
      bytes[at++] = unit;
    }
    this.#at = at;
  }

  /** With the engine's encoder, which would replace lone surrogates without a word. */
  #encoded(text: string, tagBefore: number): void {
    if (!text.isWellFormed()) {
      throw new PassableError("unpassable", "a string with a lone surrogate cannot be passed: it is no Unicode text");
    }
    // Behind a length of as many digits as the text has units; mostly that is right.
    const guess = this.#at + digitCount(text.length) + 1;
    const { written } = utf8.encodeInto(text, this.#bytes.subarray(guess));
    const from = this.#at + digitCount(written) + 1;
    if (from !== guess) this.#bytes.copyWithin(from, guess, guess + written);
    this.#digits(written, tagBefore);
    this.#at += written;
  }
}

/** Of a safe integer that is not negative. */
function digitCount(value: number): number {
  let count = 1;
  for (let bound = 10; value >= bound; bound *= 10) count++;
  return count;
}
