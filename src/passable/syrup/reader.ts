/**
 * Reads Syrup (Syrup draft) from bytes that are all there, one value at a time, in the caller's order. Nothing is allocated for what is
 * not there: lengths are checked against what is left. Whatever the bytes are, the answer is a value or a `PassableError`.
 * @module
 */

import { PassableError } from "../errors.ts";
import { KeyOrder } from "./key-order.ts";
import { byteWords, KIND_WORDS, KINDS, type SyrupKind } from "./kinds.ts";
import { SYRUP_DEPTH_MAX, SYRUP_DIGITS_MAX, SYRUP_VALUES_MAX, type SyrupLimits } from "./limits.ts";
import { asciiText, nameOf } from "./names.ts";
import * as tag from "./tags.ts";

export interface SyrupReaderOptions {
  readonly limits?: SyrupLimits;
  /**
   * Whether only the one form of a value is taken that the draft's own writer would give: keys of structs in the order of their bytes, and
   * the canonical NaN. Default: no; keys may be in the order of their text, too, and a NaN is a NaN.
   */
  readonly isCanonical?: boolean;
}

/** Numbers of so many digits are exact in a float64. */
const SAFE_DIGITS = 15;
/** Beyond this many bytes the engine's decoder is faster than a loop. */
const LOOP_BYTES_MAX = 16;
const CANONICAL_NAN_HIGH = 0x7ff80000;

