/**
 * Values between three forms: as images hold them (`Value`), as they travel to and from rewritten code (carriers), and as
 * host functions see them (`HostValue`).
 * @module
 */

import type { Value } from "../image/index.ts";
import { EXTERNREF, F32, F64, FUNCREF, I32, I64, V128, type ValueType, valueTypeName } from "../wasm/index.ts";
import type { HostValue } from "./host.ts";

/** An integer, or a reference. Vectors travel as two. */
export type Carrier = number | bigint | object | null;

/** Functions of an instance and their original numbers. */
export interface FunctionNumbers {
  numberOf(func: object): number;
  functionAt(number: number): object;
}

/** Carriers to values. Throws nothing: the carriers come from our own code. */
export function carriersToValues(
  types: readonly ValueType[],
  carriers: readonly Carrier[],
  functions: FunctionNumbers,
): Value[] {
  // Integers are the same in both forms, and most calls have nothing else.
  if (types.every(isInteger)) return carriers.slice() as Value[];
  let at = 0;
  return types.map((type) => {
    const carrier = carriers[at++] as Carrier;
    switch (type) {
      case F32:
        return (carrier as number) >>> 0;
      case F64:
        return BigInt.asUintN(64, carrier as bigint);
      case V128: {
        const bytes = new Uint8Array(16);
        const view = new DataView(bytes.buffer);
        view.setBigInt64(0, carrier as bigint, true);
        view.setBigInt64(8, carriers[at++] as bigint, true);
        return bytes;
      }
      case FUNCREF:
        return carrier === null ? null : functions.numberOf(carrier as object);
      case EXTERNREF:
        return null;
      default:
        return carrier as number | bigint;
    }
  });
}

function isInteger(type: ValueType): boolean {
  return type === I32 || type === I64;
}

/** Values to carriers, or what is wrong with them: they may come from an image. */
export function valuesToCarriers(
  types: readonly ValueType[],
  values: readonly Value[],
  functions: FunctionNumbers,
): Carrier[] | string {
  if (values.length !== types.length) return `has ${values.length} values where ${types.length} belong`;
  const carriers: Carrier[] = [];
  for (let i = 0; i < types.length; i++) {
    const type = types[i] as ValueType;
    const value = values[i] as Value;
    if (!isOfType(type, value)) return `has a value ${i} that is not ${valueTypeName(type)}`;
    switch (type) {
      case F32:
        carriers.push((value as number) | 0);
        break;
      case F64:
        carriers.push(BigInt.asIntN(64, value as bigint));
        break;
      case V128: {
        const bytes = value as Uint8Array;
        const view = new DataView(bytes.buffer, bytes.byteOffset);
        carriers.push(view.getBigInt64(0, true), view.getBigInt64(8, true));
        break;
      }
      case FUNCREF:
        try {
          carriers.push(value === null ? null : functions.functionAt(value as number));
        } catch {
          return `has a value ${i} that names function ${String(value)}, which does not exist`;
        }
        break;
      default:
        carriers.push(value as number | bigint | null);
    }
  }
  return carriers;
}

function isOfType(type: ValueType, value: Value): boolean {
  switch (type) {
    case I32:
      return typeof value === "number" && (value | 0) === value;
    case F32:
      return typeof value === "number" && value >>> 0 === value;
    case I64:
      return typeof value === "bigint" && BigInt.asIntN(64, value) === value;
    case F64:
      return typeof value === "bigint" && BigInt.asUintN(64, value) === value;
    case V128:
      return value instanceof Uint8Array && value.length === 16;
    case FUNCREF:
      return value === null || (typeof value === "number" && Number.isInteger(value) && value >= 0);
    case EXTERNREF:
      return value === null;
    default:
      return false;
  }
}

const view = new DataView(new ArrayBuffer(8));
const NAN_32 = 0x7fc00000;
const NAN_64 = 0x7ff8000000000000n;

/** What a host function gives or gets, to and from the image's form: floats by their bits. */
export function hostToValue(type: ValueType, host: HostValue | undefined): Value {
  switch (type) {
    case F32:
      view.setFloat32(0, Number(host));
      return Number.isNaN(host) ? NAN_32 : view.getUint32(0);
    case F64:
      view.setFloat64(0, Number(host));
      return Number.isNaN(host) ? NAN_64 : view.getBigUint64(0);
    case I64:
      return BigInt.asIntN(64, BigInt(host ?? 0n));
    case I32:
      return Number(host ?? 0) | 0;
    default:
      return null;
  }
}

export function valueToHost(type: ValueType, value: Value): HostValue {
  switch (type) {
    case F32:
      view.setUint32(0, value as number);
      return view.getFloat32(0);
    case F64:
      view.setBigUint64(0, value as bigint);
      return view.getFloat64(0);
    default:
      return value as HostValue;
  }
}

/** The zero of a type, as JavaScript hands it to WebAssembly. */
export function zeroOf(type: ValueType): number | bigint | null {
  if (type === I64) return 0n;
  return type === FUNCREF || type === EXTERNREF ? null : 0;
}
