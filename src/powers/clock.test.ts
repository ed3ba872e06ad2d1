import { describe, expect, it } from "vitest";
import { makeManualClock, makeSystemClock } from "./index.ts";

describe("manual clock", () => {
  it("moves only when it is moved, and ends the waits that are over", async () => {
    const clock = makeManualClock({ realtime: 100n });
    const controller = new AbortController();
    let ended = "";
    const short = clock.wait(10n, controller.signal).then(() => (ended += "s"));
    const long = clock.wait(30n, controller.signal).then(() => (ended += "l"));
    clock.advance(9n);
    await Promise.resolve();
    expect(ended).toBe("");
    clock.advance(1n);
    await short;
    expect(ended).toBe("s");
    expect([clock.realtime(), clock.monotonic()]).toEqual([110n, 10n]);
    controller.abort();
    await long;
    expect(ended).toBe("sl");
    expect(() => clock.advance(-1n)).toThrow(RangeError);
    await clock.wait(0n, new AbortController().signal);
    await clock.wait(5n, controller.signal);
  });
});

describe("system clock", () => {
  it("sets timers of whole milliseconds, rounded up, never longer than engines can, and takes them back", async () => {
    const delays: number[] = [];
    const cleared: unknown[] = [];
    let fire: (() => void) | undefined;
    const clock = makeSystemClock({
      realtime: () => 1n,
      monotonic: () => 2n,
      resolution: 3n,
      setTimer(callback, delayMs) {
        fire = callback;
        return delays.push(delayMs);
      },
      clearTimer: (timer) => cleared.push(timer),
    });
    const controller = new AbortController();
    const first = clock.wait(1n, controller.signal);
    fire?.();
    await first;
    void clock.wait(2_000_000n, controller.signal);
    const last = clock.wait(1n << 62n, controller.signal);
    controller.abort();
    await last;
    expect(delays).toEqual([1, 2, 2 ** 31 - 1]);
    expect(new Set(cleared)).toEqual(new Set([1, 2, 3]));
  });
});
