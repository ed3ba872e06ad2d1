/**
 * The queue against the plain joining of everything.
 *
 * @module
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SendQueue } from "./send-queue.ts";

describe("the queue of what is to be sent", () => {
  it("gives out what went in, in order, in chunks of the size that was asked for", () => {
    const sizes = fc.array(fc.nat(40), { maxLength: 8 });
    const step = fc.oneof(
      sizes.map((add) => ({ add, take: 0 })),
      fc.nat(60).map((take) => ({ add: [], take })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new SendQueue();
        let next = 0;
        let taken = 0;
        for (const { add, take } of steps) {
          queue.add(add.map((size) => Uint8Array.from({ length: size }, () => next++ % 256)));
          const chunk = queue.take(take);
          expect(chunk.length).toBe(Math.min(take, next - taken));
          expect(chunk.every((byte, at) => byte === (taken + at) % 256)).toBe(true);
          taken += chunk.length;
          expect(queue.bytes).toBe(next - taken);
        }
      }),
    );
  });

  it("copies only what it joins", () => {
    const queue = new SendQueue();
    const message = new Uint8Array(100);
    queue.add([message, message]);
    expect(queue.take(60).buffer).toBe(message.buffer);
    expect(queue.take(60).buffer).not.toBe(message.buffer);
    expect(queue.take(80).buffer).toBe(message.buffer);
  });

  it("works also when it is never empty", () => {
    const queue = new SendQueue();
    queue.add([Uint8Array.of(0)]);
    for (let count = 1; count < 5_000; count += 1) {
      queue.add([Uint8Array.of(count % 256)]);
      expect(queue.take(1)[0]).toBe((count - 1) % 256);
    }
    expect(queue.bytes).toBe(1);
    queue.clear();
    expect([queue.bytes, queue.take(9).length]).toEqual([0, 0]);
  });
});
