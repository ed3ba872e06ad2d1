/**
 * How sessions begin and end: hellos that are right and wrong, two at once, cuts, and closing.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import { encodeSyrup, Far } from "../../passable/index.ts";
import { compareBytes, publicIdentifier } from "../captp/identity.ts";
import { E } from "../eventual/e.ts";
import { HANDSHAKES_MAX, HELLO_BYTES_MAX } from "../limits.ts";
import type { MemoryArrival } from "../netlayers/memory.ts";
import { ED25519, type Peers, randomOf, reasonOf, tablesOf, turns, usePeers } from "./fixture.conformance.ts";
import { RawPeer, record } from "./raw-peer.conformance.ts";

const makePeers = usePeers();
const SWISS = new Uint8Array([1, 2, 3]);

function serveHello(peers: Peers, name: string) {
  const peer = peers.make(name);
  const uri = peer.ocapn.serve(Far("hello", { hello: () => `from ${name}` }), { swissNumber: SWISS });
  return { ...peer, uri };
}

describe("a hello", () => {
  it("that is right begins a session", async () => {
    const peers = makePeers();
    serveHello(peers, "bob");
    const raw = await RawPeer.meet(peers, "raw", "bob");
    expect(await raw.fetch(SWISS)).toBeGreaterThan(0);
  });

  it.each([
    ["of another version", (raw: RawPeer) => raw.hello({ version: "0.9" }), "captp-version: expected 1.0, got 0.9"],
    [
      "with a signature of something else",
      (raw: RawPeer) => raw.hello({ signed: SWISS }),
      "the signature is not valid",
    ],
    [
      "signed by another key",
      (raw: RawPeer) => raw.hello({ key: ED25519.makeKey(randomOf(32)) }),
      "the signature is not valid",
    ],
    [
      "of somebody else",
      (raw: RawPeer) => raw.hello({ location: { ...raw.location, designator: "mallory" } }),
      "the peer at this connection is another one",
    ],
    [
      "on another netlayer",
      (raw: RawPeer) => raw.hello({ location: { ...raw.location, transport: "onion" } }),
      "acceptable-location: expected one on memory",
    ],
    [
      "of the peer itself",
      (raw: RawPeer) => raw.hello({ location: { ...raw.location, designator: "bob" } }),
      "another",
    ],
    [
      "that is another message",
      (raw: RawPeer) => raw.send(record("op:gc-answers", [])),
      "expected op:start-session first",
    ],
    ["that is no message", (raw: RawPeer) => raw.send("hello"), "expected a record"],
    ["that is no Syrup", (raw: RawPeer) => raw.sendBytes(new Uint8Array([0x3f])), "expected a value"],
    ["that is too long", (raw: RawPeer) => raw.send("x".repeat(HELLO_BYTES_MAX)), `at most ${HELLO_BYTES_MAX} bytes`],
    [
      "whose beginning is too long already",
      (raw: RawPeer) => raw.sendBytes(encodeSyrup("x".repeat(HELLO_BYTES_MAX)).subarray(0, HELLO_BYTES_MAX + 1)),
      `at most ${HELLO_BYTES_MAX} bytes`,
    ],
  ])("%s is refused with the reason", async (_, say, reason) => {
    const peers = makePeers();
    const { ocapn } = serveHello(peers, "bob");
    const raw = await RawPeer.dial(peers, "raw", "bob");
    say(raw);
    expect(await raw.aborted()).toContain(reason);
    expect(ocapn.sessions).toEqual([]);
  });

  it("of just the length is read", async () => {
    const peers = makePeers();
    serveHello(peers, "bob");
    const raw = await RawPeer.dial(peers, "raw", "bob");
    raw.sendBytes(encodeSyrup("x".repeat(HELLO_BYTES_MAX)).subarray(0, HELLO_BYTES_MAX));
    await turns();
    expect(raw.closed).toBeUndefined();
  });

  it("of somebody else than was dialled is refused, and the dial fails", async () => {
    const peers = makePeers();
    const alice = peers.make("alice");
    const netlayer = peers.network.makeNetlayer("bob");
    netlayer.listen((connection) => {
      const raw = new RawPeer(connection, { ...netlayer.location, designator: "carol" });
      raw.hello();
      return raw;
    });
    const reason = await reasonOf(alice.ocapn.enliven("ocapn://bob.memory/s/AQID"));
    expect(reason).toMatchObject({ code: "handshake" });
    expect(reason.message).toContain("acceptable-location: another peer was dialled");
    expect(alice.ocapn.sessions).toEqual([]);
  });

  it("that does not come in time ends the connection, and the dial", async () => {
    const peers = makePeers();
    const timers = new Set<() => void>();
    const after = (_: number, callback: () => void) => {
      timers.add(callback);
      return () => void timers.delete(callback);
    };
    const alice = peers.make("alice", { after });
    const silent = await RawPeer.dial(peers, "raw", "alice");
    const netlayer = peers.network.makeNetlayer("bob");
    netlayer.listen((connection) => new RawPeer(connection, netlayer.location));
    const failed = reasonOf(alice.ocapn.enliven("ocapn://bob.memory/s/AQID"));
    await turns();
    expect(timers.size).toBe(2);
    for (const callback of [...timers]) callback();
    expect(await silent.aborted()).toContain("no session within");
    expect(await failed).toMatchObject({ code: "handshake" });
    expect(timers.size).toBe(0);
  });

  it("is waited for on so many connections at once; of more, the one that was silent for longest goes", async () => {
    const peers = makePeers();
    const bob = serveHello(peers, "bob");
    const silent: RawPeer[] = [];
    for (let at = 0; at < HANDSHAKES_MAX; at += 1) silent.push(await RawPeer.dial(peers, `raw-${at}`, "bob"));
    await turns();
    const isThere = ({ closed }: RawPeer): boolean => closed === undefined;
    expect(silent.every(isThere)).toBe(true);
    await RawPeer.meet(peers, "honest", "bob");
    expect(await silent[0]?.aborted()).toContain("too many connections");
    expect(silent.slice(1).every(isThere)).toBe(true);
    // There is a place again, where the session was in its handshake.
    await RawPeer.dial(peers, "silent-too", "bob");
    await turns();
    expect(silent.slice(1).every(isThere)).toBe(true);
    await RawPeer.dial(peers, "silent-as-well", "bob");
    expect(await silent[1]?.aborted()).toContain("too many connections");
    expect(bob.ocapn.sessions).toHaveLength(1);
  });

  it("of those that this side dials is waited for whoever comes in", async () => {
    const peers = makePeers();
    const bob = peers.make("bob");
    const netlayer = peers.network.makeNetlayer("slow");
    const reached = Promise.withResolvers<RawPeer>();
    netlayer.listen((connection) => {
      const raw = new RawPeer(connection, netlayer.location);
      reached.resolve(raw);
      return raw;
    });
    const found = bob.ocapn.enliven("ocapn://slow.memory/s/AQID");
    const slow = await reached.promise;
    for (let at = 0; at <= HANDSHAKES_MAX; at += 1) await RawPeer.dial(peers, `raw-${at}`, "bob");
    await turns();
    slow.hello();
    await slow.until(() => bob.ocapn.sessions.length === 1);
    bob.ocapn.sessions[0]?.abort("enough");
    expect(await reasonOf(found)).toMatchObject({ code: "closed" });
  });
});

/** Seeds of keys, ordered by the identifiers of the keys. */
const SEEDS: readonly Uint8Array[] = Array.from({ length: 64 }, () => randomOf(32))
  .map((seed) => ({ seed, identifier: publicIdentifier(ED25519.makeKey(seed).publicKey) }))
  .toSorted((one, other) => compareBytes(one.identifier, other.identifier))
  .map(({ seed }) => seed);

