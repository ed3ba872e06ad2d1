/** @module Tests of arguments and answers of remote calls. */
import { describe, expect, it } from "vitest";
import { SturdyRef } from "../ocapn/index.ts";
import { Far, GuestError, makeSelector, Tagged } from "../passable/index.ts";
import { DEPTH_SHOWN_MAX, describeAnswer, parseArgument, VALUES_SHOWN_MAX } from "./remote-values.ts";

describe("arguments", () => {
  it("are integers, JSON, or else strings", () => {
    const texts = ["12n", "-3n", "1.5", "true", "null", '"12n"', '{"a":[1]}', "Ada", "12 n", "", "{a", "0x1n"];
    const values = [12n, -3n, 1.5, true, null, "12n", { a: [1] }, "Ada", "12 n", "", "{a", "0x1n"];
    expect(texts.map(parseArgument)).toEqual(values);
  });
});

describe("answers", () => {
  it("are shown in the manner of JSON, with what OCapN has beside it", () => {
    const locator = {
      peer: { transport: "tcp", designator: "x", hints: false },
      swissNumber: new Uint8Array([65]),
    } as const;
    const shown = [
      [undefined, "undefined"],
      [null, "null"],
      [true, "true"],
      [12n, "12n"],
      [-0, "-0"],
      [Number.NaN, "NaN"],
      ['a"b', '"a\\"b"'],
      [new Uint8Array([1, 255]), "<2 bytes 01ff>"],
      [new Uint8Array(0), "<0 bytes>"],
      [new Uint8Array(65), `<65 bytes ${"00".repeat(64)}…>`],
      [makeSelector("drive"), "'drive"],
      [new Tagged("date", [2000n]), '<"date" [2000n]>'],
      [new GuestError({ name: "RangeError", message: "no", stack: "" }), "<RangeError: no>"],
      [Promise.resolve(), "<promise>"],
      [() => 1, "<reference>"],
      [Far("car", { drive: () => 1 }), "<reference>"],
      [new SturdyRef(locator), "<ocapn://x.tcp/s/A>"],
      [[1, [], {}], "[1, [], {}]"],
      [{ a: 1n, "b c": "d" }, '{"a": 1n, "b c": "d"}'],
    ] as const;
    for (const [value, text] of shown) expect(describeAnswer(value)).toBe(text);
  });

  it("take a line for each part where they are long", () => {
    const word = "x".repeat(40);
    expect(describeAnswer({ list: [word, word], n: 1 })).toBe(
      `{\n  "list": [\n    "${word}",\n    "${word}"\n  ],\n  "n": 1\n}`,
    );
  });

  it("are shown so deep, and so many of their values", () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1n : [nested(depth - 1)]);
    const shown = (text: string, depth: number): string => "[".repeat(depth) + text + "]".repeat(depth);
    const flat = (text: string): string => text.replace(/\s/g, "");
    expect(flat(describeAnswer(nested(DEPTH_SHOWN_MAX)))).toBe(shown("1n", DEPTH_SHOWN_MAX));
    expect(flat(describeAnswer(nested(DEPTH_SHOWN_MAX + 1)))).toBe(shown("…", DEPTH_SHOWN_MAX + 1));
    // The list is one as well.
    for (const [count, end] of [
      [VALUES_SHOWN_MAX - 1, ",1]"],
      [VALUES_SHOWN_MAX, ",1,…]"],
    ] as const) {
      const text = flat(describeAnswer(new Array(count).fill(1)));
      expect(text.match(/1/g)).toHaveLength(VALUES_SHOWN_MAX - 1);
      expect(text.endsWith(end)).toBe(true);
    }
    let deepAndWide: unknown = new Array(1_000_000).fill({ field: new Tagged("tag", [1.5]) });
    for (let at = 0; at < 20; at += 1) deepAndWide = [deepAndWide, "the end"];
    expect(describeAnswer(deepAndWide).length).toBeLessThan(100 * VALUES_SHOWN_MAX);
  });

  it("do not play with the terminal", () => {
    const bad = "a\u001b[2J\u202e\u0085";
    const values = [bad, { [bad]: 1 }, makeSelector(bad), new GuestError({ name: "Error", message: bad, stack: "" })];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    for (const value of values) expect(describeAnswer(value)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  });
});
