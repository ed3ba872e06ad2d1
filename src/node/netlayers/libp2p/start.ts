/**
 * A libp2p peer in Node: dials and listens by TCP and WebSocket, is found in the local network, is reached over relays, and is one.
 *
 * @module
 */

import { circuitRelayServer, circuitRelayTransport } from "@libp2p/circuit-relay-v2";
import { tcp } from "@libp2p/tcp";
import { createLibp2p, type Libp2pOptions } from "libp2p";
import type { Netlayer, PeerLocator } from "../../../ocapn/index.ts";
import {
  type Libp2pPeerInit,
  makeLibp2pLocation,
  makeLibp2pNetlayer,
  makePeerOptions,
  readAddresses,
} from "../../../ocapn/netlayers/libp2p/index.ts";
import { discoverNearby, makeNearby } from "./nearby.ts";
import { boundedWebSockets } from "./websockets.ts";

/** Peers that can be reached over one relay, unless it says otherwise. */
export const RELAY_RESERVATIONS_MAX = 128;

export interface RelayInit {
  /** Which peers may be reached over this one. */
  readonly mayReserve: (designator: string) => boolean;
  readonly reservationsMax?: number;
  /** Of each connection between two others. None by default: sessions live long. Peers need `limitedRelays` to use a relay with limits. */
  readonly limits?: { readonly bytesMax: number; readonly durationMsMax: number };
}

export interface NodeLibp2pInit extends Libp2pPeerInit {
  /** Multiaddrs, such as `/ip4/0.0.0.0/tcp/4001` and `/ip4/0.0.0.0/tcp/4002/ws`. By default none: nobody can dial this peer. */
  readonly listen?: readonly string[];
  /** What others are told instead of the addresses listened on: behind a router or a proxy. */
  readonly announce?: readonly string[];
  /** Tells the local network its addresses, and finds others there: off by default. */
  readonly mdns?: boolean;
  /** Lets others be reached over this peer: off by default. */
  readonly relay?: RelayInit;
}

export interface NodeLibp2pNetlayer extends Netlayer {
  /** Who announced itself in the local network within two minutes. Only a claim until a connection to it exists. */
  nearby(): readonly PeerLocator[];
}

export async function startNodeLibp2p(init: NodeLibp2pInit): Promise<NodeLibp2pNetlayer> {
  const nearby = makeNearby(Date.now);
  const libp2p = await createLibp2p(await makeNodeOptions(init, nearby));
  const netlayer = makeLibp2pNetlayer({ ...init, libp2p, findAddresses: nearby.findAddresses });
  return Object.assign(netlayer, {
    nearby: () => nearby.list().map(({ id, multiaddrs }) => makeLibp2pLocation(id, multiaddrs)),
  });
}

async function makeNodeOptions(init: NodeLibp2pInit, nearby: ReturnType<typeof makeNearby>): Promise<Libp2pOptions> {
  const options = await makePeerOptions(init);
  const { relay } = init;
  const listen = readAddresses("listen", init.listen ?? [], false).map(String);
  const announce = readAddresses("announce", init.announce ?? [], false).map(String);
  return {
    ...options,
    addresses: { listen, announce },
    transports: [tcp(), boundedWebSockets(), circuitRelayTransport()],
    connectionGater: {
      ...options.connectionGater,
      denyInboundRelayReservation: (peer) => relay?.mayReserve(peer.toString()) !== true,
    },
    services: {
      ...options.services,
      ...(init.mdns === true ? { nearby: discoverNearby(nearby) } : {}),
      ...(relay === undefined ? {} : { relay: makeRelay(relay) }),
    },
  };
}

function makeRelay({ reservationsMax, limits }: RelayInit): ReturnType<typeof circuitRelayServer> {
  return circuitRelayServer({
    reservations: {
      maxReservations: reservationsMax ?? RELAY_RESERVATIONS_MAX,
      // libp2p's own are 128 KiB and two minutes: the end of every session.
      applyDefaultLimit: limits !== undefined,
      ...(limits === undefined
        ? {}
        : { defaultDataLimit: BigInt(limits.bytesMax), defaultDurationLimit: limits.durationMsMax }),
    },
  });
}
