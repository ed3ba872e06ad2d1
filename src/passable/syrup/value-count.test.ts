/**
 * How many values a message may have: readers and writers count the same.
 *
 * @module
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeSyrup, encodeSyrup, SYRUP_VALUES_MAX, SyrupReader, SyrupWriter, writePassable } from "../index.ts";

const NO_REFERENCES = {
  writeReference(): never {
    throw new TypeError("no references here");
  },
};

/** A list with so many values, itself included. */
function listOf(count: number): Uint8Array {
  return encodeSyrup(Array(count - 1).fill(true));
}

describe("values of a message", () => {
  it("are so many, and not one more", () => {
    new SyrupReader(listOf(SYRUP_VALUES_MAX)).skip();
    expect(() => new SyrupReader(listOf(SYRUP_VALUES_MAX + 1)).skip()).toThrow(`more than ${SYRUP_VALUES_MAX} values`);
    const limits = { valuesMax: 3 };
    new SyrupReader(listOf(3), { limits }).skip();
    expect(() => new SyrupReader(listOf(4), { limits }).skip()).toThrow("syrup: byte 4: more than 3 values");
    expect(decodeSyrup(listOf(3), { limits })).toEqual([true, true]);
  });

  it("are counted in the same way by writers and readers, with keys and labels", () => {
    const value = fc.jsonValue({ maxDepth: 4 });
    fc.assert(
      fc.property(value, (data) => {
        const writer = new SyrupWriter();
        writePassable(writer, data, NO_REFERENCES);
        const count = writer.valueCount;
        const reader = new SyrupReader(writer.take());
        reader.skip();
        expect(reader.valueCount).toBe(count);
      }),
    );
  });
});
