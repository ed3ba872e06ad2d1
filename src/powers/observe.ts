/**
 * Combinators that watch a power, whichever it is, and take nothing away.
 *
 * @module
 */
import { guardErrorSide } from "../passable/index.ts";
import { attenuate, type Use } from "./attenuate.ts";
import { isDenial } from "./errors.ts";
import { isPlain } from "./map-container.ts";

/** `denied`: a guard or a policy said no; `failed`: the power itself could not. */
export type Decision = "allowed" | "denied" | "failed";

/** How one use of a power went. Made when it is over: for an answer that takes time, when that is there. */
export interface UseReport {
  readonly power: string;
  readonly method: string;
  /** In arguments and result together: strings as UTF-8, and bytes. Nothing else counts. */
  readonly bytes: number;
  readonly decision: Decision;
  /** The error's message, where there was one. */
  readonly reason?: string;
}

/** Tells `log` about each use. */
export function logged<P extends object>(power: P, options: { readonly log: (report: UseReport) => void }): P {
  return attenuate(power, { use: (use, next) => watched(use, next, options.log) });
}

export interface PowerReading {
  readonly calls: number;
  readonly denied: number;
  readonly failed: number;
  /** As in `UseReport`. */
  readonly bytes: number;
}

export interface Metered<P extends object> {
  readonly power: P;
  reading(): PowerReading;
}

/** Counts uses and bytes, those of everything that it handed out included. */
export function metered<P extends object>(power: P): Metered<P> {
  const counts = { allowed: 0, denied: 0, failed: 0, bytes: 0 };
  const log = (report: UseReport): void => {
    counts[report.decision]++;
    counts.bytes += report.bytes;
  };
  return Object.freeze({
    power: logged(power, { log }),
    reading: () =>
      Object.freeze({
        calls: counts.allowed + counts.denied + counts.failed,
        denied: counts.denied,
        failed: counts.failed,
        bytes: counts.bytes,
      }),
  });
}

function watched(use: Use, next: () => unknown, log: (report: UseReport) => void): unknown {
  const bytesIn = payloadBytes(use.args);
  const done = (result: unknown): unknown => {
    log(Object.freeze({ ...named(use), bytes: bytesIn + payloadBytes(result), decision: "allowed" }));
    return result;
  };
  const refused = (error: unknown): never => {
    const reason = error instanceof Error ? error.message : "threw what is no error";
    log(Object.freeze({ ...named(use), bytes: bytesIn, decision: decisionOf(error), reason }));
    throw error;
  };
  let result: unknown;
  try {
    result = next();
  } catch (error) {
    return refused(error);
  }
  return result instanceof Promise ? result.then(done, refused) : done(result);
}

function named(use: Use): Pick<UseReport, "power" | "method"> {
  return { power: use.power, method: use.method };
}

function decisionOf(error: unknown): Decision {
  return isDenial(error) || guardErrorSide(error) === "argument" ? "denied" : "failed";
}

/** Of lists and objects within each other; what lies deeper does not count. */
const PAYLOAD_DEPTH_MAX = 64;

const encoder = new TextEncoder();

/** Strings as UTF-8, and bytes, in lists and plain objects. Each object counts once. */
export function payloadBytes(value: unknown, seen: Set<object> = new Set(), depth = 0): number {
  if (typeof value === "string") return encoder.encode(value).length;
  if (typeof value !== "object" || value === null) return 0;
  if (value instanceof Uint8Array) return value.length;
  if (depth >= PAYLOAD_DEPTH_MAX || seen.has(value)) return 0;
  seen.add(value);
  if (!Array.isArray(value) && !isPlain(value)) return 0;
  let bytes = 0;
  for (const item of Object.values(value)) bytes += payloadBytes(item, seen, depth + 1);
  return bytes;
}
