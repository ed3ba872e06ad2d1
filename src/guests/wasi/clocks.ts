/**
 * What a guest's four clocks show. Guest time goes on where it stopped when a process is thawed; without a clock power it
 * is gas (1 gas = 1 ns) plus whatever was slept, from a fixed date on.
 *
 * @module
 */
import type { Clock } from "../../powers/index.ts";
import { CLOCK } from "./abi.ts";
import { ERRNO, fail } from "./errno.ts";

/** 2000-01-01T00:00:00Z in nanoseconds. */
export const STANDING_EPOCH: bigint = 946_684_800_000_000_000n;
/** A deadline this far away (146 years) is never: programs write "forever" as the largest number they have. */
export const DEADLINE_MAX: bigint = 1n << 62n;

export class GuestClocks {
  readonly #clock: Clock | undefined;
  /** Guest monotonic time is gas plus this; kept so that one number says it all, whichever clock there was before. */
  #advanced: bigint;
  #gas = 0n;
  /** What the real clock showed at the first call after making or thawing, and guest time then. */
  #origin: { readonly clock: bigint; readonly guest: bigint } | undefined;

  constructor(clock: Clock | undefined, advanced: bigint) {
    this.#clock = clock;
    this.#advanced = advanced;
  }

  /** At the start of each call. */
  setGas(gasUsed: number): void {
    this.#gas = BigInt(gasUsed);
    if (this.#clock !== undefined)
      this.#origin ??= { clock: this.#clock.monotonic(), guest: this.#gas + this.#advanced };
  }

  monotonic(): bigint {
    if (this.#clock === undefined || this.#origin === undefined) return this.#gas + this.#advanced;
    return this.#origin.guest + this.#clock.monotonic() - this.#origin.clock;
  }

  realtime(): bigint {
    return this.#clock === undefined ? STANDING_EPOCH + this.monotonic() : this.#clock.realtime();
  }

  /** The time a guest has computed for is its gas, with and without a clock: it is exact, and the same everywhere. */
  time(id: number): bigint {
    if (id === CLOCK.REALTIME) return this.realtime();
    if (id === CLOCK.MONOTONIC) return this.monotonic();
    if (id === CLOCK.PROCESS_CPUTIME || id === CLOCK.THREAD_CPUTIME) return this.#gas;
    return fail(ERRNO.INVAL);
  }

  resolution(id: number): bigint {
    if (id > CLOCK.THREAD_CPUTIME) fail(ERRNO.INVAL);
    return this.#clock === undefined || id > CLOCK.MONOTONIC ? 1n : this.#clock.resolution;
  }

  /**
   * Sleeps until a guest monotonic time: a standing clock jumps there and answers undefined; a real one answers when to
   * look again.
   */
  sleepUntil(deadline: bigint, signal: AbortSignal): Promise<void> | undefined {
    const duration = deadline - this.monotonic();
    if (this.#clock !== undefined) return this.#clock.wait(duration, signal);
    if (duration > 0n) this.#advanced += duration;
    return undefined;
  }

  save(): bigint {
    return this.#origin === undefined ? this.#advanced : this.monotonic() - this.#gas;
  }
}
