/**
 * Peer locators of libp2p peers: `ocapn://<peer id>.libp2p?multiaddr=<address>,<address>`. The peer id is (the hash of) a public key,
 * which Noise has the peer prove; addresses are multiaddrs, without the peer id at their end.
 *
 * @module
 */

import type { PeerId } from "@libp2p/interface";
import { peerIdFromString } from "@libp2p/peer-id";
import { CODE_P2P, CODE_P2P_CIRCUIT, type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { OcapnError } from "../../errors.ts";
import { HINT_VALUE_LENGTH_MAX } from "../../limits.ts";
import { hintOf, makePeerLocator, type PeerLocator } from "../../locator.ts";
import { ADDRESS_LENGTH_MAX, ADDRESSES_MAX } from "./limits.ts";

export const LIBP2P_TRANSPORT = "libp2p";

/** Goblins' name for it. A hint has one value, so it holds all addresses. */
const ADDRESSES_HINT = "multiaddr";
const SEPARATOR = ",";

export interface Libp2pTarget {
  readonly peer: PeerId;
  /** Each ends with the peer id. In the order in which to try them: over relays last. */
  readonly addresses: readonly Multiaddr[];
}

/** As many of the addresses as a hint takes, those over relays first: without them a peer that nobody can dial is lost. */
export function makeLibp2pLocation(peer: PeerId, addresses: readonly Multiaddr[]): PeerLocator {
  const texts: string[] = [];
  let length = 0;
  for (const address of addresses.toSorted((a, b) => Number(isRelayed(b)) - Number(isRelayed(a)))) {
    const text = withoutPeer(address).toString();
    if (text.includes(SEPARATOR) || text.length > ADDRESS_LENGTH_MAX || texts.includes(text)) continue;
    if (texts.length === ADDRESSES_MAX || length + text.length > HINT_VALUE_LENGTH_MAX) break;
    texts.push(text);
    length += text.length + SEPARATOR.length;
  }
  const hints = texts.length === 0 ? false : { [ADDRESSES_HINT]: texts.join(SEPARATOR) };
  return makePeerLocator({ transport: LIBP2P_TRANSPORT, designator: peer.toString(), hints });
}

/** Throws an `OcapnError` of code `malformed` or `limit`, or `unreachable` for a peer of another netlayer. Hints of other names are others' business. */
export function readLibp2pLocation(location: PeerLocator): Libp2pTarget {
  if (location.transport !== LIBP2P_TRANSPORT) {
    throw new OcapnError("unreachable", `libp2p netlayer: the transport ${quote(location.transport)} is not libp2p`);
  }
  const peer = readPeer(location.designator);
  const hint = hintOf(location, ADDRESSES_HINT);
  const texts = hint === undefined ? [] : hint.split(SEPARATOR, ADDRESSES_MAX + 1);
  if (texts.length > ADDRESSES_MAX)
    throw new OcapnError("limit", `libp2p locator: more than ${ADDRESSES_MAX} addresses`);
  const addresses = texts.map((text) => readAddress(text, peer));
  return { peer, addresses: [...addresses.filter((address) => !isRelayed(address)), ...addresses.filter(isRelayed)] };
}

function readPeer(designator: string): PeerId {
  const wrong = `libp2p locator: the designator ${quote(designator)} is no peer id: expected one such as 12D3KooW…`;
  let peer: PeerId;
  try {
    peer = peerIdFromString(designator);
  } catch (cause) {
    throw new OcapnError("malformed", wrong, { cause });
  }
  // One peer, one designator; and no ids that are URLs, which nobody proves.
  if (peer.toString() !== designator || peer.type === "url") throw new OcapnError("malformed", wrong);
  return peer;
}

function readAddress(text: string, peer: PeerId): Multiaddr {
  if (text.length > ADDRESS_LENGTH_MAX) {
    throw new OcapnError("limit", `libp2p locator: an address has more than ${ADDRESS_LENGTH_MAX} characters`);
  }
  const address = parseMultiaddr(text);
  if (address === undefined) {
    throw new OcapnError("malformed", `libp2p locator: ${quote(text)} in the hint multiaddr is no multiaddr`);
  }
  const named = peerOf(address);
  if (named === undefined) return address.encapsulate(`/p2p/${peer}`);
  if (named === peer.toString()) return address;
  throw new OcapnError("malformed", `libp2p locator: the address ${quote(text)} is another peer's`);
}

/** A multiaddr that says where, or undefined. */
export function parseMultiaddr(text: string): Multiaddr | undefined {
  try {
    const address = multiaddr(text);
    return text.startsWith("/") && address.getComponents().length > 0 ? address : undefined;
  } catch {
    return undefined;
  }
}

/** The peer id at its end. Another one before that is a relay's. */
export function peerOf(address: Multiaddr): string | undefined {
  const last = address.getComponents().at(-1);
  return last?.code === CODE_P2P ? last.value : undefined;
}

function withoutPeer(address: Multiaddr): Multiaddr {
  return peerOf(address) === undefined ? address : multiaddr(address.getComponents().slice(0, -1));
}

function isRelayed(address: Multiaddr): boolean {
  return address.getComponents().some((component) => component.code === CODE_P2P_CIRCUIT);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
