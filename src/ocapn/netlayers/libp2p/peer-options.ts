/**
 * How our libp2p nodes are made, in Node as in browsers: an identity from a seed, Noise, yamux, and nothing that asks the network by
 * itself: no bootstrap, no DHT, no address from DNS records.
 *
 * @module
 */

import { noise } from "@chainsafe/libp2p-noise";
import { yamux } from "@chainsafe/libp2p-yamux";
import { generateKeyPairFromSeed } from "@libp2p/crypto/keys";
import { identify } from "@libp2p/identify";
import type { Multiaddr } from "@multiformats/multiaddr";
import type { Libp2pOptions } from "libp2p";
import { KEY_BYTES } from "../../keys.ts";
import { joinWrites } from "./join-writes.ts";
import {
  CONNECT_TIMEOUT_MS,
  INCOMING_PENDING_MAX,
  INCOMING_PER_SECOND_MAX,
  PING_INTERVAL_MS,
  RELAY_CHECK_INTERVAL_MS,
  SILENCE_MS_MAX,
  WINDOW_BYTES_MAX,
  WRITE_BUFFER_BYTES_MAX,
} from "./limits.ts";
import { parseMultiaddr, peerOf } from "./location.ts";
import type { Libp2pNetlayerInit } from "./netlayer.ts";
import { boundPending } from "./pending.ts";
import { keepRelays } from "./relays.ts";

export interface Libp2pPeerInit extends Omit<Libp2pNetlayerInit, "libp2p" | "findAddresses"> {
  /** The peer's identity: 32 random bytes, secret, and the same whenever it is to be the same peer. */
  readonly seed: Uint8Array;
  /** Relays at which others reach this peer: multiaddrs that end with the relay's peer id. */
  readonly relays?: readonly string[];
  /** How often a lost slot at a relay is asked for again: 10 s by default. */
  readonly relayCheckIntervalMs?: number;
  /**
   * Whether an address may be dialled. By default all: whoever hands over a locator chooses where this peer connects to, as with a URL.
   */
  readonly mayDial?: (address: string) => boolean;
}

/** All but transports, addresses and services of the platform. */
export async function makePeerOptions(init: Libp2pPeerInit): Promise<Libp2pOptions> {
  if (init.seed.length !== KEY_BYTES)
    throw new RangeError(`seed: expected ${KEY_BYTES} bytes, got ${init.seed.length}`);
  const { mayDial, connectTimeoutMs = CONNECT_TIMEOUT_MS } = init;
  return {
    privateKey: await generateKeyPairFromSeed("Ed25519", init.seed),
    // What identify tells everybody: not the platform and its version, as it would by default.
    nodeInfo: { name: "caper", version: "1", userAgent: "caper" },
    connectionProtector: joinWrites,
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({ streamOptions: { maxStreamWindowSize: WINDOW_BYTES_MAX, maxWriteBufferLength: WRITE_BUFFER_BYTES_MAX } }),
    ],
    connectionGater: {
      // Given also where nothing is refused: libp2p's own, in browsers, refuses private addresses and unencrypted WebSockets, which
      // are the devices at home. Noise encrypts; the browser refuses what a secure page must not open.
      denyDialMultiaddr: (address) => mayDial?.(address.toString()) === false,
      ...boundPending(INCOMING_PENDING_MAX),
    },
    connectionManager: {
      dialTimeout: connectTimeoutMs,
      addressDialTimeout: connectTimeoutMs,
      inboundConnectionThreshold: INCOMING_PER_SECOND_MAX,
      // The gater bounds them.
      maxIncomingPendingConnections: Number.POSITIVE_INFINITY,
      resolvers: {},
    },
    connectionMonitor: { pingInterval: PING_INTERVAL_MS, pingTimeout: { minTimeout: SILENCE_MS_MAX } },
    services: {
      identify: identify(),
      relays: keepRelays(
        readAddresses("relays", init.relays ?? [], true),
        init.relayCheckIntervalMs ?? RELAY_CHECK_INTERVAL_MS,
      ),
    },
  };
}

/** Addresses that the user gives. */
export function readAddresses(name: string, texts: readonly string[], withPeer: boolean): readonly Multiaddr[] {
  return texts.map((text) => {
    const address = parseMultiaddr(text);
    if (address !== undefined && (peerOf(address) !== undefined) === withPeer) return address;
    const expected = withPeer ? "multiaddrs that end with /p2p/<peer id>" : "multiaddrs without /p2p/<peer id>";
    throw new TypeError(`${name}: expected ${expected}, got ${JSON.stringify(text)}`);
  });
}
