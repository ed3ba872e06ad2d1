/**
 * What every netlayer must do: each one's test calls `testNetlayer` with a maker of networks, and what else applies to it.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import type { PeerLocator } from "../locator.ts";
import type { Netlayer } from "../netlayer.ts";
import {
  errorOf,
  Fixture,
  Listener,
  makeMessage,
  makeMessages,
  type NetworkUnderTest,
  type Recorder,
  turns,
} from "./fixture.conformance.ts";

export type { NetworkUnderTest } from "./fixture.conformance.ts";

type Make<N extends NetworkUnderTest> = () => Promise<N> | N;

export function testNetlayer(name: string, make: Make<NetworkUnderTest>): void {
  describe(name, () => {
    const fixture = new Fixture(make);
    testMessages(fixture);
    testConnections(fixture);
    testEnd(fixture);
    testPause(fixture);
    testDials(fixture);
    testClosing(fixture);
  });
}

function testMessages(of: Fixture<NetworkUnderTest>): void {
  describe("connections", () => {
    it("carry messages in order, both ways", async () => {
      const [near, far] = await of.dial(of.alice, of.bob);
      const sizes = [1, 0, 2, 300, 70_000, 5];
      for (const end of [near, far]) {
        for (const message of makeMessages(sizes)) end.connection.send([message]);
        end.connection.send(makeMessages(sizes));
      }
      const expected = Buffer.concat([...makeMessages(sizes), ...makeMessages(sizes)]);
      for (const end of [near, far]) expect(expected.equals(await end.received(expected.length))).toBe(true);
    });

    it("carry messages of 1 MB", async () => {
      const [near, far] = await of.dial(of.alice, of.bob);
      const sizes = [1 << 20, 1 << 20, 1 << 20];
      near.connection.send(makeMessages(sizes));
      for (const message of makeMessages(sizes)) far.connection.send([message]);
      const expected = Buffer.concat(makeMessages(sizes));
      for (const end of [near, far]) expect(expected.equals(await end.received(expected.length))).toBe(true);
    });

    it("carry many small messages", async () => {
      const [near, far] = await of.dial(of.alice, of.bob);
      const sizes = Array.from({ length: 100 }, (_, at) => 1 + (at % 40));
      for (let round = 0; round < 100; round += 1) {
        near.connection.send(makeMessages(sizes));
        if (round % 10 === 0) await turns(1);
      }
      const once = Buffer.concat(makeMessages(sizes));
      const expected = Buffer.concat(Array.from({ length: 100 }, () => once));
      expect(expected.equals(await far.received(expected.length))).toBe(true);
    });

    it("carry messages that lie in larger buffers, and nothing around them", async () => {
      const [near, far] = await of.dial(of.alice, of.bob);
      const buffer = makeMessage(100, 7);
      near.connection.send([buffer.subarray(10, 20), buffer.subarray(20, 30), buffer.subarray(50, 60)]);
      near.connection.send([buffer.subarray(3, 4)]);
      const expected = [...buffer.subarray(10, 30), ...buffer.subarray(50, 60), ...buffer.subarray(3, 4)];
      expect([...(await far.received(expected.length))]).toEqual(expected);
    });

    it("carry what is sent while they are attached", async () => {
      of.listenerOf(of.bob).onAttach = (connection) => connection.send([makeMessage(10, 1)]);
      const dialler = new Listener();
      dialler.onAttach = (connection) => connection.send([makeMessage(20, 2)]);
      await of.alice.connect(of.bob.location, dialler.attach);
      const [near] = dialler.ends;
      const [far] = await of.listenerOf(of.bob).connected(1);
      expect([...((await near?.received(10)) ?? [])]).toEqual([...makeMessage(10, 1)]);
      expect([...((await far?.received(20)) ?? [])]).toEqual([...makeMessage(20, 2)]);
    });

    it("send nothing for an empty list", async () => {
      const [near, far] = await of.dial(of.alice, of.bob);
      near.connection.send([]);
      near.connection.send([new Uint8Array(0)]);
      near.connection.send([makeMessage(3, 0)]);
      near.connection.send([]);
      expect(await far.received(3)).toHaveLength(3);
      await turns(5);
      expect(far.byteCount).toBe(3);
      expect(far.closes).toEqual([]);
    });
  });
}

function testConnections(of: Fixture<NetworkUnderTest>): void {
  describe("connections", () => {
    it("tell what is buffered, until it is gone", async () => {
      const [near, far] = await of.dial(of.alice, of.bob);
      expect(near.connection.bufferedBytes).toBe(0);
      for (let round = 0; round < 8; round += 1) near.connection.send([makeMessage(1 << 20, round)]);
      await far.received(8 << 20);
      for (let turn = 0; turn < 200 && near.connection.bufferedBytes > 0; turn += 1) await turns(1);
      expect(near.connection.bufferedBytes).toBe(0);
    });

    it("are many at once, each by itself", async () => {
      const pairs = [];
      for (let at = 0; at < 10; at += 1)
        pairs.push(await of.dial(at % 2 === 0 ? of.alice : of.bob, at % 2 === 0 ? of.bob : of.alice));
      pairs.forEach(([near, far], at) => {
        near.connection.send([makeMessage(1_000 + at, at)]);
        far.connection.send([makeMessage(2_000 + at, at)]);
      });
      for (const [at, [near, far]] of pairs.entries()) {
        expect([...(await far.received(1_000 + at))]).toEqual([...makeMessage(1_000 + at, at)]);
        expect([...(await near.received(2_000 + at))]).toEqual([...makeMessage(2_000 + at, at)]);
      }
      pairs[3]?.[0].connection.close();
      await pairs[3]?.[1].closed();
      pairs[4]?.[0].connection.send([makeMessage(7, 7)]);
      expect(await pairs[4]?.[1].received(1_004 + 7)).toHaveLength(1_004 + 7);
    });

    it("say who is at the other end as far as that is proven", async () => {
      const [near, far] = await of.dial(of.alice, of.bob);
      const { proof } = of.network;
      expect(near.connection.remoteDesignator).toBe(proof === "none" ? undefined : of.bob.location.designator);
      expect(far.connection.remoteDesignator).toBe(proof === "both" ? of.alice.location.designator : undefined);
    });
  });
}

function testEnd(of: Fixture<NetworkUnderTest>): void {
  describe("the end", () => {
    it("comes once at both sides, whoever closes, and after all that was sent", async () => {
      for (const closer of [0, 1] as const) {
        const ends = await of.dial(of.alice, of.bob);
        const [closing, other] = [ends[closer], ends[1 - closer]!];
        closing.connection.send([makeMessage(1 << 20, 1), makeMessage(5, 2)]);
        closing.connection.close();
        closing.connection.close();
        closing.connection.send([makeMessage(9, 3)]);
        expect(await closing.closed()).toBeUndefined();
        expect(await other.closed()).toBeUndefined();
        const expected = Buffer.concat([makeMessage(1 << 20, 1), makeMessage(5, 2)]);
        expect(expected.equals(await other.received(0))).toBe(true);
        await turns(5);
        expect([closing.closes.length, other.closes.length]).toEqual([1, 1]);
      }
    });

    it("comes once when both close at the same time", async () => {
      const [near, far] = await of.dial(of.alice, of.bob);
      near.connection.close();
      far.connection.close();
      await Promise.all([near.closed(), far.closed()]);
      await turns(5);
      expect([near.closes.length, far.closes.length]).toEqual([1, 1]);
    });

    it("can come as soon as a connection is attached", async () => {
      const closing = new Listener();
      closing.onAttach = (connection) => connection.close();
      await of.alice.connect(of.bob.location, closing.attach);
      const [far] = await of.listenerOf(of.bob).connected(1);
      await Promise.all([closing.ends[0]?.closed(), far?.closed()]);
      of.listenerOf(of.bob).onAttach = (connection) => connection.close();
      const dialler = new Listener();
      await of.alice.connect(of.bob.location, dialler.attach);
      expect(await dialler.ends[0]?.closed()).toBeUndefined();
    });

    it("drops what is sent after it", async () => {
      const [near, far] = await of.dial(of.alice, of.bob);
      near.connection.close();
      await Promise.all([near.closed(), far.closed()]);
      near.connection.send([makeMessage(10, 1)]);
      far.connection.send([makeMessage(10, 1)]);
      far.connection.close();
      await turns(5);
      expect([near.byteCount, far.byteCount]).toEqual([0, 0]);
      expect([near.closes.length, far.closes.length]).toEqual([1, 1]);
    });
  });
}

/** More than a network takes before somebody reads. */
const MUCH = 16;
const PART = makeMessage(1 << 20, 1);
const makeMuch = (): Uint8Array[] => Array.from({ length: MUCH }, () => PART.slice());

