/**
 * Locators of libp2p peers: there and back, through URIs too, and what is none.
 *
 * @module
 */
import { peerIdFromString } from "@libp2p/peer-id";
import { multiaddr } from "@multiformats/multiaddr";
import { describe, expect, it } from "vitest";
import { OcapnError } from "../../errors.ts";
import { HINT_VALUE_LENGTH_MAX } from "../../limits.ts";
import { formatPeerUri, type PeerLocator, parsePeerUri } from "../../locator.ts";
import { ADDRESS_LENGTH_MAX, ADDRESSES_MAX } from "./limits.ts";
import { makeLibp2pLocation, readLibp2pLocation } from "./location.ts";

const PEER = "12D3KooWGEES6Ce6ibvPiYsUyLqwXDAZz2MPLpTTd2ugMwJ9aM3j";
const OTHER = "12D3KooWCa7oZKobZJHyF7gd4WNN2jHxg1R8NCi9Weba3mZRxjeK";
const DIRECT = "/ip4/192.168.1.7/tcp/4001";
const SECURE = "/dns4/example.com/tcp/443/tls/ws";
const RELAYED = `/ip6/::1/tcp/4001/p2p/${OTHER}/p2p-circuit`;
const peer = peerIdFromString(PEER);

function locate(multiaddrs: string | undefined, designator: string = PEER): PeerLocator {
  return { transport: "libp2p", designator, hints: multiaddrs === undefined ? false : { multiaddr: multiaddrs } };
}

function codeOf(location: PeerLocator): string {
  try {
    readLibp2pLocation(location);
  } catch (error) {
    if (error instanceof OcapnError) return error.code;
    throw error;
  }
  return "none";
}

const textsOf = (location: PeerLocator): string[] => readLibp2pLocation(location).addresses.map(String);

describe("locators of libp2p peers", () => {
  it("name the peer, and where it is, without repeating its id", () => {
    const addresses = [DIRECT, `${SECURE}/p2p/${PEER}`, `${RELAYED}/p2p/${PEER}`, DIRECT].map((text) =>
      multiaddr(text),
    );
    expect(makeLibp2pLocation(peer, addresses)).toEqual(locate(`${RELAYED},${DIRECT},${SECURE}`));
    expect(makeLibp2pLocation(peer, [])).toEqual(locate(undefined));
  });

  it("come back from URIs, with the id at the end of each address, and relays last", () => {
    const location = locate(`${RELAYED},${DIRECT},${SECURE}`);
    const again = parsePeerUri(formatPeerUri(location));
    expect(again).toEqual(location);
    expect(readLibp2pLocation(again).peer.toString()).toBe(PEER);
    expect(textsOf(again)).toEqual([DIRECT, SECURE, RELAYED].map((text) => `${text}/p2p/${PEER}`));
  });

  it("may name the peer in the addresses, as those of Goblins do", () => {
    expect(textsOf(locate(`${DIRECT}/p2p/${PEER}`))).toEqual([`${DIRECT}/p2p/${PEER}`]);
  });

  it("may have no address, or hints of other names", () => {
    expect(textsOf(locate(undefined))).toEqual([]);
    expect(textsOf({ transport: "libp2p", designator: PEER, hints: { colour: "red" } })).toEqual([]);
  });

  it.each([
    ["", "an empty designator"],
    ["alice", "a name"],
    [PEER.slice(0, -1), "an id that is cut off"],
    [PEER.toLowerCase(), "an id in small letters"],
    [peer.toCID().toString(), "another spelling of an id"],
  ])("are malformed with the designator %j: %s", (designator) => {
    expect(codeOf(locate(DIRECT, designator))).toBe("malformed");
  });

  it.each([
    ["", "nothing"],
    ["/", "a slash"],
    ["example.com:4001", "an address that is no multiaddr"],
    ["/ip4/192.168.1/tcp/4001", "half an IP address"],
    ["/ip4/192.168.1.7/tcp/65536", "a port that is none"],
    [`${DIRECT},`, "a comma too many"],
    [`${DIRECT}/p2p/${OTHER}`, "another peer's address"],
    [`${RELAYED}/p2p/${OTHER}`, "another peer's address at a relay"],
    ["/pigeon/7", "an unknown protocol"],
  ])("are malformed with the hint %j: %s", (hint) => {
    expect(codeOf(locate(hint))).toBe("malformed");
  });

  it("are none of other netlayers", () => {
    expect(codeOf({ transport: "websocket", designator: PEER, hints: false })).toBe("unreachable");
  });

  it("have a bounded number of addresses", () => {
    const addresses = Array.from({ length: ADDRESSES_MAX + 1 }, (_, at) => `/ip4/10.0.0.1/tcp/${at + 1}`);
    expect(textsOf(locate(addresses.slice(1).join(",")))).toHaveLength(ADDRESSES_MAX);
    expect(codeOf(locate(addresses.join(",")))).toBe("limit");
    const made = makeLibp2pLocation(
      peer,
      [...addresses, RELAYED].map((text) => multiaddr(text)),
    );
    expect(textsOf(made)).toHaveLength(ADDRESSES_MAX);
    expect(textsOf(made).at(-1)).toBe(`${RELAYED}/p2p/${PEER}`);
  });

  it("have addresses of bounded length, and together no more than a hint takes", () => {
    const ofLength = (length: number, port = 1): string =>
      `/dns4/${"a".repeat(length - "/dns4//tcp/1".length)}/tcp/${port}`;
    expect(textsOf(locate(ofLength(ADDRESS_LENGTH_MAX)))).toHaveLength(1);
    expect(codeOf(locate(ofLength(ADDRESS_LENGTH_MAX + 1)))).toBe("limit");
    const made = (lengths: readonly number[]): string[] =>
      textsOf(
        makeLibp2pLocation(
          peer,
          lengths.map((length, at) => multiaddr(ofLength(length, at + 1))),
        ),
      );
    expect(made([ADDRESS_LENGTH_MAX + 1, 100])).toHaveLength(1);
    const lengths = [ADDRESS_LENGTH_MAX, ADDRESS_LENGTH_MAX, ADDRESS_LENGTH_MAX];
    // With three commas.
    const rest = HINT_VALUE_LENGTH_MAX - 3 * ADDRESS_LENGTH_MAX - 3;
    expect(made([...lengths, rest])).toHaveLength(4);
    expect(made([...lengths, rest + 1])).toHaveLength(3);
  });
});
