/**
 * The power behind setTimeout and setInterval, made of a clock.
 * @module
 */

import type { Capability } from "../../kernel/index.ts";
import { makeCapability } from "../../passable/index.ts";
import type { Clock } from "../../powers/index.ts";

/** The name under which a process is endowed with it. */
export const TIMERS_ENDOWMENT = "timers";

const NS_PER_MS = 1e6;

/** `after(ms)` answers when that much time has passed. Aborting the signal answers all at once. */
export function makeTimers(clock: Clock, options: { readonly signal?: AbortSignal } = {}): Capability {
  const signal = options.signal ?? new AbortController().signal;
  return makeCapability({
    async after(delayMs: unknown): Promise<undefined> {
      if (typeof delayMs !== "number" || !Number.isFinite(delayMs)) {
        throw new TypeError(`after: expected a number of milliseconds, got ${typeof delayMs}`);
      }
      const end = clock.monotonic() + BigInt(Math.round(Math.max(0, delayMs) * NS_PER_MS));
      for (let left = end - clock.monotonic(); left > 0n && !signal.aborted; left = end - clock.monotonic()) {
        await clock.wait(left, signal);
      }
    },
  });
}
