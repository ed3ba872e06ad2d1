/** @module Tests of amounts as people write them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AMOUNT_MAX, formatBytes, formatGas, parseGas, parseMemory } from "./quantities.ts";

describe("parseGas", () => {
  it("reads plain numbers and units", () => {
    expect(["0", "5000", "5_000", "50M", "50m", "1.5G", "2k", "9T"].map(parseGas)).toEqual([
      0, 5000, 5000, 50e6, 50e6, 1.5e9, 2000, 9e12,
    ]);
    expect(parseGas(String(AMOUNT_MAX))).toBe(AMOUNT_MAX);
  });

  it("refuses everything else, quoting it", () => {
    for (const text of [
      "",
      "M",
      "-1",
      "1e9",
      "0x10",
      "1.5",
      "50X",
      "50 MB",
      "NaN",
      "Infinity",
      "_5",
      String(2 ** 53),
      "10000T",
    ]) {
      expect(() => parseGas(text), text).toThrow(JSON.stringify(text));
    }
  });

  it("never gives a number that is not a whole one", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(Number.isSafeInteger(parseGas(text))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});

describe("parseMemory", () => {
  it("reads binary units down to whole pages", () => {
    expect(["64k", "64M", "64MB", "64MiB", "1G", "4G", "100000"].map(parseMemory)).toEqual([
      65_536,
      2 ** 26,
      2 ** 26,
      2 ** 26,
      2 ** 30,
      2 ** 32,
      65_536,
    ]);
  });

  it("refuses less than a page and more than 4 GiB", () => {
    for (const text of ["0", "1", "65535", "63k", "5G", "4.1G", "1T", "many", "-64M"]) {
      expect(() => parseMemory(text), text).toThrow(JSON.stringify(text));
    }
  });
});

describe("formatting", () => {
  it("keeps three digits", () => {
    expect([0, 999, 1000, 12_345_678, 999_500_000, 1.5e9, 2e15].map(formatGas)).toEqual([
      "0",
      "999",
      "1k",
      "12.3M",
      "1000M",
      "1.5G",
      "2000T",
    ]);
    expect([0, 1023, 65_536, 1_114_112, 2 ** 32].map(formatBytes)).toEqual([
      "0 B",
      "1023 B",
      "64 KiB",
      "1.06 MiB",
      "4 GiB",
    ]);
  });
});
