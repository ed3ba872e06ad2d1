/**
 * Positions that were never given, or are not the attacker's to use; promises and resolvers that lie.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import { tablesOf, usePeers } from "../../../src/ocapn/client/fixture.conformance.ts";
import {
  answer,
  deliverMessage,
  exported,
  labelOfValue,
  object,
  promise,
  RawPeer,
  record,
} from "../../../src/ocapn/client/raw-peer.conformance.ts";
import {
  E,
  enlivenCapability,
  formatSturdyrefUri,
  parseSturdyrefUri,
  resolveOcapnLocator,
} from "../../../src/ocapn/index.ts";
import {
  type Capability,
  encodeMessage,
  encodeSyrup,
  makeCapability,
  makeSelector,
  SyrupRecord,
  SyrupStruct,
  type SyrupValue,
} from "../../../src/passable/index.ts";
import { makeVictim, SWISS, type Victim } from "./victim.ts";

const makePeers = usePeers();
const [same, hold, data, send, never] = ["same", "hold", "data", "send", "never"].map(makeSelector);

function ask(
  victim: Victim,
  args: readonly (SyrupValue | undefined)[],
  resolver = 7,
  answerPosition?: number,
): SyrupRecord {
  return deliverMessage({
    to: exported(victim.target),
    args: args as readonly SyrupValue[],
    resolveMe: object(resolver),
    ...(answerPosition === undefined ? {} : { answerPosition }),
  });
}

describe("a struct", () => {
  it("with the keys of a capability is data: nothing is asked of it, and it goes home as it came", async () => {
    const peers = makePeers();
    const victim = await makeVictim(peers);
    const board = makeCapability({ put: (value) => void victim.held.push(value), get: () => victim.held[0] });
    const at = await victim.mallory.fetch(parseSturdyrefUri(victim.bob.ocapn.serve(board)).swissNumber, 2);
    const forged = new SyrupStruct([
      ["locator", new SyrupStruct([["endowment", "vault"]])],
      ["receive", object(20)],
      ["settled", object(21)],
    ]);
    const told = victim.mallory.received.length;
    victim.mallory.deliver({ to: exported(at), args: [makeSelector("put"), forged], resolveMe: object(8) });
    await victim.mallory.resolved(8);
    expect(victim.held).toEqual([
      { locator: { endowment: "vault" }, receive: expect.anything(), settled: expect.anything() },
    ]);
    victim.mallory.deliver({ to: exported(at), args: [makeSelector("get")], resolveMe: object(9) });
    const [, back] = (await victim.mallory.resolved(9)) as [string, SyrupStruct];
    expect(back.entries.map(([key]) => key)).toEqual(["locator", "receive", "settled"]);
    // Two answers, and no question.
    const sent = victim.mallory.received.slice(told).filter((message) => labelOfValue(message) === "op:deliver");
    expect(sent).toHaveLength(2);
    await victim.assertUnharmed();
  });
});

describe("a peer that has data where an object was", () => {
  it.each<readonly [string, SyrupValue]>([
    ["an integer", 5n],
    ["a list of objects", [object(20)]],
    ["a struct", new SyrupStruct([["receive", object(20)]])],
    ["bytes", new Uint8Array(3)],
  ])("gets no message for %s, and whoever sends one learns why", async (_, data) => {
    const peers = makePeers();
    const near = peers.make("near");
    const answers: SyrupValue[] = [object(3), data, data, data];
    const netlayer = peers.network.makeNetlayer("mallory");
    netlayer.listen((connection) => answerFetches(new RawPeer(connection, netlayer.location), answers));
    const uri = formatSturdyrefUri({ peer: netlayer.location, swissNumber: SWISS });
    const capability = await enlivenCapability(near.ocapn, uri);
    near.ocapn.sessions[0]?.abort("cut");
    const thawed = resolveOcapnLocator(near.ocapn)({ ocapn: uri }) as Capability;
    for (const target of [capability, thawed]) {
      expect(await target.receive(encodeMessage(["hi"]))).toMatchObject({ status: "broken", code: "no-target" });
      near.ocapn.sessions[0]?.abort("cut");
    }
    await expect(enlivenCapability(near.ocapn, uri)).rejects.toMatchObject({ code: "unknown-object" });
    await peers.settle();
    expect(answers).toEqual([]);
  });
});

/** Says nothing but that. */
function answerFetches(peer: RawPeer, answers: SyrupValue[]): RawPeer {
  const run = async (): Promise<void> => {
    await peer.until(() => peer.peerKey !== undefined);
    peer.hello();
    const fetch = (): SyrupRecord | undefined =>
      peer.received.find((message) => labelOfValue(message) === "op:deliver");
    await peer.until(() => fetch() !== undefined);
    const resolver = Number(((fetch() as SyrupRecord).fields[3] as SyrupRecord).fields[0]);
    peer.deliver({ to: exported(resolver), args: [makeSelector("fulfill"), answers.shift() as SyrupValue] });
  };
  void run();
  return peer;
}

