/**
 * Capabilities of references, and capabilities by sturdyref: what can be endowed to a guest, outlives the connection, and is found again by an image
 * of the guest.
 *
 * @module
 */

import { type Capability, isTarget } from "../../passable/index.ts";
import type { Ocapn } from "../client/ocapn.ts";
import { OcapnError } from "../errors.ts";
import { BRIDGE } from "../eventual/deliver.ts";
import { parseSturdyrefUri } from "../locator.ts";
import type { Sturdy } from "./reference-capability.ts";

/**
 * The capability that a reference is: a far reference, a function, an object that `Far` has marked. It is the same one for the same
 * reference. Messages to it are sent on at once.
 */
export function capabilityOfReference(reference: object): Capability {
  return BRIDGE.capabilityOf(reference);
}

/** The reverse: what a capability is to OCapN. Every capability can be served, and passed in messages to peers. */
export function referenceOfCapability(capability: Capability): object {
  return BRIDGE.targetOf(capability);
}

/**
 * The object that is served there, as a capability. When the connection has ended, the next message goes to a new one; what was under way is lost.
 * Images name it by the URI, which is a secret: whoever can read the image can have the object.
 */
export async function enlivenCapability(ocapn: Ocapn, uri: string): Promise<Capability> {
  const reference: unknown = await ocapn.enliven(uri);
  if (!isTarget(reference)) {
    throw new OcapnError(
      "unknown-object",
      "enlivenCapability: what the peer has there is data, which takes no messages",
    );
  }
  return BRIDGE.sturdyCapability(sturdyBy(ocapn, uri), reference as object);
}

/** For `ThawInit.resolveLocator`: what an image names by a sturdyref, looked for at the first message to it. Undefined for all other locators. */
export function resolveOcapnLocator(ocapn: Ocapn): (locator: unknown) => Capability | undefined {
  return (locator) => {
    const uri = uriOf(locator);
    return uri === undefined ? undefined : BRIDGE.sturdyCapability(sturdyBy(ocapn, uri));
  };
}

function sturdyBy(ocapn: Ocapn, uri: string): Sturdy {
  return { uri, enliven: () => ocapn.enliven(uri) };
}

/** An image may hold anything. */
function uriOf(locator: unknown): string | undefined {
  if (typeof locator !== "object" || locator === null || !Object.hasOwn(locator, "ocapn")) return undefined;
  const { ocapn } = locator as { readonly ocapn: unknown };
  if (typeof ocapn !== "string") return undefined;
  try {
    parseSturdyrefUri(ocapn);
    return ocapn;
  } catch {
    return undefined;
  }
}
