/**
 * Decodes passable values (docs/spec/passable.md). Whatever the bytes are, the answer is a value or a `PassableError`; keys
 * such as `__proto__` become own properties like all others.
 * @module
 */

import { base64ToBytes } from "../bytes/index.ts";
import { PassableError } from "./errors.ts";
import { PASSABLE_BYTES_MAX, PASSABLE_DEPTH_MAX, PASSABLE_DIGITS_MAX } from "./limits.ts";
import { GuestError, type Passable, Selector, type Slot, Tagged } from "./values.ts";

/** Gives what a slot stands for; throws a `PassableError` for one that is not there. */
export type ValueOfSlot = (slot: Slot) => unknown;

export interface DecodeOptions {
  readonly valueOfSlot?: ValueOfSlot;
}

export function decodePassable(bytes: Uint8Array, options: DecodeOptions = {}): Passable {
  if (bytes.length > PASSABLE_BYTES_MAX) {
    throw new PassableError("limit", `value of ${bytes.length} bytes; at most ${PASSABLE_BYTES_MAX}`);
  }
  return fromJson(parse(bytes), options, 0) as Passable;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    // The engine's own words differ from engine to engine, and may quote what was received.
    const what = error instanceof SyntaxError ? "not JSON text" : "not UTF-8";
    throw new PassableError("malformed", `passable value: ${what}`);
  }
}

function fromJson(json: unknown, options: DecodeOptions, depth: number): unknown {
  if (typeof json === "string") return fromText(json, options);
  if (typeof json !== "object" || json === null) return json;
  if (depth >= PASSABLE_DEPTH_MAX) {
    throw new PassableError("limit", `passable value: nested deeper than ${PASSABLE_DEPTH_MAX}`);
  }
  if (Array.isArray(json)) return json.map((item) => fromJson(item, options, depth + 1));
  if (Object.hasOwn(json, "#tag")) return taggedFromJson(json, options, depth);
  if (Object.hasOwn(json, "#error")) return errorFromJson(json);
  const struct = {};
  for (const [key, item] of Object.entries(json)) {
    const name = unescapeKey(key);
    const value = fromJson(item, options, depth + 1);
    if (name === "then" && typeof value === "function") throw new PassableError("unpassable", THENABLE);
    Object.defineProperty(struct, name, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return struct;
}

/** Where references can be called, one under that key would be, by whoever awaits the struct. */
const THENABLE = "a reference under the key then cannot be passed: it would pass for a promise";

function unescapeKey(key: string): string {
  const first = key.charCodeAt(0);
  if (first < 0x21 || first > 0x2d || Number.isNaN(first)) return key;
  if (first === 0x21) return key.slice(1);
  throw new PassableError("malformed", "passable value: key with an unknown first character");
}

function fromText(text: string, options: DecodeOptions): unknown {
  const first = text.charCodeAt(0);
  if (!(first >= 0x21 && first <= 0x2d)) return text;
  switch (text[0]) {
    case "!":
      return text.slice(1);
    case "'":
      return new Selector(text.slice(1));
    case "#":
      return constantFromText(text);
    case "+":
    case "-":
      return bigintFromText(text);
    case "*":
      return checkedBytes(text.slice(1));
    case "$":
    case "&":
      return slotFromText(text, options);
    default:
      throw new PassableError("malformed", "passable value: string with an unknown first character");
  }
}

function constantFromText(text: string): undefined | number {
  switch (text) {
    case "#undefined":
      return undefined;
    case "#NaN":
      return Number.NaN;
    case "#Infinity":
      return Number.POSITIVE_INFINITY;
    case "#-Infinity":
      return Number.NEGATIVE_INFINITY;
    case "#-0":
      return -0;
    default:
      throw new PassableError("malformed", "passable value: unknown constant");
  }
}

function bigintFromText(text: string): bigint {
  if (text.length - 1 > PASSABLE_DIGITS_MAX) {
    throw new PassableError("limit", `passable value: integer of more than ${PASSABLE_DIGITS_MAX} digits`);
  }
  if (!/^(\+(0|[1-9][0-9]*)|-[1-9][0-9]*)$/.test(text)) {
    throw new PassableError("malformed", "passable value: not an integer");
  }
  return BigInt(text[0] === "+" ? text.slice(1) : text);
}

function slotFromText(text: string, options: DecodeOptions): unknown {
  if (!/^.(0|[1-9][0-9]{0,3})$/.test(text)) throw new PassableError("malformed", "passable value: not a slot");
  const slot: Slot = { kind: text[0] === "$" ? "capability" : "promise", index: Number(text.slice(1)) };
  if (options.valueOfSlot === undefined) {
    throw new PassableError("malformed", "passable value: a reference where none is expected");
  }
  return options.valueOfSlot(slot);
}

function taggedFromJson(json: object, options: DecodeOptions, depth: number): Tagged {
  const { "#tag": tag, payload, ...rest } = json as { [key: string]: unknown };
  if (typeof tag !== "string" || payload === undefined || Object.keys(rest).length > 0) {
    throw new PassableError("malformed", "passable value: tagged value of another shape");
  }
  return new Tagged(tag, fromJson(payload, options, depth + 1) as Passable);
}

function errorFromJson(json: object): GuestError {
  const { "#error": message, name, stack = "", ...rest } = json as { [key: string]: unknown };
  if (
    typeof message !== "string" ||
    typeof name !== "string" ||
    typeof stack !== "string" ||
    Object.keys(rest).length > 0
  ) {
    throw new PassableError("malformed", "passable value: error of another shape");
  }
  return new GuestError({ name, message, stack });
}

function checkedBytes(text: string): Uint8Array {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) {
    throw new PassableError("malformed", "passable value: bytes that are not base64");
  }
  return base64ToBytes(text);
}
