/**
 * Value types in the binary format (specification, section 5.3), and clear words for those that are refused.
 * @module
 */

import type { ByteReader } from "../bytes/index.ts";
import { WasmError } from "./errors.ts";
import { isReferenceType, isValueType, type ValueType } from "./module.ts";

export function readValueType(reader: ByteReader): ValueType {
  const at = reader.position;
  const byte = reader.u8();
  if (!isValueType(byte)) throw refuseType(byte, at);
  return byte;
}

export function readReferenceType(reader: ByteReader): ValueType {
  const at = reader.position;
  const byte = reader.u8();
  if (isReferenceType(byte)) return byte;
  if (isValueType(byte)) throw new WasmError("malformed", "expected a reference type", at);
  throw refuseType(byte, at);
}

const REFUSED_TYPES: { readonly [byte: number]: string } = {
  0x63: "a typed reference (typed function references)",
  0x64: "a typed reference (typed function references)",
  0x68: "contref (stack switching)",
  0x6a: "arrayref (garbage-collected types)",
  0x6b: "structref (garbage-collected types)",
  0x6c: "i31ref (garbage-collected types)",
  0x6d: "eqref (garbage-collected types)",
  0x6e: "anyref (garbage-collected types)",
  0x71: "nullref (garbage-collected types)",
  0x72: "nullexternref (garbage-collected types)",
  0x73: "nullfuncref (garbage-collected types)",
  0x74: "nullexnref (garbage-collected types)",
};

/** The error for a byte that is not a supported value type. */
export function refuseType(byte: number, at: number): WasmError {
  const refused = REFUSED_TYPES[byte];
  return refused === undefined
    ? new WasmError("malformed", `unknown type 0x${byte.toString(16)}`, at)
    : new WasmError("unsupported", `${refused} is not supported`, at);
}
