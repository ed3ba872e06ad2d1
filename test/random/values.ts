/**
 * Values for tests: interesting arguments of every type, and the oracle's values in the form of machines and host functions.
 * @module
 */

import type { HostValue, Value as MachineValue } from "../../src/kernel/index.ts";
import { EXTERNREF, F32, F64, FUNCREF, I32, I64, V128, type ValueType } from "../../src/wasm/index.ts";
import type { Instance } from "../oracle/instance.ts";
import { bitsToF32, bitsToF64, type FunctionObject, f32ToBits, f64ToBits, type Value } from "../oracle/values.ts";
import type { Random } from "./random.ts";

const INTEGERS: readonly bigint[] = [0n, 1n, 2n, 3n, 7n, 8n, 31n, 32n, 63n, 64n, 127n, 128n, 255n, 256n, 1000n, 65535n];
const LARGE_INTEGERS: readonly bigint[] = [0x7fffffffn, 0x80000000n, 0xffffffffn, 1n << 52n, 1n << 62n, 1n << 63n];
const FLOATS: readonly number[] = [
  0,
  1,
  0.5,
  1.5,
  2.5,
  3,
  1e-310,
  1e-45,
  2147483647.5,
  4294967296,
  1e19,
  1e300,
  Infinity,
];
/** Quiet and signalling, canonical and not. */
const NANS_32: readonly number[] = [0x7fc00000, 0xffc00000, 0x7fa00000, 0x7fc12345, 0xff800001];
const NANS_64: readonly bigint[] = [
  0x7ff8000000000000n,
  0xfff8000000000000n,
  0x7ff4000000000000n,
  0x7ff8000012345678n,
  0xfff0000000000001n,
];

const SMALL_PROBABILITY = 0.6;
const NAN_PROBABILITY = 0.25;

export function randomInteger(random: Random): bigint {
  const value = random.chance(SMALL_PROBABILITY)
    ? random.pick(INTEGERS)
    : random.chance(0.5)
      ? random.pick(LARGE_INTEGERS)
      : random.u64();
  return BigInt.asIntN(64, random.chance(0.3) ? -value : value);
}

export function randomF32(random: Random): number {
  if (random.chance(NAN_PROBABILITY)) return random.pick(NANS_32);
  if (random.chance(0.2)) return random.u32();
  return f32ToBits((random.chance(0.3) ? -1 : 1) * random.pick(FLOATS));
}

export function randomF64(random: Random): bigint {
  if (random.chance(NAN_PROBABILITY)) return random.pick(NANS_64);
  if (random.chance(0.2)) return random.u64();
  return f64ToBits((random.chance(0.3) ? -1 : 1) * random.pick(FLOATS));
}

/** In the form of machines and images: a reference to a function is its index. */
export function randomValue(random: Random, type: ValueType, functions: number): MachineValue {
  switch (type) {
    case I32:
      return Number(BigInt.asIntN(32, randomInteger(random)));
    case I64:
      return randomInteger(random);
    case F32:
      return randomF32(random);
    case F64:
      return randomF64(random);
    case V128:
      return random.chance(0.3) ? new Uint8Array(16) : random.bytes(16);
    case FUNCREF:
      return functions === 0 || random.chance(0.5) ? null : random.below(functions);
    default:
      return null;
  }
}

export function machineToOracle(type: ValueType, value: MachineValue, instance: Instance): Value {
  if (type === FUNCREF) return typeof value === "number" ? instance.function(value) : null;
  return value;
}

/** References other than to the instance's functions become "other": no machine can give them. */
export function oracleToMachine(type: ValueType, value: Value, instance: Instance): MachineValue | "other" {
  if (type === FUNCREF || type === EXTERNREF) {
    if (value === null) return null;
    if (!isFunction(value)) return "other";
    const index = instance.functions.indexOf(value);
    return index < 0 ? "other" : index;
  }
  if (typeof value === "object" && !(value instanceof Uint8Array)) return "other";
  return value;
}

function isFunction(value: Value): value is FunctionObject {
  return (
    typeof value === "object" && value !== null && "kind" in value && (value.kind === "guest" || value.kind === "host")
  );
}

/** As a host function sees it. */
export function oracleToHost(type: ValueType, value: Value): HostValue {
  if (type === F32 && typeof value === "number") return bitsToF32(value);
  if (type === F64 && typeof value === "bigint") return bitsToF64(value);
  if (typeof value === "number" || typeof value === "bigint") return value;
  throw new TypeError("value: expected a number");
}

export function hostToOracle(type: ValueType, value: HostValue): Value {
  switch (type) {
    case F32:
      return f32ToBits(Number(value));
    case F64:
      return f64ToBits(Number(value));
    case I64:
      return BigInt.asIntN(64, BigInt(value));
    default:
      return Number(value) | 0;
  }
}

/** Readable, and equal exactly for equal values. */
export function show(value: unknown): string {
  if (value instanceof Uint8Array)
    return `bytes:${[...value].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  return JSON.stringify(value) ?? String(value);
}
