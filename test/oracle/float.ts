/**
 * Float operations and conversions (specification 4.3.3, 4.3.4) in the deterministic profile: arithmetic gives the canonical
 * NaN; neg, abs, copysign and reinterpret work on bits.
 * @module
 */

import {
  consecutive,
  f32Binary,
  f32Compare,
  f32Unary,
  f64Binary,
  f64Compare,
  f64Unary,
  type Operation,
  PREFIX_FC,
} from "./operation.ts";
import { bitsToF32, bitsToF64, f32ToBits, f64ToBits, type Stack, Trap } from "./values.ts";

const SIGN_32 = 0x80000000;
const SIGN_64 = 0x8000000000000000n;

export const f32Neg = (bits: number): number => (bits ^ SIGN_32) >>> 0;
export const f32Abs = (bits: number): number => (bits & ~SIGN_32) >>> 0;
export const f64Neg = (bits: bigint): bigint => bits ^ SIGN_64;
export const f64Abs = (bits: bigint): bigint => bits & ~SIGN_64;

/** To the nearest integer, ties to even; keeps the sign of zero. */
export function nearest(value: number): number {
  if (!Number.isFinite(value)) return value;
  const below = Math.floor(value);
  const rest = value - below;
  const up = rest > 0.5 || (rest === 0.5 && below % 2 !== 0);
  const rounded = up ? below + 1 : below;
  return rounded === 0 ? (value < 0 || Object.is(value, -0) ? -0 : 0) : rounded;
}

const f32Operations: readonly Operation[] = [
  { name: "f32.abs", params: "f", results: "f", apply: (s) => s.push(f32Abs(s.popNumber())) },
  { name: "f32.neg", params: "f", results: "f", apply: (s) => s.push(f32Neg(s.popNumber())) },
  f32Unary("f32.ceil", Math.ceil),
  f32Unary("f32.floor", Math.floor),
  f32Unary("f32.trunc", Math.trunc),
  f32Unary("f32.nearest", nearest),
  f32Unary("f32.sqrt", Math.sqrt),
  f32Binary("f32.add", (a, b) => a + b),
  f32Binary("f32.sub", (a, b) => a - b),
  f32Binary("f32.mul", (a, b) => a * b),
  f32Binary("f32.div", (a, b) => a / b),
  f32Binary("f32.min", Math.min),
  f32Binary("f32.max", Math.max),
  { name: "f32.copysign", params: "ff", results: "f", apply: f32Copysign },
];

function f32Copysign(stack: Stack): void {
  const sign = stack.popNumber();
  stack.push((f32Abs(stack.popNumber()) | (sign & SIGN_32)) >>> 0);
}

const f64Operations: readonly Operation[] = [
  { name: "f64.abs", params: "F", results: "F", apply: (s) => s.push(f64Abs(s.popBigint())) },
  { name: "f64.neg", params: "F", results: "F", apply: (s) => s.push(f64Neg(s.popBigint())) },
  f64Unary("f64.ceil", Math.ceil),
  f64Unary("f64.floor", Math.floor),
  f64Unary("f64.trunc", Math.trunc),
  f64Unary("f64.nearest", nearest),
  f64Unary("f64.sqrt", Math.sqrt),
  f64Binary("f64.add", (a, b) => a + b),
  f64Binary("f64.sub", (a, b) => a - b),
  f64Binary("f64.mul", (a, b) => a * b),
  f64Binary("f64.div", (a, b) => a / b),
  f64Binary("f64.min", Math.min),
  f64Binary("f64.max", Math.max),
  { name: "f64.copysign", params: "FF", results: "F", apply: f64Copysign },
];

function f64Copysign(stack: Stack): void {
  const sign = stack.popBigint();
  stack.push(f64Abs(stack.popBigint()) | (sign & SIGN_64));
}

const comparisons: readonly Operation[] = [
  f32Compare("f32.eq", (a, b) => a === b),
  f32Compare("f32.ne", (a, b) => a !== b),
  f32Compare("f32.lt", (a, b) => a < b),
  f32Compare("f32.gt", (a, b) => a > b),
  f32Compare("f32.le", (a, b) => a <= b),
  f32Compare("f32.ge", (a, b) => a >= b),
  f64Compare("f64.eq", (a, b) => a === b),
  f64Compare("f64.ne", (a, b) => a !== b),
  f64Compare("f64.lt", (a, b) => a < b),
  f64Compare("f64.gt", (a, b) => a > b),
  f64Compare("f64.le", (a, b) => a <= b),
  f64Compare("f64.ge", (a, b) => a >= b),
];

type Bits = 32 | 64;
type Sign = "s" | "u";

function bounds(bits: Bits, sign: Sign): { least: bigint; most: bigint } {
  const size = BigInt(bits);
  return sign === "s"
    ? { least: -(1n << (size - 1n)), most: (1n << (size - 1n)) - 1n }
    : { least: 0n, most: (1n << size) - 1n };
}

function truncate(value: number, bits: Bits, sign: Sign): bigint {
  if (Number.isNaN(value)) throw new Trap("integer-overflow");
  if (!Number.isFinite(value)) throw new Trap("integer-overflow");
  const whole = BigInt(Math.trunc(value));
  const { least, most } = bounds(bits, sign);
  if (whole < least || whole > most) throw new Trap("integer-overflow");
  return whole;
}

