/**
 * Floods up to the limits, and one past them: what a peer can make this one hold is bounded, and all of it is free when its session is over.
 *
 * @module
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { makeNodeEd25519 } from "../../../src/node/index.ts";
import { reasonOf, turns, usePeers } from "../../../src/ocapn/client/fixture.conformance.ts";
import {
  deliverMessage,
  exported,
  object,
  promise,
  RawPeer,
  record,
} from "../../../src/ocapn/client/raw-peer.conformance.ts";
import { E, type Remote } from "../../../src/ocapn/index.ts";
import {
  ANSWERS_BYTES_MAX,
  ANSWERS_MAX,
  EXPORTS_MAX,
  GIFTS_MAX,
  IMPORTS_MAX,
  MESSAGE_BYTES_MAX,
  OUTGOING_BYTES_MAX,
  SESSIONS_MAX,
  UNDONE_BYTES_MAX,
  UNDONE_MESSAGES_MAX,
  UNFINISHED_BYTES_MAX,
  UNSENT_BYTES_MAX,
} from "../../../src/ocapn/limits.ts";
import { encodeSyrup, makeSelector, type SyrupRecord, type SyrupValue } from "../../../src/passable/index.ts";
import { makeVictim, SWISS, type Target, type Victim } from "./victim.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const makePeers = usePeers();
const [hold, make, never, same] = [
  makeSelector("hold"),
  makeSelector("make"),
  makeSelector("never"),
  makeSelector("same"),
];

/** Messages of one session to be sent in pieces of about a megabyte. */
function flood(mallory: RawPeer, messages: Iterable<SyrupValue>): void {
  let pieces: Uint8Array[] = [];
  let byteLength = 0;
  for (const message of messages) {
    const bytes = encodeSyrup(message);
    pieces.push(bytes);
    byteLength += bytes.length;
    if (byteLength < 1 << 20) continue;
    mallory.connection.send(pieces);
    pieces = [];
    byteLength = 0;
  }
  mallory.connection.send(pieces);
}

function* times<T>(count: number, one: (at: number) => T): Iterable<T> {
  for (let at = 0; at < count; at += 1) yield one(at);
}

