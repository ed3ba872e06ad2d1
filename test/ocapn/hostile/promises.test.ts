/**
 * Promises of the host's that nobody looks at any more, or that are pending for ever: a peer brings that about by going away in time. None of them may
 * end the program (an unhandled rejection fails the run), and none may hold what is over.
 *
 * @module
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { type Peers, turns, usePeers } from "../../../src/ocapn/client/fixture.conformance.ts";
import {
  answer,
  exported,
  makeGive,
  object,
  promise,
  RawPeer,
  receiveValue,
  record,
} from "../../../src/ocapn/client/raw-peer.conformance.ts";
import { E } from "../../../src/ocapn/index.ts";
import { UNDONE_BYTES_MAX } from "../../../src/ocapn/limits.ts";
import { Far, makeSelector } from "../../../src/passable/index.ts";
import { makeVictim } from "./victim.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const makePeers = usePeers();
const SWISS = new Uint8Array([1, 2, 3]);

interface Noted {
  note(value: unknown): Promise<unknown>;
}

/** An object whose methods answer with promises of `later`, all of which break in the end. */
async function makeHost(peers: Peers) {
  const bob = peers.make("bob");
  const later = Promise.withResolvers<unknown>();
  later.promise.catch(() => {});
  let held: unknown;
  let calls = 0;
  const target = Far("target", {
    work: () => {
      calls += 1;
      return later.promise.then();
    },
    start: () => ({ id: 1n, done: later.promise.then() }),
    startLater: async () => {
      await later.promise.catch(() => {});
      return { id: 1n, done: Promise.reject(new Error("not done")) };
    },
    unpassable: () => [Symbol("none"), later.promise.then()],
    send: (to: unknown) => {
      held = to;
      E.sendOnly(to as Noted).note(later.promise.then());
      return (E(to) as unknown as Noted).note([later.promise.then()]);
    },
  });
  bob.ocapn.serve(target, { swissNumber: SWISS });
  const mallory = await RawPeer.meet(peers, "mallory", "bob");
  const position = await mallory.fetch(SWISS);
  return {
    bob,
    mallory,
    target: exported(position),
    /** To what it was given last. */
    send: () => target.send(held),
    calls: () => calls,
    /** Everything that was promised comes to nothing; the host goes on. */
    async fail(): Promise<void> {
      later.reject(new Error("not done"));
      await turns();
      await RawPeer.meet(peers, "another", "bob");
    },
  };
}

describe("a promise of the host's that breaks when nobody looks", () => {
  it("was the answer to the message that passed a limit", async () => {
    const peers = makePeers();
    peers.isRecording = false;
    const { mallory, target, fail, calls } = await makeHost(peers);
    const call = { to: target, args: [makeSelector("work"), new Uint8Array(UNDONE_BYTES_MAX >> 3)] };
    for (let at = 0; at < 9; at += 1) mallory.deliver(call);
    expect(await mallory.aborted()).toContain("not done yet");
    expect(calls()).toBe(8);
    await fail();
  });

  it("is the failure of a call by which a stranger passed a limit", async () => {
    const peers = makePeers();
    peers.isRecording = false;
    const { bob, mallory: gifter, fail } = await makeHost(peers);
    const receiver = await RawPeer.meet(peers, "receiver", "bob");
    const certificate = makeGive({
      gifter,
      exporter: { ...(bob.ocapn.locations[0] as (typeof bob.ocapn.locations)[0]), hints: false },
      receiverKey: receiver.key.publicKey,
      giftId: new Uint8Array(8),
    });
    const args = [makeSelector("withdraw-gift"), receiveValue({ receiver, certificate, handoffCount: 0 })];
    receiver.deliver({ to: exported(0), args, answerPosition: 0 });
    const large = new Uint8Array(UNDONE_BYTES_MAX / 5);
    for (let at = 0; at < 4; at += 1) receiver.deliver({ to: answer(0), args: [makeSelector("m"), large] });
    receiver.deliver({ to: exported(0), args: [makeSelector("fetch"), "x", large] });
    expect(await receiver.aborted()).toContain("not done yet");
    gifter.connection.close();
    await fail();
  });

  it.each<readonly [string, { readonly answerPosition?: number; readonly resolveMe?: ReturnType<typeof object> }]>([
    ["for which nobody listens", { resolveMe: object(9) }],
    ["that only waits for messages", { answerPosition: 0 }],
    ["that nobody wants", {}],
  ])("is in an answer %s", async (_, wants) => {
    const { mallory, target, fail } = await makeHost(makePeers());
    for (const [at, method] of ["start", "startLater", "unpassable"].entries()) {
      const position = wants.answerPosition === undefined ? {} : { answerPosition: wants.answerPosition + at };
      mallory.deliver({ to: target, args: [makeSelector(method)], ...wants, ...position });
    }
    await turns();
    await fail();
    expect(mallory.abortReason).toBeUndefined();
  });

  it("is in an answer that comes when the peer has gone", async () => {
    const { mallory, target, fail } = await makeHost(makePeers());
    mallory.deliver({ to: target, args: [makeSelector("startLater")], resolveMe: object(9) });
    await turns();
    mallory.connection.close();
    await turns();
    await fail();
  });

  it.each([
    ["an object of a peer", object(2)],
    ["a promise of a peer", promise(3)],
    ["data of a peer that should be an object", 5n],
  ])("was sent to %s, which has gone", async (_, to) => {
    const { mallory, target, fail, send } = await makeHost(makePeers());
    mallory.deliver({ to: target, args: [makeSelector("send"), to] });
    await turns();
    mallory.send(record("op:abort", "gone"));
    await turns();
    const answer = send();
    await fail();
    await expect(answer).rejects.toThrow();
  });
});

