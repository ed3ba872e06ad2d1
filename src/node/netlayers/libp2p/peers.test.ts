/**
 * What only the libp2p netlayer does: identities, addresses, limits, and peers that misbehave below the protocol.
 *
 * @module
 */
import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import type { Libp2p, Stream } from "@libp2p/interface";
import { tcp } from "@libp2p/tcp";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";
import { afterEach, describe, expect, it } from "vitest";
import { type Netlayer, OcapnError, type PeerLocator } from "../../../ocapn/index.ts";
import { errorOf, Listener, makeMessage, type Recorder, turns } from "../../../ocapn/netlayers/fixture.conformance.ts";
import {
  CAPTP_PROTOCOL,
  makeLibp2pLocation,
  makeLibp2pNetlayer,
  makePeerOptions,
} from "../../../ocapn/netlayers/libp2p/index.ts";
import {
  INCOMING_PENDING_MAX,
  INCOMING_PER_SECOND_MAX,
  STREAMS_PER_PEER_MAX,
} from "../../../ocapn/netlayers/libp2p/limits.ts";
import { addressesOf, addressOf, LOOPBACK_TCP, makeSeed } from "./fixture.conformance.ts";
import { type NodeLibp2pInit, startNodeLibp2p } from "./index.ts";

const MEGABYTE = 1 << 20;

const disposals: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(disposals.splice(0).map((dispose) => dispose()));
});

async function startPeer(init: Partial<NodeLibp2pInit> = {}): Promise<Netlayer> {
  const netlayer = await startNodeLibp2p({ seed: makeSeed(), ...init });
  disposals.push(() => netlayer.close());
  return netlayer;
}

/** A libp2p node that does with our protocol what it likes. */
async function startNode(onStream?: (stream: Stream) => void): Promise<Libp2p> {
  const options = await makePeerOptions({ seed: makeSeed() });
  const libp2p = await createLibp2p({ ...options, addresses: { listen: [LOOPBACK_TCP] }, transports: [tcp()] });
  disposals.push(async () => libp2p.stop());
  if (onStream !== undefined) await libp2p.handle(CAPTP_PROTOCOL, onStream, { maxInboundStreams: 1_000 });
  return libp2p;
}

const locate = (libp2p: Libp2p): PeerLocator => makeLibp2pLocation(libp2p.peerId, libp2p.getMultiaddrs());

async function dial(from: Netlayer, to: PeerLocator): Promise<Recorder> {
  const dialler = new Listener();
  await from.connect(to, dialler.attach);
  return dialler.ends[0]!;
}

