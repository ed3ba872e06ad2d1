/**
 * An object as it is served under one sturdyref. A peer that got a reference by the sturdyref loses it when that is revoked, and so does whoever the
 * reference was handed on to; who was given the object itself keeps it.
 *
 * @module
 */

import { OcapnError } from "../errors.ts";

export class Served {
  readonly object: object;
  #isRevoked = false;

  constructor(object: object) {
    this.object = object;
  }

  get isRevoked(): boolean {
    return this.#isRevoked;
  }

  revoke(): void {
    this.#isRevoked = true;
  }

  /** Stands in the object's place from then on. */
  readonly revoked: () => never = () => {
    throw new OcapnError("revoked", "this reference was revoked by whoever serves the object");
  };

  /** The object, or what stands in its place. */
  get current(): object {
    return this.#isRevoked ? this.revoked : this.object;
  }
}
