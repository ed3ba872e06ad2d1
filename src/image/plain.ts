/**
 * Plain data in DAG-CBOR, exactly: what DAG-CBOR lacks (bigint as distinct from number, NaN, infinities, -0) is written as a map
 * with the one key "/", keys that consist of slashes get one more, and long byte strings become blocks of their own.
 * @module
 */

import { CID } from "multiformats/cid";
import { type BlockSource, requireBlock } from "./blocks.ts";
import { cidToLink } from "./cbor.ts";
import { Field, SAFE_MAX } from "./fields.ts";
import { BIGINT_DIGITS_MAX, BYTES_CHUNK, INLINE_BYTES_MAX, PLAIN_DEPTH_MAX } from "./limits.ts";
import type { Plain } from "./state.ts";

const SPECIAL_NUMBERS: ReadonlyMap<string, number> = new Map([
  ["-0", -0],
  ["nan", Number.NaN],
  ["inf", Number.POSITIVE_INFINITY],
  ["-inf", Number.NEGATIVE_INFINITY],
]);
// CBOR's own integers.
const CBOR_INTEGER_MIN = -(2n ** 64n);
const CBOR_INTEGER_MAX = 2n ** 64n - 1n;
const HEX = /^-?[1-9a-f][0-9a-f]*$/;
const SLASHES = /^\/+$/;

/** Puts a raw block and returns its CID. */
export type PutRaw = (bytes: Uint8Array) => Uint8Array;

export function plainToCbor(value: unknown, where: string, putRaw: PutRaw): unknown {
  return toCbor(new Field(value, where), 0, putRaw);
}

function toCbor(field: Field, depth: number, putRaw: PutRaw): unknown {
  const { value, where } = field;
  switch (typeof value) {
    case "boolean":
      return value;
    case "string":
      if (!value.isWellFormed()) throw field.fail("is not well-formed text");
      return value;
    case "number":
      return numberToCbor(value);
    case "bigint":
      return { "/": bigintToCbor(value, field) };
    case "object":
      break;
    default:
      throw field.fail(`is ${typeof value}, which is not plain data`);
  }
  if (value === null) return null;
  if (depth >= PLAIN_DEPTH_MAX) throw field.fail(`is nested deeper than ${PLAIN_DEPTH_MAX}`, "limit");
  if (value instanceof Uint8Array) return bytesToCbor(value, putRaw);
  if (Array.isArray(value)) return Array.from(value, (item) => toCbor(new Field(item, where), depth + 1, putRaw));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw field.fail("is not a plain object");
  const result: { [key: string]: unknown } = {};
  for (const [key, item] of Object.entries(value)) {
    if (!key.isWellFormed()) throw field.fail("has a key that is not well-formed text");
    setOwn(result, SLASHES.test(key) ? `${key}/` : key, toCbor(new Field(item, where), depth + 1, putRaw));
  }
  return result;
}

