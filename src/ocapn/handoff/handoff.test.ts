/**
 * An object of one peer, given by a second to a third: also when somebody goes away in the middle.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import { Far, makeSelector, PassableError, type SyrupRecord } from "../../passable/index.ts";
import { bytesKey } from "../captp/identity.ts";
import {
  makeLog,
  type Peers,
  reasonOf,
  type TestPeer,
  tablesOf,
  turns,
  usePeers,
} from "../client/fixture.conformance.ts";
import { exported, object, RawPeer } from "../client/raw-peer.conformance.ts";
import { E } from "../eventual/e.ts";
import type { Remote } from "../eventual/types.ts";
import { parseSturdyrefUri } from "../locator.ts";
import { GIFT_ID_HALF_BYTES } from "./gift-shelf.ts";

const makePeers = usePeers();

interface Holder {
  hold(value: unknown): Promise<string>;
  note(value: unknown): Promise<unknown>;
  drop(): void;
  held(): unknown;
}

/** Takes what it is given, and sends to it. */
function makeHolder(): Holder {
  let held: unknown;
  return Far("holder", {
    async hold(value: unknown) {
      held = await value;
      return "held";
    },
    note: (value: unknown) => E(held as ReturnType<typeof makeLog>["far"]).note(value),
    drop() {
      held = undefined;
    },
    held: () => held,
  });
}

interface Trio {
  readonly peers: Peers;
  readonly gifter: TestPeer;
  readonly exporter: TestPeer;
  readonly receiver: TestPeer;
  readonly log: unknown[];
  /** At the gifter. */
  readonly gift: Remote<ReturnType<typeof makeLog>["far"]>;
  readonly giftUri: string;
  readonly holder: Remote<Holder>;
}

async function makeTrio(isManual = false): Promise<Trio> {
  const peers = makePeers(isManual ? {} : undefined);
  const [gifter, exporter, receiver] = [peers.make("gifter"), peers.make("exporter"), peers.make("receiver")];
  const { log, far } = makeLog();
  const giftUri = exporter.ocapn.serve(far);
  const gift = gifter.ocapn.enliven<typeof far>(giftUri);
  const holder = gifter.ocapn.enliven<Holder>(receiver.ocapn.serve(makeHolder()));
  await peers.settle();
  return { peers, gifter, exporter, receiver, log, gift: await gift, giftUri, holder: await holder };
}

function allTables({ gifter, exporter, receiver }: Trio): readonly string[] {
  return [gifter, exporter, receiver].flatMap((peer) => tablesOf(peer).map((line) => `${peer.name} ${line}`));
}

