/**
 * The power `clock`: what time it is.
 *
 * @module
 */
import { M } from "../passable/index.ts";
import type { Clock } from "./clock.ts";
import { makePower } from "./power.ts";

export interface ClockPower {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly now: () => number;
  /** Milliseconds since any fixed moment, with fractions; never goes back. */
  readonly monotonic: () => number;
}

const guard = M.interface("clock", {
  now: M.call().returns(M.number()).reads(),
  monotonic: M.call().returns(M.number()).reads(),
});

const NS_PER_MS = 1e6;

/** `resolutionMs` makes both times coarser (rounded down): what cannot be timed finely leaks less through timing. */
export function makeClockPower(clock: Clock, options: { readonly resolutionMs?: number } = {}): ClockPower {
  const step = options.resolutionMs ?? 0;
  if (!Number.isFinite(step) || step < 0) throw new RangeError(`resolutionMs: expected at least 0, got ${step}`);
  const inMs = (time: bigint): number => {
    const ms = Number(time) / NS_PER_MS;
    return step === 0 ? ms : Math.floor(ms / step) * step;
  };
  return makePower("clock", guard, {
    now: () => inMs(clock.realtime()),
    monotonic: () => inMs(clock.monotonic()),
  });
}
