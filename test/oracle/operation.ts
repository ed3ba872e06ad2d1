/**
 * An operation is an instruction without control flow: a signature, which the static analysis reads (operand heights),
 * and what it does to the operand stack. The makers here give the common shapes; the tables are in the files beside.
 * @module
 */

import type { Instance } from "./instance.ts";
import { bitsToF32, bitsToF64, f32ToBits, f64ToBits, type Stack, type Value } from "./values.ts";

/** What an operation may touch besides the operand stack. */
export interface Context {
  readonly instance: Instance;
  readonly locals: Value[];
}

/**
 * The signature has one letter per operand: i = i32, I = i64, f = f32, F = f64, v = v128, r = a reference, and * for whatever type
 * is there (drop and select).
 */
export interface Operation {
  readonly name: string;
  readonly params: string;
  readonly results: string;
  readonly apply: (stack: Stack, context: Context) => void;
}

/** By opcode; an opcode with a prefix byte is `prefix * 0x10000 + number`. */
export type OperationTable = ReadonlyMap<number, Operation>;

export const PREFIX_FC = 0xfc0000;
export const PREFIX_FD = 0xfd0000;

/** Gives consecutive opcodes from `first` on; a hole is `undefined`. */
export function consecutive(first: number, operations: readonly (Operation | undefined)[]): [number, Operation][] {
  const rows: [number, Operation][] = [];
  operations.forEach((operation, i) => {
    if (operation !== undefined) rows.push([first + i, operation]);
  });
  return rows;
}

type Unary<A, R> = (a: A) => R;
type Binary<A, R> = (a: A, b: A) => R;

export function i32Unary(name: string, f: Unary<number, number>): Operation {
  return { name, params: "i", results: "i", apply: (s) => s.push(f(s.popNumber()) | 0) };
}

export function i32Binary(name: string, f: Binary<number, number>): Operation {
  return { name, params: "ii", results: "i", apply: (s) => pop2(s, popNumber, (a, b) => f(a, b) | 0) };
}

export function i32Compare(name: string, f: Binary<number, boolean>): Operation {
  return { name, params: "ii", results: "i", apply: (s) => pop2(s, popNumber, (a, b) => (f(a, b) ? 1 : 0)) };
}

export function i64Unary(name: string, f: Unary<bigint, bigint>): Operation {
  return { name, params: "I", results: "I", apply: (s) => s.push(BigInt.asIntN(64, f(s.popBigint()))) };
}

export function i64Binary(name: string, f: Binary<bigint, bigint>): Operation {
  return { name, params: "II", results: "I", apply: (s) => pop2(s, popBigint, (a, b) => BigInt.asIntN(64, f(a, b))) };
}

export function i64Compare(name: string, f: Binary<bigint, boolean>): Operation {
  return { name, params: "II", results: "i", apply: (s) => pop2(s, popBigint, (a, b) => (f(a, b) ? 1 : 0)) };
}

/** Arithmetic: `f` works on numbers, and a NaN result is canonical. */
export function f32Unary(name: string, f: Unary<number, number>): Operation {
  return { name, params: "f", results: "f", apply: (s) => s.push(f32ToBits(f(bitsToF32(s.popNumber())))) };
}

export function f32Binary(name: string, f: Binary<number, number>): Operation {
  const onBits = (a: number, b: number): number => f32ToBits(f(bitsToF32(a), bitsToF32(b)));
  return { name, params: "ff", results: "f", apply: (s) => pop2(s, popNumber, onBits) };
}

export function f32Compare(name: string, f: Binary<number, boolean>): Operation {
  const onBits = (a: number, b: number): number => (f(bitsToF32(a), bitsToF32(b)) ? 1 : 0);
  return { name, params: "ff", results: "i", apply: (s) => pop2(s, popNumber, onBits) };
}

export function f64Unary(name: string, f: Unary<number, number>): Operation {
  return { name, params: "F", results: "F", apply: (s) => s.push(f64ToBits(f(bitsToF64(s.popBigint())))) };
}

export function f64Binary(name: string, f: Binary<number, number>): Operation {
  const onBits = (a: bigint, b: bigint): bigint => f64ToBits(f(bitsToF64(a), bitsToF64(b)));
  return { name, params: "FF", results: "F", apply: (s) => pop2(s, popBigint, onBits) };
}

export function f64Compare(name: string, f: Binary<number, boolean>): Operation {
  const onBits = (a: bigint, b: bigint): number => (f(bitsToF64(a), bitsToF64(b)) ? 1 : 0);
  return { name, params: "FF", results: "i", apply: (s) => pop2(s, popBigint, onBits) };
}

export function vectorUnary(name: string, f: Unary<Uint8Array, Uint8Array>): Operation {
  return { name, params: "v", results: "v", apply: (s) => s.push(f(s.popVector())) };
}

export function vectorBinary(name: string, f: Binary<Uint8Array, Uint8Array>): Operation {
  return { name, params: "vv", results: "v", apply: (s) => pop2(s, popVector, f) };
}

const popNumber = (s: Stack): number => s.popNumber();
const popBigint = (s: Stack): bigint => s.popBigint();
const popVector = (s: Stack): Uint8Array => s.popVector();

function pop2<A, R extends number | bigint | Uint8Array>(stack: Stack, pop: (s: Stack) => A, f: Binary<A, R>): void {
  const b = pop(stack);
  const a = pop(stack);
  stack.push(f(a, b));
}
