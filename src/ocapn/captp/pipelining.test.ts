/**
 * Messages to what is not there yet: how many flights they take, and in which order they arrive.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import { Far, Tagged } from "../../passable/index.ts";
import { makeLog, reasonOf, type TestPeer, tablesOf, turns, usePeers } from "../client/fixture.conformance.ts";
import { E } from "../eventual/e.ts";
import type { Remote } from "../eventual/types.ts";

const makePeers = usePeers();

interface Link {
  next(): Link;
  value(): number;
  fail(): Link;
  data(): unknown;
}

function makeLink(value: number): Link {
  return Far("link", {
    next: () => makeLink(value + 1),
    value: () => value,
    fail: (): Link => {
      throw new RangeError("no next one");
    },
    data: () => ({ items: [makeLink(100), new Tagged("box", makeLink(200))] }),
  });
}

async function meet(alice: TestPeer, bob: TestPeer): Promise<Remote<Link>> {
  return alice.ocapn.enliven<Link>(bob.ocapn.serve(makeLink(0)));
}

describe("a chain of calls", () => {
  it("of depth 10 is one flight", async () => {
    const peers = makePeers({});
    const [alice, bob] = [peers.make("alice"), peers.make("bob")];
    const met = meet(alice, bob);
    await peers.settle();
    let link = E(await met).next();
    for (let depth = 2; depth < 10; depth += 1) link = E(link).next();
    const value = E(link).value();
    await turns(3);
    expect(peers.network.pending().map(({ kind, from, to }) => `${kind} ${from} ${to}`)).toEqual(["data alice bob"]);
    peers.wire.length = 0;
    peers.network.step(() => 0);
    expect(peers.takeWire("bob", "in")).toEqual(Array(10).fill("op:deliver"));
    await peers.settle();
    expect(await value).toBe(9);
  });

  it("through fields, items and tags is one flight", async () => {
    const peers = makePeers({});
    const [alice, bob] = [peers.make("alice"), peers.make("bob")];
    const met = meet(alice, bob);
    await peers.settle();
    const items = E.get(E(await met).data() as Promise<{ items: unknown[] }>).items;
    const first = E(E.get(items)[0] as Promise<Link>).value();
    const second = E(E.untag(E.get(items)[1], "box") as Promise<Link>).value();
    await turns(3);
    expect(peers.network.pendingCount).toBe(1);
    await peers.settle();
    expect(await Promise.all([first, second])).toEqual([100, 200]);
  });

  it("breaks from where it breaks, with the reason of there", async () => {
    const peers = makePeers();
    const link = await meet(peers.make("alice"), peers.make("bob"));
    const broken = E(E(E(link).fail()).next()).value();
    expect(await reasonOf(broken)).toMatchObject({ name: "RangeError", message: "no next one" });
  });

  it("refuses a field, item or tag that is not there, and messages to data", async () => {
    const peers = makePeers();
    const link = await meet(peers.make("alice"), peers.make("bob"));
    const data = E(link).data() as Promise<{ items: unknown[]; nothing?: number }>;
    expect((await reasonOf(E.get(data).nothing!)).message).toContain('a struct with a field "nothing"');
    expect((await reasonOf(E.get(E.get(data).items)[2] as Promise<unknown>)).message).toContain("more than 2 items");
    expect((await reasonOf(E.untag(data, "box"))).message).toContain('tagged "box"');
    expect((await reasonOf(E(data as never as Promise<Link>).next())).message).toContain("takes messages");
  });

  it("leaves nothing behind", async () => {
    const peers = makePeers();
    const [alice, bob] = [peers.make("alice"), peers.make("bob")];
    const link = await meet(alice, bob);
    await E(E(E(link).next()).next()).value();
    await E.get(E(link).data() as Promise<{ items: unknown[] }>).items;
    alice.collector.collectAll();
    await peers.settle();
    expect([...tablesOf(alice), ...tablesOf(bob)]).toEqual(["bob: 0 0 0 0 0", "alice: 0 0 0 0 0"]);
  });
});

describe("the order of messages", () => {
  it("to a pending answer, to its object directly, and through the settled promise is that of sending", async () => {
    const peers = makePeers();
    const [alice, bob] = [peers.make("alice"), peers.make("bob")];
    const { log, far } = makeLog();
    const gate = Promise.withResolvers<void>();
    const slow = Far("slow", { get: () => gate.promise.then(() => far) });
    const remote = await alice.ocapn.enliven<{ get(): Promise<typeof far> }>(bob.ocapn.serve(slow));
    const promise = E(remote).get();
    for (let at = 0; at < 3; at += 1) E.sendOnly(promise).note(at);
    const direct = promise.then((target) => {
      E.sendOnly(target).note(3);
      E.sendOnly(promise).note(4);
      return E(target).note(5);
    });
    gate.resolve();
    await direct;
    expect(log).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("to a local promise, and to its object in a reaction that came later, is that of sending", async () => {
    const { log, far } = makeLog();
    const promise = Promise.resolve(far);
    E.sendOnly(promise).note(0);
    const first = E(promise).note(1);
    const later = promise.then((target) => E(target).note(2));
    await Promise.all([first, later]);
    expect(log).toEqual([0, 1, 2]);
  });

  it("to a local promise for a far object, and to that in a reaction that came later, is that of sending", async () => {
    const peers = makePeers();
    const { log, far } = makeLog();
    const remote = await peers.make("alice").ocapn.enliven<typeof far>(peers.make("bob").ocapn.serve(far));
    const promise = Promise.resolve(remote);
    E.sendOnly(promise).note(0);
    const first = E(promise).note(1);
    const later = promise.then((target) => E(target).note(2));
    await Promise.all([first, later]);
    expect(log).toEqual([0, 1, 2]);
  });

  it("to an answer that is this side's own object: what goes the long way is not overtaken", async () => {
    const peers = makePeers({});
    const [alice, bob] = [peers.make("alice"), peers.make("bob")];
    const { log, far } = makeLog();
    const echo = Far("echo", { same: (value: unknown) => value });
    const enlivened = alice.ocapn.enliven<{ same<T>(value: T): T }>(bob.ocapn.serve(echo));
    await peers.settle();
    const promise = E(await enlivened).same(far) as Promise<typeof far>;
    E.sendOnly(promise).note("pipelined");
    // The answer arrives at alice before the message that went before it has come back.
    await turns(3);
    const back = () => peers.network.pending().find(({ from }) => from === "bob");
    peers.network.step(() => 0);
    await turns(3);
    back()?.arrive();
    await turns(3);
    E.sendOnly(promise).note("settled");
    await peers.settle();
    expect(log).toEqual(["pipelined", "settled"]);
    expect(await promise).toBe(far);
  });

  it("to a promise that another peer passes on, and that comes to that peer's own object, is that of sending", async () => {
    const peers = makePeers({});
    const [alice, bob, carol] = [peers.make("alice"), peers.make("bob"), peers.make("carol")];
    const { log, far } = makeLog();
    const later = Promise.withResolvers<typeof far>();
    const box = Far("box", { promise: () => ({ promise: later.promise }) });
    const boxAtBob = bob.ocapn.enliven<typeof box>(carol.ocapn.serve(box));
    const logAtCarol = carol.ocapn.enliven<typeof far>(bob.ocapn.serve(far));
    await peers.settle();
    const kept = E(await boxAtBob).promise();
    await peers.settle();
    const { promise } = await kept;
    const between = Far("between", { get: () => promise });
    const betweenAtAlice = alice.ocapn.enliven<{ get(): typeof far }>(bob.ocapn.serve(between));
    await peers.settle();

    const atAlice = E(await betweenAtAlice).get();
    E.sendOnly(atAlice).note("by way of carol");
    // It is on its way from bob to carol when she says to bob what the promise has come to, and for long.
    await peers.arrive(({ from, to }) => from === "alice" && to === "bob");
    later.resolve((await logAtCarol) as never);
    const isQuick = ({ from, to }: { from: string; to: string }): boolean => from !== "bob" || to !== "carol";
    await peers.arrive(isQuick);
    E.sendOnly(atAlice).note("afterwards");
    void atAlice.then((target) => E.sendOnly(target).note("directly"));
    await peers.arrive(isQuick);
    expect(log).toEqual([]);
    await peers.settle();
    expect(log).toEqual(["by way of carol", "afterwards", "directly"]);
  });
});