async function heapBytes(): Promise<number> {
  // What is outside of the heap goes when the objects that had it were found to be gone.
  for (let at = 0; at < 3; at += 1) {
    await turns(2);
    collectGarbage();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** What stays when the attack is over may be some megabytes of the engine's own. */
const LEFT_BYTES_MAX = 24 << 20;

interface Attack {
  readonly victim: Victim;
  to(...args: SyrupValue[]): SyrupRecord;
}

/** Runs an attack of which nothing may be left; the attacker's end of the connection is forgotten first. */
async function attack(run: (attack: Attack) => Promise<void>): Promise<void> {
  const before = await heapBytes();
  await (async () => {
    const peers = makePeers();
    peers.isRecording = false;
    const victim = await makeVictim(peers);
    await run({ victim, to: (...args) => deliverMessage({ to: exported(victim.target), args }) });
    victim.mallory.received.length = 0;
    victim.held.length = 0;
    victim.calls.length = 0;
  })();
  expect((await heapBytes()) - before).toBeLessThan(LEFT_BYTES_MAX);
}

describe("a flood of", () => {
  it("objects", () =>
    attack(async ({ victim, to }) => {
      const perMessage = 65_536;
      const lists = times(IMPORTS_MAX / perMessage, (list) =>
        to(
          hold,
          Array.from({ length: perMessage }, (_, at) => object(1 + list * perMessage + at)),
        ),
      );
      flood(victim.mallory, lists);
      await victim.assertUnharmed();
      victim.mallory.send(to(hold, object(IMPORTS_MAX + 1)));
      await victim.assertAborted(`the peer has sent ${IMPORTS_MAX} objects that are in use`);
    }));

  it("promises that never settle", () =>
    attack(async ({ victim, to }) => {
      // Each has a resolver among the exports, where the target is, too.
      const perMessage = 65_535;
      const count = EXPORTS_MAX - 1;
      const lists = times(Math.ceil(count / perMessage), (list) => {
        const length = Math.min(perMessage, count - list * perMessage);
        return to(
          hold,
          Array.from({ length }, (_, at) => promise(1 + list * perMessage + at)),
        );
      });
      flood(victim.mallory, lists);
      await victim.peers.settle();
      expect(victim.mallory.abortReason).toBeUndefined();
      victim.mallory.send(to(hold, promise(count + 1)));
      await victim.assertAborted(`the peer holds ${EXPORTS_MAX} objects of this side`);
    }));

  it("answers that are not dropped", () =>
    attack(async ({ victim }) => {
      const ask = (answerPosition: number) =>
        deliverMessage({ to: exported(victim.target), args: [same, 1n], answerPosition });
      flood(victim.mallory, times(ANSWERS_MAX, ask));
      await victim.assertUnharmed();
      victim.mallory.send(ask(ANSWERS_MAX));
      await victim.assertAborted(`answers: the peer holds ${ANSWERS_MAX}`);
    }));

  it("large answers that are not dropped", () =>
    attack(async ({ victim }) => {
      const large = new Uint8Array(8 << 20);
      const ask = (answerPosition: number) =>
        deliverMessage({ to: exported(victim.target), args: [same, large], answerPosition });
      const count = Math.ceil(ANSWERS_BYTES_MAX / large.length);
      flood(victim.mallory, times(count, ask));
      await victim.assertUnharmed();
      victim.mallory.send(ask(count));
      await victim.assertAborted("answers: those that the peer holds weigh");
    }));

  it("calls that are never answered", () =>
    attack(async ({ victim, to }) => {
      flood(
        victim.mallory,
        times(UNDONE_MESSAGES_MAX, () => to(never)),
      );
      await victim.assertUnharmed();
      victim.mallory.send(to(never));
      await victim.assertAborted(`${UNDONE_MESSAGES_MAX} messages`);
    }));

  it("large calls that are never answered", () =>
    attack(async ({ victim, to }) => {
      const large = new Uint8Array(8 << 20);
      const count = Math.floor(UNDONE_BYTES_MAX / large.length) - 1;
      flood(
        victim.mallory,
        times(count, () => to(never, large)),
      );
      await victim.assertUnharmed();
      victim.mallory.send(to(never, large), to(never, large));
      await victim.assertAborted("are not done yet, which is the limit");
    }));

  it("listeners to what never comes", () =>
    attack(async ({ victim }) => {
      const { mallory, target } = victim;
      mallory.send(deliverMessage({ to: exported(target), args: [never], answerPosition: 0 }));
      const listen = (at: number) => record("op:listen", record("desc:answer", 0n), object(1 + at), false);
      flood(mallory, times(UNDONE_MESSAGES_MAX - 1, listen));
      await victim.assertUnharmed();
      mallory.send(listen(UNDONE_MESSAGES_MAX));
      await victim.assertAborted(`${UNDONE_MESSAGES_MAX} messages`);
    }));

  it("objects that the victim makes: past the limit there are no more, and the session goes on", () =>
    attack(async ({ victim }) => {
      const { mallory, target } = victim;
      const ask = () => deliverMessage({ to: exported(target), args: [make], resolveMe: object(7) });
      // The target itself, and what was fetched: it is one.
      flood(mallory, times(EXPORTS_MAX - 1, ask));
      await victim.peers.settle();
      mallory.deliver({ to: exported(target), args: [make], resolveMe: object(8) });
      const [name, value] = await mallory.resolved(8);
      expect(name).toBe("break");
      expect(String((value as SyrupRecord).fields[0])).toContain(`the peer holds ${EXPORTS_MAX} objects`);
      expect(mallory.abortReason).toBeUndefined();
      mallory.connection.close();
    }));

  it("gifts that nobody takes: the newest stay", () =>
    attack(async ({ victim }) => {
      const { mallory, target } = victim;
      const deposit = (at: number) => {
        const giftId = new Uint8Array([at >> 8, at]);
        return deliverMessage({ to: exported(0), args: [makeSelector("deposit-gift"), giftId, exported(target)] });
      };
      flood(mallory, times(GIFTS_MAX + 100, deposit));
      await victim.assertUnharmed();
      const [own] = victim.bob.ocapn.sessions.filter(({ peer }) => peer.designator === "mallory");
      expect(own?.tables.gifts).toBe(GIFTS_MAX);
      mallory.connection.close();
    }));
});

describe("a peer that does not read", () => {
  it("is sent so much, and then its session ends; others are served", async () => {
    const peers = makePeers({});
    const victim = await peers.run(makeVictim(peers));
    const { mallory, target } = victim;
    const large = new Uint8Array(4 << 20);
    const isRead = ({ from, to }: { from: string; to: string }): boolean => from !== "bob" || to !== "mallory";
    const count = Math.floor(OUTGOING_BYTES_MAX / large.length) + 2;
    for (let at = 0; at < count; at += 1) {
      mallory.deliver({ to: exported(target), args: [same, large], resolveMe: object(7) });
      await peers.arrive(isRead);
    }
    expect(victim.bob.ocapn.sessions.map(({ peer }) => peer.designator)).toEqual(["alice"]);
    const friend = E(await peers.run(makeFriend(victim), isRead)).same("friend");
    expect(await peers.run(friend, isRead)).toBe("friend");
  });

  it("is not called any more than that", async () => {
    const peers = makePeers({});
    const victim = await peers.run(makeVictim(peers));
    victim.mallory.deliver({ to: exported(victim.target), args: [hold, object(50)] });
    await peers.settle();
    const [reference] = victim.held as [Remote<Target>];
    const large = new Uint8Array(4 << 20);
    const calls: Promise<unknown>[] = [];
    for (let at = 0; at <= OUTGOING_BYTES_MAX / large.length + 1; at += 1) calls.push(E(reference).same(large));
    expect(await reasonOf(calls.at(-1) as Promise<unknown>)).toMatchObject({ code: "limit" });
    expect(victim.bob.ocapn.sessions).toHaveLength(2);
    for (const call of calls) call.catch(() => {});
  });
});

function makeFriend({ peers, bob }: Victim): Promise<Remote<Target>> {
  const carol = peers.make("carol");
  const [location] = bob.ocapn.locations;
  const swiss = Buffer.from(SWISS).toString("latin1").replaceAll(" ", "%20");
  return carol.ocapn.enliven<Target>(`ocapn://${location?.designator}.memory/s/${swiss}`);
}

describe("messages that never come whole", () => {
  it("may be so much of all peers together; past it who holds most loses the session, and others do not", async () => {
    const before = await heapBytes();
    await (async () => {
      const peers = makePeers();
      peers.isRecording = false;
      const victim = await makeVictim(peers);
      const part = encodeSyrup("x".repeat(MESSAGE_BYTES_MAX - 64)).subarray(0, -1);
      const count = Math.floor(UNFINISHED_BYTES_MAX / part.length);
      const raws: RawPeer[] = [];
      for (let at = 0; at < count; at += 1) {
        const raw = await RawPeer.meet(peers, `mallory-${at}`, "bob");
        raw.sendBytes(part);
        raws.push(raw);
      }
      await victim.assertUnharmed();
      // What is left is less than a message's worth. Who goes past it holds less than the others.
      const left = UNFINISHED_BYTES_MAX - count * part.length;
      victim.mallory.sendBytes(encodeSyrup("x".repeat(left + 64)).subarray(0, left));
      await victim.peers.settle();
      expect([victim.mallory, ...raws].map(({ abortReason }) => abortReason)).toEqual(
        Array.from({ length: count + 1 }, () => undefined),
      );
      victim.mallory.sendBytes(new Uint8Array([0x78]));
      expect(await raws[0]?.aborted()).toContain(`of unfinished messages of all peers, of which at most`);
      await victim.peers.settle();
      expect([victim.mallory, ...raws.slice(1)].map(({ abortReason }) => abortReason)).toEqual(
        Array.from({ length: count }, () => undefined),
      );
      // There is room for another one, and what came is whole when its end comes.
      const again = await RawPeer.meet(peers, "mallory-again", "bob");
      again.sendBytes(part);
      await victim.peers.settle();
      expect(again.abortReason).toBeUndefined();
      for (const raw of [...raws, again, victim.mallory]) raw.connection.close();
      await victim.peers.settle();
      expect(victim.bob.ocapn.sessions.map(({ peer }) => peer.designator)).toEqual(["alice"]);
    })();
    expect((await heapBytes()) - before).toBeLessThan(LEFT_BYTES_MAX);
  });
});

describe("sessions", () => {
  it("are so many, and not one more", async () => {
    const peers = makePeers();
    const bob = peers.make("bob", { ed25519: makeNodeEd25519() });
    const raws: RawPeer[] = [];
    for (let at = 0; at < SESSIONS_MAX; at += 1) raws.push(await RawPeer.meet(peers, `peer-${at}`, "bob"));
    expect(bob.ocapn.sessions).toHaveLength(SESSIONS_MAX);
    const more = await RawPeer.dial(peers, "one-more", "bob");
    more.hello();
    expect(await more.aborted()).toContain(`${SESSIONS_MAX} sessions, which is the limit`);
    raws[0]?.connection.close();
    await peers.settle();
    await RawPeer.meet(peers, "one-more-again", "bob");
  });
});

describe("a peer that asks for nothing, and does not read", () => {
  it("can not make this one write without end what nobody here asked for", async () => {
    const peers = makePeers({ immediate: false });
    peers.isRecording = false;
    const bob = peers.make("bob");
    const mallory = await peers.run(RawPeer.meet(peers, "mallory", "bob"));
    /** Their `op:listen` are more than a hundredth of the limit, and less than a twentieth. */
    const count = 50_000;
    let [rounds, first] = [0, 1];
    for (; rounds < 100 && bob.ocapn.sessions.length > 0; rounds += 1, first += count) {
      const positions = [...times(count, (at) => first + at)];
      mallory.deliver({ to: exported(0), args: [makeSelector("deposit-gift"), positions.map(promise)] });
      // Their resolvers are the next exports of the other side.
      flood(
        mallory,
        times(count, (at) => deliverMessage({ to: exported(first + at), args: [makeSelector("break"), "x"] })),
      );
      mallory.send(
        record(
          "op:gc-exports",
          positions.map((at) => BigInt(at)),
          positions.map(() => 1n),
        ),
      );
      await peers.arrive(({ from }) => from === "mallory");
    }
    expect(rounds).toBeGreaterThan(20);
    expect(bob.ocapn.sessions).toHaveLength(0);
    await peers.arrive(() => true);
    expect(mallory.abortReason).toContain("the peer does not take what it is sent");
    const bytes = Number(/(\d+) bytes/.exec(mallory.abortReason ?? "")?.[1]);
    expect(bytes).toBeGreaterThan(UNSENT_BYTES_MAX);
    expect(bytes).toBeLessThan(UNSENT_BYTES_MAX + (1 << 20));
  });
});
