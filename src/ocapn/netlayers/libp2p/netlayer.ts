/**
 * The libp2p netlayer over a libp2p node that is given: what Node and browsers share. One stream of the protocol
 * `/ocapn/captp/1.0.0` is one connection; the designator is the peer id, which Noise has the peer prove.
 *
 * @module
 */

import type { Libp2p, Connection as Libp2pConnection, PeerId, Stream } from "@libp2p/interface";
import type { Multiaddr } from "@multiformats/multiaddr";
import { OcapnError } from "../../errors.ts";
import type { PeerLocator } from "../../locator.ts";
import type { Attach, Netlayer } from "../../netlayer.ts";
import { CLOSE_TIMEOUT_MS, CONNECT_TIMEOUT_MS, STREAMS_PER_PEER_MAX } from "./limits.ts";
import { type Libp2pTarget, makeLibp2pLocation, readLibp2pLocation } from "./location.ts";
import { type AttachedStream, attachStream } from "./stream-connection.ts";

export const CAPTP_PROTOCOL = "/ocapn/captp/1.0.0";

export interface Libp2pNetlayerInit {
  /** Started. The netlayer takes it over: `close` stops it. */
  readonly libp2p: Libp2p;
  /** To reach a peer and authenticate it: 15 s by default. */
  readonly connectTimeoutMs?: number;
  /** What was sent before the end has that long to arrive: 10 s by default. */
  readonly closeTimeoutMs?: number;
  /** Also over relays that cut connections after some bytes or minutes: off, because that is how sessions end in the middle. */
  readonly limitedRelays?: boolean;
  /** Where else a peer is, besides its locator's hints. */
  readonly findAddresses?: (designator: string) => readonly Multiaddr[];
}

export function makeLibp2pNetlayer(init: Libp2pNetlayerInit): Netlayer {
  return new Libp2pNetlayer(init);
}

class Libp2pNetlayer implements Netlayer {
  readonly #init: Libp2pNetlayerInit;
  readonly #libp2p: Libp2p;
  readonly #connections = new Set<AttachedStream>();
  #closing: Promise<void> | undefined;

  constructor(init: Libp2pNetlayerInit) {
    this.#init = init;
    this.#libp2p = init.libp2p;
    // libp2p remembers every peer that ever connected; what we need of a peer is in its locator.
    this.#libp2p.addEventListener("peer:disconnect", (event) => {
      this.#libp2p.peerStore.delete(event.detail).catch(() => undefined);
    });
  }

  /** Changes with the addresses of the node: when a relay is found or lost, or a network joined. */
  get location(): PeerLocator {
    return makeLibp2pLocation(this.#libp2p.peerId, this.#libp2p.getMultiaddrs());
  }

  listen(attach: Attach): void {
    if (this.#libp2p.getProtocols().includes(CAPTP_PROTOCOL)) throw new TypeError("listen: expected to be called once");
    const onStream = (stream: Stream, connection: Libp2pConnection): void => this.#attach(stream, connection, attach);
    // In effect at once; what the promise waits for is a note in libp2p's peer store.
    this.#libp2p.handle(CAPTP_PROTOCOL, onStream, this.#streamOptions()).catch(() => undefined);
  }

  async connect(location: PeerLocator, attach: Attach): Promise<void> {
    const target = readLibp2pLocation(location);
    const designator = target.peer.toString();
    const addresses = [...(this.#init.findAddresses?.(designator) ?? []), ...target.addresses];
    // Without any, an open connection will do.
    const places = addresses.length === 0 ? [target.peer] : addresses;
    const causes: unknown[] = [];
    for (const place of places) {
      if (this.#closing !== undefined) throw new OcapnError("closed", "libp2p netlayer: it is closed");
      try {
        // One after another, so that an address which swallows all must not use up the time of those that come after it.
        const timeoutMs = (this.#init.connectTimeoutMs ?? CONNECT_TIMEOUT_MS) / places.length;
        return await this.#connectTo(place, { target, attach, signal: AbortSignal.timeout(timeoutMs) });
      } catch (cause) {
        causes.push(cause);
      }
    }
    if (this.#closing !== undefined)
      throw new OcapnError("closed", "libp2p netlayer: it was closed while it connected");
    throw unreachable(designator, addresses, causes);
  }

  async #connectTo(
    place: PeerId | Multiaddr,
    {
      target,
      attach,
      signal,
    }: { readonly target: Libp2pTarget; readonly attach: Attach; readonly signal: AbortSignal },
  ): Promise<void> {
    const connection = await this.#libp2p.dial(place, { signal });
    assertPeer(connection, target);
    const stream = await connection.newStream(CAPTP_PROTOCOL, { ...this.#streamOptions(), signal });
    if (stream.status === "reset") throw new Error("the peer ended it at once: it may have too many connections");
    if (this.#closing === undefined) return this.#attach(stream, connection, attach);
    const closed = new Error("the netlayer was closed");
    stream.abort(closed);
    throw closed;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#libp2p.unhandle(CAPTP_PROTOCOL);
    const connections = [...this.#connections];
    for (const connection of connections) connection.close();
    // libp2p would drop what its lower layers still hold.
    await Promise.all(connections.map((connection) => connection.gone));
    await this.#libp2p.stop();
  }

  #streamOptions(): { maxInboundStreams: number; maxOutboundStreams: number; runOnLimitedConnection: boolean } {
    return {
      maxInboundStreams: STREAMS_PER_PEER_MAX,
      maxOutboundStreams: STREAMS_PER_PEER_MAX,
      runOnLimitedConnection: this.#init.limitedRelays ?? false,
    };
  }

  #attach(stream: Stream, connection: Libp2pConnection, attach: Attach): void {
    const attached = attachStream({
      stream,
      remoteDesignator: connection.remotePeer.toString(),
      closeTimeoutMs: this.#init.closeTimeoutMs ?? CLOSE_TIMEOUT_MS,
      attach,
    });
    this.#connections.add(attached);
    void attached.gone.then(() => this.#connections.delete(attached));
  }
}

/** Noise has it proven for ids that are keys; an id that is the hash of a key libp2p compares with nothing. */
function assertPeer(connection: Libp2pConnection, target: Libp2pTarget): void {
  if (connection.remotePeer.equals(target.peer)) return;
  connection.abort(new Error("another peer answered"));
  throw new Error(`${connection.remotePeer} answered`);
}

function unreachable(designator: string, addresses: readonly Multiaddr[], causes: readonly unknown[]): OcapnError {
  const where = addresses.length === 0 ? "without a known address" : `at ${addresses.join(", ")}`;
  const why = [...new Set(causes.map(reasonOf))].join("; ");
  return new OcapnError("unreachable", `libp2p peer ${designator} ${where}: ${why}`, { cause: causes.at(-1) });
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  switch (cause.name) {
    case "LimitedConnectionError":
      return "the relay limits connections, which sessions do not survive; limitedRelays allows them all the same";
    case "UnsupportedProtocolError":
      return `the peer does not speak ${CAPTP_PROTOCOL}`;
    case "TimeoutError":
    case "AbortError":
      return "no answer in time";
    default:
      return cause.message;
  }
}
