/**
 * Peers for the tests of libp2p, on 127.0.0.1 only.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import type { Netlayer } from "../../../ocapn/index.ts";
import { type NodeLibp2pInit, type NodeLibp2pNetlayer, startNodeLibp2p } from "./index.ts";

export const LOOPBACK_TCP = "/ip4/127.0.0.1/tcp/0";

export function makeSeed(): Uint8Array {
  return new Uint8Array(randomBytes(32));
}

/** The addresses in a peer's locator. */
export function addressesOf(netlayer: Netlayer): readonly string[] {
  const { hints } = netlayer.location;
  return hints === false ? [] : (hints.multiaddr ?? "").split(",");
}

/** Its first address, with the peer's id: as others name it as their relay. */
export function addressOf(netlayer: Netlayer): string {
  return `${addressesOf(netlayer)[0]}/p2p/${netlayer.location.designator}`;
}

export function startRelay(init: Partial<NodeLibp2pInit> = {}): Promise<NodeLibp2pNetlayer> {
  return startNodeLibp2p({
    seed: makeSeed(),
    listen: [LOOPBACK_TCP],
    relay: { mayReserve: () => true },
    ...init,
  });
}
