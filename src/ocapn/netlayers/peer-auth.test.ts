/** @module */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OcapnError } from "../errors.ts";
import { KEY_BYTES, makeNobleEd25519 } from "../keys.ts";
import { PEER_AUTH_BYTES_MAX } from "../limits.ts";
import { answerChallenge, checkAnswer, designatorToKey, encodeChallenge, keyToDesignator } from "./peer-auth.ts";

const ed25519 = makeNobleEd25519();
const key = ed25519.makeKey(new Uint8Array(KEY_BYTES).fill(1));
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
/** Bytes as characters of the same number. */
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

describe("designators", () => {
  it("are base32 of the key, both ways", () => {
    expect(keyToDesignator(ascii("foobar"))).toBe("mzxw6ytboi");
    fc.assert(
      fc.property(fc.uint8Array({ minLength: KEY_BYTES, maxLength: KEY_BYTES }), (publicKey) => {
        const designator = keyToDesignator(publicKey);
        expect(designator).toHaveLength(52);
        expect(designatorToKey(designator)).toEqual(publicKey);
      }),
    );
  });

  it("have one form", () => {
    const designator = keyToDesignator(key.publicKey);
    const others = [designator.toUpperCase(), `${designator}====`, `${designator.slice(0, -1)}b`, `${designator}a`, ""];
    for (const other of others) expect(designatorToKey(other)).toBeUndefined();
    fc.assert(fc.property(fc.string(), (text) => designatorToKey(text) === undefined));
  });
});

describe("the challenge", () => {
  const challenge = encodeChallenge(new Uint8Array(32).fill(0x78));
  const answer = answerChallenge(challenge, key);
  const check = (bytes: Uint8Array): void => checkAnswer(bytes, { challenge, publicKey: key.publicKey, ed25519 });

  it("is written and answered as Endo and Goblins do", () => {
    const record = `<14'init:peer-auth32:${"x".repeat(32)}>`;
    expect(latin1(challenge)).toBe(record);
    const signature = latin1(key.sign(challenge));
    const [r, s] = [signature.slice(0, 32), signature.slice(32)];
    expect(latin1(answer)).toBe(`<17'desc:sig-envelope${record}[7'sig-val[5'eddsa[1'r32:${r}][1's32:${s}]]]>`);
    expect(() => check(answer)).not.toThrow();
  });

  it("is taken by its answer only: no byte of it may be another, or missing", () => {
    for (let at = 0; at < answer.length; at += 1) {
      const changed = answer.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => check(changed)).toThrow(OcapnError);
      expect(() => check(answer.subarray(0, at))).toThrow(OcapnError);
    }
  });

  it("is the only thing that gets signed", () => {
    const signings: Uint8Array[] = [];
    const spied = {
      publicKey: key.publicKey,
      sign(bytes: Uint8Array) {
        signings.push(bytes);
        return key.sign(bytes);
      },
    };
    const wrong = [
      "",
      "x",
      "t",
      "<14'init:peer-auth>",
      "<14'init:peer-auth1:x1:x>",
      '<14"init:peer-auth1:x>',
      "<1'x1:x>",
    ];
    for (const text of wrong) expect(() => answerChallenge(ascii(text), spied)).toThrow(OcapnError);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(() => answerChallenge(bytes, spied)).toThrow(OcapnError);
      }),
    );
    expect(signings).toEqual([]);
  });

  it("has a limit", () => {
    const overhead = encodeChallenge(new Uint8Array(1_000)).length - 1_000;
    const fitting = encodeChallenge(new Uint8Array(PEER_AUTH_BYTES_MAX - overhead));
    expect(fitting.length).toBe(PEER_AUTH_BYTES_MAX);
    expect(() => answerChallenge(fitting, key)).not.toThrow();
    const longer = encodeChallenge(new Uint8Array(PEER_AUTH_BYTES_MAX - overhead + 1));
    expect(() => answerChallenge(longer, key)).toThrow(`more than ${PEER_AUTH_BYTES_MAX} bytes`);
  });
});