function testPause(of: Fixture<NetworkUnderTest>): void {
  describe("a pause", () => {
    const dialPausable = async (): Promise<readonly [Recorder, Recorder] | undefined> => {
      const ends = await of.dial(of.alice, of.bob);
      const canPause = of.network.canPause ?? true;
      for (const { connection } of ends) {
        expect([connection.pause, connection.resume].map((method) => typeof method)).toEqual(
          canPause ? ["function", "function"] : ["undefined", "undefined"],
        );
      }
      return canPause ? ends : undefined;
    };
    const byteCount = MUCH * PART.length;

    it("holds the other side back; afterwards all comes, in order", async () => {
      for (const reader of [0, 1] as const) {
        const ends = await dialPausable();
        if (ends === undefined) return;
        const [paused, other] = [ends[reader], ends[1 - reader]!];
        paused.connection.pause?.();
        paused.connection.pause?.();
        other.connection.send(makeMuch());
        paused.connection.send([makeMessage(5, 1)]);
        await other.received(5);
        await turns(50);
        // What was under way may come.
        expect(paused.byteCount).toBeLessThan(byteCount / 2);
        expect(other.connection.bufferedBytes).toBeGreaterThan(0);
        paused.connection.resume?.();
        paused.connection.resume?.();
        expect(Buffer.concat(makeMuch()).equals(await paused.received(byteCount))).toBe(true);
      }
    });

    it("can begin and end while something comes", async () => {
      const ends = await dialPausable();
      if (ends === undefined) return;
      const [near, far] = ends;
      near.connection.send(makeMuch());
      for (let round = 1; round <= 8; round += 1) {
        await far.received((byteCount / 10) * round);
        far.connection.pause?.();
        await turns(2);
        far.connection.resume?.();
      }
      expect(Buffer.concat(makeMuch()).equals(await far.received(byteCount))).toBe(true);
    });

    it("of who closes is over", async () => {
      const ends = await dialPausable();
      if (ends === undefined) return;
      const [near, far] = ends;
      far.connection.pause?.();
      near.connection.send([makeMessage(1 << 20, 1)]);
      far.connection.close();
      far.connection.pause?.();
      expect(await far.closed()).toBeUndefined();
      await near.closed();
      await turns(5);
      expect([near.closes.length, far.closes.length]).toEqual([1, 1]);
      far.connection.resume?.();
    });

    it("delays the end, which comes after all that was sent", async () => {
      const ends = await dialPausable();
      if (ends === undefined) return;
      const [near, far] = ends;
      far.connection.pause?.();
      near.connection.send([makeMessage(1 << 20, 1), makeMessage(5, 2)]);
      near.connection.close();
      await turns(50);
      far.connection.resume?.();
      expect(await far.closed()).toBeUndefined();
      const expected = Buffer.concat([makeMessage(1 << 20, 1), makeMessage(5, 2)]);
      expect(expected.equals(await far.received(0))).toBe(true);
      await near.closed();
      await turns(5);
      expect([near.closes.length, far.closes.length]).toEqual([1, 1]);
    });
  });
}