describe("a position that", () => {
  it.each<readonly [string, (victim: Victim) => readonly SyrupValue[], string]>([
    [
      "was never exported, as a target",
      () => [deliverMessage({ to: exported(999), args: [] })],
      "desc:export 999: there is nothing there",
    ],
    [
      "was never exported, as an argument",
      (victim) => [ask(victim, [same, exported(999)])],
      "desc:export 999: there is no such export",
    ],
    [
      "was never asked for, as a target",
      () => [deliverMessage({ to: answer(999), args: [] })],
      "desc:answer 999: there is nothing there",
    ],
    [
      "was never asked for, as an argument",
      (victim) => [ask(victim, [same, answer(999)])],
      "desc:answer 999: there is no such answer",
    ],
    [
      "was never exported, to be listened to",
      () => [record("op:listen", exported(999), object(1), false)],
      "there is nothing there",
    ],
    [
      "was never asked for, to take a part of",
      () => [record("op:get", answer(999), "x", 1n)],
      "there is nothing there",
    ],
    [
      "is its own answer's",
      (victim) => [ask(victim, [same, answer(3)], 7, 3)],
      "desc:answer 3: there is no such answer",
    ],
    ["was never sent, dropped", () => [record("op:gc-exports", [999n], [1n])], "position 999 was sent 0 times"],
    [
      "was sent once, dropped twice at once",
      ({ target }) => [record("op:gc-exports", [BigInt(target)], [2n])],
      "cannot be dropped 2 times",
    ],
    [
      "was sent once, dropped twice in one list",
      ({ target }) => [record("op:gc-exports", [BigInt(target), BigInt(target)], [1n, 1n])],
      "was sent 0 times",
    ],
    [
      "was sent once, dropped no time",
      ({ target }) => [record("op:gc-exports", [BigInt(target)], [0n])],
      "cannot be dropped 0 times",
    ],
    [
      "was sent once, dropped very often",
      ({ target }) => [record("op:gc-exports", [BigInt(target)], [BigInt(Number.MAX_SAFE_INTEGER)])],
      "cannot be dropped",
    ],
    [
      "was dropped, used",
      (victim) => [record("op:gc-exports", [BigInt(victim.target)], [1n]), ask(victim, [same])],
      "there is nothing there",
    ],
    ["was no answer, dropped", () => [record("op:gc-answers", [0n])], "there is no answer at position 0"],
    [
      "was an answer, dropped twice",
      (victim) => [ask(victim, [data], 7, 3), record("op:gc-answers", [3n, 3n])],
      "there is no answer at position 3",
    ],
    [
      "is in use, for another answer",
      (victim) => [ask(victim, [never], 7, 3), ask(victim, [hold, 1n], 8, 3)],
      "answer position 3: it is in use",
    ],
    [
      "is in use, for a field",
      (victim) => [ask(victim, [data], 7, 3), record("op:get", answer(3), "list", 3n)],
      "answer position 3: it is in use",
    ],
    [
      "is in use, for an item",
      (victim) => [ask(victim, [data], 7, 3), record("op:index", answer(3), 0n, 3n)],
      "answer position 3: it is in use",
    ],
    [
      "is in use, for a tagged value",
      (victim) => [ask(victim, [data], 7, 3), record("op:untag", answer(3), "x", 3n)],
      "answer position 3: it is in use",
    ],
    [
      "is an object, as a promise",
      (victim) => [ask(victim, [hold, object(50)]), ask(victim, [hold, promise(50)], 8)],
      "position 50 is an object and a promise at once",
    ],
    [
      "is a promise, as an object",
      (victim) => [ask(victim, [hold, [promise(50), object(50)]])],
      "position 50 is an object and a promise at once",
    ],
  ])("%s ends the session", async (_, make, reason) => {
    const victim = await makeVictim(makePeers());
    victim.mallory.send(...make(victim));
    await victim.assertAborted(reason);
    expect(victim.held.filter((value) => value === 1n)).toEqual([]);
  });

  it("the bootstrap object has cannot be dropped, and that is no offence", async () => {
    const victim = await makeVictim(makePeers());
    victim.mallory.send(record("op:gc-exports", [0n, 0n], [1n, 1_000n]));
    await victim.assertUnharmed();
  });

  it("was given back can be used again, for an answer", async () => {
    const victim = await makeVictim(makePeers());
    victim.mallory.send(ask(victim, [data], 7, 3), record("op:gc-answers", [3n]), ask(victim, [data], 8, 3));
    expect((await victim.mallory.resolved(8))[0]).toBe("fulfill");
    await victim.assertUnharmed();
  });
});

