/**
 * Border of the OCapN layer: references to objects of other peers, by CapTP. It knows nothing of processes.
 *
 * @module
 */

export { OcapnError, type OcapnErrorCode } from "./errors.ts";
export { type Ed25519, KEY_BYTES, makeNobleEd25519, SIGNATURE_BYTES, type SigningKey } from "./keys.ts";
export {
  formatPeerUri,
  formatSturdyrefUri,
  hintOf,
  makePeerLocator,
  type PeerLocator,
  parsePeerUri,
  parseSturdyrefUri,
  peerKey,
  type SturdyrefLocator,
  samePeer,
} from "./locator.ts";
export type { Attach, Connection, ConnectionHandler, Netlayer } from "./netlayer.ts";