describe("a promise of the host's that is pending for ever", () => {
  it("holds nothing of sessions that are over, however often it was the answer, or took messages", async () => {
    const peers = makePeers();
    peers.isRecording = false;
    const { bob } = await makeHost(peers);
    const pending = new Promise<unknown>(() => {});
    const uri = bob.ocapn.serve(Far("notifier", { next: () => pending, box: () => [pending] }));
    const CALLS = 2_000;
    const visit = async (name: string): Promise<number> => {
      const client = peers.make(name);
      const notifier = await client.ocapn.enliven<{ next(): unknown; box(): readonly unknown[] }>(uri);
      const [boxed] = (await E(notifier).box()) as readonly [Promise<{ note(value: unknown): unknown }>];
      for (let at = 0; at < CALLS; at += 1) {
        void E(notifier).next();
        E.sendOnly(boxed).note("x".repeat(1_000));
      }
      await turns();
      await client.ocapn.close();
      await turns();
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const first = await visit("first");
    for (const name of ["second", "third"]) await visit(name);
    // Each call held a kilobyte, and each message its kilobyte.
    expect((await visit("fourth")) - first).toBeLessThan(CALLS * 1_000);
  });
});

describe("an answer that refuses to be looked at", () => {
  const revoked = (): object => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  };
  const wrong = (message: unknown): Error => Object.defineProperty(new Error("x"), "message", { get: () => message });
  const fails = (reason: unknown) => (): never => {
    throw reason;
  };

  it.each<readonly [string, () => unknown, string]>([
    ["a proxy that was revoked", revoked, "revoked"],
    ["a list with one in it", () => [revoked()], "revoked"],
    ["an error with one as message", () => wrong(revoked()), "the answer cannot be passed"],
    [
      "an error whose message throws one without words",
      () =>
        Object.defineProperty(new Error("x"), "message", { get: fails(Object.assign(new Error(""), { message: 7 })) }),
      "the answer cannot be passed: 7",
    ],
    [
      "an object that throws what refuses as well",
      () => Object.defineProperty({}, "field", { enumerable: true, get: fails(wrong(Symbol("no words"))) }),
      "the answer cannot be passed",
    ],
    [
      "an object that throws words that cannot be passed",
      () => Object.defineProperty({}, "field", { enumerable: true, get: fails(new Error("\ud800".repeat(5_000))) }),
      "the answer cannot be passed: \ufffd",
    ],
    ["what only passes for a promise", () => Object.create(Promise.prototype), "incompatible receiver"],
  ])("breaks that call alone: %s", async (_, make, words) => {
    const peers = makePeers();
    const victim = await makeVictim(peers);
    const target = Far("target", {
      now: make,
      later: async () => make(),
      broken: () => {
        throw make();
      },
    });
    victim.bob.ocapn.serve(target, { swissNumber: SWISS });
    const position = await victim.mallory.fetch(SWISS, 2);
    for (const [at, method] of ["now", "later", "broken"].entries()) {
      victim.mallory.deliver({
        to: exported(position),
        args: [makeSelector(method)],
        answerPosition: at,
        resolveMe: object(10 + at),
      });
      const [name, value] = await victim.mallory.resolved(10 + at);
      expect(name).toBe("break");
      if (method !== "broken") expect(JSON.stringify(value)).toContain(words);
    }
    await victim.assertUnharmed();
  });
});