/** What the victim waits for: it calls what the attacker has given it. */
async function makeQuestion(victim: Victim): Promise<{ readonly question: SyrupRecord; readonly resolver: number }> {
  const { mallory } = victim;
  mallory.send(ask(victim, [hold, object(50)]), ask(victim, [send, "hello"], 8));
  const isCall = ({ fields }: SyrupRecord): boolean =>
    fields[0] instanceof SyrupRecord && fields[0].fields[0] === 50n && Array.isArray(fields[1]);
  await mallory.until(() => mallory.received.some(isCall));
  const question = mallory.received.find(isCall) as SyrupRecord;
  return { question, resolver: Number((question.fields[3] as SyrupRecord).fields[0]) };
}

const tell = (mallory: RawPeer, to: number, ...args: readonly (SyrupValue | undefined)[]): void =>
  mallory.deliver({ to: exported(to), args: args as readonly SyrupValue[] });

describe("a resolver", () => {
  it.each([
    ["a number", [1n]],
    ["nothing", []],
    ["another name", [makeSelector("resolve"), 1n]],
    ["a string", ["fulfill", 1n]],
  ])("that is sent %s ends the session", async (_, args) => {
    const victim = await makeVictim(makePeers());
    const { resolver } = await makeQuestion(victim);
    tell(victim.mallory, resolver, ...args);
    await victim.assertAborted("resolver: expected a message fulfill or break");
  });

  it("that is told twice believes what came first", async () => {
    const victim = await makeVictim(makePeers());
    const { resolver } = await makeQuestion(victim);
    tell(victim.mallory, resolver, makeSelector("fulfill"), "first");
    tell(victim.mallory, resolver, makeSelector("break"), "second");
    tell(victim.mallory, resolver, makeSelector("fulfill"), "third");
    expect(await victim.mallory.resolved(8)).toEqual(["fulfill", "first"]);
    await victim.assertUnharmed();
  });

  it("that is asked, listened to and taken apart like an object gives nothing away", async () => {
    const victim = await makeVictim(makePeers());
    const { resolver } = await makeQuestion(victim);
    victim.mallory.send(
      record("op:listen", exported(resolver), object(20), false),
      record("op:get", exported(resolver), "target", 5n),
      record("op:listen", answer(5), object(21), false),
    );
    expect((await victim.mallory.resolved(20))[0]).toBe("break");
    expect((await victim.mallory.resolved(21))[0]).toBe("break");
    await victim.assertUnharmed();
  });

  it("of the attacker's that is an object in use elsewhere, or used again and again, is one", async () => {
    const victim = await makeVictim(makePeers());
    victim.mallory.send(ask(victim, [hold, object(7)], 7), ask(victim, [same, 1n], 7), ask(victim, [same, 2n], 7));
    await victim.mallory.until(
      () => victim.mallory.received.filter(({ fields }) => (fields[0] as SyrupRecord).fields?.[0] === 7n).length === 3,
    );
    // Each is given back.
    const givenBack = (): number =>
      victim.mallory.received
        .filter(({ label }) => (label as { name?: string }).name === "op:gc-exports")
        .flatMap(({ fields }) => {
          const [positions, counts] = fields as readonly [readonly bigint[], readonly bigint[]];
          return positions.flatMap((position, at) => (position === 7n ? [Number(counts[at])] : []));
        })
        .reduce((sum, delta) => sum + delta, 0);
    await victim.mallory.until(() => givenBack() >= 3);
    expect(givenBack()).toBe(3);
    await victim.assertUnharmed();
  });
});

