/**
 * What every implementation of Ed25519 must do: each one's test calls `testEd25519` with it.
 *
 * @module
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Ed25519, KEY_BYTES, makeNobleEd25519, SIGNATURE_BYTES } from "./keys.ts";

/** RFC 8032, section 7.1: tests 1, 2, 3 and SHA(abc). */
const vectors = [
  {
    seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    bytes: "",
    signature:
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  },
  {
    seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    bytes: "72",
    signature:
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  },
  {
    seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    bytes: "af82",
    signature:
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  },
  {
    seed: "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
    publicKey: "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
    bytes:
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    signature:
      "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
  },
];

const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));

function flipBit(bytes: Uint8Array, at: number): Uint8Array {
  const flipped = bytes.slice();
  const index = (at >> 3) % bytes.length;
  flipped[index] = (flipped[index] as number) ^ (1 << (at & 7));
  return flipped;
}

export function testEd25519(name: string, ed25519: Ed25519): void {
  describe(name, () => {
    it.each(vectors)("makes and takes the RFC's signature of «$bytes»", (vector) => {
      const key = ed25519.makeKey(fromHex(vector.seed));
      const [bytes, signature] = [fromHex(vector.bytes), fromHex(vector.signature)];
      expect(key.publicKey).toEqual(fromHex(vector.publicKey));
      expect(key.sign(bytes)).toEqual(signature);
      expect(ed25519.verify({ bytes, signature, publicKey: key.publicKey })).toBe(true);
    });

    it("agrees with noble, and takes nothing with a bit changed", () => {
      const noble = makeNobleEd25519();
      const seeds = fc.uint8Array({ minLength: KEY_BYTES, maxLength: KEY_BYTES });
      fc.assert(
        fc.property(seeds, fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat(511), (seed, bytes, at) => {
          const key = ed25519.makeKey(seed);
          const signature = key.sign(bytes);
          expect(noble.makeKey(seed).publicKey).toEqual(key.publicKey);
          expect(noble.makeKey(seed).sign(bytes)).toEqual(signature);
          const { publicKey } = key;
          expect(noble.verify({ bytes, signature, publicKey })).toBe(true);
          expect(ed25519.verify({ bytes, signature, publicKey })).toBe(true);
          expect(ed25519.verify({ bytes: flipBit(bytes, at), signature, publicKey })).toBe(false);
          expect(ed25519.verify({ bytes, signature: flipBit(signature, at), publicKey })).toBe(false);
          expect(ed25519.verify({ bytes, signature, publicKey: flipBit(publicKey, at) })).toBe(false);
        }),
        { numRuns: 30 },
      );
    });

    it("takes no garbage, and never throws", () => {
      const key = ed25519.makeKey(new Uint8Array(KEY_BYTES).fill(1));
      const bytes = new Uint8Array(10);
      const signature = key.sign(bytes);
      const of = (size: number, fill = 0): Uint8Array => new Uint8Array(size).fill(fill);
      const wrong: unknown[] = [
        of(0),
        of(31),
        of(32, 255),
        of(33),
        of(63),
        of(64),
        of(64, 255),
        of(65),
        "",
        1,
        null,
        {},
      ];
      for (const value of wrong as Uint8Array[]) {
        expect(ed25519.verify({ bytes, signature: value, publicKey: key.publicKey })).toBe(false);
        expect(ed25519.verify({ bytes, signature, publicKey: value })).toBe(false);
        expect(ed25519.verify({ bytes: value, signature, publicKey: key.publicKey })).toBe(false);
      }
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 100 }), fc.uint8Array({ maxLength: 70 }), (garbage, other) => {
          return (
            !ed25519.verify({ bytes, signature: garbage, publicKey: key.publicKey }) &&
            !ed25519.verify({ bytes, signature, publicKey: other })
          );
        }),
      );
    });

    it("keeps a key when the seed's bytes are wiped", () => {
      const seed = fromHex(vectors[0]?.seed ?? "");
      const key = ed25519.makeKey(seed);
      seed.fill(0);
      expect(key.sign(new Uint8Array(0))).toEqual(fromHex(vectors[0]?.signature ?? ""));
      expect(key.sign(new Uint8Array(0)).length).toBe(SIGNATURE_BYTES);
    });

    it("refuses seeds of other lengths and kinds", () => {
      expect(() => ed25519.makeKey(new Uint8Array(KEY_BYTES - 1))).toThrow(RangeError);
      expect(() => ed25519.makeKey(new Uint8Array(KEY_BYTES + 1))).toThrow(RangeError);
      expect(() => ed25519.makeKey("x".repeat(KEY_BYTES) as unknown as Uint8Array)).toThrow(TypeError);
    });
  });
}
