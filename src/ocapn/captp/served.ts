/**
 * An object as it is served under one sturdyref. References that were got by the sturdyref go through it, so that they end with it; references
 * to the same object that were got otherwise do not.
 *
 * @module
 */

import { OcapnError } from "../errors.ts";
import { deliver } from "../eventual/deliver.ts";

export class Served {
  #object: object | undefined;

  constructor(object: object) {
    this.#object = object;
  }

  /** The object itself, for whoever gets the reference back at home; undefined when it was revoked. */
  get object(): object | undefined {
    return this.#object;
  }

  revoke(): void {
    this.#object = undefined;
  }

  /** Throws when it was revoked. */
  deliver(args: readonly unknown[]): unknown {
    return this.#object === undefined ? this.revoked() : deliver(this.#object, args);
  }

  /** What stands for it then. */
  readonly revoked: () => never = () => {
    throw new OcapnError("revoked", "this reference was revoked by whoever serves the object");
  };
}
