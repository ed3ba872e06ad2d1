import { describe, expect, it } from "vitest";
import { codeOf } from "./directory.conformance.ts";
import { discardOutput, emptyInput, isWait, makeBytesInput, makeCollector, makeQueueInput } from "./index.ts";

const text = new TextEncoder();

describe("inputs", () => {
  it("are at their end, and stay there", () => {
    expect(emptyInput.read(1)).toBeUndefined();
    const input = makeBytesInput("abc");
    expect(input.read(2)).toEqual(text.encode("ab"));
    expect(input.read(2)).toEqual(text.encode("c"));
    expect(input.read(2)).toBeUndefined();
    expect(input.read(2)).toBeUndefined();
  });

  it("wait for what the host pushes", async () => {
    const queue = makeQueueInput();
    const waiting = queue.read(10);
    if (waiting === undefined || !isWait(waiting)) throw new Error("expected a wait");
    queue.push("hello");
    await waiting.wake;
    expect(queue.read(3)).toEqual(text.encode("hel"));
    expect(queue.read(3)).toEqual(text.encode("lo"));
    const atEnd = queue.read(1);
    if (atEnd === undefined || !isWait(atEnd)) throw new Error("expected a wait");
    queue.end();
    await atEnd.wake;
    expect(queue.read(1)).toBeUndefined();
    expect(codeOf(() => queue.push("x"))).toBe("broken-pipe");
  });

  it("hold as much as they may and not one byte more", () => {
    const queue = makeQueueInput({ bytesMax: 4 });
    queue.push("abcd");
    expect(codeOf(() => queue.push("e"))).toBe("no-space");
    expect(queue.read(1)).toEqual(text.encode("a"));
    queue.push("e");
  });
});

describe("outputs", () => {
  it("collect up to the limit and drop the rest, taking it", () => {
    const collector = makeCollector({ bytesMax: 5 });
    expect(collector.write(text.encode("abc"))).toBe(3);
    expect(collector.isTruncated()).toBe(false);
    expect(collector.write(text.encode("def"))).toBe(3);
    expect(collector.text()).toBe("abcde");
    expect(collector.isTruncated()).toBe(true);
    expect(discardOutput.write(text.encode("x"))).toBe(1);
  });

  it("collect much in small pieces", () => {
    const collector = makeCollector();
    for (let piece = 0; piece < 10_000; piece++) collector.write(text.encode("0123456789"));
    expect(collector.bytes()).toHaveLength(100_000);
    expect(collector.text().endsWith("789")).toBe(true);
  });
});
