/**
 * The power `timers`: to be woken later.
 *
 * @module
 */
import { M } from "../passable/index.ts";
import type { Clock } from "./clock.ts";
import { PowerError } from "./errors.ts";
import { makePower } from "./power.ts";

export interface TimersPower {
  /** Settles when that many milliseconds have passed; at once for what is not above 0. */
  readonly after: (delayMs: number) => Promise<undefined>;
}

/** Timers that wait at the same time: as many as a tree of processes may have calls without answers. */
export const TIMERS_WAITING_MAX = 4096;

/** As in browsers: about 24.8 days. */
export const TIMER_DELAY_MS_MAX: number = 2 ** 31 - 1;

const guard = M.interface("timers", {
  after: M.callWhen(M.named("delayMs", M.number({ min: Number.NEGATIVE_INFINITY, max: TIMER_DELAY_MS_MAX }))).reads(),
});

const NS_PER_MS = 1e6;

/** Aborting the signal ends all waits at once, as if the time were over: for a host that ends. */
export function makeTimersPower(clock: Clock, options: { readonly signal?: AbortSignal } = {}): TimersPower {
  const signal = options.signal ?? new AbortController().signal;
  let waiting = 0;
  return makePower("timers", guard, {
    async after(delayMs) {
      if (waiting >= TIMERS_WAITING_MAX) {
        throw new PowerError("rate-limited", `${TIMERS_WAITING_MAX} timers are waiting already`);
      }
      waiting++;
      try {
        const end = clock.monotonic() + BigInt(Math.round(Math.max(0, delayMs) * NS_PER_MS));
        for (let left = end - clock.monotonic(); left > 0n && !signal.aborted; left = end - clock.monotonic()) {
          await clock.wait(left, signal);
        }
        return undefined;
      } finally {
        waiting--;
      }
    },
  });
}
