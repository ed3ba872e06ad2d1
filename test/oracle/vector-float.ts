/**
 * Vector operations on float lanes, conversions between shapes, and the operations on whole vectors (specification 4.3.6).
 * Arithmetic gives canonical NaNs lane by lane; abs, neg, pmin and pmax move bits.
 * @module
 */

import { f32Abs, f32Neg, f64Abs, f64Neg, nearest, truncateSaturating } from "./float.ts";
import { fromF32Lanes, fromLanes, toF32Lanes, toLanes } from "./lanes.ts";
import { consecutive, type Operation, PREFIX_FD, vectorBinary, vectorUnary } from "./operation.ts";
import { bitsToF32, bitsToF64, f32ToBits, f64ToBits } from "./values.ts";

type NumberUnary = (a: number) => number;
type NumberBinary = (a: number, b: number) => number;
type NumberTest = (a: number, b: number) => boolean;

const f32Values = (vector: Uint8Array): number[] => toF32Lanes(vector).map(bitsToF32);
const f64Values = (vector: Uint8Array): number[] => toLanes(vector, 64, "u").map(bitsToF64);
const fromF32Values = (values: readonly number[]): Uint8Array => fromF32Lanes(values.map(f32ToBits));
const fromF64Values = (values: readonly number[]): Uint8Array => fromLanes(values.map(f64ToBits), 64);
const pair = <T, R>(a: readonly T[], b: readonly T[], f: (a: T, b: T) => R): R[] =>
  a.map((lane, i) => {
    const other = b[i];
    if (other === undefined) throw new RangeError("lanes: expected as many on both sides");
    return f(lane, other);
  });

function unary(shape: "f32x4" | "f64x2", name: string, f: NumberUnary): Operation {
  return shape === "f32x4"
    ? vectorUnary(`f32x4.${name}`, (a) => fromF32Values(f32Values(a).map(f)))
    : vectorUnary(`f64x2.${name}`, (a) => fromF64Values(f64Values(a).map(f)));
}

function binary(shape: "f32x4" | "f64x2", name: string, f: NumberBinary): Operation {
  return shape === "f32x4"
    ? vectorBinary(`f32x4.${name}`, (a, b) => fromF32Values(pair(f32Values(a), f32Values(b), f)))
    : vectorBinary(`f64x2.${name}`, (a, b) => fromF64Values(pair(f64Values(a), f64Values(b), f)));
}

function compare(shape: "f32x4" | "f64x2", name: string, f: NumberTest): Operation {
  const mask = (a: number, b: number): bigint => (f(a, b) ? -1n : 0n);
  return shape === "f32x4"
    ? vectorBinary(`f32x4.${name}`, (a, b) => fromLanes(pair(f32Values(a), f32Values(b), mask), 32))
    : vectorBinary(`f64x2.${name}`, (a, b) => fromLanes(pair(f64Values(a), f64Values(b), mask), 64));
}

/** The second operand's bits where `f(first, second)`, else the first's. */
function choose(shape: "f32x4" | "f64x2", name: string, f: NumberTest): Operation {
  return shape === "f32x4"
    ? vectorBinary(`f32x4.${name}`, (a, b) =>
        fromF32Lanes(pair(toF32Lanes(a), toF32Lanes(b), (x, y) => (f(bitsToF32(x), bitsToF32(y)) ? y : x))),
      )
    : vectorBinary(`f64x2.${name}`, (a, b) =>
        fromLanes(
          pair(toLanes(a, 64, "u"), toLanes(b, 64, "u"), (x, y) => (f(bitsToF64(x), bitsToF64(y)) ? y : x)),
          64,
        ),
      );
}

function comparisons(shape: "f32x4" | "f64x2"): Operation[] {
  return [
    compare(shape, "eq", (a, b) => a === b),
    compare(shape, "ne", (a, b) => a !== b),
    compare(shape, "lt", (a, b) => a < b),
    compare(shape, "gt", (a, b) => a > b),
    compare(shape, "le", (a, b) => a <= b),
    compare(shape, "ge", (a, b) => a >= b),
  ];
}

/** From sqrt to pmax, in the order of the opcodes. */
function arithmetic(shape: "f32x4" | "f64x2"): Operation[] {
  return [
    unary(shape, "sqrt", Math.sqrt),
    binary(shape, "add", (a, b) => a + b),
    binary(shape, "sub", (a, b) => a - b),
    binary(shape, "mul", (a, b) => a * b),
    binary(shape, "div", (a, b) => a / b),
    binary(shape, "min", Math.min),
    binary(shape, "max", Math.max),
    choose(shape, "pmin", (a, b) => b < a),
    choose(shape, "pmax", (a, b) => a < b),
  ];
}

const f32x4Abs = vectorUnary("f32x4.abs", (a) => fromF32Lanes(toF32Lanes(a).map(f32Abs)));
const f32x4Neg = vectorUnary("f32x4.neg", (a) => fromF32Lanes(toF32Lanes(a).map(f32Neg)));
const f64x2Abs = vectorUnary("f64x2.abs", (a) => fromLanes(toLanes(a, 64, "u").map(f64Abs), 64));
const f64x2Neg = vectorUnary("f64x2.neg", (a) => fromLanes(toLanes(a, 64, "u").map(f64Neg), 64));

const low = <T>(lanes: readonly T[]): T[] => lanes.slice(0, lanes.length / 2);

