/**
 * The network in memory: as a netlayer like the others, and what only it can do.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import { makeSeededRandom } from "../../powers/index.ts";
import type { PeerLocator } from "../locator.ts";
import type { Connection, ConnectionHandler } from "../netlayer.ts";
import { type MemoryNetwork, makeMemoryNetwork } from "./memory.ts";
import { testNetlayer } from "./netlayer.conformance.ts";

const nowhere: PeerLocator = { transport: "memory", designator: "nobody", hints: false };

function makePick(seed: number): (below: number) => number {
  const random = makeSeededRandom({ seed });
  const word = new Uint32Array(1);
  return (below) => {
    random.fill(new Uint8Array(word.buffer));
    return (word[0] as number) % below;
  };
}

function namesOf(network: MemoryNetwork): () => Promise<ReturnType<MemoryNetwork["makeNetlayer"]>> {
  let count = 0;
  return async () => network.makeNetlayer(`peer-${++count}`);
}

testNetlayer("memory, immediate", () => {
  const makeNetlayer = namesOf(makeMemoryNetwork({ immediate: true }));
  return { makeNetlayer, nowhere, proof: "both" };
});

testNetlayer("memory, at random and in pieces", () => {
  const pick = makePick(42);
  const network = makeMemoryNetwork({ splitAt: (byteCount) => 1 + pick(byteCount) });
  const timer = setInterval(() => {
    for (let count = 0; count < 50 && network.step(pick); count += 1);
  }, 0);
  return { makeNetlayer: namesOf(network), nowhere, proof: "both", dispose: () => clearInterval(timer) };
});

describe("the network in memory", () => {
  const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

  /** What happens to a peer, as words in order. */
  function makePeer(network: MemoryNetwork, name: string) {
    const netlayer = network.makeNetlayer(name);
    const log: string[] = [];
    const connections: Connection[] = [];
    const attach = (connection: Connection): ConnectionHandler => {
      log.push("attached");
      connections.push(connection);
      return {
        onData: (bytes) => log.push(new TextDecoder().decode(bytes)),
        onClose: (error) => log.push(error === undefined ? "closed" : error.message),
      };
    };
    netlayer.listen(attach);
    const dial = (to: string): void => {
      const location: PeerLocator = { transport: "memory", designator: to, hints: false };
      netlayer.connect(location, attach).then(
        () => log.push("connected"),
        (error: Error) => log.push(error.message),
      );
    };
    return { netlayer, log, connections, dial };
  }

  function runAll(network: MemoryNetwork): void {
    while (network.step(() => 0));
  }

  it("does nothing by itself, and what it is told one by one", async () => {
    const network = makeMemoryNetwork();
    const [a, b] = [makePeer(network, "a"), makePeer(network, "b")];
    expect(network.pendingCount).toBe(0);
    expect(network.step(() => 0)).toBe(false);
    a.dial("b");
    await Promise.resolve();
    expect(network.pending()).toMatchObject([{ kind: "dial", from: "a", to: "b", connection: 1 }]);
    network.pending()[0]?.arrive();
    expect([a.log, b.log]).toEqual([[], ["attached"]]);
    b.connections[0]?.send([ascii("hello")]);
    expect(network.pending()).toMatchObject([{ kind: "accept", from: "b", to: "a", connection: 1 }]);
    network.pending()[0]?.arrive();
    await Promise.resolve();
    expect(a.log).toEqual(["attached", "connected"]);
    a.connections[0]?.send([ascii("one"), ascii("two")]);
    a.connections[0]?.send([ascii("three")]);
    expect(network.pending()).toMatchObject([
      { kind: "data", from: "b", to: "a" },
      { kind: "data", from: "a", to: "b" },
    ]);
    expect(a.connections[0]?.bufferedBytes).toBe(11);
    network.pending()[1]?.arrive(4);
    expect(b.log).toEqual(["attached", "onet"]);
    expect(a.connections[0]?.bufferedBytes).toBe(7);
    b.connections[0]?.close();
    runAll(network);
    expect(a.log).toEqual(["attached", "connected", "hello", "closed"]);
    expect(b.log).toEqual(["attached", "onet", "wo", "three", "closed"]);
    expect(network.connections()).toEqual([]);
  });

  it("gives the same run for the same choices", async () => {
    const run = async (seed: number): Promise<readonly string[]> => {
      const pick = makePick(seed);
      const network = makeMemoryNetwork({ splitAt: (byteCount) => 1 + pick(byteCount) });
      const peers = ["a", "b", "c"].map((name) => makePeer(network, name));
      for (const [at, peer] of peers.entries()) peer.dial("abc"[(at + 1) % 3] ?? "");
      for (let count = 0; count < 200; count += 1) {
        network.step(pick);
        const connection = peers[pick(3)]?.connections[pick(2)];
        if (pick(2) === 0) connection?.send([ascii(`${count} `)]);
        if (pick(60) === 0) connection?.close();
        await Promise.resolve();
      }
      runAll(network);
      return peers.flatMap((peer) => peer.log);
    };
    const first = await run(7);
    expect(first.length).toBeGreaterThan(50);
    expect(await run(7)).toEqual(first);
    expect(await run(8)).not.toEqual(first);
  });

  it("keeps order within a connection, and lets connections overtake each other", () => {
    const network = makeMemoryNetwork();
    const [a, b] = [makePeer(network, "a"), makePeer(network, "b")];
    a.dial("b");
    a.dial("b");
    runAll(network);
    a.connections[0]?.send([ascii("1")]);
    a.connections[1]?.send([ascii("x")]);
    a.connections[0]?.send([ascii("2")]);
    network.pending()[1]?.arrive();
    runAll(network);
    expect(b.log.slice(2)).toEqual(["x", "1", "2"]);
  });

  it("cuts a connection: what is under way is lost, and both sides are told", () => {
    const network = makeMemoryNetwork();
    const [a, b] = [makePeer(network, "a"), makePeer(network, "b")];
    a.dial("b");
    runAll(network);
    expect(network.connections()).toEqual([{ connection: 1, from: "a", to: "b" }]);
    a.connections[0]?.send([ascii("lost")]);
    a.connections[0]?.close();
    network.cut(1);
    b.connections[0]?.send([ascii("lost, too")]);
    expect(a.connections[0]?.bufferedBytes).toBe(0);
    runAll(network);
    const reason = "memory: the connection from a to b was cut";
    expect([a.log, b.log]).toEqual([
      ["attached", reason],
      ["attached", reason],
    ]);
    expect(network.connections()).toEqual([]);
    expect(() => network.cut(1)).toThrow(RangeError);
  });

  it("cuts a connection that is not there yet", async () => {
    for (const steps of [0, 1]) {
      const network = makeMemoryNetwork();
      const [a, b] = [makePeer(network, "a"), makePeer(network, "b")];
      a.dial("b");
      for (let step = 0; step < steps; step += 1) network.step(() => 0);
      network.cut(1);
      runAll(network);
      await new Promise((resolve) => setTimeout(resolve, 0));
      expect(a.log).toEqual(["memory: a cannot reach b: memory: the connection from a to b was cut"]);
      expect(b.log).toEqual(steps === 0 ? [] : ["attached", "memory: the connection from a to b was cut"]);
      expect(network.connections()).toEqual([]);
    }
  });

  it("lets a peer crash: it hears nothing more, others do, and its name is free", async () => {
    const network = makeMemoryNetwork();
    const [a, b, c] = [makePeer(network, "a"), makePeer(network, "b"), makePeer(network, "c")];
    a.dial("b");
    b.dial("c");
    runAll(network);
    await Promise.resolve();
    b.dial("a");
    a.dial("b");
    a.connections[0]?.send([ascii("lost")]);
    network.crash("b");
    runAll(network);
    await new Promise((resolve) => setTimeout(resolve, 0));
    const gone = "memory: b is gone";
    expect(b.log).toEqual(["attached", "attached", "connected"]);
    expect(a.log).toEqual(["attached", "connected", gone, "memory: a cannot reach b: nobody listens there"]);
    expect(c.log).toEqual(["attached", gone]);
    expect(network.connections()).toEqual([]);
    expect(() => network.crash("b")).toThrow(RangeError);
    expect(() => network.makeNetlayer("a")).toThrow(RangeError);
    const again = makePeer(network, "b");
    a.dial("b");
    runAll(network);
    expect(again.log).toEqual(["attached"]);
  });

  it("refuses dials where there is no way", async () => {
    let isOpen = false;
    const network = makeMemoryNetwork({ isReachable: ({ from, to }) => isOpen || from !== "a" || to !== "b" });
    const [a, b] = [makePeer(network, "a"), makePeer(network, "b")];
    a.dial("b");
    b.dial("a");
    runAll(network);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(a.log).toEqual(["attached", "memory: a cannot reach b: no way there"]);
    isOpen = true;
    a.dial("b");
    runAll(network);
    expect(b.log).toEqual(["attached", "connected", "attached"]);
  });

  it("keeps up with a long queue", () => {
    const network = makeMemoryNetwork();
    const [a, b] = [makePeer(network, "a"), makePeer(network, "b")];
    a.dial("b");
    runAll(network);
    for (let count = 0; count < 5_000; count += 1) a.connections[0]?.send([ascii(`${count}`)]);
    runAll(network);
    expect(b.log.slice(1)).toEqual(Array.from({ length: 5_000 }, (_, count) => `${count}`));
  });
});
