/**
 * Peers that send faster than this side does its work: they are held back, and nothing waits for ever for what was held back.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import { encodeSyrup, Far, makeSelector, type SyrupRecord } from "../../passable/index.ts";
import { type Peers, turns, usePeers } from "../client/fixture.conformance.ts";
import { deliverMessage, exported, object, RawPeer } from "../client/raw-peer.conformance.ts";
import {
  ANSWERS_UNSENT_BYTES_HIGH,
  OUTGOING_BYTES_MAX,
  THROTTLE_CHECK_MS,
  THROTTLE_STALLED_CHECKS_MAX,
  UNDONE_BYTES_HIGH,
  UNDONE_BYTES_MAX,
  UNDONE_MESSAGES_HIGH,
  UNDONE_MESSAGES_MAX,
} from "../limits.ts";
import type { Connection } from "../netlayer.ts";
import { type Load, Throttle } from "./throttle.ts";

const makePeers = usePeers();
const SWISS = new Uint8Array([1, 2, 3]);

/** Time that passes when a test says so. */
class Checks {
  readonly #due = new Set<() => void>();

  readonly after = (timeoutMs: number, callback: () => void): (() => void) => {
    if (timeoutMs === THROTTLE_CHECK_MS) this.#due.add(callback);
    return () => void this.#due.delete(callback);
  };

  get areDue(): boolean {
    return this.#due.size > 0;
  }

