/**
 * The clock power, and two makers: a clock out of a machine's own functions, and one that stands still until its holder
 * moves it (for tests and simulations). All times are nanoseconds.
 *
 * @module
 */

export interface Clock {
  /** Since 1970-01-01T00:00:00Z. */
  realtime(): bigint;
  /** Since any fixed moment; never goes back. */
  monotonic(): bigint;
  readonly resolution: bigint;
  /** Settles after this much monotonic time, or when the signal aborts; it may settle early, so look at the clock again. */
  wait(duration: bigint, signal: AbortSignal): Promise<void>;
}

export interface SystemClockParts {
  realtime(): bigint;
  monotonic(): bigint;
  readonly resolution: bigint;
  setTimer(callback: () => void, delayMs: number): unknown;
  clearTimer(timer: unknown): void;
}

/** Longer delays overflow the timers of JavaScript engines; a wait that ends early is simply made again. */
const TIMER_DELAY_MS_MAX = 2 ** 31 - 1;
const NS_PER_MS = 1_000_000n;

export function makeSystemClock(parts: SystemClockParts): Clock {
  return Object.freeze({
    realtime: () => parts.realtime(),
    monotonic: () => parts.monotonic(),
    resolution: parts.resolution,
    wait(duration: bigint, signal: AbortSignal): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      if (signal.aborted) return Promise.resolve();
      // Rounded up: a timer that fires a fraction too soon would cost one more round of the caller's loop.
      const delayMs = Math.min(Number((duration + NS_PER_MS - 1n) / NS_PER_MS), TIMER_DELAY_MS_MAX);
      const finish = (): void => {
        parts.clearTimer(timer);
        signal.removeEventListener("abort", finish);
        resolve();
      };
      const timer = parts.setTimer(finish, Math.max(0, delayMs));
      signal.addEventListener("abort", finish, { once: true });
      return promise;
    },
  });
}

export interface ManualClock extends Clock {
  /** Moves both clocks on and ends the waits that are over. */
  advance(duration: bigint): void;
}

export function makeManualClock(start: { readonly realtime: bigint } = { realtime: 0n }): ManualClock {
  let elapsed = 0n;
  const waits = new Set<{ readonly until: bigint; readonly finish: () => void }>();
  return Object.freeze({
    realtime: () => start.realtime + elapsed,
    monotonic: () => elapsed,
    resolution: 1n,
    wait(duration: bigint, signal: AbortSignal): Promise<void> {
      if (signal.aborted || duration <= 0n) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      const entry = { until: elapsed + duration, finish };
      function finish(): void {
        waits.delete(entry);
        signal.removeEventListener("abort", finish);
        resolve();
      }
      waits.add(entry);
      signal.addEventListener("abort", finish, { once: true });
      return promise;
    },
    advance(duration: bigint): void {
      if (duration < 0n) throw new RangeError(`duration: expected at least 0, got ${duration}`);
      elapsed += duration;
      for (const entry of [...waits]) if (entry.until <= elapsed) entry.finish();
    },
  });
}
