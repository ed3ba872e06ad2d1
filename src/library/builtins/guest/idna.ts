/**
 * Names of hosts in ASCII, for whatwg-url, in place of tr46 and its quarter megabyte of tables: case and compatibility forms by the
 * engine's own tables, then Punycode. Names that the full standard would refuse for a character that may not be in one are accepted.
 *
 * @module
 */
import { decode, encode } from "punycode/";

const NON_ASCII = /[^\0-\x7f]/;

export function toASCII(domain: string): string | null {
  if (!NON_ASCII.test(domain)) return domain.toLowerCase();
  const mapped = domain
    .normalize("NFKC")
    .toLowerCase()
    .normalize("NFC")
    .replace(/[\u3002\uff0e\uff61]/g, ".");
  try {
    return mapped
      .split(".")
      .map((label) => (NON_ASCII.test(label) ? `xn--${encode(label)}` : label))
      .join(".");
  } catch {
    return null;
  }
}

export function toUnicode(domain: string): { readonly domain: string; readonly error: boolean } {
  const labels = domain.split(".").map((label) => (label.startsWith("xn--") ? decode(label.slice(4)) : label));
  return { domain: labels.join("."), error: false };
}
