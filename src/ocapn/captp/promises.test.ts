/**
 * Promises among arguments and answers, and the identity of what crosses.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import { Far } from "../../passable/index.ts";
import { makeLog, reasonOf, type TestPeer, tablesOf, usePeers } from "../client/fixture.conformance.ts";
import { E } from "../eventual/e.ts";
import type { Remote } from "../eventual/types.ts";

const makePeers = usePeers();

/** Does what is asked with what it is given, at the other side. */
interface Partner {
  same<T>(value: T): T;
  keep(value: unknown): void;
  kept(): unknown;
  isKept(value: unknown): boolean;
  await(promise: Promise<unknown>): Promise<unknown>;
  call(target: unknown, method: string, ...args: unknown[]): Promise<unknown>;
}

function makePartner(): Partner {
  let kept: unknown;
  return Far("partner", {
    same: <T>(value: T) => value,
    keep: (value: unknown) => {
      kept = value;
    },
    kept: () => kept,
    isKept: (value: unknown) => value === kept,
    await: async (promise: Promise<unknown>) => ["it came to", await promise],
    call: (target: unknown, method: string, ...args: unknown[]) => {
      const methods = E(target) as { readonly [name: string]: (...args: unknown[]) => Promise<unknown> };
      return (methods[method] as (...args: unknown[]) => Promise<unknown>)(...args);
    },
  });
}

function partnerOf(alice: TestPeer, bob: TestPeer): Promise<Remote<Partner>> {
  return alice.ocapn.enliven<Partner>(bob.ocapn.serve(makePartner()));
}

describe("promises as arguments", () => {
  it("are fulfilled at the other side, also when they are fulfilled before", async () => {
    const peers = makePeers();
    const partner = await partnerOf(peers.make("alice"), peers.make("bob"));
    const later = Promise.withResolvers<number>();
    const answer = E(partner).await(later.promise);
    later.resolve(1);
    expect(await answer).toEqual(["it came to", 1]);
    expect(await E(partner).await(Promise.resolve(2))).toEqual(["it came to", 2]);
  });

  it("are broken at the other side, with name and message", async () => {
    const peers = makePeers();
    const partner = await partnerOf(peers.make("alice"), peers.make("bob"));
    const later = Promise.withResolvers<number>();
    const answer = E(partner).await(later.promise);
    later.reject(new RangeError("never"));
    expect(await reasonOf(answer)).toMatchObject({ name: "RangeError", message: "never" });
  });

  it("that break and are ignored there stop nobody", async () => {
    const peers = makePeers();
    const partner = await partnerOf(peers.make("alice"), peers.make("bob"));
    await E(partner)
      .same([Promise.reject(new Error("ignored"))])
      .catch(() => {});
    await E(partner).isKept(Promise.reject(new Error("ignored, too")));
    await peers.settle();
    expect(await E(partner).same(1)).toBe(1);
  });

  it("take messages before they are fulfilled, from the other side", async () => {
    const peers = makePeers();
    const partner = await partnerOf(peers.make("alice"), peers.make("bob"));
    const { log, far } = makeLog();
    const later = Promise.withResolvers<typeof far>();
    const calls = [1, 2, 3].map((at) => E(partner).call(later.promise, "note", at));
    await peers.settle();
    later.resolve(far);
    expect(await Promise.all(calls)).toEqual([1, 2, 3]);
    expect(log).toEqual([1, 2, 3]);
  });

  it("for answers of the other side's own go there as what they are", async () => {
    const peers = makePeers();
    const partner = await partnerOf(peers.make("alice"), peers.make("bob"));
    expect(await E(partner).await(E(partner).same("home"))).toEqual(["it came to", "home"]);
    const broken = E(partner).call(partner, "missing");
    expect((await reasonOf(E(partner).await(broken))).message).toContain('no method "missing"');
  });

  it("come home as the promises they are", async () => {
    const peers = makePeers();
    const partner = await partnerOf(peers.make("alice"), peers.make("bob"));
    const later = Promise.withResolvers<string>();
    const seen: unknown[] = [];
    const taker = Far("taker", { take: (promise: unknown) => seen.push(promise) });
    await E(partner).keep(later.promise);
    await E(partner).call(taker, "take", later.promise);
    expect(seen[0] === later.promise).toBe(true);
    later.resolve("done");
    expect(await E(partner).kept()).toBe("done");
  });

  it("leave nothing behind when they are settled", async () => {
    const peers = makePeers();
    const [alice, bob] = [peers.make("alice"), peers.make("bob")];
    const partner = await partnerOf(alice, bob);
    const later = Promise.withResolvers<string>();
    const calls = [E(partner).await(later.promise), E(partner).await(later.promise)];
    await peers.settle();
    expect(tablesOf(bob)).toEqual(["alice: 2 1 0 2 0"]);
    later.resolve("done");
    await Promise.all(calls);
    alice.collector.collectAll();
    await peers.settle();
    expect([...tablesOf(alice), ...tablesOf(bob)]).toEqual(["bob: 0 0 0 0 0", "alice: 0 0 0 0 0"]);
  });

  it("that took messages and came to another side's object leave nothing behind when nobody has them any more", async () => {
    const peers = makePeers();
    const [alice, bob] = [peers.make("alice"), peers.make("bob")];
    const partner = await partnerOf(alice, bob);
    const { log, far } = makeLog();
    const later = Promise.withResolvers<typeof far>();
    const cell = Far("cell", { get: () => ({ promise: later.promise }) });
    const { promise } = await (await alice.ocapn.enliven<typeof cell>(bob.ocapn.serve(cell))).get();
    E.sendOnly(promise).note(1);
    await peers.settle();
    // What alice sent to the promise goes by way of bob, and so does what follows.
    later.resolve(
      (await (
        await bob.ocapn.enliven<{ get(): typeof far }>(alice.ocapn.serve(Far("box", { get: () => far })))
      ).get()) as never,
    );
    await promise;
    E.sendOnly(promise).note(2);
    await peers.settle();
    expect(log).toEqual([1, 2]);
    void partner;
    for (const peer of [alice, bob]) peer.collector.collectAll();
    await peers.settle();
    expect([...tablesOf(alice), ...tablesOf(bob)]).toEqual(["bob: 0 0 0 0 0", "alice: 0 0 0 0 0"]);
  });
});

