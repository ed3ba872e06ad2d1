/**
 * Amounts as people write and read them: `50M` gas, `64M` memory.
 *
 * @module
 */

/** Beyond this a JavaScript number no longer counts every unit. */
export const AMOUNT_MAX: number = Number.MAX_SAFE_INTEGER;
const GAS_UNITS = new Map([
  ["", 1],
  ["k", 1e3],
  ["m", 1e6],
  ["g", 1e9],
  ["t", 1e12],
]);
const BYTE_UNITS = new Map([
  ["", 1],
  ["k", 2 ** 10],
  ["m", 2 ** 20],
  ["g", 2 ** 30],
]);
export const PAGE_BYTES = 65_536;
const MEMORY_BYTES_MAX = 65_536 * PAGE_BYTES;

/** Gas in decimal units: `5000`, `50M`, `1.5G`. Throws a RangeError that quotes the text. */
export function parseGas(text: string): number {
  return parseAmount({
    text,
    units: GAS_UNITS,
    max: AMOUNT_MAX,
    example: "a whole number, also with k, M, G or T, like 50M",
  });
}

/** Memory in binary units, down to whole pages: `64M`, `1G`. Throws a RangeError that quotes the text. */
export function parseMemory(text: string): number {
  const example = "bytes, also with k, M or G, from 64k to 4G, like 64M";
  const bytes = parseAmount({ text: text.replace(/i?b$/i, ""), units: BYTE_UNITS, max: MEMORY_BYTES_MAX, example });
  if (bytes < PAGE_BYTES) throw new RangeError(`expected ${example}, got ${JSON.stringify(text)}`);
  return Math.floor(bytes / PAGE_BYTES) * PAGE_BYTES;
}

function parseAmount(init: { text: string; units: ReadonlyMap<string, number>; max: number; example: string }): number {
  const match = /^(\d[\d_]*(?:\.\d+)?)([a-z]?)$/i.exec(init.text.trim());
  const unit = init.units.get((match?.[2] ?? "?").toLowerCase());
  const amount = unit === undefined ? Number.NaN : Number((match?.[1] ?? "").replaceAll("_", "")) * unit;
  if (!(amount <= init.max) || !Number.isInteger(amount)) {
    throw new RangeError(`expected ${init.example}, got ${JSON.stringify(init.text)}`);
  }
  return amount;
}

/** `12_345_678` as `12.3M`, three digits. */
export function formatGas(gas: number): string {
  return formatAmount(gas, [
    [1e12, "T"],
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ]);
}

/** `1_114_112` as `1.06 MiB`. */
export function formatBytes(bytes: number): string {
  return formatAmount(bytes, [
    [2 ** 30, " GiB"],
    [2 ** 20, " MiB"],
    [2 ** 10, " KiB"],
  ]).replace(/^([\d.]+)$/, "$1 B");
}

function formatAmount(amount: number, units: readonly (readonly [number, string])[]): string {
  const unit = units.find(([size]) => amount >= size);
  if (unit === undefined) return String(amount);
  const value = amount / unit[0];
  return `${value >= 100 ? Math.round(value) : Number(value.toPrecision(3))}${unit[1]}`;
}
