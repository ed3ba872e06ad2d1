import { createHash } from "node:crypto";
import fc from "fast-check";
import { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { CID_BYTES, cidToText, codecAt, codecOfText, defaultHasher, makeCid, moduleCid, textToCid } from "./cid.ts";
import { ImageError } from "./errors.ts";

const anyHash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const anyCodec = fc.constantFrom("raw" as const, "dag-cbor" as const);

describe("names of blocks", () => {
  it("are the CIDs and the text that multiformats makes", () => {
    fc.assert(
      fc.property(anyCodec, anyHash, (codec, hash) => {
        const cid = makeCid(codec, hash);
        const library = CID.decode(cid);
        expect(library.code).toBe(codec === "raw" ? 0x55 : 0x71);
        expect(library.multihash.digest).toEqual(hash);
        expect(cidToText(cid)).toBe(library.toString());
        expect(textToCid(cidToText(cid))).toEqual(cid);
        expect(codecOfText(cidToText(cid))).toBe(codec);
        expect(codecAt(cid, 0)).toBe(codec);
      }),
    );
  });

  it("are the same however often they are asked for, also those whose hashes begin alike", () => {
    const cids = [0, 1, 2].flatMap((last) =>
      (["raw", "dag-cbor"] as const).map((codec) => makeCid(codec, new Uint8Array(32).with(31, last))),
    );
    const names = [...cids, ...cids, cids[0] as Uint8Array].map((cid) => cidToText(cid));
    expect(names).toEqual([...cids, ...cids, cids[0] as Uint8Array].map((cid) => CID.decode(cid).toString()));
    expect(cidToText(new Uint8Array(CID_BYTES))).toBe(`b${"a".repeat(58)}`);
  });

  it("write bytes of any length in base32", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
        let bits = "";
        for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
        const groups = bits.match(/.{1,5}/g) ?? [];
        const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
        const expected = groups.map((group) => alphabet[Number.parseInt(group.padEnd(5, "0"), 2)]).join("");
        expect(cidToText(bytes)).toBe(`b${expected}`);
      }),
    );
  });

  it("hash with SHA-256, whichever hasher computes it", () => {
    const node = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(defaultHasher(bytes)).toEqual(node(bytes));
        expect(moduleCid(bytes)).toBe(moduleCid(bytes, node));
      }),
    );
  });

  it.each([
    ["nothing", ""],
    ["no CID", "hello"],
    ["CIDv0", "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n"],
    ["another codec (dag-pb)", "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi"],
    ["upper case", moduleCid(new Uint8Array()).toUpperCase()],
    ["another base", CID.parse(moduleCid(new Uint8Array())).toString().slice(0, -1)],
  ])("refuse %s", (_, text) => {
    expect(() => textToCid(text)).toThrow(ImageError);
  });

  it("are recognised only whole", () => {
    const cid = makeCid("raw", new Uint8Array(32));
    for (let length = 0; length < CID_BYTES; length++) expect(codecAt(cid.subarray(0, length), 0)).toBeUndefined();
  });
});
