/**
 * Encodes passable values as JSON text in UTF-8 with escapes (docs/spec/passable.md). The text was chosen because the engines
 * that write and read it most, in guests, do so natively.
 * @module
 */

import { bytesToBase64 } from "../bytes/index.ts";
import { PassableError } from "./errors.ts";
import { PASSABLE_BYTES_MAX, PASSABLE_DEPTH_MAX, PASSABLE_DIGITS_MAX } from "./limits.ts";
import { farName } from "./pass-style.ts";
import { GuestError, Selector, type Slot, Tagged } from "./values.ts";

/** Says which slot stands for an object; undefined for what is no capability and no promise. */
export type SlotOf = (value: object) => Slot | undefined;

export interface EncodeOptions {
  readonly slotOf?: SlotOf;
  /** Whether errors carry the stack of a `GuestError`. Default: no, since a stack tells how the sender is made. */
  readonly stacks?: boolean;
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const FIRST_SPECIAL = 0x21; // "!"
const LAST_SPECIAL = 0x2d; // "-"

export function encodePassable(value: unknown, options: EncodeOptions = {}): Uint8Array {
  const text = JSON.stringify(toJson(value, options, 0));
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > PASSABLE_BYTES_MAX) {
    throw new PassableError("limit", `value of ${bytes.length} bytes when encoded; at most ${PASSABLE_BYTES_MAX}`);
  }
  return bytes;
}

function toJson(value: unknown, options: EncodeOptions, depth: number): Json {
  switch (typeof value) {
    case "string":
      return escapeText(value);
    case "number":
      return numberToJson(value);
    case "boolean":
      return value;
    case "undefined":
      return "#undefined";
    case "bigint":
      return bigintToJson(value);
    case "object":
      return value === null ? null : objectToJson(value, options, depth);
    case "function": {
      const slot = options.slotOf?.(value);
      if (slot !== undefined) return slotToJson(slot);
      throw new PassableError("unpassable", "a function cannot be passed; make a capability of it");
    }
    default:
      throw new PassableError("unpassable", `a ${typeof value} cannot be passed`);
  }
}

function escapeText(text: string): string {
  const first = text.charCodeAt(0);
  return first >= FIRST_SPECIAL && first <= LAST_SPECIAL ? `!${text}` : text;
}

function numberToJson(value: number): Json {
  if (Number.isNaN(value)) return "#NaN";
  if (value === Number.POSITIVE_INFINITY) return "#Infinity";
  if (value === Number.NEGATIVE_INFINITY) return "#-Infinity";
  return Object.is(value, -0) ? "#-0" : value;
}

function bigintToJson(value: bigint): string {
  const digits = value.toString();
  if (digits.length > PASSABLE_DIGITS_MAX) {
    throw new PassableError("limit", `integer of ${digits.length} digits; at most ${PASSABLE_DIGITS_MAX}`);
  }
  return value < 0n ? digits : `+${digits}`;
}

function slotToJson(slot: Slot): string {
  return `${slot.kind === "capability" ? "$" : "&"}${slot.index}`;
}

function objectToJson(value: object, options: EncodeOptions, depth: number): Json {
  const slot = options.slotOf?.(value);
  if (slot !== undefined) return slotToJson(slot);
  if (depth >= PASSABLE_DEPTH_MAX) {
    throw new PassableError("limit", `value nested deeper than ${PASSABLE_DEPTH_MAX}, or circular`);
  }
  if (farName(value) !== undefined) throw new PassableError("unpassable", "a far object cannot be passed here");
  if (Array.isArray(value)) return Array.from(value, (item) => toJson(item, options, depth + 1));
  if (value instanceof Uint8Array) return `*${bytesToBase64(value)}`;
  if (value instanceof Selector) return `'${value.name}`;
  if (value instanceof Tagged) return { "#tag": value.tag, payload: toJson(value.payload, options, depth + 1) };
  if (value instanceof Error) return errorToJson(value, options);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype && Object.getPrototypeOf(prototype) !== null) {
    throw new PassableError("unpassable", `an instance of ${nameOfClass(value)} cannot be passed`);
  }
  if (Object.prototype.toString.call(value) !== "[object Object]") {
    throw new PassableError("unpassable", `${Object.prototype.toString.call(value)} cannot be passed`);
  }
  const json: { [key: string]: Json } = Object.create(null);
  for (const [key, item] of Object.entries(value)) json[escapeText(key)] = toJson(item, options, depth + 1);
  return json;
}

function nameOfClass(value: object): string {
  const name: unknown = value.constructor?.name;
  return typeof name === "string" && name !== "" ? name : "a class";
}

function errorToJson(error: Error, options: EncodeOptions): Json {
  const json: { [key: string]: Json } = { "#error": String(error.message), name: String(error.name) };
  if (options.stacks === true && error instanceof GuestError && error.guestStack !== "") json.stack = error.guestStack;
  return json;
}
