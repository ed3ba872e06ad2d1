/**
 * Combinators that take something away from a power, whichever it is. They compose in any order.
 *
 * @module
 */
import { attenuate, type Use } from "./attenuate.ts";
import type { Clock } from "./clock.ts";
import { coreOf, denial } from "./power.ts";
import { makeRateWindow, type Rate } from "./rate.ts";

/** Only the methods whose guard says that they read. Functions that it hands out say nothing, and are denied. */
export function readOnly<P extends object>(power: P): P {
  return attenuate(power, {
    use(use, next) {
      if (use.guard?.isRead !== true) throw denial("read-only", use, "the power is read-only");
      return next();
    },
    narrow: (guard) => {
      const reads = Object.entries(guard.methods).filter(([, method]) => method.isRead);
      return Object.freeze({ name: guard.name, methods: Object.freeze(Object.fromEntries(reads)) });
    },
  });
}

/**
 * Only these methods. Powers with the same interface that it hands out are cut in the same way (a subfolder of a directory that
 * can only read can only read); others are whole.
 */
export function facet<P extends object>(power: P, methods: readonly (string & keyof P)[]): P {
  const whole = coreOf(power);
  for (const method of methods) {
    if (!whole.offered.includes(method)) throw new RangeError(`methods: ${whole.name} has no method ${method}`);
  }
  const kept: ReadonlySet<string> = new Set(methods);
  const isCut = (use: Use): boolean => use.power === whole.name && !use.method.endsWith("()") && !kept.has(use.method);
  return attenuate(power, {
    use(use, next) {
      if (isCut(use)) throw denial("not-granted", use, `not part of the facet (${[...kept].join(", ")})`);
      return next();
    },
    narrow: (guard) => {
      if (guard.name !== whole.guard.name) return guard;
      const left = Object.entries(guard.methods).filter(([method]) => kept.has(method));
      return Object.freeze({ name: guard.name, methods: Object.freeze(Object.fromEntries(left)) });
    },
  });
}

export interface Revocable<P extends object> {
  readonly power: P;
  /** Ends the power and everything that it handed out, at once and for good; also answers that are still on their way. */
  revoke(): void;
}

export function revocable<P extends object>(power: P): Revocable<P> {
  let isRevoked = false;
  const assertValid = (use: Use): void => {
    if (isRevoked) throw denial("revoked", use, "the power was revoked");
  };
  return Object.freeze({
    power: attenuate(power, { use: guardedBy(assertValid), callback: assertValid }),
    revoke(): void {
      isRevoked = true;
    },
  });
}

export type Expiry =
  /** A moment: milliseconds since 1970, by the clock's real time. */
  | { readonly atMs: number; readonly clock: Clock }
  /** From now, by the clock's monotonic time. */
  | { readonly afterMs: number; readonly clock: Clock };

const NS_PER_MS = 1e6;

/** Denied from that time on, together with everything that it handed out. */
export function expiring<P extends object>(power: P, expiry: Expiry): P {
  const { clock } = expiry;
  const isAbsolute = "atMs" in expiry;
  const limitMs = isAbsolute ? expiry.atMs : expiry.afterMs;
  if (!Number.isFinite(limitMs)) {
    throw new RangeError(`${isAbsolute ? "atMs" : "afterMs"}: expected a finite number, got ${limitMs}`);
  }
  const limitNs = BigInt(Math.round(limitMs * NS_PER_MS));
  const end = isAbsolute ? limitNs : clock.monotonic() + limitNs;
  const now = (): bigint => (isAbsolute ? clock.realtime() : clock.monotonic());
  const assertValid = (use: Use): void => {
    if (now() >= end) throw denial("expired", use, "the power has expired");
  };
  return attenuate(power, { use: guardedBy(assertValid), callback: assertValid });
}

/** Asks before the use, and again before an answer that took time is handed out. */
function guardedBy(assertValid: (use: Use) => void): (use: Use, next: () => unknown) => unknown {
  return (use, next) => {
    assertValid(use);
    const result = next();
    if (!(result instanceof Promise)) return result;
    return result.then((value: unknown) => {
      assertValid(use);
      return value;
    });
  };
}

/** At most `calls` uses in any stretch of `perMs` milliseconds. What is denied does not count. */
export function rateLimited<P extends object>(power: P, rate: Rate): P {
  const take = makeRateWindow(rate);
  return attenuate(power, {
    use(use, next) {
      if (!take()) throw denial("rate-limited", use, `at most ${rate.calls} calls in ${rate.perMs} ms`);
      return next();
    },
  });
}
