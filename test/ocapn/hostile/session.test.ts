/**
 * What a peer may not do in a session: the session ends with a reason that the peer is told, and nothing else does.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import { type ManualCollector, tablesOf, turns, usePeers } from "../../../src/ocapn/client/fixture.conformance.ts";
import { answer, exported, object, promise, RawPeer, record } from "../../../src/ocapn/client/raw-peer.conformance.ts";
import { E } from "../../../src/ocapn/index.ts";
import {
  encodeSyrup,
  Far,
  makeSelector,
  SyrupRecord,
  SyrupStruct,
  type SyrupValue,
} from "../../../src/passable/index.ts";

const makePeers = usePeers();
const SWISS = new Uint8Array([7, 7, 7]);
const text = (syrup: string): Uint8Array => new TextEncoder().encode(syrup);

/** A victim that serves an object, a friend with a session, and a raw peer that has fetched the object. */
async function makeScene() {
  const peers = makePeers();
  const victim = peers.make("victim");
  const calls: unknown[][] = [];
  const uri = victim.ocapn.serve(
    Far("target", {
      note: (...args: unknown[]) => calls.push(args),
      never: () => new Promise(() => {}),
      call: (other: { hello(): unknown }) => E(other).hello(),
    }),
    { swissNumber: SWISS },
  );
  const friend = peers.make("friend");
  const target = await friend.ocapn.enliven<{ note(...args: unknown[]): number }>(uri);
  const raw = await RawPeer.meet(peers, "raw", "victim");
  const position = await raw.fetch(SWISS);
  return { peers, victim, friend, target, raw, position, calls };
}

type Scene = Awaited<ReturnType<typeof makeScene>>;
const note = makeSelector("note");
const never = makeSelector("never");

