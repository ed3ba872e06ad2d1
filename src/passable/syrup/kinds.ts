/**
 * The kinds of Syrup values, by the byte that they begin with, and in words.
 * @module
 */

import * as tag from "./tags.ts";

/** What the next value is. `end` is any closing bracket. */
export type SyrupKind =
  | "boolean"
  | "float64"
  | "float32"
  | "integer"
  | "string"
  | "symbol"
  | "bytes"
  | "list"
  | "struct"
  | "record"
  | "set"
  | "end";

/** By the first byte of a value; undefined for digits, whose kind stands after them, and for what begins none. */
export const KINDS: readonly (SyrupKind | undefined)[] = kindsByFirstByte();

function kindsByFirstByte(): readonly (SyrupKind | undefined)[] {
  const kinds = new Array<SyrupKind | undefined>(256).fill(undefined);
  kinds[tag.TRUE] = "boolean";
  kinds[tag.FALSE] = "boolean";
  kinds[tag.FLOAT64] = "float64";
  kinds[tag.FLOAT32] = "float32";
  kinds[tag.LIST] = "list";
  kinds[tag.STRUCT] = "struct";
  kinds[tag.RECORD] = "record";
  kinds[tag.SET] = "set";
  for (const byte of [tag.LIST_END, tag.STRUCT_END, tag.RECORD_END, tag.SET_END]) kinds[byte] = "end";
  return kinds;
}

export const KIND_WORDS: { readonly [K in SyrupKind]: string } = {
  boolean: "a boolean",
  float64: "a float64",
  float32: "a float32",
  integer: "an integer",
  string: "a string",
  symbol: "a symbol",
  bytes: "bytes",
  list: "a list",
  struct: "a struct",
  record: "a record",
  set: "a set",
  end: "a closing bracket",
};

/** A byte that is none of them. */
export function byteWords(byte: number): string {
  return `byte 0x${byte.toString(16).padStart(2, "0")}`;
}