const conversions: readonly Operation[] = [
  vectorUnary("i32x4.trunc_sat_f32x4_s", (a) =>
    fromLanes(
      f32Values(a).map((x) => truncateSaturating(x, 32, "s")),
      32,
    ),
  ),
  vectorUnary("i32x4.trunc_sat_f32x4_u", (a) =>
    fromLanes(
      f32Values(a).map((x) => truncateSaturating(x, 32, "u")),
      32,
    ),
  ),
  vectorUnary("f32x4.convert_i32x4_s", (a) => fromF32Values(toLanes(a, 32, "s").map(Number))),
  vectorUnary("f32x4.convert_i32x4_u", (a) => fromF32Values(toLanes(a, 32, "u").map(Number))),
  vectorUnary("i32x4.trunc_sat_f64x2_s_zero", (a) =>
    fromLanes(
      f64Values(a).map((x) => truncateSaturating(x, 32, "s")),
      32,
    ),
  ),
  vectorUnary("i32x4.trunc_sat_f64x2_u_zero", (a) =>
    fromLanes(
      f64Values(a).map((x) => truncateSaturating(x, 32, "u")),
      32,
    ),
  ),
  vectorUnary("f64x2.convert_low_i32x4_s", (a) => fromF64Values(low(toLanes(a, 32, "s")).map(Number))),
  vectorUnary("f64x2.convert_low_i32x4_u", (a) => fromF64Values(low(toLanes(a, 32, "u")).map(Number))),
];

const demote = vectorUnary("f32x4.demote_f64x2_zero", (a) => fromF32Values(f64Values(a)));
const promote = vectorUnary("f64x2.promote_low_f32x4", (a) => fromF64Values(low(f32Values(a))));

const bitwise = (name: string, f: (a: number, b: number) => number): Operation =>
  vectorBinary(`v128.${name}`, (a, b) => a.map((byte, i) => f(byte, b[i] ?? 0)));

const wholeVector: readonly Operation[] = [
  vectorUnary("v128.not", (a) => a.map((byte) => ~byte)),
  bitwise("and", (a, b) => a & b),
  bitwise("andnot", (a, b) => a & ~b),
  bitwise("or", (a, b) => a | b),
  bitwise("xor", (a, b) => a ^ b),
  {
    name: "v128.bitselect",
    params: "vvv",
    results: "v",
    apply: (s) => {
      const select = s.popVector();
      const b = s.popVector();
      const a = s.popVector();
      s.push(a.map((byte, i) => (byte & (select[i] ?? 0)) | ((b[i] ?? 0) & ~(select[i] ?? 0))));
    },
  },
  {
    name: "v128.any_true",
    params: "v",
    results: "i",
    apply: (s) => s.push(s.popVector().some((byte) => byte !== 0) ? 1 : 0),
  },
];

const swizzle = vectorBinary("i8x16.swizzle", (a, b) => b.map((index) => a[index] ?? 0));

const splats: readonly Operation[] = [
  { name: "i8x16.splat", params: "i", results: "v", apply: (s) => s.push(splat(BigInt(s.popNumber()), 8)) },
  { name: "i16x8.splat", params: "i", results: "v", apply: (s) => s.push(splat(BigInt(s.popNumber()), 16)) },
  { name: "i32x4.splat", params: "i", results: "v", apply: (s) => s.push(splat(BigInt(s.popNumber()), 32)) },
  { name: "i64x2.splat", params: "I", results: "v", apply: (s) => s.push(splat(s.popBigint(), 64)) },
  { name: "f32x4.splat", params: "f", results: "v", apply: (s) => s.push(splat(BigInt(s.popNumber()), 32)) },
  { name: "f64x2.splat", params: "F", results: "v", apply: (s) => s.push(splat(s.popBigint(), 64)) },
];

function splat(lane: bigint, bits: 8 | 16 | 32 | 64): Uint8Array {
  return fromLanes(Array<bigint>(128 / bits).fill(lane), bits);
}

const none = undefined;

export const VECTOR_FLOAT_OPERATIONS: readonly (readonly [number, Operation])[] = [
  ...consecutive(PREFIX_FD + 14, [swizzle, ...splats]),
  ...consecutive(PREFIX_FD + 65, [...comparisons("f32x4"), ...comparisons("f64x2"), ...wholeVector]),
  ...consecutive(PREFIX_FD + 94, [demote, promote]),
  ...consecutive(PREFIX_FD + 103, [unary("f32x4", "ceil", Math.ceil), unary("f32x4", "floor", Math.floor)]),
  ...consecutive(PREFIX_FD + 105, [unary("f32x4", "trunc", Math.trunc), unary("f32x4", "nearest", nearest)]),
  ...consecutive(PREFIX_FD + 116, [unary("f64x2", "ceil", Math.ceil), unary("f64x2", "floor", Math.floor)]),
  ...consecutive(PREFIX_FD + 122, [unary("f64x2", "trunc", Math.trunc)]),
  ...consecutive(PREFIX_FD + 148, [unary("f64x2", "nearest", nearest)]),
  ...consecutive(PREFIX_FD + 224, [f32x4Abs, f32x4Neg, none, ...arithmetic("f32x4")]),
  ...consecutive(PREFIX_FD + 236, [f64x2Abs, f64x2Neg, none, ...arithmetic("f64x2"), ...conversions]),
];