const ATTACKS: readonly (readonly [what: string, attack: (scene: Scene) => void, reason: string | RegExp])[] = [
  [
    "a message to an export that is not there",
    ({ raw }) => raw.deliver({ to: exported(9_999), args: [note] }),
    "there is nothing there",
  ],
  [
    "a message to an answer that is not there",
    ({ raw }) => raw.deliver({ to: answer(9_999), args: [note] }),
    "there is nothing there",
  ],
  [
    "an export that is not there as an argument",
    ({ raw, position }) => raw.deliver({ to: exported(position), args: [note, exported(9_999)] }),
    "there is no such export",
  ],
  [
    "an answer that is not there as an argument",
    ({ raw, position }) => raw.deliver({ to: exported(position), args: [note, answer(77)] }),
    "there is no such answer",
  ],
  [
    "a position beyond what numbers can be",
    ({ raw }) => raw.send(record("op:deliver", record("desc:export", 2n ** 60n), [note], false, false)),
    /position|integer/,
  ],
  [
    "a negative position",
    ({ raw }) => raw.send(record("op:deliver", record("desc:export", -1n), [note], false, false)),
    /position|integer/,
  ],
  [
    "an answer position that is in use",
    ({ raw, position }) => {
      raw.deliver({ to: exported(position), args: [never], answerPosition: 5 });
      raw.deliver({ to: exported(position), args: [note, "twice"], answerPosition: 5 });
    },
    "in use until op:gc-answers",
  ],
  [
    "dropping an export that was never sent",
    ({ raw }) => raw.send(record("op:gc-exports", [500n], [1n])),
    "cannot be dropped 1 times",
  ],
  [
    "dropping an export more often than it was sent",
    ({ raw, position }) => raw.send(record("op:gc-exports", [BigInt(position)], [2n])),
    "was sent 1 times, and cannot be dropped 2 times",
  ],
  [
    "dropping an export twice",
    ({ raw, position }) => raw.send(record("op:gc-exports", [BigInt(position), BigInt(position)], [1n, 1n])),
    "was sent 0 times",
  ],
  [
    "dropping an export no times",
    ({ raw, position }) => raw.send(record("op:gc-exports", [BigInt(position)], [0n])),
    "cannot be dropped 0 times",
  ],
  [
    "dropping with lists that do not fit",
    ({ raw, position }) => raw.send(record("op:gc-exports", [BigInt(position)], [])),
    "1 positions and 0 wire deltas",
  ],
  [
    "dropping an answer that is not there",
    ({ raw }) => raw.send(record("op:gc-answers", [3n])),
    "there is no answer at position 3",
  ],
  ["a second hello", ({ raw }) => raw.hello(), "the session has begun already"],
  [
    "a message that there is not",
    ({ raw }) => raw.send(record("op:format-disk", 1n)),
    "no message of CapTP: op:format-disk",
  ],
  [
    "a label that is a name of every object",
    ({ raw }) => raw.send(record("__proto__", 1n)),
    "no message of CapTP: __proto__",
  ],
  [
    "a label that is a method of every object",
    ({ raw }) => raw.send(record("constructor")),
    "no message of CapTP: constructor",
  ],
  ["a label that is no symbol", ({ raw }) => raw.send(new SyrupRecord("op:abort", ["x"])), /symbol/],
  ["a message that is no record", ({ raw }) => raw.send([1n, 2n]), /record/],
  [
    "a message with too few fields",
    ({ raw, position }) => raw.send(record("op:deliver", exported(position), [note])),
    /malformed|expected|end/,
  ],
  [
    "a message with too many fields",
    ({ raw, position }) => raw.send(record("op:deliver", exported(position), [note], false, false, false)),
    /expected/,
  ],
  [
    "arguments that are no list",
    ({ raw, position }) => raw.send(record("op:deliver", exported(position), "note", false, false)),
    "list",
  ],
  [
    "true for an answer position",
    ({ raw, position }) => raw.send(record("op:deliver", exported(position), [note], true, false)),
    "expected false or a value, got true",
  ],
  [
    "a descriptor that there is not",
    ({ raw, position }) => raw.deliver({ to: exported(position), args: [note, record("desc:everything", 1n)] }),
    "no value of CapTP: desc:everything",
  ],
  [
    "an object that is a promise as well",
    ({ raw, position }) => {
      raw.deliver({ to: exported(position), args: [note, object(40)] });
      raw.deliver({ to: exported(position), args: [note, promise(40)] });
    },
    "an object and a promise at once",
  ],
  [
    "a certificate that is none",
    ({ raw, position }) =>
      raw.deliver({
        to: exported(position),
        args: [note, record("desc:sig-envelope", record("desc:passport", 1n), false)],
      }),
    "expected a certificate",
  ],
  [
    "keys of a struct twice",
    ({ raw }) => raw.sendBytes(text("<10'op:deliver<11'desc:export1+>[4'note{1\"at1\"at}]ff>")),
    /key|order|twice/,
  ],
  [
    "text that is no UTF-8",
    ({ raw }) => raw.sendBytes(new Uint8Array([...text("<8'op:abort2\""), 0xc3, 0x28, ...text(">")])),
    /UTF-8/,
  ],
  ["brackets that do not fit", ({ raw }) => raw.sendBytes(text("<8'op:abort]")), /bracket|expected/],
  ["a number with zeros in front", ({ raw }) => raw.sendBytes(text("<13'op:gc-answers[007+]>")), /zero/],
  ["values nested without end", ({ raw }) => raw.sendBytes(text("[".repeat(100_000))), /deep|nest/],
  ["a length of a gigabyte", ({ raw }) => raw.sendBytes(text("<8'op:abort1073741824\"x")), /bytes/],
  ["a number of a million digits", ({ raw }) => raw.sendBytes(text("1".repeat(1_000_000))), /digits|bytes/],
];

async function expectUnharmed({ victim, friend, target, calls }: Scene): Promise<void> {
  await turns(4);
  expect(victim.ocapn.sessions.map(({ peer }) => peer.designator)).toEqual(["friend"]);
  const count = calls.length;
  expect(await E(target).note("still there")).toBe(count + 1);
  expect(friend.ocapn.sessions).toHaveLength(1);
}

