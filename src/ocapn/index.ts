/**
 * Border of the OCapN layer: references to objects of other peers, by CapTP. It knows nothing of processes.
 *
 * @module
 */

export {
  capabilityOfReference,
  enlivenCapability,
  referenceOfCapability,
  resolveOcapnLocator,
} from "./bridge/sturdy.ts";
export type { SessionTables } from "./captp/session.ts";
export { CAPTP_VERSION, makeOcapn, type Ocapn, type OcapnInit, type WireEvent } from "./client/ocapn.ts";
export { type Collector, type Held, makeWeakCollector } from "./collector.ts";
export { OcapnError, type OcapnErrorCode } from "./errors.ts";
export { E, type EventualSend } from "./eventual/e.ts";
export type { Crossed, Eventual, EventualGet, EventualOnly, Reference, Remote } from "./eventual/types.ts";
export { type Ed25519, KEY_BYTES, makeNobleEd25519, SIGNATURE_BYTES, type SigningKey } from "./keys.ts";
export * as limits from "./limits.ts";
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
export { frameMessages, joinMessages, makeDeframer } from "./netlayers/framing.ts";
export { type Incoming, makeRoom } from "./netlayers/make-room.ts";
export {
  type MemoryArrival,
  type MemoryConnectionName,
  type MemoryNetwork,
  type MemoryNetworkInit,
  makeMemoryNetwork,
} from "./netlayers/memory.ts";
export {
  joinMessagePortHub,
  type MessageChannelConstructor,
  type MessagePortHub,
  makeMessagePortHub,
} from "./netlayers/message-port.ts";
export type { MessagePortLike } from "./netlayers/message-port-connection.ts";
export {
  makeWebSocketNetlayer,
  type WebSocketComponents,
  type WebSocketInit,
  type WebSocketServerLike,
} from "./netlayers/websocket.ts";
export type { WebSocketEvent, WebSocketLike } from "./netlayers/websocket-connection.ts";
export { SturdyRef } from "./sturdyref.ts";
export { describeMessage, describeOperation, describePeer } from "./wire/describe-message.ts";
