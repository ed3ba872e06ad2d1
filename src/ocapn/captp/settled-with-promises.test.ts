/**
 * Peers that tell of a promise what other promise it came to, which the draft allows and this project's own peers never do.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import { Far, makeSelector, Selector, type SyrupRecord, type SyrupValue } from "../../passable/index.ts";
import { usePeers } from "../client/fixture.conformance.ts";
import { exported, labelOfValue, object, promise, RawPeer, record } from "../client/raw-peer.conformance.ts";
import { E } from "../eventual/e.ts";
import type { Remote } from "../eventual/types.ts";

const makePeers = usePeers();
const SWISS = new Uint8Array([1]);
/** Where the raw peer's object stands. */
const OBJECT = 50;

interface Peer {
  ask(): Promise<Peer>;
  take(value: unknown): Promise<unknown>;
  note(what: string): void;
}

async function makePair() {
  const peers = makePeers();
  const bob = peers.make("bob");
  const held: unknown[] = [];
  bob.ocapn.serve(Far("box", { hold: (value: unknown) => void held.push(value) }), { swissNumber: SWISS });
  const raw = await RawPeer.meet(peers, "raw", "bob");
  const box = await raw.fetch(SWISS);
  raw.deliver({ to: exported(box), args: [makeSelector("hold"), object(OBJECT)] });
  await peers.settle();
  return { peers, raw, far: held[0] as Remote<Peer> };
}

/** Calls of a method that have come to the raw peer, oldest first. */
function callsOf(raw: RawPeer, method: string): readonly SyrupRecord[] {
  return raw.received.filter((message) => {
    if (labelOfValue(message) !== "op:deliver") return false;
    const [selector] = message.fields[1] as readonly SyrupValue[];
    return selector instanceof Selector && selector.name === method;
  });
}

/** Of a promise that a message takes with it: where it stands. */
const passedWith = (call: SyrupRecord | undefined): number => {
  const [, passed] = call!.fields[1] as readonly SyrupValue[];
  return Number((passed as SyrupRecord).fields[0]);
};

const resolverOf = (call: SyrupRecord | undefined): number => Number((call!.fields[3] as SyrupRecord).fields[0]);
const targetOf = (call: SyrupRecord | undefined): string => {
  const target = call!.fields[0] as SyrupRecord;
  return `${labelOfValue(target)} ${target.fields[0] as bigint}`;
};

function fulfill(raw: RawPeer, resolver: number, value: SyrupValue): void {
  raw.deliver({ to: exported(resolver), args: [makeSelector("fulfill"), value] });
}

describe("a promise that a peer settles with", () => {
  it("another of its own takes messages at once by the shorter way", async () => {
    const { peers, raw, far } = await makePair();
    const asked = E(far).ask();
    E.sendOnly(asked).note("first");
    await peers.settle();
    fulfill(raw, resolverOf(callsOf(raw, "ask")[0]), promise(60));
    await peers.settle();
    E.sendOnly(asked).note("second");
    await peers.settle();
    expect(callsOf(raw, "note").map(targetOf)).toEqual(["desc:answer 0", "desc:export 60"]);
  });

  it("one of this side's waits until what was sent before has come, also where that came from the peer itself", async () => {
    const { peers, raw, far } = await makePair();
    // A promise of the peer's that is settled: when it is passed back, it goes as one of this side's.
    const settled = E(far).ask();
    await peers.settle();
    fulfill(raw, resolverOf(callsOf(raw, "ask")[0]), object(60));
    await settled;
    void E(far).take(settled);
    await peers.settle();
    const own = passedWith(callsOf(raw, "take")[0]);

    const asked = E(far).ask();
    E.sendOnly(asked).note("first");
    await peers.settle();
    fulfill(raw, resolverOf(callsOf(raw, "ask")[1]), exported(own));
    await peers.settle();
    E.sendOnly(asked).note("second");
    await peers.settle();
    expect(callsOf(raw, "note")).toHaveLength(1);
    const get = raw.received.find((message) => labelOfValue(message) === "op:get");
    expect(get?.fields.slice(0, 2)).toEqual([callsOf(raw, "note")[0]?.fields[0], ""]);

    const listen = raw.received.findLast((message) => labelOfValue(message) === "op:listen");
    const resolver = Number((listen!.fields[1] as SyrupRecord).fields[0]);
    raw.deliver({ to: exported(resolver), args: [makeSelector("break"), record("desc:error", "no field")] });
    await peers.settle();
    expect(callsOf(raw, "note").map(targetOf)).toEqual([expect.stringContaining("desc:answer"), "desc:export 60"]);
  });

  it("one of this side's that nobody has sent to before takes messages at once", async () => {
    const { peers, raw, far } = await makePair();
    const notes: string[] = [];
    const own = Promise.resolve(Far("own", { note: (what: string) => void notes.push(what) }));
    void E(far).take(own);
    const asked = E(far).ask();
    await peers.settle();
    const position = passedWith(callsOf(raw, "take")[0]);
    fulfill(raw, resolverOf(callsOf(raw, "ask")[0]), exported(position));
    await peers.settle();
    await E(asked).note("directly");
    expect(notes).toEqual(["directly"]);
    expect(raw.received.some((message) => labelOfValue(message) === "op:get")).toBe(false);
  });
});