function testDials(of: Fixture<NetworkUnderTest>): void {
  describe("dials", () => {
    it("say where nobody is", async () => {
      const dialler = new Listener();
      const error = await errorOf(of.alice.connect(of.network.nowhere, dialler.attach));
      expect(error.code).toBe("unreachable");
      const { designator, hints } = of.network.nowhere;
      const places = [designator, ...Object.values(hints === false ? {} : hints)];
      expect(places.some((place) => error.message.includes(place))).toBe(true);
      expect(dialler.ends).toEqual([]);
    });

    it("reach no peers of other netlayers", async () => {
      const location = { ...of.bob.location, transport: "pigeon" };
      const error = await errorOf(of.alice.connect(location, new Listener().attach));
      expect(error.code).toBe("unreachable");
      expect(error.message).toContain("pigeon");
    });
  });
}

function testClosing(of: Fixture<NetworkUnderTest>): void {
  describe("a closed netlayer", () => {
    it("has ended its connections, those that it dialled and the others", async () => {
      const [near, far] = await of.dial(of.alice, of.bob);
      const [otherNear, otherFar] = await of.dial(of.bob, of.alice);
      near.connection.send([makeMessage(1 << 20, 1)]);
      await of.alice.close();
      for (const end of [near, otherFar]) expect(end.closes.length).toBe(1);
      await Promise.all([far.closed(), otherNear.closed()]);
      expect(far.byteCount).toBe(1 << 20);
      await of.alice.close();
      expect([near, far, otherNear, otherFar].map((end) => end.closes.length)).toEqual([1, 1, 1, 1]);
    });

    it("cannot be reached, and reaches nobody", async () => {
      const { location } = of.bob;
      await of.bob.close();
      expect((await errorOf(of.alice.connect(location, new Listener().attach))).code).toBe("unreachable");
      expect((await errorOf(of.bob.connect(of.alice.location, new Listener().attach))).code).toBe("closed");
    });

    it("attaches no connection that it was dialling", async () => {
      const dialler = new Listener();
      const dialling = of.alice.connect(of.bob.location, dialler.attach).catch(() => {});
      await of.alice.close();
      await dialling;
      const count = dialler.ends.length;
      await turns(5);
      expect(dialler.ends.length).toBe(count);
      for (const end of dialler.ends) expect(end.closes.length).toBe(1);
    });
  });
}

