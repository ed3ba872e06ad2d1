/**
 * The powers of an application's packages, as its policy grants them: each under a name by which only the process of that package finds it.
 *
 * @module
 */
import { dirname } from "node:path";
import { link } from "../guests/javascript/index.ts";
import type { Capability } from "../kernel/index.ts";
import { type Policy, PolicyError } from "../library/index.ts";
import { makeNodePackageSource, makePolicyPowers } from "../node/index.ts";
import { makeCapability } from "../passable/index.ts";
import { type AuditLog, capabilityOf } from "../powers/index.ts";
import { CliError } from "./errors.ts";
import { readPolicy } from "./library-options.ts";

/** Powers and logs of all packages together: a process takes little more, and needs some for itself. */
export const CONFINED_ENDOWMENTS_MAX = 1000;

export interface ConfinedPowers extends Disposable {
  readonly policy: Policy | undefined;
  readonly endowments: { readonly [name: string]: Capability };
}

/** `path` is the policy's file; what it says of paths counts from its folder. */
export function makeConfinedPowers(path: string | undefined, audit: AuditLog): ConfinedPowers {
  using stack = new DisposableStack();
  const policy = path === undefined ? undefined : readPolicy(path);
  const endowments: { [name: string]: Capability } = {};
  const folder = dirname(path ?? ".");
  for (const [name, entry] of Object.entries(policy?.packages ?? {})) {
    const holder = { audit, package: name };
    const place = `${link.CONFINED_PREFIX}${name}/`;
    try {
      const made = stack.use(makePolicyPowers(entry.powers, { folder, packages: makeNodePackageSource() }));
      for (const [power, value] of Object.entries(made.powers)) endowments[place + power] = capabilityOf(value, holder);
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      const words = error.message.replace(/^[^:]*: /, "");
      throw new CliError("input", `${path}: packages[${JSON.stringify(name)}].powers.${words}`, { cause: error });
    }
    endowments[`${place}audit`] = denials(audit, name);
  }
  const count = Object.keys(endowments).length;
  if (count > CONFINED_ENDOWMENTS_MAX) {
    const words = `its packages and powers are ${count} together, more than ${CONFINED_ENDOWMENTS_MAX}`;
    throw new CliError("input", `${path}: ${words}; leave out the packages that have no need of their own process`);
  }
  const owned = stack.move();
  return { policy, endowments, [Symbol.dispose]: () => owned.dispose() };
}

/** Where a process says what it asked for and was not given. */
export function denials(audit: AuditLog, name: string): Capability {
  return makeCapability({
    denied(power: unknown, what: unknown): void {
      const asked = { package: name, power: String(power), method: String(what) };
      audit.record({ ...asked, bytes: 0, decision: "denied", reason: "not given" });
    },
  });
}
