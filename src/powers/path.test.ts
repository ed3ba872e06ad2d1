import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf } from "./directory.conformance.ts";
import { assertPath, compareNames, isTargetInside, isWithin, joinPath, lastName, parentPath } from "./index.ts";

describe("assertPath", () => {
  it("takes names of 255 bytes and paths of 4096, and not one more", () => {
    const path = `${`${"x".repeat(255)}/`.repeat(15)}${"x".repeat(255)}`;
    expect(codeOf(() => assertPath("é".repeat(127)))).toBe("none");
    expect(codeOf(() => assertPath("é".repeat(128)))).toBe("name-too-long");
    expect(codeOf(() => assertPath("x".repeat(256)))).toBe("name-too-long");
    expect(path).toHaveLength(4095);
    expect(codeOf(() => assertPath(path))).toBe("none");
    expect(codeOf(() => assertPath(`${path.slice(0, -2)}/x`))).toBe("none");
    expect(codeOf(() => assertPath(`${path.slice(0, -2)}/xyz`))).toBe("name-too-long");
  });

  it("lets through only what cannot climb, whatever the text", () => {
    const piece = fc.oneof(fc.constantFrom("..", ".", "", "a", "\0", "...", "\ud800"), fc.string());
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const path = pieces.join("/");
        if (codeOf(() => assertPath(path)) !== "none" || path === "") return;
        for (const name of path.split("/")) expect(["", ".", ".."]).not.toContain(name);
        expect(path).not.toContain("\0");
      }),
    );
  });
});

describe("compareNames", () => {
  it("orders as the bytes in UTF-8 do", () => {
    const encoder = new TextEncoder();
    const byBytes = (a: string, b: string): number => Buffer.compare(encoder.encode(a), encoder.encode(b));
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
        expect(Math.sign(compareNames(a, b))).toBe(byBytes(a, b));
      }),
    );
    expect(compareNames("\uffff", "\u{10000}")).toBeLessThan(0);
  });
});

describe("isTargetInside", () => {
  it("judges from where the link lies", () => {
    expect(isTargetInside("l", "x")).toBe(true);
    expect(isTargetInside("l", "a/../x")).toBe(true);
    expect(isTargetInside("l", "..")).toBe(false);
    expect(isTargetInside("l", "a/../../x")).toBe(false);
    expect(isTargetInside("d/l", "../x")).toBe(true);
    expect(isTargetInside("d/l", "../../d/x")).toBe(false);
    expect(isTargetInside("d/l", "/x")).toBe(false);
  });
});

describe("paths", () => {
  it("are put together and taken apart", () => {
    expect([joinPath("", "a"), joinPath("a", "b"), joinPath("a", "")]).toEqual(["a", "a/b", "a"]);
    expect([parentPath("a/b/c"), parentPath("a"), parentPath("")]).toEqual(["a/b", "", ""]);
    expect([lastName("a/b"), lastName("a")]).toEqual(["b", "a"]);
    expect([isWithin("a/b", "a"), isWithin("ab", "a"), isWithin("x", "")]).toEqual([true, false, true]);
  });
});
