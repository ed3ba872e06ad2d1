/**
 * Peers of the object-capability network in Node: what the system provides for `makeOcapn`.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { makeOcapn, type Ocapn, type OcapnInit } from "../ocapn/index.ts";
import { makeNodeEd25519 } from "./ed25519.ts";

/** What is not named is Node's own. The peer closes the netlayers. */
export function makeNodeOcapn(init: Pick<OcapnInit, "netlayers"> & Partial<OcapnInit>): Ocapn {
  return makeOcapn({
    ed25519: makeNodeEd25519(),
    random: (byteLength) => new Uint8Array(randomBytes(byteLength)),
    yieldToHost: () => new Promise((resolve) => setImmediate(resolve)),
    after(timeoutMs, callback) {
      const timer = setTimeout(callback, timeoutMs);
      // A peer that nobody talks to does not keep the program alive.
      timer.unref();
      return () => clearTimeout(timer);
    },
    ...init,
  });
}
