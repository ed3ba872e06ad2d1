/**
 * Constants of the suite: as arguments in the machine's form, and as what a result has to be.
 *
 * @module
 */
import type { Value } from "../../src/kernel/index.ts";

export interface Constant {
  readonly type: string;
  /** Integers and floats: their bits in decimal, or a NaN's pattern; vectors: their lanes; references: a number or `null`; absent: any but null. */
  readonly value?: string | readonly string[];
  readonly lane_type?: string;
}

/** Not for the machine: references of hosts, which guests have not. */
export class NotOurs extends Error {
  override readonly name = "NotOurs";
}

interface Bits {
  readonly [type: string]: bigint;
}

/** The one NaN that arithmetic gives here (docs/spec/rewriting.md); the suite takes any with its highest bit set. */
const NANS: Bits = { f32: 0x7fc00000n, f64: 0x7ff8000000000000n };
const NEGATED_NANS: Bits = { f32: 0xffc00000n, f64: 0xfff8000000000000n };

/** Bits of a number or a lane. */
function bitsOf(type: string, text: string, nans: Bits): bigint {
  return text.startsWith("nan:") ? (nans[type] as bigint) : BigInt(text);
}

export function toValue({ type, value, lane_type }: Constant, nans: Bits = NANS): Value {
  switch (type) {
    case "i32":
      return Number(BigInt.asIntN(32, BigInt(value as string)));
    case "i64":
      return BigInt.asIntN(64, BigInt(value as string));
    case "f32":
      return Number(bitsOf(type, value as string, nans));
    case "f64":
      return bitsOf(type, value as string, nans);
    case "v128":
      return toVector(lane_type as string, value as readonly string[], nans);
    case "funcref":
    case "externref":
      if (value === "null") return null;
      throw new NotOurs(`${type} of a host`);
    default:
      throw new NotOurs(`a value of type ${type}`);
  }
}

function toVector(type: string, lanes: readonly string[], nans: Bits): Uint8Array {
  const width = 128 / lanes.length;
  const bits = lanes.reduceRight(
    (rest, lane) => (rest << BigInt(width)) | BigInt.asUintN(width, bitsOf(type, lane, nans)),
    0n,
  );
  return Uint8Array.from({ length: 16 }, (_, i) => Number((bits >> BigInt(8 * i)) & 0xffn));
}

/** Bit by bit; `negated`: what is expected is the result of a negation, which is defined for NaNs too. */
export function isAsExpected(expected: Constant, actual: Value | undefined, negated: boolean): boolean {
  if (actual === undefined) return false;
  if (expected.type === "funcref" && expected.value === undefined) return typeof actual === "number";
  const nans = negated ? [NANS, NEGATED_NANS] : [NANS];
  return nans.some((each) => show(toValue(expected, each)) === show(actual));
}

export function show(value: Value): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  return typeof value === "bigint" ? `${value}n` : String(value);
}

/** By what the suite says of a trap; the codes are ours. */
const TRAPS: readonly (readonly [RegExp, string])[] = [
  [/^out of bounds memory access/, "memory-out-of-bounds"],
  [/^out of bounds table access|^undefined( element)?$/, "table-out-of-bounds"],
  [/^uninitialized|^indirect call/, "bad-indirect-call"],
  [/^integer divide by zero/, "divide-by-zero"],
  [/^integer overflow|^invalid conversion to integer/, "integer-overflow"],
  [/^unreachable/, "unreachable"],
  [/^call stack exhausted/, "stack-overflow"],
  [/^null /, "null-reference"],
  [/^unhandled exception/, "uncaught-exception"],
];

export const TRAP_CODES: readonly string[] = TRAPS.map(([, code]) => code);

export function trapCodeOf(text: string): string {
  return TRAPS.find(([pattern]) => pattern.test(text))?.[1] ?? `no code for "${text}"`;
}
