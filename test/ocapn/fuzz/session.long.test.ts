/**
 * Changed messages to a live peer: whatever comes, sessions end with a reason or go on, and nothing is kept of those that ended.
 *
 * @module
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  type Attach,
  type ConnectionHandler,
  E,
  type Ed25519,
  makeOcapn,
  type Netlayer,
  type Ocapn,
  type PeerLocator,
  parseSturdyrefUri,
} from "../../../src/ocapn/index.ts";
import { Far, makeSelector } from "../../../src/passable/index.ts";
import { Random } from "../../random/random.ts";
import { Mutator } from "../../support/mutator.ts";

/** Inputs: 10 million take a quarter of an hour on a core that does nothing else. */
const COUNT = Number(process.env.CAPER_SESSION_FUZZ_COUNT ?? 500_000);
const SEED = Number(process.env.CAPER_FUZZ_SEED ?? 1);
const ROUNDS = 10;
/** Rounds that are compared: the first of them still warm up what the engine keeps for itself. */
const COMPARED = 4;
/** The engine's own garbage differs by some megabytes between rounds; a leak of ten bytes an input would be more. */
const GROWTH_BYTES_MAX = 5 << 20;
/** The event loop has its turn after so many inputs, as it has on a real connection. */
const INPUTS_PER_TURN = 64;

/** All signatures are right: what is behind the checks is to be reached, and most of the time would go into arithmetic. */
const credulous: Ed25519 = {
  makeKey: (seed) => ({ publicKey: seed.slice(), sign: () => new Uint8Array(64) }),
  verify: () => true,
};

const location = (designator: string): PeerLocator => ({ transport: "fuzz", designator, hints: false });
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A peer whose connections are made by the test, which is the other end of each. */
class Wire {
  attach!: Attach;
  readonly netlayer: Netlayer;
  isClosed = false;

  constructor(designator: string) {
    this.netlayer = {
      location: location(designator),
      listen: (attach) => {
        this.attach = attach;
      },
      connect: () => Promise.reject(new Error("nobody is there")),
      close: () => Promise.resolve(),
    };
  }

  open(): ConnectionHandler {
    this.isClosed = false;
    let isOver = false;
    const handler = this.attach({
      bufferedBytes: 0,
      send: () => {},
      close: () => {
        if (isOver) return;
        isOver = true;
        this.isClosed = true;
        queueMicrotask(() => handler.onClose());
      },
    });
    return handler;
  }
}

function makePeer(netlayer: Netlayer, random: Random, onWire?: (message: Uint8Array) => void): Ocapn {
  return makeOcapn({
    netlayers: [netlayer],
    ed25519: credulous,
    random: (length) => random.bytes(length),
    yieldToHost: nextTurn,
    ...(onWire === undefined
      ? {}
      : { onWire: ({ direction, message }) => direction === "in" && onWire(message.slice()) }),
  });
}

const SWISS_NUMBER = new TextEncoder().encode("the object that is fuzzed");

interface Greeter {
  hello(): string;
}

class Target {
  #held: unknown;

  add(a: number, b: number): number {
    return a + b;
  }

  echo(...args: readonly unknown[]): readonly unknown[] {
    return args;
  }

  make(): Greeter {
    return Far("made", { hello: () => "hello" });
  }

  hold(value: unknown): unknown {
    const before = this.#held;
    this.#held = value;
    return before;
  }

  greet(other: Greeter): Promise<string> {
    return E(other).hello();
  }

  fail(): never {
    throw new RangeError("as asked");
  }

  never(): Promise<void> {
    return new Promise(() => {});
  }

  async later(): Promise<{ readonly list: readonly unknown[] }> {
    return { list: [1, [2n]] };
  }
}

function serve(peer: Ocapn): string {
  return peer.serve(Far("target", new Target()), { swissNumber: SWISS_NUMBER });
}

