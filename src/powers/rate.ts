/**
 * How often, and how much: a sliding window of calls, and a bucket of bytes.
 *
 * @module
 */
import type { Clock } from "./clock.ts";

export interface Rate {
  readonly calls: number;
  readonly perMs: number;
  readonly clock: Clock;
}

/** Calls that one limiter can remember: it keeps the time of each. */
export const RATE_CALLS_MAX = 65_536;

const NS_PER_MS = 1e6;

/** Says for each call whether it may be made now: at most `calls` in any stretch of `perMs`. What is refused does not count. */
export function makeRateWindow({ calls, perMs, clock }: Rate): () => boolean {
  if (!Number.isInteger(calls) || calls < 0 || calls > RATE_CALLS_MAX) {
    throw new RangeError(`calls: expected an integer from 0 to ${RATE_CALLS_MAX}, got ${calls}`);
  }
  assertStretch(perMs);
  const window = BigInt(Math.round(perMs * NS_PER_MS));
  /** A ring: the time of the call that is the oldest of the last `calls` stands at `next`. */
  const times: bigint[] = [];
  let next = 0;
  return () => {
    if (calls === 0) return false;
    const now = clock.monotonic();
    const oldest = times[next];
    if (oldest !== undefined && now - oldest < window) return false;
    times[next] = now;
    next = (next + 1) % calls;
    return true;
  };
}

export interface ByteBucket {
  isEmpty(): boolean;
  /** May take more than there is: then it is empty until that has come in again. */
  take(bytes: number): void;
}

/** Holds `bytes`, and fills up again within `perMs`. */
export function makeByteBucket(init: {
  readonly bytes: number;
  readonly perMs: number;
  readonly clock: Clock;
}): ByteBucket {
  const { bytes, perMs, clock } = init;
  if (!Number.isFinite(bytes) || bytes < 0) throw new RangeError(`bytes: expected at least 0, got ${bytes}`);
  assertStretch(perMs);
  let held = bytes;
  let filledAt = clock.monotonic();
  const fill = (): void => {
    const now = clock.monotonic();
    held = Math.min(bytes, held + (Number(now - filledAt) / NS_PER_MS) * (bytes / perMs));
    filledAt = now;
  };
  return {
    isEmpty() {
      fill();
      return held <= 0;
    },
    take(count) {
      fill();
      held -= count;
    },
  };
}

function assertStretch(perMs: number): void {
  if (!Number.isFinite(perMs) || perMs <= 0) throw new RangeError(`perMs: expected more than 0, got ${perMs}`);
}
