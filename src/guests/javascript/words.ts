/**
 * The engine's value words: 64 bits that hold a float64, or in the upper half a tag and in the lower one an integer, a truth value or a pointer.
 * What needs no pointer (an *immediate*) is written and read here without a call of the engine.
 * @module
 */

/** Upper halves of value words. */
const Tag = {
  first: -9,
  string: -7,
  rope: -6,
  object: -1,
  int: 0,
  bool: 1,
  null: 2,
  undefined: 3,
  exception: 6,
  /** From here on, counted from the first, they are the upper halves of floats. */
  float: 8,
} as const;

/** What the upper half of a float is moved by, so that it cannot be taken for a tag. */
const FLOAT_ADDEND: number = 0x7ff80000 - Tag.first + 1;
const NAN_UPPER = 0x7ff80000;

/** What crosses by direct calls as it is. */
export type Primitive = undefined | null | boolean | number | string;
export type Immediate = Exclude<Primitive, string>;

export const JS_UNDEFINED: bigint = 3n << 32n;

export function isObject(view: DataView, at: number): boolean {
  return view.getInt32(at + 4, true) === Tag.object;
}

export function isException(word: bigint): boolean {
  return viewOfWord(word).getInt32(4, true) === Tag.exception;
}

export function intValue(value: number): bigint {
  return BigInt(value >>> 0);
}

export function boolValue(value: boolean): bigint {
  return (1n << 32n) | (value ? 1n : 0n);
}

export function writeImmediate(view: DataView, at: number, value: Immediate): void {
  if (typeof value === "number") writeNumber(view, at, value);
  else if (typeof value === "boolean") writeWord(view, at, Tag.bool, value ? 1 : 0);
  else writeWord(view, at, value === null ? Tag.null : Tag.undefined, 0);
}

function writeNumber(view: DataView, at: number, value: number): void {
  const int = value | 0;
  if (int === value && !Object.is(value, -0)) {
    writeWord(view, at, Tag.int, int);
    return;
  }
  view.setFloat64(at, value, true);
  // The engine knows one NaN only, and an implementation of JavaScript may write any.
  if (Number.isNaN(value)) writeWord(view, at, NAN_UPPER, 0);
  view.setInt32(at + 4, (view.getInt32(at + 4, true) - FLOAT_ADDEND) | 0, true);
}

function writeWord(view: DataView, at: number, upper: number, lower: number): void {
  view.setInt32(at, lower, true);
  view.setInt32(at + 4, upper, true);
}

/** `undefined` is a value here, so what is no immediate is one of three symbols. */
export const IS_STRING: unique symbol = Symbol("string");
export const IS_ROPE: unique symbol = Symbol("rope");
export const IS_OTHER: unique symbol = Symbol("other");

export function readImmediate(
  view: DataView,
  at: number,
): Immediate | typeof IS_STRING | typeof IS_ROPE | typeof IS_OTHER {
  const upper = view.getInt32(at + 4, true);
  switch (upper) {
    case Tag.int:
      return view.getInt32(at, true);
    case Tag.bool:
      return view.getInt32(at, true) !== 0;
    case Tag.null:
      return null;
    case Tag.undefined:
      return undefined;
    case Tag.string:
      return IS_STRING;
    case Tag.rope:
      return IS_ROPE;
  }
  if ((upper - Tag.first) >>> 0 < Tag.float - Tag.first) return IS_OTHER;
  return readFloat(upper, view.getInt32(at, true));
}

const scratch = new DataView(new ArrayBuffer(8));

function readFloat(upper: number, lower: number): number {
  writeWord(scratch, 0, (upper + FLOAT_ADDEND) | 0, lower);
  return scratch.getFloat64(0, true);
}

/** A view on the word alone. It is overwritten by the next. */
export function viewOfWord(word: bigint): DataView {
  wordView.setBigInt64(0, word, true);
  return wordView;
}

const wordView = new DataView(new ArrayBuffer(8));

/** Where a word that is no immediate points to. */
export function pointerOf(word: bigint): number {
  return Number(BigInt.asUintN(32, word));
}
