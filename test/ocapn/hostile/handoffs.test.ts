/**
 * Certificates that were made for another purpose, or not made at all; gifts that are none.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import { ED25519, type Peers, randomOf, tablesOf, usePeers } from "../../../src/ocapn/client/fixture.conformance.ts";
import {
  exported,
  giveValue,
  makeGive,
  object,
  promise,
  RawPeer,
  receiveValue,
  record,
} from "../../../src/ocapn/client/raw-peer.conformance.ts";
import { GIFT_DIALS_MAX, GIFT_ID_BYTES_MAX } from "../../../src/ocapn/limits.ts";
import { makeSelector, type SyrupRecord, type SyrupValue } from "../../../src/passable/index.ts";
import { makeVictim, SWISS, type Victim } from "./victim.ts";

const makePeers = usePeers();
const [depositGift, withdrawGift, hold] = ["deposit-gift", "withdraw-gift", "hold"].map(makeSelector) as [
  ReturnType<typeof makeSelector>,
  ReturnType<typeof makeSelector>,
  ReturnType<typeof makeSelector>,
];
const GIFT = new Uint8Array(32).fill(7);

/** Bob exports; mallory is one of the others. The receiver's key with the gifter is its own one, as if it were all one session. */
interface Trio {
  readonly victim: Victim;
  readonly gifter: RawPeer;
  readonly receiver: RawPeer;
  withdraw(certificate: SyrupValue, as?: RawPeer): Promise<readonly [string, SyrupValue]>;
}

let resolvers = 100;

async function makeTrio(peers: Peers): Promise<Trio> {
  const victim = await makeVictim(peers);
  const gifter = await RawPeer.meet(peers, "gifter", "bob");
  const receiver = await RawPeer.meet(peers, "receiver", "bob");
  const target = await gifter.fetch(SWISS);
  gifter.deliver({ to: exported(0), args: [depositGift, GIFT, exported(target)] });
  await peers.settle();
  return {
    victim,
    gifter,
    receiver,
    async withdraw(certificate, as = receiver) {
      resolvers += 1;
      as.deliver({ to: exported(0), args: [withdrawGift, certificate], resolveMe: object(resolvers) });
      return as.resolved(resolvers);
    },
  };
}

function giveOf({ gifter, receiver, victim }: Trio, receiverKey = receiver.key.publicKey) {
  const [exporter] = victim.bob.ocapn.locations;
  return makeGive({ gifter, exporter: exporter!, receiverKey, giftId: GIFT });
}

const messageOf = ([name, value]: readonly [string, SyrupValue]): string =>
  `${name} ${String((value as SyrupRecord).fields[0])}`;

describe("a certificate", () => {
  it("that is right gives the gift, once", async () => {
    const trio = await makeTrio(makePeers());
    const { receiver } = trio;
    const certificate = giveOf(trio);
    expect((await trio.withdraw(receiveValue({ receiver, certificate, handoffCount: 0 })))[0]).toBe("fulfill");
    expect(messageOf(await trio.withdraw(receiveValue({ receiver, certificate, handoffCount: 0 })))).toContain(
      "handoff-count 0: it was used already",
    );
    // With another count, the gift is not there any more; whoever asks waits for the giver to give it again.
    void trio.withdraw(receiveValue({ receiver, certificate, handoffCount: 1 })).catch(() => {});
    await trio.victim.peers.settle();
    expect(tablesOf(trio.victim.bob)).toContain("gifter: 1 0 0 0 1");
    trio.gifter.connection.close();
    await trio.victim.assertUnharmed();
  });

  it.each<readonly [string, (trio: Trio) => SyrupValue, string]>([
    [
      "for another receiver",
      (trio) =>
        receiveValue({
          receiver: trio.receiver,
          certificate: giveOf(trio, trio.victim.mallory.key.publicKey),
          handoffCount: 0,
        }),
      "the receiver whom its giver named did not sign it",
    ],
    [
      "signed by another receiver",
      (trio) =>
        receiveValue({
          receiver: trio.receiver,
          certificate: giveOf(trio),
          handoffCount: 0,
          key: ED25519.makeKey(randomOf(32)),
        }),
      "the receiver whom its giver named did not sign it",
    ],
    [
      "shown in another session",
      (trio) =>
        receiveValue({
          receiver: trio.receiver,
          certificate: giveOf(trio),
          handoffCount: 0,
          session: trio.gifter.sessionId,
        }),
      "it was made for another session",
    ],
    [
      "shown by another side",
      (trio) =>
        receiveValue({ receiver: trio.receiver, certificate: giveOf(trio), handoffCount: 0, side: trio.gifter.side }),
      "it was made for another session",
    ],
    [
      "of a giver that did not sign it",
      (trio) =>
        receiveValue({
          receiver: trio.receiver,
          certificate: { ...giveOf(trio), signature: new Uint8Array(64) },
          handoffCount: 0,
        }),
      "its giver did not sign it",
    ],
    [
      "for a gift of another name",
      (trio) => {
        const { signed, signature } = giveOf(trio);
        return receiveValue({
          receiver: trio.receiver,
          certificate: { signed: { ...signed, giftId: new Uint8Array(32) }, signature },
          handoffCount: 0,
        });
      },
      "its giver did not sign it",
    ],
    [
      "of a giver that nobody knows",
      (trio) => {
        const { signed, signature } = giveOf(trio);
        return receiveValue({
          receiver: trio.receiver,
          certificate: { signed: { ...signed, session: new Uint8Array(32) }, signature },
          handoffCount: 0,
        });
      },
      "this peer has no session with the giver",
    ],
    ["that is the giver's alone", (trio) => giveValue(giveOf(trio)), "expected a certificate"],
    ["that is a number", () => 1n, "expected a certificate"],
    ["that is nothing", () => record("null"), "expected a certificate"],
  ])("%s gives nothing, and takes nothing away", async (_, make, reason) => {
    const trio = await makeTrio(makePeers());
    const result = await trio.withdraw(make(trio));
    expect(messageOf(result)).toContain(reason);
    expect(result[0]).toBe("break");
    const { receiver } = trio;
    const right = receiveValue({ receiver, certificate: giveOf(trio), handoffCount: 1 });
    expect((await trio.withdraw(right))[0]).toBe("fulfill");
    await trio.victim.assertUnharmed();
  });

  it("that was overheard is of no use to others", async () => {
    const trio = await makeTrio(makePeers());
    const { receiver } = trio;
    const shown = receiveValue({ receiver, certificate: giveOf(trio), handoffCount: 0 });
    expect(messageOf(await trio.withdraw(shown, trio.victim.mallory))).toContain("it was made for another session");
    const { mallory } = trio.victim;
    const own = receiveValue({ receiver: mallory, certificate: giveOf(trio), handoffCount: 0 });
    expect(messageOf(await trio.withdraw(own, mallory))).toContain("did not sign it");
    expect((await trio.withdraw(shown))[0]).toBe("fulfill");
  });
});