/** A byte order mark in front is a character like any other. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class SyrupReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #depthMax: number;
  readonly #digitsMax: number;
  readonly #valuesMax: number;
  readonly #isCanonical: boolean;
  #at = 0;
  #valueCount = 0;
  /** The brackets that will close the containers around, outermost first. */
  readonly #closing: number[] = [];
  /** Of the innermost struct or set around. */
  #order: KeyOrder | undefined;
  /** The number scanned last: where it starts, where the tag after it is, and what it is (exact up to 2^53). */
  #prefixStart = -1;
  #prefixEnd = 0;
  #prefix = 0;

  constructor(bytes: Uint8Array, options?: SyrupReaderOptions) {
    this.#bytes = bytes;
    this.#end = bytes.length;
    this.#depthMax = options?.limits?.depthMax ?? SYRUP_DEPTH_MAX;
    this.#digitsMax = options?.limits?.digitsMax ?? SYRUP_DIGITS_MAX;
    this.#valuesMax = options?.limits?.valuesMax ?? SYRUP_VALUES_MAX;
    this.#isCanonical = options?.isCanonical ?? false;
  }

  /** Of the next byte. */
  get position(): number {
    return this.#at;
  }

  /** Whether all bytes were read. */
  get isAtEnd(): boolean {
    return this.#at === this.#end;
  }

  /** Of values that were read, or begun. */
  get valueCount(): number {
    return this.#valueCount;
  }

  peek(): SyrupKind {
    const byte = this.#peekByte();
    if (byte >= tag.ZERO && byte <= tag.NINE) {
      this.#scanPrefix();
      return this.#kindOfPrefix();
    }
    return KINDS[byte] ?? this.fail(`expected a value, got ${byteWords(byte)}`);
  }

  readBoolean(): boolean {
    const byte = this.#peekByte();
    if (byte !== tag.TRUE && byte !== tag.FALSE) this.#failExpected("a boolean");
    this.#ended(this.#at, this.#at + 1);
    return byte === tag.TRUE;
  }

  readFloat64(): number {
    const start = this.#at;
    if (this.#peekByte() !== tag.FLOAT64) this.#failExpected("a float64");
    const end = start + 1 + tag.FLOAT64_BYTES;
    if (end > this.#end) this.#failTruncated();
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + start + 1, tag.FLOAT64_BYTES);
    const value = view.getFloat64(0);
    if (this.#isCanonical && Number.isNaN(value)) {
      if (view.getUint32(0) !== CANONICAL_NAN_HIGH || view.getUint32(4) !== 0) this.fail("a NaN of another form");
    }
    this.#ended(start, end);
    return value;
  }

  readInteger(): bigint {
    const start = this.#at;
    const end = this.#scanNumber("an integer");
    const byte = this.#bytes[end];
    if (byte !== tag.PLUS && byte !== tag.MINUS) this.#failExpected("an integer");
    if (byte === tag.MINUS && this.#prefix === 0) this.fail("there is no negative zero among integers");
    this.#ended(start, end + 1);
    const size =
      end - start <= SAFE_DIGITS ? BigInt(this.#prefix) : BigInt(utf8.decode(this.#bytes.subarray(start, end)));
    return byte === tag.MINUS ? -size : size;
  }

  /** An integer that is not negative, and safe as a number: a position in a table, a count. */
  readPosition(): number {
    const start = this.#at;
    const end = this.#scanNumber("an integer of at least 0");
    if (this.#bytes[end] !== tag.PLUS) this.#failExpected("an integer of at least 0");
    if (this.#prefix > Number.MAX_SAFE_INTEGER) this.fail("an integer of 2^53 or more where a position is expected");
    this.#ended(start, end + 1);
    return this.#prefix;
  }

  readString(): string {
    const start = this.#at;
    const from = this.#scanLength(tag.STRING, "a string");
    const end = from + this.#prefix;
    // Keys of structs come again and again, other strings do not.
    const order = this.#order;
    const isKey = order !== undefined && order.depth === this.#closing.length && !order.isValueNext;
    const text = (isKey ? nameOf(this.#bytes, from, end) : undefined) ?? this.#text(from, end);
    this.#ended(start, end);
    return text;
  }

  readSymbol(): string {
    const start = this.#at;
    const from = this.#scanLength(tag.SYMBOL, "a symbol");
    const end = from + this.#prefix;
    const text = nameOf(this.#bytes, from, end) ?? this.#text(from, end);
    this.#ended(start, end);
    return text;
  }

  /** A copy. */
  readBytes(): Uint8Array<ArrayBuffer> {
    const start = this.#at;
    const from = this.#scanLength(tag.BYTES, "bytes");
    const end = from + this.#prefix;
    this.#ended(start, end);
    return new Uint8Array(this.#bytes.subarray(from, end));
  }

  /** A record has a label first, which may be any value. */
  beginRecord(): void {
    this.#begin(tag.RECORD, tag.RECORD_END, "a record");
    if (this.#peekByte() === tag.RECORD_END) this.fail("a record without a label");
  }

  endRecord(): void {
    this.#endContainer(tag.RECORD_END, "the end of the record");
  }

  beginList(): void {
    this.#begin(tag.LIST, tag.LIST_END, "a list");
  }

  endList(): void {
    this.#endContainer(tag.LIST_END, "the end of the list");
  }

  /** Then keys and values in turn. That keys are in order, and each only once, is checked as they are read. */
  beginStruct(): void {
    this.#begin(tag.STRUCT, tag.STRUCT_END, "a struct");
    this.#followKeys(false);
  }

  endStruct(): void {
    if (this.#isValueNext()) this.#failExpected("a value for the last key");
    this.#endContainer(tag.STRUCT_END, "the end of the struct");
  }

  /** That items are in order, and each only once, is checked as they are read. */
  beginSet(): void {
    this.#begin(tag.SET, tag.SET_END, "a set");
    this.#followKeys(true);
  }

  endSet(): void {
    this.#endContainer(tag.SET_END, "the end of the set");
  }

  /** Whether nothing more is in the innermost container. */
  isEnd(): boolean {
    return this.#peekByte() === this.#closing.at(-1);
  }

  /** Reads a whole value, and checks it like any other, but makes nothing of it. */
  skip(): void {
    if (this.peek() === "end") this.#failExpected("a value");
    const depth = this.#closing.length;
    do this.#skipStep();
    while (this.#closing.length > depth);
  }

  /** Throws that the bytes are not what they should be. */
  fail(message: string): never {
    throw new PassableError("malformed", `syrup: byte ${this.#at}: ${message}`);
  }

  #skipStep(): void {
    const kind = this.peek();
    switch (kind) {
      case "boolean":
        this.readBoolean();
        break;
      case "float64":
        this.readFloat64();
        break;
      case "integer":
        this.readInteger();
        break;
      case "string":
        this.readString();
        break;
      case "symbol":
        this.readSymbol();
        break;
      case "bytes":
        this.#skipBytes();
        break;
      case "list":
        this.beginList();
        break;
      case "struct":
        this.beginStruct();
        break;
      case "record":
        this.beginRecord();
        break;
      case "set":
        this.beginSet();
        break;
      case "end":
        this.#endAny();
        break;
      case "float32":
        this.fail("a float32, which OCapN has not");
        break;
      default:
        kind satisfies never;
    }
  }

  #skipBytes(): void {
    const start = this.#at;
    const from = this.#scanLength(tag.BYTES, "bytes");
    this.#ended(start, from + this.#prefix);
  }

  #endAny(): void {
    const closing = this.#closing.at(-1);
    if (closing === tag.STRUCT_END) this.endStruct();
    else this.#endContainer(closing!, "the end of the container");
  }

  #peekByte(): number {
    if (this.#at >= this.#end) this.#failTruncated();
    return this.#bytes[this.#at]!;
  }

  #failTruncated(): never {
    throw new PassableError("malformed", `syrup: byte ${this.#end}: the bytes end in the middle of a value`);
  }

  #failExpected(what: string): never {
    const byte = this.#peekByte();
    if (byte >= tag.ZERO && byte <= tag.NINE) this.#scanPrefix();
    const kind = KINDS[byte] ?? (this.#prefixStart === this.#at ? this.#kindOfPrefix() : undefined);
    if (kind === undefined) this.fail(`expected ${what}, got ${byteWords(byte)}`);
    this.fail(`expected ${what}, got ${KIND_WORDS[kind]}`);
  }

  /** A value was read. */
  #ended(start: number, end: number): void {
    this.#at = end;
    this.#count();
    const order = this.#order;
    if (order === undefined || order.depth !== this.#closing.length) return;
    order.begin(start);
    this.#checkOrder(order);
  }

  #count(): void {
    this.#valueCount += 1;
    if (this.#valueCount <= this.#valuesMax) return;
    throw new PassableError("limit", `syrup: byte ${this.#at}: more than ${this.#valuesMax} values`);
  }

  #checkOrder(order: KeyOrder): void {
    if (order.end(this.#at)) return;
    this.fail("the key before this byte is not after the one before it, or there twice");
  }

  #begin(opening: number, closing: number, what: string): void {
    if (this.#peekByte() !== opening) this.#failExpected(what);
    const depth = this.#closing.length;
    if (depth >= this.#depthMax) {
      throw new PassableError("limit", `syrup: byte ${this.#at}: nested deeper than ${this.#depthMax}`);
    }
    const order = this.#order;
    if (order !== undefined && order.depth === depth) order.begin(this.#at);
    this.#closing.push(closing);
    this.#at++;
    this.#count();
  }

  #endContainer(closing: number, what: string): void {
    if (this.#closing.at(-1) !== closing)
      throw new TypeError(`reader: expected to be at ${what}; it is in no such container`);
    if (this.#peekByte() !== closing) this.#failExpected(what);
    if (this.#order?.depth === this.#closing.length) this.#order = this.#order.outer;
    this.#closing.pop();
    this.#at++;
    const order = this.#order;
    if (order !== undefined && order.depth === this.#closing.length) this.#checkOrder(order);
  }

  #followKeys(isSet: boolean): void {
    this.#order = new KeyOrder(this.#bytes, {
      depth: this.#closing.length,
      outer: this.#order,
      isSet,
      isCanonical: this.#isCanonical,
    });
  }

  #isValueNext(): boolean {
    const order = this.#order;
    return order !== undefined && order.depth === this.#closing.length && order.isValueNext;
  }

  #kindOfPrefix(): SyrupKind {
    switch (this.#bytes[this.#prefixEnd]) {
      case tag.PLUS:
      case tag.MINUS:
        return "integer";
      case tag.STRING:
        return "string";
      case tag.SYMBOL:
        return "symbol";
      case tag.BYTES:
        return "bytes";
      default:
        return this.fail("a number with an unknown byte after its digits");
    }
  }

  /** Scans the digits here, if they were not just scanned, and gives where the tag after them is. */
  #scanNumber(what: string): number {
    const byte = this.#peekByte();
    if (byte < tag.ZERO || byte > tag.NINE) this.#failExpected(what);
    if (this.#prefixStart !== this.#at) this.#scanPrefix();
    return this.#prefixEnd;
  }

  #scanPrefix(): void {
    const bytes = this.#bytes;
    const start = this.#at;
    const end = Math.min(this.#end, start + this.#digitsMax + 1);
    let at = start;
    let value = 0;
    for (; at < end; at++) {
      const digit = bytes[at]! - tag.ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (at - start > this.#digitsMax) {
      throw new PassableError("limit", `syrup: byte ${start}: a number of more than ${this.#digitsMax} digits`);
    }
    if (at === this.#end) this.#failTruncated();
    if (at - start > 1 && bytes[start] === tag.ZERO) this.fail("a number with a zero in front");
    this.#prefixStart = start;
    this.#prefixEnd = at;
    this.#prefix = value;
  }

  /** Scans the length before a string, and gives where the string starts. */
  #scanLength(tagAfter: number, what: string): number {
    const end = this.#scanNumber(what);
    if (this.#bytes[end] !== tagAfter) this.#failExpected(what);
    const left = this.#end - end - 1;
    if (this.#prefix > left) this.fail(`${what} of ${this.#prefix} bytes, of which only ${left} are there`);
    return end + 1;
  }

  #text(start: number, end: number): string {
    const bytes = this.#bytes;
    if (end - start <= LOOP_BYTES_MAX) {
      let union = 0;
      for (let at = start; at < end; at++) union |= bytes[at]!;
      if (union < 0x80) return asciiText(bytes, start, end);
    }
    try {
      return utf8.decode(bytes.subarray(start, end));
    } catch {
      return this.fail("text that is not UTF-8");
    }
  }
}
