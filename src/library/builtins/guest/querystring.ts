/**
 * `querystring`.
 *
 * @module
 */

/** Left as they are by Node, beside letters and digits. */
const encodePart = (text: string): string => encodeURIComponent(text);

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // What is no UTF-8 stays readable, byte by byte.
    return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
}

export type Query = { [name: string]: string | string[] };

const KEYS_MAX_DEFAULT = 1000;

export function parse(text: string, separator = "&", equals = "=", options: { readonly maxKeys?: number } = {}): Query {
  const query: Query = Object.create(null);
  if (typeof text !== "string" || text === "") return query;
  const keysMax = options.maxKeys ?? KEYS_MAX_DEFAULT;
  const pairs = text.split(separator).filter((pair) => pair !== "");
  for (const pair of keysMax > 0 ? pairs.slice(0, keysMax) : pairs) {
    const at = pair.indexOf(equals);
    const [name, value] = (at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + equals.length)]).map((part) =>
      decodePart(part.replaceAll("+", " ")),
    );
    if (name === undefined || value === undefined) continue;
    const known = query[name];
    query[name] = known === undefined ? value : [known, value].flat();
  }
  return query;
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "boolean" || typeof value === "bigint" || Number.isFinite(value)
    ? encodePart(String(value))
    : "";
}

export function stringify(
  query: { readonly [name: string]: unknown } | null | undefined,
  separator = "&",
  equals = "=",
): string {
  if (typeof query !== "object" || query === null) return "";
  return Object.entries(query)
    .flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((item) => encodePart(name) + equals + textOf(item)),
    )
    .join(separator);
}

const exported: object = {
  decode: parse,
  encode: stringify,
  escape: encodePart,
  parse,
  stringify,
  unescape: decodePart,
};

export default exported;