  pass(count: number): void {
    for (let at = 0; at < count; at += 1) {
      const due = [...this.#due];
      this.#due.clear();
      for (const callback of due) callback();
    }
  }
}

interface Work {
  readonly peers: Peers;
  readonly checks: Checks;
  readonly mallory: RawPeer;
  /** What the calls of `work` wait for. */
  readonly waiting: (() => void)[];
  /** Calls that began. */
  begun(): number;
  /** A call of the object that is served, with a resolver or without. */
  call(method: string, args?: readonly Uint8Array[], resolver?: number): SyrupRecord;
  /** Sends so many, in pieces of that many. */
  flood(message: SyrupRecord, count: number, perPiece: number): void;
}

async function startWork(immediate = true): Promise<Work> {
  const peers = makePeers(immediate ? { immediate } : {});
  peers.isRecording = false;
  const checks = new Checks();
  const waiting: (() => void)[] = [];
  let begun = 0;
  const target = Far("target", {
    work(..._args: unknown[]): Promise<void> {
      begun += 1;
      return new Promise((resolve) => waiting.push(resolve));
    },
    finish(): void {
      for (const resolve of waiting.splice(0)) resolve();
    },
    same(value: unknown): unknown {
      begun += 1;
      return value;
    },
  });
  const bob = peers.make("bob", { after: checks.after });
  bob.ocapn.serve(target, { swissNumber: SWISS });
  const mallory = await peers.run(RawPeer.meet(peers, "mallory", "bob"));
  const position = await peers.run(mallory.fetch(SWISS));
  return {
    peers,
    checks,
    mallory,
    waiting,
    begun: () => begun,
    call: (method, args = [], resolver = undefined) =>
      deliverMessage({
        to: exported(position),
        args: [makeSelector(method), ...args],
        ...(resolver === undefined ? {} : { resolveMe: object(resolver) }),
      }),
    flood(message, count, perPiece) {
      const bytes = encodeSyrup(message);
      for (let sent = 0; sent < count; sent += perPiece) {
        const piece = new Uint8Array(bytes.length * Math.min(perPiece, count - sent));
        for (let at = 0; at < piece.length; at += bytes.length) piece.set(bytes, at);
        mallory.connection.send([piece]);
      }
    },
  };
}

const PER_PIECE = 1_000;

describe("a peer that sends much faster than its messages are done", () => {
  it("is held back, and loses nothing", async () => {
    const { call, flood, waiting, begun, mallory, peers } = await startWork();
    const count = UNDONE_MESSAGES_MAX + UNDONE_MESSAGES_HIGH;
    flood(call("work"), count, PER_PIECE);
    await peers.settle();
    while (begun() < count) {
      expect(waiting.length).toBeGreaterThan(0);
      expect(waiting.length).toBeLessThanOrEqual(UNDONE_MESSAGES_HIGH + PER_PIECE);
      for (const resolve of waiting.splice(0)) resolve();
      await turns(2);
    }
    mallory.send(call("same", [SWISS], 7));
    expect(await mallory.resolved(7)).toEqual(["fulfill", SWISS]);
    expect(mallory.abortReason).toBeUndefined();
  });

  it("is held back by the weight of its messages, too", async () => {
    const { call, flood, waiting, begun, mallory, peers } = await startWork();
    const large = call("work", [new Uint8Array(1 << 20)]);
    const count = (2 * UNDONE_BYTES_MAX) >> 20;
    flood(large, count, 1);
    await peers.settle();
    while (begun() < count) {
      expect(waiting.length).toBeLessThanOrEqual((UNDONE_BYTES_HIGH >> 20) + 1);
      for (const resolve of waiting.splice(0)) resolve();
      await turns(2);
    }
    expect(mallory.abortReason).toBeUndefined();
  });

  it("is read on piece by piece where nothing gets done: what ends the work may come later", async () => {
    const { call, flood, checks, waiting, mallory, peers } = await startWork();
    const count = UNDONE_MESSAGES_HIGH + 5 * PER_PIECE;
    flood(call("work"), count, PER_PIECE);
    mallory.send(call("finish"), call("same", [SWISS], 7));
    await peers.settle();
    const before = waiting.length;
    expect(before).toBeLessThan(count);
    checks.pass(THROTTLE_STALLED_CHECKS_MAX - 1);
    await turns(2);
    expect(waiting.length).toBe(before);
    checks.pass(1);
    await turns(2);
    expect(waiting.length).toBe(before + PER_PIECE);
    for (let at = 0; at < 20 && mallory.resolution(7) === undefined; at += 1) {
      checks.pass(THROTTLE_STALLED_CHECKS_MAX);
      await turns(2);
    }
    expect(await mallory.resolved(7)).toEqual(["fulfill", SWISS]);
    expect(checks.areDue).toBe(false);
  });

  it("is held back by answers that it does not take, until it does", async () => {
    const { call, flood, checks, begun, mallory, peers } = await startWork(false);
    const large = call("same", [new Uint8Array(1 << 20)], 7);
    const count = (2 * OUTGOING_BYTES_MAX) >> 20;
    flood(large, count, 1);
    const isRead = ({ from }: { from: string }): boolean => from !== "bob";
    await peers.arrive(isRead);
    // An answer is a little longer than what it brings.
    expect(begun()).toBe(ANSWERS_UNSENT_BYTES_HIGH >> 20);
    for (let at = 0; at < count && begun() < count; at += 1) {
      await peers.arrive(() => true);
      checks.pass(1);
      await turns(2);
    }
    await peers.arrive(() => true);
    expect(begun()).toBe(count);
    expect(mallory.abortReason).toBeUndefined();
  });
});

describe("holding back", () => {
  const makeThrottle = () => {
    const load = { messages: 0, bytes: 0, unsentBytes: 0 };
    const calls: string[] = [];
    const checks = new Checks();
    const state = { isWaiting: false };
    const connection: Connection = {
      send() {},
      bufferedBytes: 0,
      close() {},
      pause: () => void calls.push("pause"),
      resume: () => void calls.push("resume"),
    };
    const throttle = new Throttle({
      connection,
      load: () => load,
      isWaiting: () => state.isWaiting,
      after: checks.after,
    });
    return { load, calls, checks, state, throttle };
  };

  it.each<[keyof Load, number]>([
    ["messages", UNDONE_MESSAGES_HIGH],
    ["bytes", UNDONE_BYTES_HIGH],
    ["unsentBytes", ANSWERS_UNSENT_BYTES_HIGH],
  ])("begins one past the limit of %s, and ends below half of it", (what, limit) => {
    const { load, calls, throttle } = makeThrottle();
    load[what] = limit;
    throttle.afterPiece();
    expect(calls).toEqual([]);
    load[what] = limit + 1;
    throttle.afterPiece();
    throttle.afterPiece();
    expect(calls).toEqual(["pause"]);
    load[what] = limit / 2;
    throttle.afterDone();
    expect(calls).toEqual(["pause"]);
    load[what] = limit / 2 - 1;
    throttle.afterDone();
    throttle.afterDone();
    expect(calls).toEqual(["pause", "resume"]);
  });

  it("lasts as long as something is done, or taken by the network", () => {
    const { load, calls, checks, throttle } = makeThrottle();
    load.messages = UNDONE_MESSAGES_HIGH + 1;
    load.unsentBytes = 1_000;
    throttle.afterPiece();
    for (let round = 0; round < 4; round += 1) {
      checks.pass(THROTTLE_STALLED_CHECKS_MAX - 1);
      if (round % 2 === 0) throttle.afterDone();
      else load.unsentBytes -= 1;
      checks.pass(1);
    }
    expect(calls).toEqual(["pause"]);
    checks.pass(THROTTLE_STALLED_CHECKS_MAX);
    expect(calls).toEqual(["pause", "resume"]);
  });

  it("is given up where nothing gets done while this side waits for the peer, until the load is low again", () => {
    const { load, calls, checks, state, throttle } = makeThrottle();
    state.isWaiting = true;
    load.messages = UNDONE_MESSAGES_HIGH + 1;
    throttle.afterPiece();
    checks.pass(THROTTLE_STALLED_CHECKS_MAX);
    throttle.afterPiece();
    load.messages *= 2;
    throttle.afterPiece();
    expect(calls).toEqual(["pause", "resume"]);
    load.messages = 0;
    throttle.afterPiece();
    load.messages = UNDONE_MESSAGES_HIGH + 1;
    throttle.afterPiece();
    expect(calls).toEqual(["pause", "resume", "pause"]);
  });

  it("ends with the session", () => {
    const { load, calls, checks, throttle } = makeThrottle();
    load.messages = UNDONE_MESSAGES_HIGH + 1;
    throttle.afterPiece();
    throttle.close();
    throttle.close();
    throttle.afterPiece();
    throttle.afterDone();
    checks.pass(1);
    expect(calls).toEqual(["pause", "resume"]);
    expect(checks.areDue).toBe(false);
  });
});
