/**
 * Peers that nobody can dial, reached over relays.
 *
 * @module
 */
import { afterEach, describe, expect, it } from "vitest";
import type { Netlayer } from "../../../ocapn/index.ts";
import { errorOf, Listener, makeMessage, type Recorder, turns } from "../../../ocapn/netlayers/fixture.conformance.ts";
import { addressesOf, addressOf, LOOPBACK_TCP, makeSeed, startRelay } from "./fixture.conformance.ts";
import { type NodeLibp2pInit, type NodeLibp2pNetlayer, startNodeLibp2p } from "./index.ts";

/** More than libp2p's relays carry by default. */
const BYTES = 1 << 20;
const OFTEN_MS = 50;

const open: Netlayer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((netlayer) => netlayer.close()));
});

async function keep<N extends Netlayer>(starting: Promise<N>): Promise<N> {
  const netlayer = await starting;
  open.push(netlayer);
  return netlayer;
}

function startPeer(init: Partial<NodeLibp2pInit> = {}): Promise<NodeLibp2pNetlayer> {
  return keep(startNodeLibp2p({ seed: makeSeed(), ...init }));
}

async function dial(from: Netlayer, to: Netlayer, listener: Listener): Promise<readonly [Recorder, Recorder]> {
  const dialler = new Listener();
  await from.connect(to.location, dialler.attach);
  return [dialler.ends[0]!, (await listener.connected(1)).at(-1)!];
}

function listen(netlayer: Netlayer): Listener {
  const listener = new Listener();
  netlayer.listen(listener.attach);
  return listener;
}

async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await turns(5);
}

describe("a peer that nobody can dial", () => {
  it("is reached over a relay, both ends proven, with more than a default relay carries", async () => {
    const relay = await keep(startRelay());
    const hidden = await startPeer({ relays: [addressOf(relay)] });
    const dialler = await startPeer();
    expect(addressesOf(hidden)).toEqual([`${addressOf(relay)}/p2p-circuit`]);
    expect(dialler.location.hints).toBe(false);
    const [near, far] = await dial(dialler, hidden, listen(hidden));
    expect(near.connection.remoteDesignator).toBe(hidden.location.designator);
    expect(far.connection.remoteDesignator).toBe(dialler.location.designator);
    near.connection.send([makeMessage(BYTES, 1)]);
    far.connection.send([makeMessage(BYTES, 2)]);
    expect(makeMessageEquals(await far.received(BYTES), 1)).toBe(true);
    expect(makeMessageEquals(await near.received(BYTES), 2)).toBe(true);
  });

  it("is reached directly where that is possible, and goes on without the relay", async () => {
    const relay = await startRelay();
    const reachable = await startPeer({ relays: [addressOf(relay)], listen: [LOOPBACK_TCP] });
    expect(addressesOf(reachable)).toHaveLength(2);
    const [near, far] = await dial(await startPeer(), reachable, listen(reachable));
    await relay.close();
    near.connection.send([makeMessage(3, 1)]);
    expect(await far.received(3)).toHaveLength(3);
  });

  it("gets its slot back when the relay was away", async () => {
    const seed = makeSeed();
    const relay = await startRelay({ seed });
    const address = addressOf(relay);
    const hidden = await startPeer({ relays: [address], relayCheckIntervalMs: OFTEN_MS });
    const listener = listen(hidden);
    await relay.close();
    await until(() => hidden.location.hints === false);
    const again = await keep(startRelay({ seed, listen: [address.slice(0, address.indexOf("/p2p/"))] }));
    expect(addressOf(again)).toBe(address);
    await until(() => hidden.location.hints !== false);
    const [near, far] = await dial(await startPeer(), hidden, listener);
    near.connection.send([makeMessage(3, 1)]);
    expect(await far.received(3)).toHaveLength(3);
  });

  it("starts also when the relay is not there yet", async () => {
    const seed = makeSeed();
    const relay = await startRelay({ seed });
    const address = addressOf(relay);
    await relay.close();
    const hidden = await startPeer({ relays: [address], relayCheckIntervalMs: OFTEN_MS });
    expect(hidden.location.hints).toBe(false);
    await keep(startRelay({ seed, listen: [address.slice(0, address.indexOf("/p2p/"))] }));
    await until(() => hidden.location.hints !== false);
  });
});

describe("a relay", () => {
  it("takes only whom it wants", async () => {
    const [welcome, stranger] = [makeSeed(), makeSeed()];
    const { designator } = (await startPeer({ seed: welcome })).location;
    const relay = await keep(startRelay({ relay: { mayReserve: (peer) => peer === designator } }));
    expect((await startPeer({ seed: welcome, relays: [addressOf(relay)] })).location.hints).not.toBe(false);
    expect((await startPeer({ seed: stranger, relays: [addressOf(relay)] })).location.hints).toBe(false);
  });

  it("takes as many as it says, and not one more", async () => {
    const relay = await keep(startRelay({ relay: { mayReserve: () => true, reservationsMax: 2 } }));
    const peers = [];
    for (let count = 0; count < 3; count += 1) peers.push(await startPeer({ relays: [addressOf(relay)] }));
    expect(peers.map((peer) => peer.location.hints !== false)).toEqual([true, true, false]);
  });

  it("is none unless it is told to be one", async () => {
    const peer = await startPeer({ listen: [LOOPBACK_TCP] });
    expect((await startPeer({ relays: [addressOf(peer)] })).location.hints).toBe(false);
  });

  it("with limits is refused, and by those who want it used until they are reached", async () => {
    const limits = { bytesMax: 300_000, durationMsMax: 600_000 };
    const relay = await keep(startRelay({ relay: { mayReserve: () => true, limits } }));
    const hidden = await startPeer({ relays: [addressOf(relay)], limitedRelays: true });
    const listener = listen(hidden);
    const error = await errorOf((await startPeer()).connect(hidden.location, new Listener().attach));
    expect(error.code).toBe("unreachable");
    expect(error.message).toContain("the relay limits connections");
    const [near, far] = await dial(await startPeer({ limitedRelays: true }), hidden, listener);
    near.connection.send([makeMessage(200_000, 1)]);
    expect(await far.received(200_000)).toHaveLength(200_000);
    near.connection.send([makeMessage(200_000, 2)]);
    for (const end of [near, far]) expect(await end.closed()).toMatchObject({ code: "disconnected" });
    expect(far.byteCount).toBeLessThan(400_000);
  });

  it("cuts connections after the time that it says", async () => {
    const limits = { bytesMax: 300_000, durationMsMax: 300 };
    const relay = await keep(startRelay({ relay: { mayReserve: () => true, limits } }));
    const hidden = await startPeer({ relays: [addressOf(relay)], limitedRelays: true });
    const [near, far] = await dial(await startPeer({ limitedRelays: true }), hidden, listen(hidden));
    for (const end of [near, far]) expect(await end.closed()).toMatchObject({ code: "disconnected" });
  });
});

function makeMessageEquals(bytes: Uint8Array, seed: number): boolean {
  return Buffer.from(makeMessage(bytes.length, seed)).equals(bytes);
}