describe("a gift", () => {
  it.each<readonly [string, readonly SyrupValue[]]>([
    ["that is data", [GIFT, 1n]],
    ["that is the giver's own", [GIFT, object(50)]],
    ["that is the giver's own promise", [GIFT, promise(50)]],
    ["without a name", ["gift", exported(1)]],
    ["with a long name", [new Uint8Array(GIFT_ID_BYTES_MAX + 1), exported(1)]],
    ["that is none", []],
  ])("%s is refused", async (_, args) => {
    const victim = await makeVictim(makePeers());
    victim.mallory.deliver({ to: exported(0), args: [depositGift, ...args], resolveMe: object(7) });
    expect((await victim.mallory.resolved(7))[0]).toBe("break");
    await victim.peers.settle();
    expect(tablesOf(victim.bob).at(-1)).toMatch(/0$/);
    await victim.assertUnharmed();
  });

  it("in place of another one is refused", async () => {
    const trio = await makeTrio(makePeers());
    const target = await trio.gifter.fetch(SWISS, 90);
    trio.gifter.deliver({ to: exported(0), args: [depositGift, GIFT, exported(target)], resolveMe: object(91) });
    expect(messageOf(await trio.gifter.resolved(91))).toContain("there is a gift of that identifier already");
  });
});

describe("a reference by a certificate", () => {
  const give = (victim: Victim, designator: string, receiverKey = victim.mallory.peerKey!): SyrupValue =>
    giveValue(
      makeGive({
        gifter: victim.mallory,
        exporter: { transport: "memory", designator, hints: false },
        receiverKey,
        giftId: GIFT,
      }),
    );

  it("for somebody else is broken, and nobody is dialled", async () => {
    const victim = await makeVictim(makePeers());
    const dials = victim.peers.network.connections().length;
    victim.mallory.deliver({ to: exported(victim.target), args: [hold, give(victim, "alice", randomOf(32))] });
    await victim.peers.settle();
    await expect(victim.held[0]).rejects.toThrow("it names another receiver");
    expect(victim.peers.network.connections()).toHaveLength(dials);
    await victim.assertUnharmed();
  });

  it.each([
    ["that nobody deposited", "alice", "this peer has no session with the giver"],
    ["at a peer that is not there", "nobody", "cannot reach nobody"],
    ["at the victim itself", "bob", "there is no such gift|the giver|went away"],
    ["at the attacker", "mallory", ""],
  ])("%s is broken", async (_, designator, reason) => {
    const victim = await makeVictim(makePeers());
    victim.mallory.deliver({ to: exported(victim.target), args: [hold, give(victim, designator)] });
    await victim.peers.settle();
    victim.mallory.connection.close();
    await victim.peers.settle();
    await expect(victim.held[0]).rejects.toThrow(new RegExp(reason));
  });

  it("to so many peers at once, and not one more, is looked for", async () => {
    const peers = makePeers({});
    const victim = await peers.run(makeVictim(peers));
    const dials = (): number => peers.network.pending().filter(({ kind }) => kind === "dial").length;
    for (let at = 0; at <= GIFT_DIALS_MAX; at += 1) {
      victim.mallory.deliver({ to: exported(victim.target), args: [hold, give(victim, `peer-${at}`)] });
    }
    await peers.arrive(({ from }) => from === "mallory");
    expect(dials()).toBe(GIFT_DIALS_MAX);
    await expect(victim.held[GIFT_DIALS_MAX]).rejects.toThrow("which is the limit");
    for (const held of victim.held) (held as Promise<unknown>).catch(() => {});
    await peers.settle();
    // There is room again.
    victim.mallory.deliver({ to: exported(victim.target), args: [hold, give(victim, "one-more")] });
    await peers.arrive(({ from }) => from === "mallory");
    expect(dials()).toBe(1);
  });
});
