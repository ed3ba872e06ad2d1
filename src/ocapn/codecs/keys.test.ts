/**
 * Keys and signatures on the wire, byte by byte.
 *
 * @module
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PassableError, SyrupReader, SyrupWriter } from "../../passable/index.ts";
import { KEY_BYTES, SIGNATURE_BYTES } from "../keys.ts";
import { readPublicKey, readSignature, writePublicKey, writeSignature } from "./keys.ts";

const forms = {
  "public key": {
    size: KEY_BYTES,
    read: readPublicKey,
    write: writePublicKey,
    text: (fill: string) => `[10'public-key[3'ecc[5'curve7'Ed25519][5'flags5'eddsa][1'q32:${fill.repeat(32)}]]]`,
  },
  signature: {
    size: SIGNATURE_BYTES,
    read: readSignature,
    write: writeSignature,
    text: (fill: string) => `[7'sig-val[5'eddsa[1'r32:${fill.repeat(32)}][1's32:${fill.repeat(32)}]]]`,
  },
};

describe.each(Object.entries(forms))("%s", (_, { size, read, write, text }) => {
  const encode = (bytes: Uint8Array): Uint8Array => {
    const writer = new SyrupWriter();
    write(writer, bytes);
    return writer.take();
  };

  it("is the s-expression of the draft", () => {
    const bytes = new Uint8Array(size).fill("x".charCodeAt(0));
    expect(new TextDecoder().decode(encode(bytes))).toBe(text("x"));
  });

  it("survives a round trip and leaves nothing unread", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: size, maxLength: size }), (bytes) => {
        const reader = new SyrupReader(encode(bytes));
        expect(read(reader)).toEqual(bytes);
        expect(reader.isAtEnd).toBe(true);
      }),
    );
  });

  it("is refused with any byte changed outside of the bytes themselves, and cut anywhere", () => {
    const whole = text("x");
    for (let at = 0; at < whole.length; at += 1) {
      const cut = new TextEncoder().encode(whole.slice(0, at));
      expect(() => read(new SyrupReader(cut))).toThrow(PassableError);
      if (whole[at] === "x") continue;
      const changed = new TextEncoder().encode(`${whole.slice(0, at)}?${whole.slice(at + 1)}`);
      expect(() => read(new SyrupReader(changed))).toThrow(PassableError);
    }
  });

  it("is refused with a byte too few or too many", () => {
    for (const other of [size - 1, size + 1]) {
      const bytes = encode(new Uint8Array(other));
      expect(() => read(new SyrupReader(bytes))).toThrow(/expected 32 bytes of/);
    }
  });
});
