import { isDeepStrictEqual } from "node:util";
import { encode } from "@ipld/dag-cbor";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyPlain } from "../../test/support/image-states.ts";
import { cidToLink, decodeCbor } from "./cbor.ts";
import { cidToText, defaultHasher, makeCid } from "./cid.ts";
import { ImageError } from "./errors.ts";
import { Field } from "./fields.ts";
import { BIGINT_DIGITS_MAX, BYTES_CHUNK, INLINE_BYTES_MAX, PLAIN_DEPTH_MAX } from "./limits.ts";
import { cborToPlain, plainToCbor } from "./plain.ts";
import type { Plain } from "./state.ts";

function makeStore(bytesLeft = 1 << 20) {
  const blocks = new Map<string, Uint8Array>();
  const putRaw = (bytes: Uint8Array): Uint8Array => {
    const cid = makeCid("raw", defaultHasher(bytes));
    blocks.set(cidToText(cid), bytes.slice());
    return cid;
  };
  const reader = { source: (cid: string) => blocks.get(cid), left: { plainBytesMax: bytesLeft } };
  return {
    blocks,
    encode: (value: unknown): Uint8Array => encode(plainToCbor(value, "x", putRaw)),
    decode: (bytes: Uint8Array): Plain => cborToPlain(new Field(decodeCbor(bytes, "x"), "x"), reader),
    putRaw,
  };
}

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof ImageError) return error.code;
    throw error;
  }
  return "none";
};

const nested = (depth: number): Plain => {
  let value: Plain = [];
  for (let i = 1; i < depth; i++) value = [value];
  return value;
};

describe("plain data", () => {
  it("comes back exactly, and the same data gives the same bytes", () => {
    fc.assert(
      fc.property(anyPlain, (value) => {
        const store = makeStore();
        const bytes = store.encode(value);
        const back = store.decode(bytes);
        expect(isDeepStrictEqual(back, value)).toBe(true);
        expect(isDeepStrictEqual(store.encode(back), bytes)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("keeps the prototype out of reach of a key named __proto__", () => {
    const store = makeStore();
    const value = JSON.parse('{"__proto__":{"polluted":true},"a":1}');
    const back = store.decode(store.encode(value)) as { readonly [key: string]: Plain };
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(Object.keys(back).sort()).toEqual(["__proto__", "a"]);
    expect((back as any).polluted).toBeUndefined();
  });

  it.each([
    ["undefined", undefined],
    ["a function", () => 1],
    ["a symbol", Symbol("x")],
    ["a Map", new Map()],
    ["a Date", new Date(0)],
    ["an ArrayBuffer", new ArrayBuffer(1)],
    ["an array with a hole", new Array(2)],
    ["a lone surrogate", "\ud800"],
    ["a key with a lone surrogate", { "\udc00": 1 }],
    ["undefined deep inside", { a: [{ b: undefined }] }],
  ])("refuses %s", (_, value) => {
    expect(codeOf(() => makeStore().encode(value))).toBe("bad-field");
  });

  it("is nested up to the limit and no deeper", () => {
    const store = makeStore();
    expect(store.decode(store.encode(nested(PLAIN_DEPTH_MAX)))).toEqual(nested(PLAIN_DEPTH_MAX));
    expect(codeOf(() => store.encode(nested(PLAIN_DEPTH_MAX + 1)))).toBe("limit");
    expect(codeOf(() => store.decode(encode(nested(PLAIN_DEPTH_MAX + 1))))).toBe("limit");
  });

  it("refuses a cycle", () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(codeOf(() => makeStore().encode(cycle))).toBe("limit");
  });

  it("keeps integers up to the limit of digits", () => {
    const store = makeStore();
    const largest = 16n ** BigInt(BIGINT_DIGITS_MAX) - 1n;
    expect(store.decode(store.encode(largest))).toBe(largest);
    expect(codeOf(() => store.encode(largest + 1n))).toBe("limit");
  });

  it("cuts byte strings beyond the inline limit into blocks, and counts them", () => {
    const store = makeStore(BYTES_CHUNK + 1);
    expect(store.decode(store.encode(new Uint8Array(INLINE_BYTES_MAX)))).toHaveLength(INLINE_BYTES_MAX);
    expect(store.blocks.size).toBe(0);
    const long = new Uint8Array(BYTES_CHUNK + 1).fill(3);
    const bytes = store.encode(long);
    expect(store.blocks.size).toBe(2);
    expect(store.decode(bytes)).toEqual(long);
    expect(codeOf(() => store.decode(bytes))).toBe("limit");
  });

  const link = cidToLink(makeCid("raw", new Uint8Array(32)));
  const page = cidToLink(makeCid("raw", defaultHasher(new Uint8Array(5000))));
  it.each([
    ["a bare large integer", 2n ** 60n],
    ["a bare link", link],
    ["inline bytes beyond the limit", new Uint8Array(INLINE_BYTES_MAX + 1)],
    ['the key "/" among others', { "/": 1, a: 1 }],
    ["a wrapped small integer as text", { "/": "1f" }],
    ["wrapped text that is no number", { "/": "hello" }],
    ["a wrapped number with a leading zero", { "/": "0123456789abcdef0123" }],
    ["a wrapped fraction", { "/": 1.5 }],
    ["a wrapped null", { "/": null }],
    ["long bytes without blocks", { "/": { length: 5000, chunks: [] } }],
    ["long bytes with too many blocks", { "/": { length: 5000, chunks: [page, page] } }],
    ["long bytes that are short", { "/": { length: 5, chunks: [page] } }],
    ["long bytes of another length", { "/": { length: 5001, chunks: [page] } }],
    ["long bytes whose block is missing", { "/": { length: 5000, chunks: [link] } }],
    ["long bytes with another field", { "/": { length: 5000, chunks: [page], more: 1 } }],
    ["long bytes of an enormous length", { "/": { length: 2 ** 52, chunks: [page] } }],
  ])("refuses %s in an image", (_, value) => {
    const store = makeStore();
    store.putRaw(new Uint8Array(5000));
    const code = codeOf(() => store.decode(encode(value)));
    expect(["bad-field", "not-canonical", "missing-block", "limit"]).toContain(code);
  });
});