/** Somebody who takes connections and never says a word. */
async function startSilence(): Promise<{ readonly address: string; readonly server: Server; visits(): number }> {
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    disposals.push(async () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  disposals.push(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { address: `/ip4/127.0.0.1/tcp/${address.port}`, server, visits: () => count };
}

describe("a libp2p peer", () => {
  it("is the same wherever it has the same seed", async () => {
    const [seed, other] = [makeSeed(), makeSeed()];
    const names = [];
    for (const each of [seed, seed, other]) names.push((await startPeer({ seed: each })).location.designator);
    expect(names[1]).toBe(names[0]);
    expect(names[2]).not.toBe(names[0]);
  });

  it("says what is wrong with its settings", async () => {
    const refused = (init: Partial<NodeLibp2pInit>) => startNodeLibp2p({ seed: makeSeed(), ...init });
    for (const length of [0, 31, 33]) {
      await expect(refused({ seed: new Uint8Array(length) })).rejects.toThrow(`seed: expected 32 bytes, got ${length}`);
    }
    await expect(refused({ listen: ["127.0.0.1:80"] })).rejects.toThrow("listen: expected multiaddrs without /p2p/");
    await expect(refused({ announce: ["nowhere"] })).rejects.toThrow("announce: expected");
    await expect(refused({ relays: [LOOPBACK_TCP] })).rejects.toThrow(
      "relays: expected multiaddrs that end with /p2p/",
    );
    const { address } = await startSilence();
    await expect(refused({ listen: [address] })).rejects.toThrow(/EADDRINUSE/);
  });

  it("announces other addresses than it listens on", async () => {
    const peer = await startPeer({ listen: [LOOPBACK_TCP], announce: ["/dns4/example.com/tcp/443/tls/ws"] });
    expect(addressesOf(peer)).toEqual(["/dns4/example.com/tcp/443/tls/ws"]);
  });

  it("hears incoming connections once", async () => {
    const peer = await startPeer();
    peer.listen(new Listener().attach);
    expect(() => peer.listen(new Listener().attach)).toThrow("listen: expected to be called once");
  });

  it("forgets peers that are gone", async () => {
    const libp2p = await startNode();
    const netlayer = makeLibp2pNetlayer({ libp2p });
    const listener = new Listener();
    netlayer.listen(listener.attach);
    for (let count = 0; count < 3; count += 1) {
      const guest = await startNodeLibp2p({ seed: makeSeed() });
      await dial(guest, netlayer.location);
      await guest.close();
    }
    const known = async (): Promise<number> =>
      (await libp2p.peerStore.all()).filter((peer) => !peer.id.equals(libp2p.peerId)).length;
    while ((await known()) > 0) await turns(5);
    expect(listener.ends).toHaveLength(3);
  });
});

describe("strangers", () => {
  it("that do not say who they are can be so many, and not one more", async () => {
    const bob = await startPeer({ listen: [LOOPBACK_TCP] });
    bob.listen(new Listener().attach);
    const port = Number(addressesOf(bob)[0]?.split("/").at(-1));
    let closed = 0;
    const knock = (count: number): Promise<unknown> => {
      const sockets = Array.from({ length: count }, () => connect(port, "127.0.0.1"));
      for (const socket of sockets) {
        disposals.push(async () => socket.destroy());
        socket.on("error", () => {});
        socket.on("close", () => {
          closed += 1;
        });
      }
      return Promise.all(sockets.map((socket) => once(socket, "connect")));
    };
    await knock(INCOMING_PER_SECOND_MAX);
    await turns(50);
    expect(closed).toBe(0);
    knock(100).catch(() => undefined);
    while (closed < INCOMING_PER_SECOND_MAX + 100 - INCOMING_PENDING_MAX) await turns(5);
  });
});

describe("dialling", () => {
  it("finds out that another peer is at the address", async () => {
    const [alice, bob, eve] = [await startPeer(), await startPeer(), await startPeer({ listen: [LOOPBACK_TCP] })];
    eve.listen(new Listener().attach);
    const error = await errorOf(dial(alice, { ...eve.location, designator: bob.location.designator }));
    expect(error.code).toBe("unreachable");
    expect(error.message).toContain(`Payload identity key ${eve.location.designator} does not match`);
  });

  it("tells peers that don't speak the protocol", async () => {
    const error = await errorOf(dial(await startPeer(), locate(await startNode())));
    expect(error.code).toBe("unreachable");
    expect(error.message).toContain("the peer does not speak /ocapn/captp/1.0.0");
  });

  it("gives up on addresses that swallow all, and has time for the others", async () => {
    const silence = await startSilence();
    const alice = await startPeer({ connectTimeoutMs: 600 });
    const bob = await startPeer({ listen: [LOOPBACK_TCP] });
    bob.listen(new Listener().attach);
    const lost = { ...bob.location, hints: { multiaddr: silence.address } };
    const error = await errorOf(dial(alice, lost));
    expect(error.code).toBe("unreachable");
    expect(error.message).toContain("no answer in time");
    expect(silence.visits()).toBe(1);
    await dial(alice, { ...bob.location, hints: { multiaddr: [silence.address, ...addressesOf(bob)].join(",") } });
    expect(silence.visits()).toBe(2);
  });

  it("goes only where it may", async () => {
    const silence = await startSilence();
    const bob = await startPeer({ listen: [LOOPBACK_TCP] });
    bob.listen(new Listener().attach);
    const asked: string[] = [];
    const mayDial = (address: string): boolean => {
      asked.push(address);
      return !address.startsWith(silence.address);
    };
    const alice = await startPeer({ mayDial });
    const lost = { ...bob.location, hints: { multiaddr: silence.address } };
    expect((await errorOf(dial(alice, lost))).code).toBe("unreachable");
    expect(silence.visits()).toBe(0);
    expect(asked).toEqual([`${silence.address}/p2p/${bob.location.designator}`]);
    await dial(alice, bob.location);
  });

  it("resolves no names of libp2p's own", async () => {
    const { designator } = (await startPeer()).location;
    const location = { transport: "libp2p", designator, hints: { multiaddr: "/dnsaddr/example.com" } };
    expect((await errorOf(dial(await startPeer(), location))).message).toContain("no valid addresses");
  });

  it("opens so many connections to one peer, and not one more", async () => {
    const [alice, bob] = [await startPeer(), await startPeer({ listen: [LOOPBACK_TCP] })];
    const listener = new Listener();
    bob.listen(listener.attach);
    const ends = [];
    for (let count = 0; count < STREAMS_PER_PEER_MAX; count += 1) ends.push(await dial(alice, bob.location));
    await listener.connected(STREAMS_PER_PEER_MAX);
    expect(await errorOf(dial(alice, bob.location))).toMatchObject({
      code: "unreachable",
      message: expect.stringMatching(/it may have too many connections|Too many outbound protocol streams/),
    });
    ends[0]?.connection.close();
    await listener.ends[0]?.closed();
    await turns(5);
    await dial(alice, bob.location);
  });

  it("takes so many connections from one peer, and not one more", async () => {
    const bob = await startPeer({ listen: [LOOPBACK_TCP] });
    const listener = new Listener();
    bob.listen(listener.attach);
    const node = await startNode();
    const connection = await node.dial(multiaddr(addressOf(bob)));
    const streams: Stream[] = [];
    for (let count = 0; count <= STREAMS_PER_PEER_MAX; count += 1) {
      streams.push(await connection.newStream(CAPTP_PROTOCOL, { maxOutboundStreams: 1_000 }));
    }
    const last = streams.at(-1);
    while (last?.status === "open") await turns(5);
    expect(last?.status).toBe("reset");
    expect(streams.slice(0, -1).every((stream) => stream.status === "open")).toBe(true);
    expect(await listener.connected(STREAMS_PER_PEER_MAX)).toHaveLength(STREAMS_PER_PEER_MAX);
  });
});

describe("a connection", () => {
  it("holds what the peer does not take, says so, and goes on when it does", async () => {
    const streams: Stream[] = [];
    let received = 0;
    const node = await startNode((stream) => {
      stream.addEventListener("message", (event) => {
        received += event.data.byteLength;
      });
      stream.pause();
      streams.push(stream);
    });
    const end = await dial(await startPeer(), locate(node));
    end.connection.send(Array.from({ length: 8 }, (_, at) => makeMessage(MEGABYTE, at)));
    expect(end.connection.bufferedBytes).toBe(8 * MEGABYTE);
    await turns(50);
    expect(end.connection.bufferedBytes).toBeGreaterThan(4 * MEGABYTE);
    streams[0]?.resume();
    while (received < 8 * MEGABYTE) await turns(5);
    expect([received, end.connection.bufferedBytes, end.closes]).toEqual([8 * MEGABYTE, 0, []]);
  });

  it("does not wait for ever for a peer that takes nothing more", async () => {
    const node = await startNode((stream) => stream.pause());
    const alice = await startPeer({ closeTimeoutMs: 300 });
    const end = await dial(alice, locate(node));
    end.connection.send([makeMessage(8 * MEGABYTE, 1)]);
    end.connection.close();
    expect(await end.closed()).toMatchObject({ code: "disconnected", message: expect.stringContaining("in time") });
  });

  it("ends for its own side also when the peer does not end it", async () => {
    const streams: Stream[] = [];
    const node = await startNode((stream) => {
      stream.addEventListener("message", () => {});
      streams.push(stream);
    });
    const alice = await startPeer({ closeTimeoutMs: 300 });
    const end = await dial(alice, locate(node));
    end.connection.close();
    expect(await end.closed()).toBeUndefined();
    const byteCount = end.byteCount;
    streams[0]?.send(makeMessage(100, 1));
    await alice.close();
    expect([end.byteCount, end.closes]).toEqual([byteCount, [undefined]]);
    while (streams[0]?.status === "open") await turns(5);
  });

  it("breaks with an error when the peer resets it, or is gone", async () => {
    for (const harm of ["stream", "connection"] as const) {
      const node = await startNode((stream) => {
        stream.addEventListener("message", () => {
          if (harm === "stream") stream.abort(new Error("no"));
          else for (const connection of node.getConnections()) connection.abort(new Error("gone"));
        });
      });
      const end = await dial(await startPeer(), locate(node));
      end.connection.send([makeMessage(1, 1)]);
      const error = await end.closed();
      expect(error).toBeInstanceOf(OcapnError);
      expect(error).toMatchObject({ code: "disconnected", message: expect.stringContaining(node.peerId.toString()) });
      await turns(5);
      expect(end.closes).toHaveLength(1);
    }
  });

  it("delivers what came before an end that was quick", async () => {
    const node = await startNode((stream) => {
      stream.send(makeMessage(MEGABYTE, 7));
      stream.close().catch(() => undefined);
    });
    const end = await dial(await startPeer(), locate(node));
    expect(await end.closed()).toBeUndefined();
    expect(Buffer.from(makeMessage(MEGABYTE, 7)).equals(await end.received(0))).toBe(true);
  });
});
