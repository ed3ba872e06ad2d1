/**
 * Powers for guests: a capability of the kernel with the same methods, whose uses and denials are written down.
 *
 * @module
 */
import type { Capability, Plain } from "../kernel/index.ts";
import { type HostMethod, makeCapability, makeDispatcher } from "../passable/index.ts";
import type { AuditLog } from "./audit-log.ts";
import { mapContainer } from "./map-container.ts";
import { logged, type UseReport } from "./observe.ts";
import { coreOf, findCore } from "./power.ts";

/** Who gets the power, and where its uses are recorded. */
export interface Holder {
  readonly audit?: AuditLog;
  readonly process?: string;
  readonly package?: string;
  /** Reads the meter of the process, for the log. */
  readonly gas?: () => number;
  /** How an image names the capability; without one it is named by the name under which it was endowed. */
  readonly locator?: Plain;
}

function record(holder: Holder, report: UseReport): void {
  holder.audit?.record({ ...nameHolder(holder), ...report });
}

/** The power, with every use and denial in the holder's log: for whoever uses it on behalf of a guest without a capability. */
export function audited<P extends object>(power: P, holder: Holder): P {
  return logged(power, { log: (report) => record(holder, report) });
}

/**
 * The capability to use a power. Powers and functions that the power hands out become capabilities of the same holder. A call of
 * a method that the power does not have is refused, and recorded as a denial.
 */
export function capabilityOf(power: object, holder: Holder = {}): Capability {
  const known = new WeakMap<object, Capability>();
  const toGuest = (value: unknown): unknown => {
    if (typeof value === "function") {
      const call = value as HostMethod;
      return remembered(known, value, () => makeCapability((...args) => toGuest(call(...args))));
    }
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
    if (value instanceof Promise) return value.then(toGuest);
    if (findCore(value) !== undefined) return remembered(known, value, () => expose(value));
    return mapContainer(value, toGuest);
  };
  const expose = (inner: object): Capability => {
    const core = coreOf(inner);
    return makeDispatcher((method) => {
      if (method !== null && core.offered.includes(method)) return (...args) => toGuest(core.invoke(method, args));
      const use = { power: core.name, method: method ?? "()", bytes: 0 };
      record(holder, { ...use, decision: "denied", reason: "no such method" });
      return undefined;
    });
  };
  // Its border also refuses results that are nested too deeply to be walked here.
  const capability = expose(audited(power, holder));
  return holder.locator === undefined ? capability : Object.freeze({ ...capability, locator: holder.locator });
}

function nameHolder(holder: Holder): { readonly process?: string; readonly package?: string; readonly gas?: number } {
  return {
    ...(holder.process === undefined ? {} : { process: holder.process }),
    ...(holder.package === undefined ? {} : { package: holder.package }),
    ...(holder.gas === undefined ? {} : { gas: holder.gas() }),
  };
}

function remembered(known: WeakMap<object, Capability>, key: object, make: () => Capability): Capability {
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found;
}
