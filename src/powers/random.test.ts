import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeSeededRandom } from "./index.ts";

describe("seeded randomness", () => {
  it("is xoshiro128** with the state given", () => {
    const bytes = new Uint8Array(16);
    makeSeededRandom({ saved: [1, 2, 3, 4] }).fill(bytes);
    // The first outputs of the authors' reference code for the state 1, 2, 3, 4.
    expect([...new Uint32Array(bytes.buffer)]).toEqual([11520, 0, 5927040, 70819200]);
  });

  it("gives every process without randomness the same bytes, for ever", () => {
    const bytes = new Uint8Array(8);
    makeSeededRandom().fill(bytes);
    expect(Buffer.from(bytes).toString("hex")).toMatchInlineSnapshot(`"1a595f10b9b1cd9d"`);
  });

  it("goes on where it was saved, whatever was asked before", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40)), fc.nat(40), fc.nat(), (lengths, last, seed) => {
        const one = makeSeededRandom({ seed });
        for (const length of lengths) one.fill(new Uint8Array(length));
        const two = makeSeededRandom({ saved: one.save() });
        const [a, b] = [new Uint8Array(last), new Uint8Array(last)];
        one.fill(a);
        two.fill(b);
        expect(a).toEqual(b);
      }),
    );
  });

  it("refuses the one state that would only give zeros", () => {
    expect(() => makeSeededRandom({ saved: [0, 0, 0, 0] })).toThrow(RangeError);
  });
});
