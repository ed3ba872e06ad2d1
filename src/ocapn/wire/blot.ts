/**
 * Takes out of a message what must not stand in a log: whoever has a swiss number, a gift's identifier or a key can use it. What cannot be told from
 * them is taken out as well; what is left is for reading, and for nothing else.
 *
 * @module
 */

import { Selector, SyrupRecord, SyrupSet, SyrupStruct, type SyrupValue } from "../../passable/index.ts";

/** So many of the characters that encodings of bytes consist of, in a row, may be a secret: 128 bits are 22 of base64. */
const SECRET_LENGTH_MIN = 22;
const SECRET_WORD: RegExp = new RegExp(`[A-Za-z0-9+/_=%.~-]{${SECRET_LENGTH_MIN},}`, "g");
/** Not anchored, and laxer than a locator is: in a text it may stand in the middle of anything. */
const URI = /ocapn:\/\/([^\s/?#]*)\.([^\s/?#.]*)(\/s\/[^\s?#]*)?/gi;
/** Of a designator, which is public, and mostly long. */
const DESIGNATOR_LENGTH_MAX = 16;
const DESIGNATOR_SHOWN = 10;

/** Beginnings of lists, as libgcrypt has them (CapTP draft, Cryptography). */
const LISTS: ReadonlyMap<string, SyrupRecord> = new Map([
  ["public-key", new SyrupRecord(new Selector("key"), [])],
  ["sig-val", new SyrupRecord(new Selector("signature"), [])],
]);
const SWISS_NUMBER = new SyrupRecord(new Selector("swiss-number"), []);

/** The value without secrets. Of bytes only their number is left. */
export function blot(value: SyrupValue): SyrupValue {
  if (typeof value === "string") return blotText(value);
  if (typeof value === "bigint") return String(value).length < SECRET_LENGTH_MIN ? value : blotText(String(value));
  if (value instanceof Selector) return new Selector(blotText(value.name));
  if (value instanceof Uint8Array) return new SyrupRecord(new Selector("bytes"), [BigInt(value.length)]);
  if (value instanceof SyrupRecord) return blotRecord(value);
  if (value instanceof SyrupSet) return new SyrupSet(value.items.map(blot));
  if (value instanceof SyrupStruct) return new SyrupStruct(value.entries.map(([key, item]) => [blot(key), blot(item)]));
  if (Array.isArray(value)) return blotList(value);
  return value;
}

function blotList(list: readonly SyrupValue[]): SyrupValue {
  const [first] = list;
  return (first instanceof Selector ? LISTS.get(first.name) : undefined) ?? list.map(blot);
}

function blotRecord({ label, fields }: SyrupRecord): SyrupRecord {
  const name = label instanceof Selector ? label.name : undefined;
  const [first, second] = fields;
  // Some peers write swiss numbers as text.
  if (name === "ocapn-sturdyref" && first !== undefined) return new SyrupRecord(label, [blot(first), SWISS_NUMBER]);
  if (name === "ocapn-peer" && first instanceof Selector && typeof second === "string") {
    return new SyrupRecord(label, [blot(first), shortDesignator(second)]);
  }
  return new SyrupRecord(blot(label), fields.map(blot));
}

/** Sturdyrefs without their swiss numbers, and nothing else that may be an encoded secret. */
export function blotText(text: string): string {
  let blotted = "";
  let at = 0;
  for (const { index, 0: uri, 1: designator = "", 2: transport = "", 3: path } of text.matchAll(URI)) {
    blotted += blotWords(text.slice(at, index));
    blotted += `ocapn://${shortDesignator(designator)}.${blotWords(transport)}${path === undefined ? "" : "/s/[swiss number]"}`;
    at = index + uri.length;
  }
  return blotted + blotWords(text.slice(at));
}

function blotWords(text: string): string {
  return text.replace(SECRET_WORD, (word) => `[${word.length} characters]`);
}

/** Enough to tell peers from one another. */
export function shortDesignator(designator: string): string {
  return designator.length <= DESIGNATOR_LENGTH_MAX ? designator : `${designator.slice(0, DESIGNATOR_SHOWN)}…`;
}
