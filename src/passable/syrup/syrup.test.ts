import { describe, expect, it } from "vitest";
import { makeSelector, readPassable, SyrupReader, SyrupWriter, writePassable } from "../index.ts";

const hooks = {
  writeReference(): never {
    throw new TypeError("no references");
  },
  readReference: (label: string, reader: SyrupReader): never => reader.fail(`a reference: ${label}`),
};

describe("passable values as Syrup", () => {
  it("come back as they went in", () => {
    const value = [
      undefined,
      null,
      true,
      1.5,
      -0,
      Number.NaN,
      12n,
      -3n,
      "héllo",
      makeSelector("add"),
      { b: 1n, aa: [] },
    ];
    const writer = new SyrupWriter();
    writePassable(writer, value, hooks);
    const bytes = writer.take();
    const reader = new SyrupReader(bytes);
    expect(readPassable(reader, hooks)).toEqual(value);
    expect(reader.isAtEnd).toBe(true);
    expect(new TextDecoder().decode(bytes)).toContain(`12+3-6"héllo3'add{2"aa[]1"b1+}]`);
  });
});
