import { PassThrough, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { InputStream } from "../../powers/index.ts";
import { isWait, powerErrorCode } from "../../powers/index.ts";
import { makeNodeClock, makeNodeInput, makeNodeOutput, makeNodeRandom } from "./index.ts";

async function readAll(input: InputStream, bytesMax: number): Promise<string> {
  let text = "";
  for (;;) {
    const answer = input.read(bytesMax);
    if (answer === undefined) return text;
    if (isWait(answer)) await answer.wake;
    else {
      expect(answer.length).toBeGreaterThan(0);
      expect(answer.length).toBeLessThanOrEqual(bytesMax);
      text += new TextDecoder().decode(answer);
    }
  }
}

describe("node input", () => {
  it("gives what the stream brings, in pieces as small as asked, to its end", async () => {
    const stream = new PassThrough();
    const input = makeNodeInput(stream);
    const reading = readAll(input, 3);
    stream.write("hello ");
    await new Promise((resolve) => setImmediate(resolve));
    stream.write("wor");
    stream.end("ld");
    expect(await reading).toBe("hello world");
    expect(input.read(1)).toBeUndefined();
  });

  it("says that a stream failed", async () => {
    const stream = new PassThrough();
    using input = makeNodeInput(stream);
    const waiting = input.read(1);
    if (waiting === undefined || !isWait(waiting)) throw new Error("expected a wait");
    stream.destroy(new Error("gone"));
    await waiting.wake;
    let code: string | undefined;
    try {
      input.read(1);
    } catch (error) {
      code = powerErrorCode(error);
    }
    expect(code).toBe("io");
  });

  it("takes nothing from the stream before it is asked, and leaves the rest when it is disposed of", async () => {
    const stream = new PassThrough();
    stream.write("abc");
    const input = makeNodeInput(stream);
    expect(stream.readableLength).toBe(3);
    const first = input.read(1);
    if (first !== undefined && isWait(first)) await first.wake;
    input[Symbol.dispose]();
    expect(stream.listenerCount("readable")).toBe(0);
  });
});

describe("node output", () => {
  it("waits while the stream is full and goes on when it has drained", async () => {
    const taken: string[] = [];
    let release: (() => void) | undefined;
    const stream = new Writable({
      highWaterMark: 4,
      write(chunk: Buffer, _encoding, done) {
        taken.push(chunk.toString());
        release = done;
      },
    });
    const output = makeNodeOutput(stream);
    const bytes = new TextEncoder().encode("abcdef");
    expect(output.write(bytes)).toBe(6);
    bytes.fill(0);
    const full = output.write(new TextEncoder().encode("gh"));
    expect(isWait(full)).toBe(true);
    expect(isWait(output.write(new Uint8Array(0)))).toBe(true);
    release?.();
    if (isWait(full)) await full.wake;
    expect(output.write(new Uint8Array(0))).toBe(0);
    expect(output.write(new TextEncoder().encode("gh"))).toBe(2);
    expect(taken).toEqual(["abcdef", "gh"]);
  });

  it("is a broken pipe once the stream is gone", () => {
    const stream = new PassThrough();
    const output = makeNodeOutput(stream);
    stream.destroy();
    let code: string | undefined;
    try {
      output.write(new Uint8Array(1));
    } catch (error) {
      code = powerErrorCode(error);
    }
    expect(code).toBe("broken-pipe");
  });
});

describe("node clock and randomness", () => {
  it("show this machine's time and go on", async () => {
    const clock = makeNodeClock();
    const before = { date: BigInt(Date.now()), monotonic: clock.monotonic() };
    expect(clock.realtime() / 1_000_000n >= before.date).toBe(true);
    // A timer may end a little early, so one looks at the clock again, as every user of a clock must.
    const until = before.monotonic + 3_000_000n;
    while (clock.monotonic() < until) await clock.wait(until - clock.monotonic(), new AbortController().signal);
    expect(clock.monotonic() >= until).toBe(true);
  });

  it("end a wait at once when nobody waits any more", async () => {
    const controller = new AbortController();
    const waiting = makeNodeClock().wait(3_600_000_000_000n, controller.signal);
    controller.abort();
    await waiting;
  });

  it("fill all bytes with different ones each time", () => {
    const random = makeNodeRandom();
    const [a, b] = [new Uint8Array(32), new Uint8Array(32)];
    random.fill(a);
    random.fill(b);
    expect(a).not.toEqual(b);
    expect(a).not.toEqual(new Uint8Array(32));
  });
});
