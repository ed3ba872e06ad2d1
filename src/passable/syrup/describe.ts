/**
 * Syrup as people read it: the abstract notation of the Notation draft, on one line, long things shortened. For traces and errors; nothing
 * reads it back.
 * @module
 */

import { Selector } from "../values.ts";
import { decodeSyrup, SyrupRecord, SyrupSet, SyrupStruct, type SyrupValue } from "./value.ts";

export interface DescribeOptions {
  /** Of bytes, the first so many are shown; 0 where they may be secret. Default: 32. */
  readonly bytesShownMax?: number;
  /** Of a string or symbol, the first so many UTF-16 units are shown. Default: 80. */
  readonly textShownMax?: number;
  /** Of a container, the first so many items are shown. Default: 32. */
  readonly itemsShownMax?: number;
}

/** A name of the notation, and what real peers use besides. */
const NAME = /^[A-Za-z][A-Za-z0-9:?!_-]*$/;

/** What would move the cursor, change the direction of the text or be invisible. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}"\\]/gu;

export function describeSyrup(syrup: Uint8Array | SyrupValue, options: DescribeOptions = {}): string {
  const { bytesShownMax = 32, textShownMax = 80, itemsShownMax = 32 } = options;
  return describe(syrup instanceof Uint8Array ? decodeSyrup(syrup) : syrup, {
    bytesShownMax,
    textShownMax,
    itemsShownMax,
  });
}

type Shown = Required<DescribeOptions>;

function describe(value: SyrupValue, shown: Shown): string {
  if (typeof value === "boolean") return value ? "t" : "f";
  if (typeof value === "bigint") return describeInteger(value, shown);
  if (typeof value === "number") return describeFloat(value);
  if (typeof value === "string") return quote(value, shown);
  if (value instanceof Selector) return `'${NAME.test(value.name) ? cut(value.name, shown) : quote(value.name, shown)}`;
  if (value instanceof Uint8Array) return describeBytes(value, shown);
  if (value instanceof SyrupRecord) return describeRecord(value, shown);
  if (value instanceof SyrupSet) return `#${items(value.items, shown, " ", describe)}$`;
  if (value instanceof SyrupStruct) return `{${items(value.entries, shown, ", ", describeEntry)}}`;
  return `[${items(value, shown, " ", describe)}]`;
}

function describeInteger(value: bigint, shown: Shown): string {
  const digits = value.toString();
  return digits.length <= shown.textShownMax
    ? digits
    : `${digits.slice(0, shown.textShownMax)}… (${digits.length} digits)`;
}

function describeFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function describeBytes(bytes: Uint8Array, shown: Shown): string {
  if (bytes.length <= shown.bytesShownMax) return `:${hex(bytes)}`;
  return `:${hex(bytes.subarray(0, shown.bytesShownMax))}… (${bytes.length} bytes)`;
}

function describeRecord({ label, fields }: SyrupRecord, shown: Shown): string {
  const isName = label instanceof Selector && NAME.test(label.name);
  const name = isName ? cut(label.name, shown) : describe(label, shown);
  return fields.length === 0 ? `<${name}>` : `<${name} ${items(fields, shown, " ", describe)}>`;
}

function describeEntry([key, value]: readonly [SyrupValue, SyrupValue], shown: Shown): string {
  const name = typeof key === "string" && NAME.test(key) ? cut(key, shown) : describe(key, shown);
  return `${name}: ${describe(value, shown)}`;
}

function items<T>(
  values: readonly T[],
  shown: Shown,
  separator: string,
  describeItem: (value: T, shown: Shown) => string,
): string {
  const parts = values.slice(0, shown.itemsShownMax).map((value) => describeItem(value, shown));
  const more = values.length - parts.length;
  return more > 0 ? [...parts, `… (${more} more)`].join(separator) : parts.join(separator);
}

function quote(text: string, shown: Shown): string {
  const safe = text.slice(0, shown.textShownMax).replace(UNPRINTABLE, escapeUnit);
  return text.length <= shown.textShownMax ? `"${safe}"` : `"${safe}"… (${text.length} units)`;
}

function escapeUnit(character: string): string {
  if (character === '"' || character === "\\") return `\\${character}`;
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}

function cut(name: string, shown: Shown): string {
  return name.length <= shown.textShownMax ? name : `${name.slice(0, shown.textShownMax)}… (${name.length} units)`;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
