/**
 * Values across the border between hosts and machines: hosts have numbers and bigints, machines the bits that an image holds.
 * @module
 */

import type { Value } from "../image/index.ts";
import type { ValueType } from "../wasm/index.ts";
import { F32, F64, I32, I64, valueTypeName } from "../wasm/index.ts";
import { KernelError } from "./errors.ts";
import type { HostValue } from "./host.ts";
import { hostToValue, valueToHost } from "./machine-values.ts";

/** Arguments of a host for an export, checked. */
export function argsToValues(params: readonly ValueType[], args: readonly HostValue[], name: string): Value[] {
  if (args.length !== params.length) {
    throw new KernelError("export", `${name}: expected ${params.length} arguments, got ${args.length}`);
  }
  return params.map((type, index) => {
    const arg = args[index] as HostValue;
    const wanted = WANTED[type];
    if (wanted === undefined) throw new KernelError("export", `${name}: a host cannot pass a ${valueTypeName(type)}`);
    if (typeof arg !== wanted) {
      throw new KernelError(
        "export",
        `${name}: argument ${index}: expected a ${wanted} for ${valueTypeName(type)}, got a ${typeof arg}`,
      );
    }
    return hostToValue(type, arg);
  });
}

const WANTED: { readonly [type: ValueType]: "number" | "bigint" } = {
  [I32]: "number",
  [I64]: "bigint",
  [F32]: "number",
  [F64]: "number",
};

/** Results for a host. Vectors and references have no form there: they become 0. */
export function resultsToHost(types: readonly ValueType[], results: readonly Value[]): readonly HostValue[] {
  return results.map((value, index) => {
    const type = types[index] as ValueType;
    return WANTED[type] === undefined ? 0 : valueToHost(type, value);
  });
}

/** 64 bits as a guest passes them to `invoke`, to a value of the type; undefined for types that don't fit. */
export function bitsToValue(type: ValueType, bits: bigint): Value | undefined {
  switch (type) {
    case I32:
      return Number(BigInt.asIntN(32, bits));
    case F32:
      return Number(BigInt.asUintN(32, bits));
    case I64:
      return BigInt.asIntN(64, bits);
    case F64:
      return BigInt.asUintN(64, bits);
    default:
      return undefined;
  }
}

/** The results of an export as bytes, 8 for each, little-endian; vectors and references are zero. */
export function valuesToBytes(values: readonly Value[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 8);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    if (typeof value === "number") view.setBigInt64(index * 8, BigInt(value), true);
    else if (typeof value === "bigint") view.setBigUint64(index * 8, BigInt.asUintN(64, value), true);
  });
  return bytes;
}