describe("objects", () => {
  it("are themselves when they come home, and the same reference each time they come", async () => {
    const peers = makePeers();
    const partner = await partnerOf(peers.make("alice"), peers.make("bob"));
    const { far } = makeLog();
    const fn = (x: number) => x + 1;
    expect(await E(partner).same([far, fn, far, partner])).toEqual([far, fn, far, partner]);
    const [one, other, itself] = (await E(partner).same([far, far, partner])) as unknown[];
    expect(one === far && other === far && itself === partner).toBe(true);
    await E(partner).keep(fn);
    expect(await E(partner).isKept(fn)).toBe(true);
    expect(await E(partner).isKept(far)).toBe(false);
  });

  it("of a third party are the same reference by whichever way they come", async () => {
    const peers = makePeers();
    const [alice, bob, carol] = [peers.make("alice"), peers.make("bob"), peers.make("carol")];
    const { far } = makeLog();
    const uri = carol.ocapn.serve(far);
    const atAlice = await alice.ocapn.enliven<typeof far>(uri);
    const partner = await partnerOf(alice, bob);
    await E(partner).keep(atAlice);
    const reader = Far("reader", {
      isSame: async (value: unknown) => (await value) === (await bob.ocapn.enliven(uri)),
    });
    const remoteReader = await alice.ocapn.enliven<typeof reader>(bob.ocapn.serve(reader));
    expect(await E(remoteReader).isSame(atAlice)).toBe(true);
    expect((await E(partner).same(atAlice)) === atAlice).toBe(true);
  });

  it("that were collected and come again are new references, and work", async () => {
    const peers = makePeers();
    const [alice, bob] = [peers.make("alice"), peers.make("bob")];
    const { far } = makeLog();
    const uri = bob.ocapn.serve(far);
    const first = await alice.ocapn.enliven<typeof far>(uri);
    alice.collector.collect(first as object);
    // Before the other side knows that the first was dropped.
    const second = await alice.ocapn.enliven<typeof far>(uri);
    await peers.settle();
    expect(second === first).toBe(false);
    expect(await E(second).note(1)).toBe(1);
    await peers.settle();
    expect([...tablesOf(alice), ...tablesOf(bob)]).toEqual(["bob: 0 1 0 0 0", "alice: 1 0 0 0 0"]);
  });
});