/** All keys of the peer are higher, or lower, than those of one that was made with the contrary. */
function keysOf(isHigh: boolean): { random(byteLength: number): Uint8Array } {
  const seeds = isHigh ? SEEDS.slice(32) : SEEDS.slice(0, 32);
  return {
    random: (byteLength) =>
      byteLength === 32 && seeds.length > 0 ? (seeds.pop() as Uint8Array) : randomOf(byteLength),
  };
}

describe("two peers that dial each other at once", () => {
  /** What arrives first: by who has sent it, and in which connection. */
  type Choice = (arrivals: readonly MemoryArrival[]) => MemoryArrival;
  const orders: readonly (readonly [string, Choice])[] = [
    ["first things first", (arrivals) => arrivals[0] as MemoryArrival],
    ["last things first", (arrivals) => arrivals.at(-1) as MemoryArrival],
    [
      "what alice has sent first",
      (arrivals) => arrivals.find(({ from }) => from === "alice") ?? (arrivals[0] as MemoryArrival),
    ],
    [
      "what bob has sent first",
      (arrivals) => arrivals.find(({ from }) => from === "bob") ?? (arrivals[0] as MemoryArrival),
    ],
    [
      "the first connection first",
      (arrivals) => arrivals.find(({ connection }) => connection === 1) ?? (arrivals[0] as MemoryArrival),
    ],
    [
      "the second connection first",
      (arrivals) => arrivals.find(({ connection }) => connection === 2) ?? (arrivals[0] as MemoryArrival),
    ],
    [
      "the second connection's dial and hello late",
      (arrivals) => arrivals.toSorted((a, b) => weight(a) - weight(b))[0] as MemoryArrival,
    ],
  ];
  const weight = ({ connection, kind, from }: MemoryArrival): number =>
    connection === 2 && kind === "data" && from === "bob" ? 2 : kind === "end" ? 1 : 0;

  it.each(orders.flatMap(([name, choose]) => [true, false].map((isHigh) => ({ name, choose, isHigh }))))(
    "have one session, which stays: $name, alice's key is higher: $isHigh",
    async ({ choose, isHigh }) => {
      const peers = makePeers({});
      const alice = peers.make("alice", keysOf(isHigh));
      const bob = peers.make("bob", keysOf(!isHigh));
      const hello = Far("hello", { hello: () => "hello" });
      const options = { swissNumber: SWISS };
      const uris = [alice.ocapn.serve(hello, options), bob.ocapn.serve(hello, options)] as const;
      const found = Promise.all([
        alice.ocapn.enliven<typeof hello>(uris[1]).then((remote) => E(remote).hello()),
        bob.ocapn.enliven<typeof hello>(uris[0]).then((remote) => E(remote).hello()),
      ]);
      await turns(2);
      for (let quiet = 0; quiet < 3; quiet += 1) {
        while (peers.network.pendingCount > 0) {
          choose(peers.network.pending()).arrive();
          await turns(1);
          quiet = 0;
        }
        await turns(1);
      }
      expect(await found).toEqual(["hello", "hello"]);
      expect([...tablesOf(alice), ...tablesOf(bob)]).toEqual(["bob: 1 1 0 0 0", "alice: 1 1 0 0 0"]);
      expect(peers.network.connections()).toHaveLength(1);
    },
  );

  it("wait no longer than the time for a hello when the connection that was preferred breaks", async () => {
    const peers = makePeers({});
    const timers = new Set<() => void>();
    const after = (_: number, callback: () => void) => {
      timers.add(callback);
      return () => void timers.delete(callback);
    };
    const alice = peers.make("alice", keysOf(true));
    const bob = peers.make("bob", { ...keysOf(false), after });
    const uri = alice.ocapn.serve(Far("hello", { hello: () => "hello" }), { swissNumber: SWISS });
    const failed = reasonOf(bob.ocapn.enliven(uri));
    const dialled = reasonOf(alice.ocapn.enliven("ocapn://bob.memory/s/AQID"));
    await turns(2);
    await peers.arrive(({ kind }) => kind === "dial" || kind === "accept");
    // Alice refuses bob's connection for her own one, of which bob never hears.
    await peers.arrive(({ connection }) => connection === 1);
    peers.network.cut(2);
    await peers.arrive(() => true);
    expect(await dialled).toMatchObject({ code: "handshake" });
    for (const callback of [...timers]) callback();
    expect((await failed).message).toContain("no session within");
    const again = bob.ocapn.enliven(uri);
    await peers.settle();
    expect(await again).toBeDefined();
  });
});

