import { encode } from "@ipld/dag-cbor";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cidToLink, decodeCbor, encodeCbor, scanCbor } from "./cbor.ts";
import { cidToText, makeCid } from "./cid.ts";
import { ImageError } from "./errors.ts";
import { CBOR_BLOCK_BYTES_MAX, CBOR_DEPTH_MAX } from "./limits.ts";

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof ImageError) return error.code;
    throw error;
  }
  return "none";
};
const bytes = (hex: string): Uint8Array => Uint8Array.fromHex?.(hex) ?? new Uint8Array(Buffer.from(hex, "hex"));

describe("DAG-CBOR blocks", () => {
  it("come back as they were", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const encoded = encode(value);
        expect(encodeCbor(decodeCbor(encoded, "x"), "x")).toEqual(new Uint8Array(encoded));
      }),
    );
  });

  it("refuse any bytes with an ImageError, and what is accepted is canonical", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (input) => {
        if (codeOf(() => decodeCbor(input, "x")) === "none") expect(encode(decodeCbor(input, "x"))).toEqual(input);
      }),
      { numRuns: 2000 },
    );
  });

  it("refuse every proper prefix, and anything after the end", () => {
    const whole = encode({
      a: [1, "two", new Uint8Array(3), null, true, 1.5, 2n ** 60n],
      link: cidToLink(makeCid("raw", new Uint8Array(32))),
    });
    for (let length = 0; length < whole.length; length++) {
      expect(codeOf(() => decodeCbor(whole.subarray(0, length), "x"))).toBe("not-canonical");
    }
    expect(codeOf(() => decodeCbor(new Uint8Array([...whole, 0]), "x"))).toBe("not-canonical");
  });

  it.each([
    ["a number in more bytes than needed", "1801"],
    ["a length in more bytes than needed", "980100"],
    ["keys out of order", "a2616201616101"],
    ["a key twice", "a2616101616102"],
    ["an integer as key", "a10101"],
    ["a short float", "f93c00"],
    ["a whole number as float", "fb3ff0000000000000"],
    ["NaN", "fb7ff8000000000000"],
    ["undefined", "f7"],
    ["a list without length", "9f01ff"],
    ["bytes without length", "5f4101ff"],
    ["a tag other than link", "c100"],
    ["a link to another kind of block", `d82a582500017012 20${"00".repeat(32)}`.replace(" ", "")],
    ["a link without its zero", `d82a582501015512 20${"00".repeat(32)}`.replace(" ", "")],
    ["broken UTF-8", "61ff"],
    ["an enormous list", "9affffffff"],
    ["enormous bytes", "5bffffffffffffffff"],
  ])("refuse %s", (_, hex) => {
    expect(codeOf(() => decodeCbor(bytes(hex), "x"))).toBe("not-canonical");
  });

  it("are nested up to the limit and no deeper, and a deep nest is refused without recursion", () => {
    const nest = (depth: number): Uint8Array => {
      const nested = new Uint8Array(depth).fill(0x81);
      nested[depth - 1] = 0x80;
      return nested;
    };
    expect(codeOf(() => decodeCbor(nest(CBOR_DEPTH_MAX), "x"))).toBe("none");
    expect(codeOf(() => decodeCbor(nest(CBOR_DEPTH_MAX + 1), "x"))).toBe("not-canonical");
    expect(codeOf(() => decodeCbor(nest(1_000_000), "x"))).toBe("not-canonical");
  });

  it("are as long as the limit and no longer", () => {
    const header = encode(new Uint8Array(CBOR_BLOCK_BYTES_MAX - 5)).length - (CBOR_BLOCK_BYTES_MAX - 5);
    const atLimit = new Uint8Array(CBOR_BLOCK_BYTES_MAX - header);
    expect(codeOf(() => decodeCbor(encodeCbor(atLimit, "x"), "x"))).toBe("none");
    const over = new Uint8Array(atLimit.length + 1);
    expect(codeOf(() => encodeCbor(over, "x"))).toBe("limit");
    expect(codeOf(() => decodeCbor(encode(over), "x"))).toBe("limit");
  });

  it("give their links in the order of their bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 })), (hashes) => {
        const links = hashes.map((hash) => makeCid("dag-cbor", hash));
        const found = scanCbor(encode({ b: links.map((cid) => [cidToLink(cid)]), a: "x" }), "x");
        expect(found.map(cidToText)).toEqual(links.map(cidToText));
      }),
    );
  });
});
