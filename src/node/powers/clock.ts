/**
 * The machine's clocks as a clock power.
 *
 * @module
 */
import type { Clock } from "../../powers/index.ts";
import { makeSystemClock } from "../../powers/index.ts";

/** `Date.now()` has whole milliseconds only; the time origin and `performance.now()` give microseconds. */
export function makeNodeClock(): Clock {
  return makeSystemClock({
    realtime: () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n,
    monotonic: () => process.hrtime.bigint(),
    resolution: 1000n,
    setTimer: (callback, delayMs) => setTimeout(callback, delayMs),
    clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout),
  });
}