describe("a handoff", () => {
  it("gives the receiver a reference of its own, by which it needs the gifter no more", async () => {
    const trio = await makeTrio();
    expect(await E(trio.holder).hold(trio.gift)).toBe("held");
    await trio.gifter.ocapn.close();
    const holder = await trio.exporter.ocapn.enliven<Holder>(trio.receiver.ocapn.serve(makeHolder()));
    expect(await E(holder).hold(1)).toBe("held");
    const [own] = trio.receiver.ocapn.sessions.filter(({ peer }) => peer.designator === "exporter");
    expect(own?.tables.imports).toBe(1);
  });

  it("as an answer works like one as an argument", async () => {
    const trio = await makeTrio();
    const giver = Far("giver", { give: () => ({ deep: [trio.gift] }) });
    const remote = await trio.receiver.ocapn.enliven<typeof giver>(trio.gifter.ocapn.serve(giver));
    const answer = (await E(remote).give()) as unknown as { deep: [Promise<typeof trio.gift>] };
    expect(await E(answer.deep[0] as unknown as Promise<ReturnType<typeof makeLog>["far"]>).note("given")).toBe(1);
    expect(trio.log).toEqual(["given"]);
  });

  it("leaves nothing behind when all have dropped it", async () => {
    const trio = await makeTrio();
    await E(trio.holder).hold(trio.gift);
    await E(trio.holder).drop();
    await trio.peers.settle();
    for (const peer of [trio.gifter, trio.exporter, trio.receiver]) peer.collector.collectAll();
    await trio.peers.settle();
    const zeros = [
      "gifter exporter",
      "gifter receiver",
      "exporter gifter",
      "exporter receiver",
      "receiver gifter",
      "receiver exporter",
    ];
    expect(allTables(trio).toSorted()).toEqual(zeros.map((line) => `${line}: 0 0 0 0 0`).toSorted());
  });

  it("keeps the object alive at the exporter when the gifter drops it at once", async () => {
    const trio = await makeTrio(true);
    const held = E(trio.holder).hold(trio.gift);
    await turns(2);
    trio.gifter.collector.collect(trio.gift as object);
    await trio.peers.settle();
    expect(await held).toBe("held");
    const noted = E(trio.holder).note("still there");
    await trio.peers.settle();
    expect(await noted).toBe(1);
  });

  it("of a message that cannot be sent gives nothing away", async () => {
    const trio = await makeTrio();
    const before = allTables(trio);
    trio.peers.takeWire("gifter");
    const reason = await reasonOf(E(trio.holder).hold([trio.gift, new Map()]));
    expect(reason).toBeInstanceOf(PassableError);
    expect(reason.message).toContain("[1]: an instance of Map cannot be passed");
    await trio.peers.settle();
    expect(trio.peers.takeWire("gifter")).toEqual([]);
    expect(allTables(trio)).toEqual(before);
  });

  it.each(["gifter first", "receiver first"])("works when the exporter hears of it from the %s", async (first) => {
    const trio = await makeTrio(true);
    const held = E(trio.holder).hold(trio.gift);
    await turns(2);
    await trio.peers.arrive(({ from, to }) => (from === "gifter" && to === "exporter") === (first === "gifter first"));
    await trio.peers.settle();
    expect(await held).toBe("held");
  });

  it("breaks when the gifter goes away before the exporter has the gift", async () => {
    const trio = await makeTrio(true);
    const failed = reasonOf(E(trio.holder).hold(trio.gift));
    const holder = trio.exporter.ocapn.enliven<Holder>(trio.receiver.ocapn.serve(makeHolder()));
    await turns(2);
    const toExporter = trio.peers.network.connections().find(({ to }) => to === "exporter");
    // The certificate arrives and is shown, the deposit does not.
    await trio.peers.arrive(({ from, to }) => from !== "gifter" || to !== "exporter");
    expect(allTables(trio)).toContain("exporter gifter: 1 0 0 0 1");
    trio.peers.network.cut(toExporter?.connection as number);
    await trio.peers.settle();
    await holder;
    expect((await failed).message).toContain("went away before it handed it over");
    expect(allTables(trio).filter((line) => line.startsWith("exporter"))).toEqual(["exporter receiver: 0 1 0 0 0"]);
  });

  it("is completed when the gifter goes away after the deposit", async () => {
    const trio = await makeTrio(true);
    void E(trio.holder).hold(trio.gift);
    await turns(2);
    for (const next of trio.peers.network.pending()) next.arrive();
    await turns(2);
    trio.peers.network.crash("gifter");
    await trio.peers.settle();
    // Nobody has it but the receiver now.
    expect(allTables(trio)).toContain("receiver exporter: 0 1 0 0 0");
    expect(allTables(trio)).toContain("exporter receiver: 1 0 0 0 0");
  });

  it("that the receiver does not take leaves the gift until the gifter's session ends, and then until others need the room", async () => {
    const trio = await makeTrio(true);
    void E(trio.holder).hold(trio.gift);
    await turns(2);
    trio.peers.network
      .pending()
      .find(({ to }) => to === "exporter")
      ?.arrive();
    trio.peers.network.crash("receiver");
    await trio.peers.settle();
    expect(allTables(trio)).toContain("exporter gifter: 1 0 0 0 1");
  });

  it("to a peer that cannot reach the exporter breaks the promise there", async () => {
    const peers = makePeers({
      immediate: true,
      isReachable: ({ from, to }) => from !== "receiver" || to !== "exporter",
    });
    const [gifter, exporter, receiver] = [peers.make("gifter"), peers.make("exporter"), peers.make("receiver")];
    const gift = await gifter.ocapn.enliven(exporter.ocapn.serve(makeLog().far));
    const holder = await gifter.ocapn.enliven<Holder>(receiver.ocapn.serve(makeHolder()));
    const reason = await reasonOf(E(holder).hold(gift));
    expect(reason.message).toContain("exporter.memory: memory: receiver cannot reach exporter");
  });

  it("of an object whose session is over gives a reference by way of the gifter, which is broken", async () => {
    const trio = await makeTrio();
    trio.gifter.ocapn.sessions.find(({ peer }) => peer.designator === "exporter")?.abort("enough");
    await turns();
    expect(await E(trio.holder).hold(trio.gift)).toBe("held");
    expect((await reasonOf(E(trio.holder).note(1))).message).toContain("enough");
  });
});

