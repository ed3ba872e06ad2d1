/**
 * What is kept of announcements in the local network: bounded, and not for long.
 *
 * @module
 */

import { generateKeyPairFromSeed } from "@libp2p/crypto/keys";
import type { PeerInfo } from "@libp2p/interface";
import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import { multiaddr } from "@multiformats/multiaddr";
import { describe, expect, it } from "vitest";
import { makeNearby, NEARBY_ADDRESSES_MAX, NEARBY_PEERS_MAX, NEARBY_TTL_MS } from "./nearby.ts";

async function makePeer(number: number, addressCount = 1): Promise<PeerInfo> {
  const seed = new Uint8Array(32);
  new DataView(seed.buffer).setUint32(0, number);
  const multiaddrs = Array.from({ length: addressCount }, (_, at) => multiaddr(`/ip4/10.0.0.1/tcp/${at + 1}`));
  return { id: peerIdFromPrivateKey(await generateKeyPairFromSeed("Ed25519", seed)), multiaddrs };
}

describe("peers nearby", () => {
  it("are known by their addresses, with their id at the end", async () => {
    const nearby = makeNearby(() => 0);
    const peer = await makePeer(1, 2);
    nearby.note(peer);
    expect(nearby.findAddresses(String(peer.id)).map(String)).toEqual([
      `/ip4/10.0.0.1/tcp/1/p2p/${peer.id}`,
      `/ip4/10.0.0.1/tcp/2/p2p/${peer.id}`,
    ]);
    expect(nearby.findAddresses("somebody")).toEqual([]);
  });

  it("are forgotten when they have not said anything for two minutes", async () => {
    let now = 0;
    const nearby = makeNearby(() => now);
    const [early, late] = [await makePeer(1), await makePeer(2)];
    nearby.note(early);
    now = 1;
    nearby.note(late);
    now = NEARBY_TTL_MS - 1;
    expect(nearby.list()).toEqual([early, late]);
    now = NEARBY_TTL_MS;
    expect(nearby.list()).toEqual([late]);
    expect(nearby.findAddresses(String(early.id))).toEqual([]);
    nearby.note(late);
    now += NEARBY_TTL_MS - 1;
    expect(nearby.list()).toEqual([late]);
  });

  it("are so many at most, the oldest forgotten first", async () => {
    const nearby = makeNearby(() => 0);
    const peers = await Promise.all(Array.from({ length: NEARBY_PEERS_MAX + 1 }, (_, number) => makePeer(number)));
    for (const peer of peers.slice(0, -1)) nearby.note(peer);
    nearby.note(peers[0]!);
    expect(nearby.list()).toHaveLength(NEARBY_PEERS_MAX);
    nearby.note(peers.at(-1)!);
    expect(nearby.list()).toEqual([...peers.slice(2, -1), peers[0], peers.at(-1)]);
  });

  it("have so many addresses at most", async () => {
    const nearby = makeNearby(() => 0);
    nearby.note(await makePeer(1, NEARBY_ADDRESSES_MAX));
    nearby.note(await makePeer(2, NEARBY_ADDRESSES_MAX + 1));
    expect(nearby.list().map(({ multiaddrs }) => multiaddrs.length)).toEqual([
      NEARBY_ADDRESSES_MAX,
      NEARBY_ADDRESSES_MAX,
    ]);
  });
});