describe("a promise of the attacker's", () => {
  /** The resolver of the listener for the promise at that position. */
  async function listenerOf(mallory: RawPeer, position: number): Promise<number> {
    const isListen = ({ label, fields }: SyrupRecord): boolean =>
      (label as { name?: string }).name === "op:listen" && (fields[0] as SyrupRecord).fields[0] === BigInt(position);
    await mallory.until(() => mallory.received.some(isListen));
    return Number(((mallory.received.find(isListen) as SyrupRecord).fields[1] as SyrupRecord).fields[0]);
  }

  it("that comes to itself is broken", async () => {
    const victim = await makeVictim(makePeers());
    victim.mallory.send(ask(victim, [hold, promise(50)]));
    tell(victim.mallory, await listenerOf(victim.mallory, 50), makeSelector("fulfill"), promise(50));
    await victim.peers.settle();
    await expect(victim.held[0]).rejects.toThrow("fulfilled with itself");
    await victim.assertUnharmed();
  });

  it("that comes to one that came to it is broken, and so is the other", async () => {
    const victim = await makeVictim(makePeers());
    const { mallory } = victim;
    mallory.send(ask(victim, [hold, promise(50)]), ask(victim, [hold, promise(51)]));
    tell(mallory, await listenerOf(mallory, 50), makeSelector("fulfill"), promise(51));
    tell(mallory, await listenerOf(mallory, 51), makeSelector("fulfill"), promise(50));
    await victim.peers.settle();
    // The first was given back, so that what came then is another one.
    for (const value of victim.held) void E.sendOnly(value as Promise<{ x(): void }>).x();
    await victim.assertUnharmed();
  });

  it("at the end of many can be sent to, and costs no stack", async () => {
    const victim = await makeVictim(makePeers());
    const { mallory } = victim;
    const count = 20_000;
    mallory.send(ask(victim, [hold, Array.from({ length: count }, (_, at) => promise(100 + at))]));
    await listenerOf(mallory, 100 + count - 1);
    const resolvers = new Map(
      mallory.received
        .filter(({ label }) => (label as { name?: string }).name === "op:listen")
        .map(({ fields }) => [
          Number((fields[0] as SyrupRecord).fields[0]),
          Number((fields[1] as SyrupRecord).fields[0]),
        ]),
    );
    // Each comes to the next one, which is not settled yet.
    const messages: Uint8Array[] = [];
    for (let at = 0; at < count - 1; at += 1) {
      const to = exported(resolvers.get(100 + at) as number);
      messages.push(encodeSyrup(deliverMessage({ to, args: [makeSelector("fulfill"), promise(101 + at)] })));
    }
    for (const message of messages) mallory.sendBytes(message);
    await victim.peers.settle();
    const [first] = victim.held[0] as readonly Promise<{ hello(): string }>[];
    const failed = E(first as Promise<{ hello(): string }>)
      .hello()
      .then(
        () => "answered",
        (reason: Error) => reason.name,
      );
    mallory.connection.close();
    await victim.peers.settle();
    expect(await failed).toBe("OcapnError");
  });

  it("that breaks where nobody looks stops nobody", async () => {
    const victim = await makeVictim(makePeers());
    victim.mallory.send(ask(victim, [same, 1n, promise(50), [promise(51)]]));
    for (const position of [50, 51])
      tell(victim.mallory, await listenerOf(victim.mallory, position), makeSelector("break"), "broken");
    await victim.peers.settle();
    await victim.assertUnharmed();
  });
});

describe("an object of the attacker's", () => {
  it("that is called and never answers leaves nothing when its session ends", async () => {
    const victim = await makeVictim(makePeers());
    await makeQuestion(victim);
    expect(tablesOf(victim.bob).at(-1)).toBe("mallory: 2 1 1 0 0");
    victim.mallory.send(record("op:gc-answers", [42n]));
    await victim.assertAborted("there is no answer at position 42");
  });

  it("that is dropped is dropped as often as it was sent", async () => {
    const victim = await makeVictim(makePeers());
    victim.mallory.send(ask(victim, [hold, [object(50), object(50), object(50)]], 7));
    await victim.mallory.resolved(7);
    victim.held.length = 0;
    victim.bob.collector.collectAll();
    const dropped = (): SyrupRecord | undefined =>
      victim.mallory.received.findLast(({ label }) => (label as { name?: string }).name === "op:gc-exports");
    await victim.mallory.until(() => (dropped()?.fields[0] as readonly bigint[] | undefined)?.includes(50n) === true);
    const [positions, deltas] = dropped()!.fields as readonly [readonly bigint[], readonly bigint[]];
    expect(deltas[positions.indexOf(50n)]).toBe(3n);
    await victim.assertUnharmed();
  });
});