export function truncateSaturating(value: number, bits: Bits, sign: Sign): bigint {
  if (Number.isNaN(value)) return 0n;
  const { least, most } = bounds(bits, sign);
  if (value <= Number(least)) return least;
  if (value >= Number(most)) return most;
  return BigInt(Math.trunc(value));
}

type Truncate = (value: number, bits: Bits, sign: Sign) => bigint;

function truncation(to: "i32" | "i64", from: "f32" | "f64", sign: Sign, f: Truncate, kind: string): Operation {
  return {
    name: `${to}.${kind}_${from}_${sign}`,
    params: from === "f32" ? "f" : "F",
    results: to === "i32" ? "i" : "I",
    apply: (s) => {
      const value = from === "f32" ? bitsToF32(s.popNumber()) : bitsToF64(s.popBigint());
      const whole = f(value, to === "i32" ? 32 : 64, sign);
      s.push(to === "i32" ? Number(BigInt.asIntN(32, whole)) : BigInt.asIntN(64, whole));
    },
  };
}

function truncations(to: "i32" | "i64", f: Truncate, kind: string): Operation[] {
  return [
    truncation(to, "f32", "s", f, kind),
    truncation(to, "f32", "u", f, kind),
    truncation(to, "f64", "s", f, kind),
    truncation(to, "f64", "u", f, kind),
  ];
}

const STICKY_BITS = 20n;
const EXACT_MAX = 1n << 53n;

/**
 * Rounding first to double and then to single could round twice. A large integer therefore gives up its low bits first, leaving
 * one sticky bit below the precision of a single, so that the second rounding is the only one.
 */
export function bigintToF32(value: bigint): number {
  const magnitude = value < 0n ? -value : value;
  if (magnitude <= EXACT_MAX) return Math.fround(Number(value));
  const sticky = (magnitude & ((1n << STICKY_BITS) - 1n)) === 0n ? 0n : 1n;
  const rounded = Math.fround(Number((magnitude >> STICKY_BITS) | sticky)) * 2 ** Number(STICKY_BITS);
  return value < 0n ? -rounded : rounded;
}

const unsigned = (a: bigint): bigint => BigInt.asUintN(64, a);
const big = (bits: number): bigint => BigInt(bits >>> 0);

const conversions: readonly Operation[] = [
  { name: "i32.wrap_i64", params: "I", results: "i", apply: (s) => s.push(Number(BigInt.asIntN(32, s.popBigint()))) },
  ...truncations("i32", truncate, "trunc"),
  { name: "i64.extend_i32_s", params: "i", results: "I", apply: (s) => s.push(BigInt(s.popNumber())) },
  { name: "i64.extend_i32_u", params: "i", results: "I", apply: (s) => s.push(big(s.popNumber())) },
  ...truncations("i64", truncate, "trunc"),
  { name: "f32.convert_i32_s", params: "i", results: "f", apply: (s) => s.push(f32ToBits(s.popNumber())) },
  { name: "f32.convert_i32_u", params: "i", results: "f", apply: (s) => s.push(f32ToBits(s.popNumber() >>> 0)) },
  { name: "f32.convert_i64_s", params: "I", results: "f", apply: (s) => s.push(f32ToBits(bigintToF32(s.popBigint()))) },
  {
    name: "f32.convert_i64_u",
    params: "I",
    results: "f",
    apply: (s) => s.push(f32ToBits(bigintToF32(unsigned(s.popBigint())))),
  },
  { name: "f32.demote_f64", params: "F", results: "f", apply: (s) => s.push(f32ToBits(bitsToF64(s.popBigint()))) },
  { name: "f64.convert_i32_s", params: "i", results: "F", apply: (s) => s.push(f64ToBits(s.popNumber())) },
  { name: "f64.convert_i32_u", params: "i", results: "F", apply: (s) => s.push(f64ToBits(s.popNumber() >>> 0)) },
  { name: "f64.convert_i64_s", params: "I", results: "F", apply: (s) => s.push(f64ToBits(Number(s.popBigint()))) },
  {
    name: "f64.convert_i64_u",
    params: "I",
    results: "F",
    apply: (s) => s.push(f64ToBits(Number(unsigned(s.popBigint())))),
  },
  { name: "f64.promote_f32", params: "f", results: "F", apply: (s) => s.push(f64ToBits(bitsToF32(s.popNumber()))) },
  { name: "i32.reinterpret_f32", params: "f", results: "i", apply: (s) => s.push(s.popNumber() | 0) },
  { name: "i64.reinterpret_f64", params: "F", results: "I", apply: (s) => s.push(BigInt.asIntN(64, s.popBigint())) },
  { name: "f32.reinterpret_i32", params: "i", results: "f", apply: (s) => s.push(s.popNumber() >>> 0) },
  { name: "f64.reinterpret_i64", params: "I", results: "F", apply: (s) => s.push(unsigned(s.popBigint())) },
];

export const FLOAT_OPERATIONS: readonly (readonly [number, Operation])[] = [
  ...consecutive(0x5b, comparisons),
  ...consecutive(0x8b, f32Operations),
  ...consecutive(0x99, f64Operations),
  ...consecutive(0xa7, conversions),
  ...consecutive(PREFIX_FC, [
    ...truncations("i32", truncateSaturating, "trunc_sat"),
    ...truncations("i64", truncateSaturating, "trunc_sat"),
  ]),
];