export interface DialOnlyNetwork extends NetworkUnderTest {
  /** A peer that can dial, but not be dialled. */
  makeClient(): Promise<Netlayer>;
}

export function testDialOnly(name: string, make: Make<DialOnlyNetwork>): void {
  describe(name, () => {
    const of = new Fixture(make);

    it("has peers that dial, but cannot be dialled", async () => {
      const client = of.add(await of.network.makeClient());
      expect(client.location.transport).toBe(of.bob.location.transport);
      const [near, far] = await of.dial(client, of.bob);
      near.connection.send([makeMessage(10, 1)]);
      far.connection.send([makeMessage(20, 2)]);
      expect([...(await far.received(10))]).toEqual([...makeMessage(10, 1)]);
      expect([...(await near.received(20))]).toEqual([...makeMessage(20, 2)]);
      expect((await errorOf(of.alice.connect(client.location, new Listener().attach))).code).toBe("unreachable");
      await client.close();
      await Promise.all([near.closed(), far.closed()]);
    });
  });
}

export interface BadPeers extends NetworkUnderTest {
  /** Each dials there, misbehaves in its way, and resolves when it was disconnected. */
  readonly diallers: { readonly [behaviour: string]: (target: PeerLocator) => Promise<void> };
  /** Each gives a location at which somebody misbehaves with whoever dials. */
  readonly listeners: { readonly [behaviour: string]: () => Promise<PeerLocator> };
}

export function testBadPeers(
  name: string,
  make: Make<BadPeers>,
  behaviours: { readonly diallers: readonly string[]; readonly listeners: readonly string[] },
): void {
  describe(`${name}: bad peers`, () => {
    const of = new Fixture(make);

    it.each(behaviours.diallers)("that dial are disconnected, and harm no others: %s", async (behaviour) => {
      const [near, far] = await of.dial(of.alice, of.bob);
      const { ends } = of.listenerOf(of.bob);
      const before = ends.length;
      await of.network.diallers[behaviour]!(of.bob.location);
      for (const end of ends.slice(before)) expect(await end.closed()).toBeInstanceOf(Error);
      near.connection.send([makeMessage(3, 1)]);
      expect(await far.received(3)).toHaveLength(3);
      const [again] = await of.dial(of.alice, of.bob);
      again.connection.close();
      expect(await again.closed()).toBeUndefined();
    });

    it.each(behaviours.listeners)("cannot be dialled: %s", async (behaviour) => {
      const dialler = new Listener();
      const location = await of.network.listeners[behaviour]!();
      const error = await errorOf(of.alice.connect(location, dialler.attach));
      expect(error.code).toBe("unreachable");
      expect(dialler.ends).toEqual([]);
    });
  });
}