describe("a peer that does what it may not", () => {
  it.each(ATTACKS)("%s: loses its session, and nobody else does", async (_what, attack, reason) => {
    const scene = await makeScene();
    attack(scene);
    expect(await scene.raw.aborted()).toMatch(reason);
    await expectUnharmed(scene);
  });

  it("gets nothing done by a message that ends its session", async () => {
    const scene = await makeScene();
    const { raw, position, calls } = scene;
    raw.deliver({ to: exported(position), args: [never], answerPosition: 5 });
    raw.deliver({ to: exported(position), args: [note, "twice"], answerPosition: 5 });
    raw.deliver({ to: exported(position), args: [note, "after the end"] });
    await raw.aborted();
    expect(calls).toEqual([]);
    await expectUnharmed(scene);
  });
});

describe("what a peer sends", () => {
  it("cannot give objects of the victim another prototype", async () => {
    const scene = await makeScene();
    const { raw, position, calls } = scene;
    const struct = new SyrupStruct([["__proto__", new SyrupStruct([["polluted", true]])]] as [
      SyrupValue,
      SyrupValue,
    ][]);
    raw.deliver({ to: exported(position), args: [note, struct], resolveMe: object(60) });
    await raw.resolved(60);
    const [received] = calls[0] as [object];
    expect(Object.getPrototypeOf(received)).toBe(Object.prototype);
    expect(Object.hasOwn(received, "__proto__")).toBe(true);
    expect("polluted" in {}).toBe(false);
    await expect(expectUnharmed(scene)).rejects.toThrow();
    raw.connection.close();
    await expectUnharmed(scene);
  });

  it("cannot call what every object has", async () => {
    const { raw, position } = await makeScene();
    const names = [
      "constructor",
      "toString",
      "valueOf",
      "hasOwnProperty",
      "__proto__",
      "__defineGetter__",
      "isPrototypeOf",
    ];
    for (const [at, name] of names.entries()) {
      raw.deliver({ to: exported(position), args: [makeSelector(name)], resolveMe: object(100 + at) });
      const [how, value] = await raw.resolved(100 + at);
      expect([name, how]).toEqual([name, "break"]);
      expect(encodeSyrup(value).length).toBeLessThan(200);
    }
  });

  it("cannot settle a promise twice, or with anything but fulfill and break", async () => {
    const scene = await makeScene();
    const { raw, position, victim } = scene;
    // The victim asks the raw peer's object something, and waits.
    raw.deliver({ to: exported(position), args: [makeSelector("call"), object(70)], resolveMe: object(71) });
    await raw.until(() => raw.received.some((message) => (message.fields[0] as SyrupRecord)?.fields?.[0] === 70n));
    const question = raw.received.find((message) => (message.fields[0] as SyrupRecord)?.fields?.[0] === 70n)!;
    const resolver = Number((question.fields[3] as SyrupRecord).fields[0]);
    raw.deliver({ to: exported(resolver), args: [makeSelector("fulfill"), "first"] });
    raw.deliver({ to: exported(resolver), args: [makeSelector("break"), "second"] });
    expect(await raw.resolved(71)).toEqual(["fulfill", "first"]);
    expect(victim.ocapn.sessions).toHaveLength(2);
    raw.deliver({ to: exported(resolver), args: [makeSelector("steal"), "third"] });
    expect(await raw.aborted()).toContain("expected a message fulfill or break");
    await expectUnharmed(scene);
  });
});

describe("a peer that is gone in the middle of a message", () => {
  it("holds up nobody, and leaves nothing", async () => {
    const scene = await makeScene();
    const { raw, position, target, victim } = scene;
    const whole = encodeSyrup(record("op:deliver", exported(position), [note, new Uint8Array(100_000)], false, false));
    raw.sendBytes(whole.slice(0, 60_000));
    await turns(4);
    expect(await E(target).note("meanwhile")).toBe(1);
    raw.connection.close();
    await expectUnharmed(scene);
    (victim.collector as ManualCollector).collectAll();
    expect(tablesOf(victim)).toHaveLength(1);
  });
});