describe("a session that ends", () => {
  it("by a cut breaks what was got in it; the sturdyref gets it back in a new one", async () => {
    const peers = makePeers();
    const alice = peers.make("alice");
    const bob = serveHello(peers, "bob");
    const hello = await alice.ocapn.enliven<{ hello(): string; wait(): unknown }>(bob.uri);
    const pending = reasonOf(E(hello).wait());
    peers.network.cut(peers.network.connections()[0]?.connection as number);
    await turns();
    expect(await reasonOf(E(hello).hello())).toMatchObject({ code: "disconnected" });
    await pending;
    expect([alice.ocapn.sessions, bob.ocapn.sessions]).toEqual([[], []]);
    const again = await alice.ocapn.enliven<{ hello(): string }>(bob.uri);
    expect(await E(again).hello()).toBe("from bob");
    expect((again as unknown) === hello).toBe(false);
    expect(await reasonOf(E(hello).hello())).toMatchObject({ code: "disconnected" });
  });

  it("by a cut breaks answers and promises that have not come", async () => {
    const peers = makePeers();
    const alice = peers.make("alice");
    const bob = peers.make("bob");
    const never = Far("never", { come: () => new Promise(() => {}), promise: () => [new Promise(() => {})] });
    const remote = await alice.ocapn.enliven<{ come(): Promise<unknown>; promise(): Promise<unknown>[] }>(
      bob.ocapn.serve(never),
    );
    const [promise] = (await E(remote).promise()) as Promise<unknown>[];
    const failures = [E(remote).come(), promise as Promise<unknown>].map(reasonOf);
    await turns();
    expect(tablesOf(alice)).toEqual(["bob: 2 2 1 0 0"]);
    peers.network.cut(peers.network.connections()[0]?.connection as number);
    expect(await Promise.all(failures)).toMatchObject([{ code: "disconnected" }, { code: "disconnected" }]);
  });

  it("by an abort tells the peer why", async () => {
    const peers = makePeers();
    const alice = peers.make("alice");
    const bob = serveHello(peers, "bob");
    const hello = await alice.ocapn.enliven<{ hello(): string }>(bob.uri);
    bob.ocapn.sessions[0]?.abort("no more today");
    await turns();
    const reason = await reasonOf(E(hello).hello());
    expect(reason).toMatchObject({ code: "aborted" });
    expect(reason.message).toContain("no more today");
    expect(alice.ocapn.sessions).toEqual([]);
  });

  it("and the failure of a call that nobody looks at stops nobody", async () => {
    const peers = makePeers();
    const alice = peers.make("alice");
    const bob = serveHello(peers, "bob");
    const hello = await alice.ocapn.enliven<{ hello(): string }>(bob.uri);
    void E(hello).hello();
    alice.ocapn.sessions[0]?.abort("enough");
    void E(hello).hello();
    void E(E(hello).hello() as never as typeof hello).hello();
    await turns();
  });

  it("is replaced when a peer that has proven who it is comes again", async () => {
    const peers = makePeers();
    const bob = serveHello(peers, "bob");
    const first = peers.make("alice");
    const old = await first.ocapn.enliven<{ hello(): string }>(bob.uri);
    expect(await E(old).hello()).toBe("from bob");
    peers.network.crash("alice");
    // Bob has not heard of it when she is back.
    const second = peers.make("alice");
    const found = await second.ocapn.enliven<{ hello(): string }>(bob.uri);
    expect(await E(found).hello()).toBe("from bob");
    await turns();
    expect(tablesOf(bob)).toEqual(["alice: 1 0 0 0 0"]);
  });
});

describe("a peer that is closed", () => {
  it("ends its sessions, refuses to begin others, and leaves its name to others", async () => {
    const peers = makePeers();
    const alice = peers.make("alice");
    const bob = serveHello(peers, "bob");
    const hello = await alice.ocapn.enliven<{ hello(): string }>(bob.uri);
    await alice.ocapn.close();
    await turns();
    expect(await reasonOf(E(hello).hello())).toMatchObject({ code: "closed" });
    expect(await reasonOf(alice.ocapn.enliven(bob.uri))).toMatchObject({ code: "closed" });
    expect(bob.ocapn.sessions).toEqual([]);
    peers.network.makeNetlayer("alice");
  });

  it("breaks dials that are under way", async () => {
    const peers = makePeers({});
    const alice = peers.make("alice");
    peers.make("bob");
    const failed = reasonOf(alice.ocapn.enliven("ocapn://bob.memory/s/AQID"));
    const closed = alice.ocapn.close();
    expect(await failed).toMatchObject({ code: "closed" });
    await peers.settle();
    await closed;
  });
});
