/**
 * Finds where the values of a Syrup stream end, while the bytes arrive. It looks only at brackets, lengths and limits, and leaves what is
 * in a value to the reader; each byte is looked at once, and strings are stepped over.
 * @module
 */

import { PassableError, type PassableErrorCode } from "../errors.ts";
import { byteWords } from "./kinds.ts";
import { SYRUP_BYTES_MAX, SYRUP_DEPTH_MAX, SYRUP_DIGITS_MAX, type SyrupLimits } from "./limits.ts";
import * as tag from "./tags.ts";

/** Of the buffer for a value that comes in several chunks, at first. */
const HELD_BYTES_AT_FIRST = 256;

const NONE: Uint8Array<ArrayBuffer> = new Uint8Array(0);

export class SyrupSplitter {
  readonly #bytesMax: number;
  readonly #depthMax: number;
  readonly #digitsMax: number;
  /** The brackets that will close the containers around, outermost first. */
  readonly #closing: number[] = [];
  /** Bytes of the string under way that are still to come. */
  #stepOver = 0;
  /** Digits of the number under way, and its value (exact up to 2^53). */
  #digitCount = 0;
  #number = 0;
  /** What came of the value under way in earlier chunks: a copy, since many small chunks would weigh more than their bytes. */
  #held: Uint8Array<ArrayBuffer> = NONE;
  #heldBytes = 0;
  /** Where in the stream the present chunk begins, and the value under way. */
  #offset = 0;
  #valueStart = 0;
  #state: "ready" | "busy" | "failed" = "ready";

  constructor(limits: SyrupLimits = {}) {
    this.#bytesMax = limits.bytesMax ?? SYRUP_BYTES_MAX;
    this.#depthMax = limits.depthMax ?? SYRUP_DEPTH_MAX;
    this.#digitsMax = limits.digitsMax ?? SYRUP_DIGITS_MAX;
  }

  /** Of a value whose end is still to come. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * Takes the next bytes of the stream, and calls `onMessage` for each value that ends in them. A value that lies in one chunk is handed over
   * as a part of it, not a copy. After an error, also one of `onMessage`, nothing more is taken.
   */
  push(chunk: Uint8Array, onMessage: (message: Uint8Array) => void): void {
    if (this.#state === "failed") this.#fail("malformed", 0, "nothing is taken after an error");
    if (this.#state === "busy") throw new TypeError("push: expected not to be called by onMessage");
    this.#state = "busy";
    try {
      this.#scan(chunk, onMessage);
      if (this.#state === "busy") this.#state = "ready";
    } finally {
      if (this.#state !== "ready") this.close();
    }
  }

  /** Gives up what it holds. Nothing more is taken. */
  close(): void {
    this.#state = "failed";
    this.#held = NONE;
    this.#heldBytes = 0;
  }

  #scan(chunk: Uint8Array, onMessage: (message: Uint8Array) => void): void {
    const length = chunk.length;
    let start = 0;
    let at = 0;
    while (at < length) {
      const from = at;
      at = this.#step(chunk, at);
      this.#checkBytes(from, at);
      if (this.#closing.length > 0 || this.#stepOver > 0 || this.#digitCount > 0) continue;
      const message = this.#message(chunk, start, at);
      start = at;
      this.#valueStart = this.#offset + at;
      onMessage(message);
    }
    this.#hold(chunk, start);
    this.#offset += length;
  }

  /** Scans one bracket, number or string, or what of it is there, and gives where it ends. */
  #step(chunk: Uint8Array, at: number): number {
    if (this.#stepOver > 0) {
      const count = Math.min(this.#stepOver, chunk.length - at);
      this.#stepOver -= count;
      return at + count;
    }
    const byte = chunk[at]!;
    if (this.#digitCount > 0 || (byte >= tag.ZERO && byte <= tag.NINE)) return this.#stepNumber(chunk, at);
    switch (byte) {
      case tag.TRUE:
      case tag.FALSE:
        break;
      case tag.FLOAT64:
        this.#stepOver = tag.FLOAT64_BYTES;
        break;
      case tag.RECORD:
        this.#open(tag.RECORD_END, at);
        break;
      case tag.LIST:
        this.#open(tag.LIST_END, at);
        break;
      case tag.STRUCT:
        this.#open(tag.STRUCT_END, at);
        break;
      case tag.SET:
        this.#open(tag.SET_END, at);
        break;
      case tag.RECORD_END:
      case tag.LIST_END:
      case tag.STRUCT_END:
      case tag.SET_END:
        if (this.#closing.pop() !== byte) this.#fail("malformed", at, "a closing bracket without its opening one");
        break;
      default:
        this.#fail("malformed", at, `expected a value, got ${byteWords(byte)}`);
    }
    return at + 1;
  }

  #open(closing: number, at: number): void {
    if (this.#closing.length >= this.#depthMax) this.#fail("limit", at, `nested deeper than ${this.#depthMax}`);
    this.#closing.push(closing);
  }

  #stepNumber(chunk: Uint8Array, start: number): number {
    let at = start;
    let value = this.#number;
    const end = Math.min(chunk.length, start + this.#digitsMax - this.#digitCount + 1);
    while (at < end) {
      const digit = chunk[at]! - tag.ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      at++;
    }
    this.#digitCount += at - start;
    this.#number = value;
    if (this.#digitCount > this.#digitsMax) {
      this.#fail("limit", at - 1, `a number of more than ${this.#digitsMax} digits`);
    }
    return at === chunk.length ? at : this.#endNumber(chunk, at);
  }

  /** The byte after the digits says whether they were an integer, or the length of what follows, which is stepped over. */
  #endNumber(chunk: Uint8Array, at: number): number {
    let end = at + 1;
    switch (chunk[at]) {
      case tag.PLUS:
      case tag.MINUS:
        break;
      case tag.STRING:
      case tag.SYMBOL:
      case tag.BYTES:
        end += this.#number;
        // Refused before it comes, so that nothing is held for it.
        this.#checkBytes(at, end);
        break;
      default:
        this.#fail("malformed", at, "a number with an unknown byte after its digits");
    }
    this.#digitCount = 0;
    this.#number = 0;
    if (end <= chunk.length) return end;
    this.#stepOver = end - chunk.length;
    return chunk.length;
  }

  #message(chunk: Uint8Array, start: number, end: number): Uint8Array {
    if (this.#heldBytes === 0) return chunk.subarray(start, end);
    this.#hold(chunk.subarray(0, end), start);
    const message = this.#held.subarray(0, this.#heldBytes);
    this.#held = NONE;
    this.#heldBytes = 0;
    return message;
  }

  #hold(chunk: Uint8Array, start: number): void {
    const count = chunk.length - start;
    if (count === 0) return;
    const needed = this.#heldBytes + count;
    if (needed > this.#held.length) {
      const larger = new Uint8Array(Math.max(HELD_BYTES_AT_FIRST, this.#held.length * 2, needed));
      larger.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = larger;
    }
    this.#held.set(chunk.subarray(start), this.#heldBytes);
    this.#heldBytes = needed;
  }

  /** Refuses, at a byte, a value that is to reach up to `end`. */
  #checkBytes(at: number, end: number): void {
    if (this.#offset + end - this.#valueStart <= this.#bytesMax) return;
    this.#fail("limit", at, `a message of more than ${this.#bytesMax} bytes`);
  }

  #fail(code: PassableErrorCode, at: number, words: string): never {
    throw new PassableError(code, `syrup: byte ${this.#offset + at} of the stream: ${words}`);
  }
}
