/**
 * Peers that announced themselves on the local network by multicast DNS (libp2p's mDNS discovery). Whoever is in the network can
 * announce anything, so what is kept is bounded; Noise finds out who really is at an address.
 *
 * @module
 */

import type { PeerInfo, Startable } from "@libp2p/interface";
import { type MulticastDNSComponents, mdns } from "@libp2p/mdns";
import type { Multiaddr } from "@multiformats/multiaddr";

/** Peers that are remembered: the ones that announced themselves last. */
export const NEARBY_PEERS_MAX = 256;
export const NEARBY_ADDRESSES_MAX = 16;
/** The life of an announcement (RFC 6762, section 10; libp2p's mDNS specification); it is asked for again every 10 s. */
export const NEARBY_TTL_MS = 120_000;

export interface Nearby {
  list(): readonly PeerInfo[];
  /** With the peer id at their end. */
  findAddresses(peer: string): readonly Multiaddr[];
  note(peer: PeerInfo): void;
}

export function makeNearby(now: () => number): Nearby {
  const notes = new Map<string, { readonly peer: PeerInfo; readonly until: number }>();
  const forgetOld = (): void => {
    for (const [name, { until }] of notes) {
      if (until > now() && notes.size <= NEARBY_PEERS_MAX) return;
      notes.delete(name);
    }
  };
  return Object.freeze({
    list() {
      forgetOld();
      return [...notes.values()].map(({ peer }) => peer);
    },
    findAddresses(name: string) {
      forgetOld();
      return (notes.get(name)?.peer.multiaddrs ?? []).map((address) => address.encapsulate(`/p2p/${name}`));
    },
    note(found: PeerInfo) {
      const name = found.id.toString();
      const peer = { id: found.id, multiaddrs: found.multiaddrs.slice(0, NEARBY_ADDRESSES_MAX) };
      // The oldest come first.
      notes.delete(name);
      notes.set(name, { peer, until: now() + NEARBY_TTL_MS });
      forgetOld();
    },
  });
}

/** A service for `createLibp2p`, and not one of its `peerDiscovery`: those put all they hear of into a peer store without bounds. */
export function discoverNearby(nearby: Nearby): (components: MulticastDNSComponents) => Startable {
  return (components) => {
    // What its type calls a discovery is a service that starts and stops, too.
    const discovery = mdns()(components) as ReturnType<ReturnType<typeof mdns>> & Startable;
    discovery.addEventListener("peer", (event) => nearby.note(event.detail));
    return { start: () => discovery.start(), stop: () => discovery.stop() };
  };
}
