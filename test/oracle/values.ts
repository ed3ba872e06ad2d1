/**
 * The values of the oracle. Floats are held as their bits, so that moving one around can never change a NaN; they become
 * numbers only inside an arithmetic operation, whose NaN result is always the canonical one (docs/spec/gas.md, "NaN").
 * @module
 */

import type { FunctionType } from "../../src/wasm/index.ts";
import type { Instance } from "./instance.ts";

/** A function that the embedder provides. `thread` lets it charge gas. */
export type HostCall = (args: readonly Value[], charge: (gas: number) => void) => readonly Value[];

export type FunctionObject =
  | { readonly kind: "guest"; readonly type: FunctionType; readonly instance: Instance; readonly index: number }
  | { readonly kind: "host"; readonly type: FunctionType; readonly name: string; readonly call: HostCall };

export interface ExternObject {
  readonly kind: "extern";
  readonly id: number;
}

export interface TagObject {
  readonly kind: "tag";
  readonly type: FunctionType;
}

export interface ExceptionObject {
  readonly kind: "exception";
  readonly tag: TagObject;
  readonly values: readonly Value[];
}

export type Reference = FunctionObject | ExternObject | ExceptionObject | null;

/**
 * i32: signed number. i64: signed bigint. f32: its bits as an unsigned number. f64: its bits as an unsigned bigint.
 * v128: its 16 bytes, never changed in place.
 */
export type Value = number | bigint | Uint8Array | Reference;

/** Thrown inside the interpreter only, and caught by its main loop. */
export class Trap extends Error {
  readonly code: TrapCode;
  constructor(code: TrapCode) {
    super(code);
    this.code = code;
  }
}

export type TrapCode =
  | "unreachable"
  | "divide-by-zero"
  | "integer-overflow"
  | "memory-out-of-bounds"
  | "table-out-of-bounds"
  | "bad-indirect-call"
  | "null-reference"
  | "stack-overflow"
  | "uncaught-exception";

export const CANONICAL_NAN_32 = 0x7fc00000;
export const CANONICAL_NAN_64 = 0x7ff8000000000000n;

const scratch = new DataView(new ArrayBuffer(8));

export function bitsToF32(bits: number): number {
  scratch.setUint32(0, bits);
  return scratch.getFloat32(0);
}

/** Rounds to single precision; every NaN becomes the canonical one. */
export function f32ToBits(value: number): number {
  if (Number.isNaN(value)) return CANONICAL_NAN_32;
  scratch.setFloat32(0, value);
  return scratch.getUint32(0);
}

export function bitsToF64(bits: bigint): number {
  scratch.setBigUint64(0, bits);
  return scratch.getFloat64(0);
}

export function f64ToBits(value: number): bigint {
  if (Number.isNaN(value)) return CANONICAL_NAN_64;
  scratch.setFloat64(0, value);
  return scratch.getBigUint64(0);
}

/** The operand stack, shared by all frames of a thread. Its pops check what the validator promised. */
export class Stack {
  readonly #values: Value[] = [];

  get height(): number {
    return this.#values.length;
  }

  push(value: Value): void {
    this.#values.push(value);
  }

  pop(): Value {
    const value = this.#values.pop();
    if (value === undefined) throw new TypeError("operand stack: empty");
    return value;
  }

  popNumber(): number {
    const value = this.pop();
    if (typeof value !== "number") throw new TypeError(`operand stack: expected a number, got ${typeof value}`);
    return value;
  }

  popBigint(): bigint {
    const value = this.pop();
    if (typeof value !== "bigint") throw new TypeError(`operand stack: expected a bigint, got ${typeof value}`);
    return value;
  }

  popVector(): Uint8Array {
    const value = this.pop();
    if (!(value instanceof Uint8Array)) throw new TypeError(`operand stack: expected a vector, got ${typeof value}`);
    return value;
  }

  popReference(): Reference {
    const value = this.pop();
    if (typeof value !== "object" || value instanceof Uint8Array) {
      throw new TypeError(`operand stack: expected a reference, got ${typeof value}`);
    }
    return value;
  }

  /** The top `count` values, bottom first. */
  popMany(count: number): Value[] {
    if (count > this.#values.length) throw new TypeError("operand stack: empty");
    return this.#values.splice(this.#values.length - count, count);
  }

  pushMany(values: readonly Value[]): void {
    for (const value of values) this.#values.push(value);
  }

  /** Keeps the top `count` values and what lies below `height`: what a branch does. */
  unwind(height: number, count: number): void {
    const kept = this.popMany(count);
    this.#values.length = height;
    this.pushMany(kept);
  }
}
