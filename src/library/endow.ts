/**
 * The powers that a library is imported with, as its process gets them: capabilities by name, and, for the clock, randomness and the
 * console, what the engine itself asks for. It also notes whether any was used: a library that used none while it was loaded is the same
 * every time.
 * @module
 */

import type { JavaScriptPowers } from "../guests/javascript/index.ts";
import type { Capability } from "../kernel/index.ts";
import { CAPABILITY, isCapability, makeCapability } from "../passable/index.ts";
import {
  type AuditLog,
  type ClockPower,
  type ConsolePower,
  capabilityOf,
  logged,
  type OutputStream,
  powerOf,
  type RandomPower,
} from "../powers/index.ts";

export interface Endowed {
  readonly endowments: { readonly [name: string]: Capability };
  readonly powers: JavaScriptPowers;
  /** Whether a power was used since the last `forget`. */
  readonly touched: boolean;
}

export interface EndowInit {
  readonly package: string;
  readonly given: { readonly [name: string]: unknown };
  readonly audit: AuditLog | undefined;
  /** The importer's end of the membrane, and what else only the library's own prelude uses. */
  readonly internal: { readonly [name: string]: Capability };
  /** What the library calls directly. */
  readonly onCallback: NonNullable<JavaScriptPowers["onCallback"]>;
}

/** Where the prelude's `caper.denied` says what the library asked for and was not given; there only with an audit log. */
const AUDIT_ENDOWMENT = "audit";
const NS_PER_MS = 1e6;

export function endow(init: EndowInit): Endowed {
  let touched = false;
  const touch = (): void => {
    touched = true;
  };
  const holder = { package: init.package, ...(init.audit === undefined ? {} : { audit: init.audit }) };
  const endowments: { [name: string]: Capability } = { ...init.internal };
  for (const [name, value] of Object.entries(init.given)) {
    endowments[name] = watched(toCapability(name, value, holder), touch);
  }
  if (init.audit !== undefined) {
    endowments[AUDIT_ENDOWMENT] = watched(denials(init.audit, init.package), touch);
  }
  const { clock, random, console } = init.given;
  const powers: JavaScriptPowers = {
    ...consoleStreams(console, holder, touch),
    ...(isPowerNamed(clock, "clock") ? { clock: engineClock(clock as ClockPower, touch) } : {}),
    ...(isPowerNamed(random, "random") ? { random: engineRandom(random as RandomPower, touch) } : {}),
    onCallback: init.onCallback,
    onUnhandledRejection: () => undefined,
  };
  return {
    endowments,
    powers,
    get touched() {
      return touched;
    },
  };
}

interface AuditHolder {
  readonly package: string;
  readonly audit?: AuditLog;
}

function toCapability(name: string, value: unknown, holder: AuditHolder): Capability {
  if (powerOf(value) !== undefined) return capabilityOf(value as object, holder);
  if (isCapability(value)) return value;
  throw new TypeError(`powers.${name}: expected a power (see makePower) or a capability`);
}

function denials(audit: AuditLog, name: string): Capability {
  return makeCapability({
    denied(power: unknown, what: unknown): void {
      const asked = { package: name, power: String(power), method: String(what) };
      audit.record({ ...asked, bytes: 0, decision: "denied", reason: "not given" });
    },
  });
}

/** The same capability, by another object: images know endowments by their names. */
function watched(capability: Capability, touch: () => void): Capability {
  return Object.freeze<Capability>({
    [CAPABILITY]: true,
    receive(message: Parameters<Capability["receive"]>[0]) {
      touch();
      return capability.receive(message);
    },
  });
}

function isPowerNamed(value: unknown, name: string): boolean {
  return powerOf(value)?.name === name;
}

function engineClock(clock: ClockPower, touch: () => void): NonNullable<JavaScriptPowers["clock"]> {
  const inNs = (ms: number): bigint => {
    touch();
    return BigInt(Math.round(ms * NS_PER_MS));
  };
  return { realtime: () => inNs(clock.now()), monotonic: () => inNs(clock.monotonic()) } as NonNullable<
    JavaScriptPowers["clock"]
  >;
}

function engineRandom(random: RandomPower, touch: () => void): NonNullable<JavaScriptPowers["random"]> {
  return {
    fill(bytes: Uint8Array): void {
      touch();
      bytes.set(random.bytes(bytes.length));
    },
  };
}

/** Without the power a console takes everything and shows nothing; so it does with what a limited one denies, which the log names. */
function consoleStreams(
  console: unknown,
  holder: AuditHolder,
  touch: () => void,
): Pick<JavaScriptPowers, "stdout" | "stderr"> {
  const { audit } = holder;
  const given = isPowerNamed(console, "console") ? (console as ConsolePower) : undefined;
  const power =
    given === undefined || audit === undefined
      ? given
      : logged(given, { log: (report) => audit.record({ package: holder.package, ...report }) });
  const stream = (level: "log" | "error"): OutputStream => ({
    write(bytes: Uint8Array): number {
      touch();
      try {
        power?.[level](new TextDecoder().decode(bytes).trimEnd());
      } catch {
        // A console never fails whoever writes to it.
      }
      return bytes.length;
    },
  });
  return { stdout: stream("log"), stderr: stream("error") };
}