/** What a peer that means well sends: the hello, and then what its messages refer to, in order. */
async function record(): Promise<readonly Uint8Array[]> {
  const messages: Uint8Array[] = [];
  const random = new Random(7);
  const wire = new Wire("victim");
  const victim = makePeer(wire.netlayer, random, (message) => messages.push(message));
  const uri = serve(victim);
  let hello: Uint8Array | undefined;
  const friendNetlayer: Netlayer = {
    location: location("friend"),
    listen: () => {},
    close: () => Promise.resolve(),
    async connect(_location, attach) {
      let there: ConnectionHandler | undefined;
      const here = attach({
        bufferedBytes: 0,
        send: (sent) => {
          hello ??= sent[0]?.slice();
          for (const message of sent) queueMicrotask(() => there?.onData(message.slice()));
        },
        close: () => {},
      });
      there = wire.attach({
        bufferedBytes: 0,
        send: (sent) => {
          for (const message of sent) queueMicrotask(() => here.onData(message.slice()));
        },
        close: () => {},
      });
    },
  };
  const friend = makePeer(friendNetlayer, random);
  const target = await friend.enliven<Target>(uri);
  const own = Far("own", { hello: () => "hello" });
  const { peer } = parseSturdyrefUri(uri);
  const calls = [
    E(target).add(1, 2),
    E(E(target).make()).hello(),
    E(target).echo(
      own,
      Promise.resolve(own),
      makeSelector("a"),
      [1n, { b: null, c: undefined }],
      new Uint8Array(3),
      peer,
    ),
    E(target).hold(own),
    E(target).hold(target),
    E(target).greet(own),
    E(target).never(),
    E.get(E.get(E(target).later()).list)[1],
    E(target).fail(),
  ];
  await Promise.race([Promise.allSettled(calls), new Promise((resolve) => setTimeout(resolve, 200))]);
  await nextTurn();
  await nextTurn();
  if (hello === undefined) throw new Error("no hello was sent");
  return [hello, ...messages];
}

let collect: () => void;
const traceLimit = Error.stackTraceLimit;
const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => {
  unhandled.push(reason);
};

beforeAll(() => {
  setFlagsFromString("--expose-gc");
  collect = runInNewContext("gc") as () => void;
  Error.stackTraceLimit = 0;
  process.on("unhandledRejection", onUnhandled);
});

afterAll(() => {
  Error.stackTraceLimit = traceLimit;
  process.off("unhandledRejection", onUnhandled);
});

it(`takes ${COUNT} changed messages in sessions that end or go on, and keeps nothing of them`, async () => {
  const recorded = await record();
  const random = new Random(SEED);
  const mutator = new Mutator(random, recorded);
  const wire = new Wire("victim");
  const victim = makePeer(wire.netlayer, random);
  serve(victim);
  const heaps: number[] = [];
  let handler: ConnectionHandler | undefined;
  let sessions = 0;
  let survived = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < COUNT / ROUNDS; i++) {
      if (handler === undefined) {
        handler = wire.open();
        sessions++;
        // Some sessions are met at their beginning, some in the middle of the conversation.
        const count = random.chance(0.7) ? random.below(4) : random.below(recorded.length + 1);
        for (const message of recorded.slice(0, count)) handler.onData(message);
      }
      const input = mutator.next().slice();
      const where = `seed ${SEED}, round ${round}, input ${i}: ${Buffer.from(input).toString("hex")}`;
      try {
        handler.onData(input);
      } catch (error) {
        throw new Error(where, { cause: error });
      }
      if (wire.isClosed) handler = undefined;
      else survived += 1;
      if (i % INPUTS_PER_TURN === 0) await nextTurn();
      if (unhandled.length > 0) throw new Error(`not handled, at or before ${where}`, { cause: unhandled[0] });
    }
    handler?.onClose();
    handler = undefined;
    await nextTurn();
    await nextTurn();
    expect(victim.sessions).toEqual([]);
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    heaps.push(heapUsed + arrayBuffers);
  }
  expect(sessions).toBeGreaterThan(COUNT / 100);
  expect(survived / COUNT).toBeGreaterThan(0.02);
  const least = (rounds: readonly number[]): number => Math.min(...rounds);
  expect(least(heaps.slice(-COMPARED)) - least(heaps.slice(0, -COMPARED))).toBeLessThan(GROWTH_BYTES_MAX);
});
