import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ImageError } from "./errors.ts";
import { PAGE_BYTES } from "./limits.ts";
import { applyPatch, makePatch } from "./patch.ts";

describe("patches", () => {
  it("make the target from the source", () => {
    const block = fc.uint8Array({ maxLength: 300, size: "max" });
    const edits = fc.array(fc.tuple(fc.nat(299), fc.nat(255)), { maxLength: 10 });
    fc.assert(
      fc.property(block, edits, fc.nat(300), (source, changes, length) => {
        const target = new Uint8Array(length);
        target.set(source.subarray(0, length));
        for (const [at, value] of changes) if (at < length) target[at] = value;
        const patch = makePatch(source, target);
        if (patch === undefined) return;
        expect(patch.length).toBeLessThanOrEqual(target.length);
        const before = source.slice();
        expect(applyPatch(source, patch, "patch")).toEqual(target);
        expect(source).toEqual(before);
      }),
      { numRuns: 1000 },
    );
  });

  it("are small where little differs", () => {
    const source = new Uint8Array(PAGE_BYTES).map((_, index) => index);
    const target = source.slice();
    target.fill(0, 100, 108);
    target[4000] = 1;
    expect(makePatch(source, target)).toHaveLength(2 + 2 + 8 + 3 + 1);
    expect(
      makePatch(
        new Uint8Array(),
        target.map((_, index) => (index === 9 ? 1 : 0)),
      ),
    ).toHaveLength(2 + 2 + 1);
  });

  it("are not made where they would be no smaller", () => {
    expect(makePatch(new Uint8Array(PAGE_BYTES), new Uint8Array(PAGE_BYTES).fill(1))).toBeUndefined();
  });

  it("leave out the zeros of one page, and are not made where there are more", () => {
    const patch = makePatch(new Uint8Array(1), new Uint8Array(PAGE_BYTES + 3)) as Uint8Array;
    expect(applyPatch(new Uint8Array(1), patch, "patch")).toEqual(new Uint8Array(PAGE_BYTES + 3));
    expect(makePatch(new Uint8Array(1), new Uint8Array(PAGE_BYTES + 4))).toBeUndefined();
  });

  it.each([
    ["nothing", []],
    ["half a number", [0x80]],
    ["a number in more bytes than needed", [0x84, 0]],
    ["a run without its bytes", [4, 0, 2, 1]],
    ["an empty run", [4, 0, 0]],
    ["a run beyond the end", [4, 3, 2, 1, 1]],
    ["a bomb", [0x80, 0x80, 0x80, 0x80, 0x7f]],
    ["a number beyond 53 bits", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
  ])("refuse %s", (_, patch) => {
    expect(() => applyPatch(new Uint8Array(4), new Uint8Array(patch), "patch")).toThrow(ImageError);
  });

  it("refuse any bytes with an ImageError, and never make a block much longer than what they are made of", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ maxLength: 20 }), (source, patch) => {
        try {
          expect(applyPatch(source, patch, "patch").length).toBeLessThanOrEqual(PAGE_BYTES + 40);
        } catch (error) {
          expect(error).toBeInstanceOf(ImageError);
        }
      }),
    );
  });
});
