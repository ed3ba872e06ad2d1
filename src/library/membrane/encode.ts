/**
 * Values of the host on their way to a library: the text that the guest's half of the membrane reads. Data that needs no escapes is
 * written by the engine's own JSON.
 * @module
 */

import { bytesToBase64 } from "../../bytes/index.ts";
import { DATE_PROTOTYPE, timeOfDate } from "./dates.ts";
import { remoteOf } from "./remotes.ts";
import {
  isStructPrototype,
  membersOf,
  nameOfSymbol,
  PLAIN,
  pathOfFailure,
  REFERENCE,
  SPECIAL,
  type Surveyor,
  survey,
  Uncrossable,
} from "./survey.ts";

/** Where references come from. */
export interface ExportTable {
  readonly isProxy: ((value: object) => boolean) | undefined;
  /** How a reference to this object is written. Throws `Uncrossable` for what must not leave. */
  referenceTo(value: object): string;
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

interface Encoder {
  readonly table: ExportTable;
  readonly seen: Surveyor["seen"];
  readonly shares: Map<object, number>;
}

/** `mode,[…]`. `nameOf` says what each value is called where one cannot cross. */
export function encodeList(table: ExportTable, values: readonly unknown[], nameOf: (index: number) => string): string {
  const surveyor: Surveyor = { seen: new Map(), isProxy: table.isProxy };
  const kinds = values.map((value, index) => {
    try {
      return survey(value, surveyor, 0);
    } catch (error) {
      if (!(error instanceof Uncrossable)) throw error;
      throw new Uncrossable(error.what, pathOfFailure(value, nameOf(index)) ?? nameOf(index));
    }
  });
  if (kinds.every((kind) => kind === PLAIN)) return `${PLAIN},${JSON.stringify(values)}`;
  const encoder: Encoder = { table, seen: surveyor.seen, shares: new Map() };
  const list = values.map((value, index) => {
    if (kinds[index] !== REFERENCE) return encodeData(value, encoder);
    try {
      return table.referenceTo(value as object);
    } catch (error) {
      throw error instanceof Uncrossable ? new Uncrossable(error.what, nameOf(index)) : error;
    }
  });
  return `${SPECIAL},${JSON.stringify(list)}`;
}

function encodeData(value: unknown, encoder: Encoder): Json {
  switch (typeof value) {
    case "string":
      return escapeText(value);
    case "number":
      return encodeNumber(value);
    case "boolean":
      return value;
    case "undefined":
      return "#undefined";
    case "bigint":
      return value < 0n ? String(value) : `+${value}`;
    case "symbol":
      return `%${nameOfSymbol(value)}`;
    case "function":
      return encoder.table.referenceTo(value);
    default:
      return value === null ? null : encodeShared(value as object, encoder);
  }
}

export function escapeText(text: string): string {
  return text < "." && text >= "!" ? `!${text}` : text;
}

function encodeNumber(value: number): Json {
  if (Number.isFinite(value)) return Object.is(value, -0) ? "#-0" : value;
  return Number.isNaN(value) ? "#NaN" : value > 0 ? "#Infinity" : "#-Infinity";
}

function encodeShared(value: object, encoder: Encoder): Json {
  const times = encoder.seen.get(value);
  if (times === undefined) return encoder.table.referenceTo(value);
  if (times === 1) return encodeObject(value, encoder);
  const known = encoder.shares.get(value);
  if (known !== undefined) return `&${known}`;
  const index = encoder.shares.size;
  encoder.shares.set(value, index);
  return { "#": "share", i: index, v: encodeObject(value, encoder) };
}

function encodeObject(value: object, encoder: Encoder): Json {
  if (Array.isArray(value)) return encodeArray(value, encoder);
  if (value instanceof Error) return encodeError(value, encoder);
  if (ArrayBuffer.isView(value)) return encodeBytes(value, nameOfView(value));
  const prototype: object | null = Object.getPrototypeOf(value);
  if (isStructPrototype(prototype)) {
    const struct = encodeStruct(value, encoder);
    return prototype === null ? { "#": "bare", v: struct } : struct;
  }
  if (prototype === DATE_PROTOTYPE) {
    const time = timeOfDate(value);
    return { "#": "date", v: Number.isNaN(time) ? null : time };
  }
  if (value instanceof RegExp) return { "#": "regexp", s: value.source, f: value.flags, l: value.lastIndex };
  if (value instanceof ArrayBuffer) return encodeBytes(new Uint8Array(value), "ArrayBuffer");
  return {
    "#": prototype === Map.prototype ? "map" : "set",
    v: membersOf(value).map((member) => encodeData(member, encoder)),
  };
}

function encodeArray(value: readonly unknown[], encoder: Encoder): Json {
  const keys = Object.keys(value);
  if (keys.length === value.length) return value.map((item) => encodeData(item, encoder));
  const entries = keys.flatMap((key) => [key, encodeData(Reflect.get(value, key), encoder)]);
  return { "#": "array", n: value.length, v: entries };
}

function encodeStruct(value: object, encoder: Encoder): Json {
  const struct: { [key: string]: Json } = Object.create(null);
  for (const [key, item] of Object.entries(value)) struct[escapeText(key)] = encodeData(item, encoder);
  return struct;
}

function nameOfView(view: ArrayBufferView): string {
  if (view instanceof DataView) return "DataView";
  return String(Reflect.get(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag, view));
}

function encodeBytes(view: ArrayBufferView, type: string): Json {
  return { "#": "bytes", t: type, v: bytesToBase64(new Uint8Array(view.buffer, view.byteOffset, view.byteLength)) };
}

/** Name and message, and nothing else: what else an error of the host has says how the host is made. */
function encodeError(error: Error, encoder: Encoder): Json {
  const reference = encoder.table.referenceTo(error);
  if (remoteOf(error) !== undefined && reference.startsWith("'")) return reference;
  return { "#": "error", r: reference, n: textOf(error, "name", "Error"), m: textOf(error, "message", "") };
}

function textOf(error: Error, key: "name" | "message", fallback: string): string {
  try {
    const text: unknown = error[key];
    return typeof text === "string" ? text : fallback;
  } catch {
    return fallback;
  }
}
