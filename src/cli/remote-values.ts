/**
 * Values of remote calls as people write and read them: arguments from the command line, and answers, in the manner of JSON with what OCapN has beside it.
 *
 * @module
 */
import { formatSturdyrefUri, SturdyRef } from "../ocapn/index.ts";
import { farName, isTarget, Selector, Tagged } from "../passable/index.ts";

/** Beyond it, a list or a struct takes a line for each of its parts. */
const LINE_LENGTH_MAX = 80;
const BYTES_SHOWN_MAX = 64;
/** Of a whole answer; more is `…`. */
export const DEPTH_SHOWN_MAX = 32;
export const VALUES_SHOWN_MAX = 100_000;
/** What a terminal would act on, or not show. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** `12n` is an integer, what is JSON is that, and all else a string. */
export function parseArgument(text: string): unknown {
  if (/^-?\d+n$/.test(text)) return BigInt(text.slice(0, -1));
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

export function describeAnswer(value: unknown): string {
  return describe(value, { indent: "", depth: 0, count: { left: VALUES_SHOWN_MAX } });
}

/** Of a value in an answer. */
interface Place {
  readonly indent: string;
  readonly depth: number;
  /** Of all values of the answer. */
  readonly count: { left: number };
}

function inside({ indent, depth, count }: Place): Place {
  return { indent: `${indent}  `, depth: depth + 1, count };
}

function describe(value: unknown, place: Place): string {
  if (place.count.left === 0 || place.depth > DEPTH_SHOWN_MAX) return "…";
  place.count.left -= 1;
  switch (typeof value) {
    case "string":
      return quote(value);
    case "bigint":
      return `${value}n`;
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "object":
      return value === null ? "null" : describeObject(value, place);
    case "function":
      return `<${farName(value) === undefined ? "reference" : escaped(`reference to ${farName(value)}`)}>`;
    default:
      return String(value);
  }
}

function describeObject(value: object, place: Place): string {
  if (Array.isArray(value)) {
    return join(
      ["[", "]"],
      describeEach(value, place, (item) => describe(item, inside(place))),
      place,
    );
  }
  if (isTarget(value)) return "<reference>";
  if (value instanceof Uint8Array) return describeBytes(value);
  if (value instanceof Selector) return `'${escaped(value.name)}`;
  if (value instanceof Tagged)
    return `<${quote(value.tag)} ${describe(value.payload, { ...place, depth: place.depth + 1 })}>`;
  if (value instanceof Error) return `<${escaped(`${value.name}: ${value.message}`)}>`;
  if (value instanceof Promise) return "<promise>";
  if (value instanceof SturdyRef) return `<${formatSturdyrefUri(value.locator)}>`;
  const fields = describeEach(
    Object.entries(value),
    place,
    ([key, item]) => `${quote(key)}: ${describe(item, inside(place))}`,
  );
  return join(["{", "}"], fields, place);
}

/** As many as are shown, and a sign for the others. */
function describeEach<T>(parts: readonly T[], { count }: Place, describePart: (part: T) => string): readonly string[] {
  const shown: string[] = [];
  for (const part of parts) {
    if (count.left === 0) return [...shown, "…"];
    shown.push(describePart(part));
  }
  return shown;
}

function join([open, close]: readonly [string, string], parts: readonly string[], { indent }: Place): string {
  const line = `${open}${parts.join(", ")}${close}`;
  if (line.length + indent.length <= LINE_LENGTH_MAX && !line.includes("\n")) return line;
  return `${open}\n${parts.map((part) => `${indent}  ${part}`).join(",\n")}\n${indent}${close}`;
}

function describeBytes(bytes: Uint8Array): string {
  const shown = Buffer.from(bytes.subarray(0, BYTES_SHOWN_MAX)).toString("hex");
  const more = bytes.length > BYTES_SHOWN_MAX ? "…" : "";
  return `<${bytes.length} bytes${shown === "" ? "" : ` ${shown}${more}`}>`;
}

function quote(text: string): string {
  return escaped(JSON.stringify(text));
}

function escaped(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}
