/**
 * The machine's clocks as a clock power.
 *
 * @module
 */
import type { Clock } from "../../powers/index.ts";
import { makeSystemClock } from "../../powers/index.ts";

const NS_PER_MS = 1_000_000n;

/**
 * Real time comes in whole milliseconds. What `performance` adds to its time origin is finer, but does not follow when the
 * system's clock is set.
 */
export function makeNodeClock(): Clock {
  return makeSystemClock({
    realtime: () => BigInt(Date.now()) * NS_PER_MS,
    monotonic: () => process.hrtime.bigint(),
    resolution: NS_PER_MS,
    setTimer: (callback, delayMs) => setTimeout(callback, delayMs),
    clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout),
  });
}