/** An assignment to `__proto__` would set the prototype instead. Guests choose these keys. */
function setOwn(target: { [key: string]: unknown }, key: string, value: unknown): void {
  if (key !== "__proto__") target[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function numberToCbor(value: number): unknown {
  if (Object.is(value, -0)) return { "/": "-0" };
  if (Number.isNaN(value)) return { "/": "nan" };
  if (!Number.isFinite(value)) return { "/": value > 0 ? "inf" : "-inf" };
  return value;
}

function bigintToCbor(value: bigint, field: Field): unknown {
  if (value >= CBOR_INTEGER_MIN && value <= CBOR_INTEGER_MAX) return value;
  const text = value.toString(16);
  if (text.length > BIGINT_DIGITS_MAX) {
    throw field.fail(`is an integer of more than ${BIGINT_DIGITS_MAX} hexadecimal digits`, "limit");
  }
  return text;
}

function bytesToCbor(bytes: Uint8Array, putRaw: PutRaw): unknown {
  if (bytes.length <= INLINE_BYTES_MAX) return bytes;
  const chunks: unknown[] = [];
  for (let at = 0; at < bytes.length; at += BYTES_CHUNK) {
    chunks.push(cidToLink(putRaw(bytes.subarray(at, at + BYTES_CHUNK))));
  }
  return { "/": { length: bytes.length, chunks } };
}

export interface PlainReader {
  readonly source: BlockSource;
  /** Bytes that may still be assembled from blocks; shared by all plain data of an image. */
  readonly left: { plainBytesMax: number };
}

export function cborToPlain(field: Field, reader: PlainReader): Plain {
  return fromCbor(field, 0, reader);
}

function fromCbor(field: Field, depth: number, reader: PlainReader): Plain {
  const { value, where } = field;
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number") {
    return value;
  }
  if (typeof value === "bigint") throw field.fail("is a large integer outside its wrapping", "not-canonical");
  if (depth >= PLAIN_DEPTH_MAX) {
    // Wrapped numbers are as deep as the number itself.
    const wrapped = isSpecial(value) ? value["/"] : undefined;
    if (typeof wrapped === "object" || wrapped === undefined) {
      throw field.fail(`is nested deeper than ${PLAIN_DEPTH_MAX}`, "limit");
    }
  }
  if (value instanceof Uint8Array) {
    if (value.length > INLINE_BYTES_MAX) throw field.fail("has long bytes that are not in blocks", "not-canonical");
    return value.slice();
  }
  if (Array.isArray(value)) return value.map((item) => fromCbor(new Field(item, where), depth + 1, reader));
  if (typeof value !== "object" || value instanceof CID) throw field.fail("has a link outside its wrapping");
  if (isSpecial(value)) return fromSpecial(new Field(value["/"], where), reader);
  const result: { [key: string]: Plain } = {};
  for (const [key, item] of Object.entries(value)) {
    if (key === "/") throw field.fail('has the key "/" among others', "not-canonical");
    const plain = fromCbor(new Field(item, where), depth + 1, reader);
    setOwn(result, SLASHES.test(key) ? key.slice(1) : key, plain);
  }
  return result;
}

function isSpecial(value: unknown): value is { readonly "/": unknown } {
  if (typeof value !== "object" || value === null || value instanceof CID || Array.isArray(value)) return false;
  return Object.hasOwn(value, "/") && Object.keys(value).length === 1;
}

function fromSpecial(field: Field, reader: PlainReader): Plain {
  const { value } = field;
  if (typeof value === "bigint") return value;
  if (typeof value === "number" && Number.isInteger(value) && Math.abs(value) <= SAFE_MAX) return BigInt(value);
  if (typeof value === "string") {
    const special = SPECIAL_NUMBERS.get(value);
    if (special !== undefined) return special;
    if (value.length > BIGINT_DIGITS_MAX || !HEX.test(value)) throw field.fail("is no wrapped number", "not-canonical");
    const digits = value.startsWith("-") ? value.slice(1) : value;
    const integer = value === digits ? BigInt(`0x${digits}`) : -BigInt(`0x${digits}`);
    if (integer >= CBOR_INTEGER_MIN && integer <= CBOR_INTEGER_MAX) {
      throw field.fail("is a small integer written as text", "not-canonical");
    }
    return integer;
  }
  return fromChunks(field, reader);
}

function fromChunks(field: Field, reader: PlainReader): Uint8Array {
  const { length: lengthField, chunks } = field.map(["length", "chunks"]);
  const length = lengthField.integer(INLINE_BYTES_MAX + 1, SAFE_MAX);
  if (length > reader.left.plainBytesMax) {
    throw field.fail(`has ${length} bytes, ${reader.left.plainBytesMax} more are accepted`, "limit");
  }
  reader.left.plainBytesMax -= length;
  const count = Math.ceil(length / BYTES_CHUNK);
  const links = chunks.list(count, "chunks");
  if (links.length !== count) throw chunks.fail(`has ${links.length} chunks for ${length} bytes`);
  const result = new Uint8Array(length);
  for (const [index, link] of links.entries()) {
    const at = index * BYTES_CHUNK;
    const chunk = requireBlock(reader.source, link.link("raw"), link.where);
    if (chunk.length !== Math.min(BYTES_CHUNK, length - at)) throw link.fail(`has ${chunk.length} bytes`);
    result.set(chunk, at);
  }
  return result;
}
