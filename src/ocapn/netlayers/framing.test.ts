/** @module */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OcapnError } from "../errors.ts";
import { FRAME_BYTES_MAX } from "../limits.ts";
import { frameMessages, joinMessages, makeDeframer } from "./framing.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const messageLists = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 10 });

function deframe(...chunks: readonly Uint8Array[]): Uint8Array {
  const deframer = makeDeframer();
  return joinMessages(chunks.map((chunk) => deframer(chunk.slice())));
}

describe("joinMessages", () => {
  it("joins any", () => {
    fc.assert(
      fc.property(messageLists, (messages) => {
        expect([...joinMessages(messages)]).toEqual(messages.flatMap((message) => [...message]));
      }),
    );
  });

  it("copies only what is not in one piece already", () => {
    const buffer = ascii("abcdef");
    const contiguous = joinMessages([buffer.subarray(1, 3), buffer.subarray(3, 3), buffer.subarray(3, 5)]);
    expect(textOf(contiguous)).toBe("bcde");
    expect(contiguous.buffer).toBe(buffer.buffer);
    const apart = joinMessages([buffer.subarray(0, 2), buffer.subarray(3)]);
    expect(textOf(apart)).toBe("abdef");
    expect(apart.buffer).not.toBe(buffer.buffer);
  });
});

describe("frames", () => {
  it("have the length in front", () => {
    expect(textOf(frameMessages([ascii("abc"), ascii(""), ascii("0123456789")]))).toBe("3:abc0:10:0123456789");
    expect(frameMessages([])).toEqual(new Uint8Array(0));
  });

  it("come through whole, however the stream is cut", () => {
    fc.assert(
      fc.property(messageLists, fc.array(fc.nat(4_000), { maxLength: 20 }), (messages, cuts) => {
        const framed = frameMessages(messages);
        const ends = [...cuts.filter((cut) => cut < framed.length).sort((a, b) => a - b), framed.length];
        const chunks = ends.map((end, index) => framed.subarray(ends[index - 1] ?? 0, end));
        expect(deframe(...chunks)).toEqual(joinMessages(messages));
      }),
    );
  });

  it("are handed on before they are there whole", () => {
    const deframer = makeDeframer();
    expect(["10:abc", "d", "efg", "hij1:k"].map((text) => textOf(deframer(ascii(text))))).toEqual([
      "abc",
      "d",
      "efg",
      "hijk",
    ]);
  });

  it("have a limit", () => {
    expect(textOf(deframe(ascii(`${FRAME_BYTES_MAX}:x`)))).toBe("x");
    expect(() => deframe(ascii(`${FRAME_BYTES_MAX + 1}`))).toThrow(OcapnError);
    expect(() => deframe(ascii("9".repeat(400)))).toThrow(/longer than/);
  });

  it.each([":", "a", "-1:", "01:", "00", "3 :", "3;abc", "3:abcd"])("are not %j", (text) => {
    expect(() => deframe(ascii(text))).toThrow(/expected <length>:/);
  });
});
