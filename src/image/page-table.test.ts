import { encode } from "@ipld/dag-cbor";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cidToLink } from "./cbor.ts";
import { makeCid } from "./cid.ts";
import { ImageError } from "./errors.ts";
import { decodePageTable, encodePageTable, tryPageTable } from "./page-table.ts";

const anyHash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const anyTable = fc
  .array(fc.option(anyHash, { nil: null }), { minLength: 1, maxLength: 256, size: "max" })
  .filter((hashes) => hashes.some((hash) => hash !== null));
const where = "table";

describe("page tables", () => {
  it("are what the DAG-CBOR library writes, and come back", () => {
    fc.assert(
      fc.property(anyTable, (hashes) => {
        const bytes = encodePageTable(hashes);
        const links = hashes.map((hash) => (hash === null ? null : cidToLink(makeCid("raw", hash))));
        expect(bytes).toEqual(new Uint8Array(encode(links)));
        expect(decodePageTable(bytes, { count: hashes.length, where })).toEqual(hashes);
        expect(tryPageTable(bytes)).toEqual(hashes);
      }),
      { numRuns: 30 },
    );
  });

  it.each([1, 23, 24, 255, 256])("of %i pages have the right head", (count) => {
    const hashes = new Array<Uint8Array>(count).fill(new Uint8Array(32));
    const links = hashes.map((hash) => cidToLink(makeCid("raw", hash)));
    expect(encodePageTable(hashes)).toEqual(new Uint8Array(encode(links)));
  });

  it("refuse every prefix, longer ones, other lengths and all zeros", () => {
    const bytes = encodePageTable([null, new Uint8Array(32), null]);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodePageTable(bytes.subarray(0, length), { count: 3, where })).toThrow(ImageError);
    }
    expect(() => decodePageTable(new Uint8Array([...bytes, 0xf6]), { count: 3, where })).toThrow(ImageError);
    for (const count of [0, 1, 2, 4, 256]) expect(() => decodePageTable(bytes, { count, where })).toThrow(ImageError);
    expect(() => decodePageTable(encodePageTable([null, null]), { count: 2, where })).toThrow("left out");
  });

  it("refuse any other bytes, and links to other blocks", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(256), (bytes, count) => {
        try {
          expect(encodePageTable(decodePageTable(bytes, { count, where }))).toEqual(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ImageError);
        }
        tryPageTable(bytes);
      }),
    );
    const wrong = encode([cidToLink(makeCid("dag-cbor", new Uint8Array(32)))]);
    expect(() => decodePageTable(wrong, { count: 1, where })).toThrow(expect.objectContaining({ code: "wrong-codec" }));
  });
});
