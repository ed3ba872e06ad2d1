/**
 * Ways by which a peer that has an object by its sturdyref might get it so that it stays when the sturdyref is revoked.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import { usePeers } from "../../../src/ocapn/client/fixture.conformance.ts";
import {
  answer,
  exported,
  giveValue,
  makeGive,
  object,
  RawPeer,
  receiveValue,
  record,
} from "../../../src/ocapn/client/raw-peer.conformance.ts";
import { Far, makeSelector, type SyrupRecord, type SyrupValue } from "../../../src/passable/index.ts";
import { makeVictim, SWISS, type Victim } from "./victim.ts";

const makePeers = usePeers();
const SECRET = new Uint8Array(32).fill(1);
const BOX = new Uint8Array(32).fill(2);
const GIFT = new Uint8Array(32).fill(7);

/** Beside the target, which gives back what it is given, bob serves a counter, which will be revoked, and a box that keeps what is put in. */
interface Scene {
  readonly victim: Victim;
  readonly raw: RawPeer;
  readonly uri: string;
  ask(to: SyrupValue, args: readonly SyrupValue[], by?: RawPeer): Promise<readonly [string, SyrupValue]>;
  /** Where the answer stands for who asked. */
  positionOf(to: SyrupValue, args: readonly SyrupValue[], by?: RawPeer): Promise<number>;
  fetch(swissNumber: Uint8Array): Promise<number>;
  /** The counter, as an answer that was never exported. */
  pipeline(position: number): SyrupRecord;
}

async function makeScene(): Promise<Scene> {
  const victim = await makeVictim(makePeers());
  const { ocapn } = victim.bob;
  const uri = ocapn.serve(Far("counter", { add: () => "added" }), { swissNumber: SECRET });
  let kept: unknown;
  const box = Far("box", {
    put: (value: unknown) => {
      kept = value;
    },
    take: () => kept,
  });
  ocapn.serve(box, { swissNumber: BOX });
  let resolvers = 100;
  const ask: Scene["ask"] = (to, args, by = victim.mallory) => {
    resolvers += 1;
    by.deliver({ to, args, resolveMe: object(resolvers) });
    return by.resolved(resolvers);
  };
  const positionOf: Scene["positionOf"] = async (to, args, by) => {
    const [name, value] = await ask(to, args, by);
    expect(name).toBe("fulfill");
    return Number((value as SyrupRecord).fields[0]);
  };
  return {
    victim,
    raw: victim.mallory,
    uri,
    ask,
    positionOf,
    fetch: (swissNumber) => positionOf(exported(0), [makeSelector("fetch"), swissNumber]),
    pipeline(position) {
      victim.mallory.deliver({ to: exported(0), args: [makeSelector("fetch"), SECRET], answerPosition: position });
      return answer(position);
    },
  };
}

interface Reference {
  readonly by: RawPeer;
  readonly position: number;
}

const [same, put, take] = ["same", "put", "take"].map(makeSelector) as [SyrupValue, SyrupValue, SyrupValue];

async function giveAway({ victim, raw, ask }: Scene, gift: SyrupValue) {
  expect((await ask(exported(0), [makeSelector("deposit-gift"), GIFT, gift]))[0]).toBe("fulfill");
  const [exporter] = victim.bob.ocapn.locations;
  return (receiverKey: Uint8Array) => makeGive({ gifter: raw, exporter: exporter!, receiverKey, giftId: GIFT });
}

async function withdraw(scene: Scene, gift: SyrupValue): Promise<Reference> {
  const by = await RawPeer.meet(scene.victim.peers, "receiver", "bob");
  const certificate = (await giveAway(scene, gift))(by.key.publicKey);
  const shown = receiveValue({ receiver: by, certificate, handoffCount: 0 });
  return { by, position: await scene.positionOf(exported(0), [makeSelector("withdraw-gift"), shown], by) };
}

const ways: readonly (readonly [string, (scene: Scene) => Promise<Reference>])[] = [
  ["an ordinary reference", async ({ raw, fetch }) => ({ by: raw, position: await fetch(SECRET) })],
  [
    "an object that gives back the reference",
    async ({ raw, victim, positionOf, fetch }) => {
      const counter = await fetch(SECRET);
      return { by: raw, position: await positionOf(exported(victim.target), [same, exported(counter)]) };
    },
  ],
  [
    "an object that gives back the answer",
    async ({ raw, victim, positionOf, pipeline }) => ({
      by: raw,
      position: await positionOf(exported(victim.target), [same, pipeline(0)]),
    }),
  ],
  [
    "an object that keeps it while it is dropped",
    async ({ raw, ask, positionOf, fetch }) => {
      const [counter, box] = [await fetch(SECRET), await fetch(BOX)];
      await ask(exported(box), [put, exported(counter)]);
      raw.send(record("op:gc-exports", [BigInt(counter)], [1n]));
      const position = await positionOf(exported(box), [take]);
      expect(position).not.toBe(counter);
      return { by: raw, position };
    },
  ],
  [
    "an object that keeps it until it is revoked",
    async ({ raw, victim, uri, ask, pipeline, positionOf, fetch }) => {
      const box = await fetch(BOX);
      await ask(exported(box), [put, pipeline(0)]);
      victim.bob.ocapn.revoke(uri);
      return { by: raw, position: await positionOf(exported(box), [take]) };
    },
  ],
  ["a gift of the reference", async (scene) => withdraw(scene, exported(await scene.fetch(SECRET)))],
  ["a gift of the answer", (scene) => withdraw(scene, scene.pipeline(0))],
  [
    "a gift of an answer that gives it back",
    (scene) => {
      const { victim, raw, pipeline } = scene;
      raw.deliver({ to: exported(victim.target), args: [same, pipeline(0)], answerPosition: 1 });
      return withdraw(scene, answer(1));
    },
  ],
  [
    "a gift to the exporter itself, which gives it back",
    async (scene) => {
      const { victim, positionOf, pipeline } = scene;
      const by = await RawPeer.meet(victim.peers, "accomplice", "bob");
      const target = await by.fetch(SWISS);
      const certificate = (await giveAway(scene, pipeline(0)))(by.peerKey as Uint8Array);
      return { by, position: await positionOf(exported(target), [same, giveValue(certificate)], by) };
    },
  ],
];

describe("a revoked sturdyref", () => {
  it.each(ways)("ends what was got by %s", async (_, get) => {
    const scene = await makeScene();
    const { by, position } = await get(scene);
    scene.victim.bob.ocapn.revoke(scene.uri);
    const [name, reason] = await scene.ask(exported(position), [makeSelector("add")], by);
    expect([name, String((reason as SyrupRecord).fields?.[0])]).toEqual([
      "break",
      expect.stringContaining("this reference was revoked"),
    ]);
    await scene.victim.assertUnharmed();
  });

  it.each(ways.filter(([name]) => !name.includes("until")))("and not before: %s", async (_, get) => {
    const scene = await makeScene();
    const { by, position } = await get(scene);
    expect(await scene.ask(exported(position), [makeSelector("add")], by)).toEqual(["fulfill", "added"]);
  });
});