describe("the identifiers of gifts", () => {
  it("begin alike for one receiver, and for no other, so that the exporter can tell whose they are", async () => {
    const trio = await makeTrio();
    const ids: string[] = [];
    const uri = trio.gifter.ocapn.serve(Far("broker", { give: () => trio.gift }), { swissNumber: new Uint8Array(32) });
    const { swissNumber } = parseSturdyrefUri(uri);
    for (const name of ["one", "another"]) {
      const raw = await RawPeer.meet(trio.peers, name, "gifter");
      const broker = await raw.fetch(swissNumber);
      for (const at of [2, 3]) {
        raw.deliver({ to: exported(broker), args: [makeSelector("give")], resolveMe: object(at) });
        const [, envelope] = (await raw.resolved(at)) as readonly [string, SyrupRecord];
        const [give] = envelope.fields as readonly SyrupRecord[];
        ids.push(bytesKey(give?.fields[4] as Uint8Array));
      }
    }
    const starts = ids.map((id) => id.slice(0, 2 * GIFT_ID_HALF_BYTES));
    expect([starts[0] === starts[1], starts[2] === starts[3], starts[0] === starts[2]]).toEqual([true, true, false]);
    expect(new Set(ids.map((id) => id.slice(2 * GIFT_ID_HALF_BYTES))).size).toBe(4);
  });
});

describe("revocation", () => {
  it("reaches who got the reference by the sturdyref, and whoever it was handed on to", async () => {
    const trio = await makeTrio();
    await E(trio.holder).hold(trio.gift);
    expect(await E(trio.holder).note(1)).toBe(1);
    expect(trio.exporter.ocapn.revoke(trio.giftUri)).toBe(true);
    for (const use of [() => E(trio.gift).note(2), () => E(trio.holder).note(3)]) {
      expect(await reasonOf(use())).toMatchObject({
        name: "OcapnError",
        message: expect.stringContaining("was revoked"),
      });
    }
    expect(trio.log).toEqual([1]);
    expect(trio.exporter.ocapn.revoke(trio.giftUri)).toBe(false);
    expect((await reasonOf(trio.gifter.ocapn.enliven(trio.giftUri))).message).toContain("no object is served");
  });

  it("reaches a gift that has not been withdrawn yet", async () => {
    const trio = await makeTrio(true);
    const held = E(trio.holder).hold(trio.gift);
    await turns(2);
    trio.peers.network
      .pending()
      .find(({ to }) => to === "exporter")
      ?.arrive();
    trio.exporter.ocapn.revoke(trio.giftUri);
    await trio.peers.settle();
    expect(await held).toBe("held");
    const noted = reasonOf(E(trio.holder).note(1));
    await trio.peers.settle();
    expect((await noted).message).toContain("was revoked");
  });

  it("does not reach who was given the object itself", async () => {
    const peers = makePeers();
    const [alice, bob] = [peers.make("alice"), peers.make("bob")];
    const { log, far } = makeLog();
    const uri = bob.ocapn.serve(far);
    const box = await alice.ocapn.enliven<{ get(): typeof far }>(bob.ocapn.serve(Far("box", { get: () => far })));
    const given = await E(box).get();
    bob.ocapn.revoke(uri);
    expect(await E(given).note("given")).toBe(1);
    expect(log).toEqual(["given"]);
  });

  it("of a reference that is served again gives the new one by the new URI only", async () => {
    const peers = makePeers();
    const [alice, bob] = [peers.make("alice"), peers.make("bob")];
    const { far } = makeLog();
    const first = bob.ocapn.serve(far);
    const old = await alice.ocapn.enliven<typeof far>(first);
    bob.ocapn.revoke(first);
    const again = await alice.ocapn.enliven<typeof far>(bob.ocapn.serve(far));
    expect(await E(again).note(1)).toBe(1);
    expect((await reasonOf(E(old).note(2))).message).toContain("was revoked");
  });
});
