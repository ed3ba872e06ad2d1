/**
 * A peer under attack: what it serves, a friend with a session of its own, and the checks that the attack has cost the attacker his session
 * and nobody else anything.
 *
 * @module
 */
import { expect } from "vitest";
import { type Peers, type TestPeer, tablesOf } from "../../../src/ocapn/client/fixture.conformance.ts";
import { RawPeer } from "../../../src/ocapn/client/raw-peer.conformance.ts";
import { E, type Remote } from "../../../src/ocapn/index.ts";
import { Far } from "../../../src/passable/index.ts";

export const SWISS: Uint8Array = new TextEncoder().encode("the object that is attacked");

export interface Target {
  same(...values: unknown[]): unknown;
  never(): Promise<unknown>;
  make(): object;
  data(): unknown;
  hold(value: unknown): void;
  send(method: string): Promise<unknown>;
}

export interface Victim {
  readonly peers: Peers;
  readonly bob: TestPeer;
  readonly mallory: RawPeer;
  /** Where the target stands for mallory. */
  readonly target: number;
  /** Calls of the target's methods. */
  readonly calls: string[];
  readonly held: unknown[];
  /** The attack has ended the attacker's session with that reason; everybody else goes on. */
  assertAborted(reason: string | RegExp): Promise<void>;
  /** The attack came to nothing; the attacker's session goes on. */
  assertUnharmed(): Promise<void>;
}

function makeTarget(calls: string[], held: unknown[]): Target {
  const note = <A extends readonly unknown[], R>(name: string, method: (...args: A) => R) => {
    return (...args: A): R => {
      calls.push(name);
      return method(...args);
    };
  };
  return Far("target", {
    same: note("same", (...values: unknown[]) => values[0]),
    never: note("never", () => new Promise(() => {})),
    make: note("make", () => Far("made", {})),
    data: note("data", () => ({ list: [1n, 2n], text: "text" })),
    hold: note("hold", (value: unknown) => void held.push(value)),
    send: note("send", (method: string) => {
      const sends = E(held[0]) as { readonly [name: string]: () => Promise<unknown> };
      return (sends[method] as () => Promise<unknown>)();
    }),
  });
}

export async function makeVictim(peers: Peers): Promise<Victim> {
  const bob = peers.make("bob");
  const calls: string[] = [];
  const held: unknown[] = [];
  const uri = bob.ocapn.serve(makeTarget(calls, held), { swissNumber: SWISS });
  const alice = peers.make("alice");
  const friend: Remote<Target> = await alice.ocapn.enliven<Target>(uri);
  await peers.settle();
  const before = tablesOf(bob);
  const mallory = await RawPeer.meet(peers, "mallory", "bob");
  const target = await mallory.fetch(SWISS);
  await peers.settle();

  const assertOthers = async (): Promise<void> => {
    expect(await E(friend).same("friend")).toBe("friend");
    await peers.settle();
    expect(tablesOf(bob).filter((line) => line.startsWith("alice"))).toEqual(before);
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  };
  return {
    peers,
    bob,
    mallory,
    target,
    calls,
    held,
    async assertAborted(reason) {
      const said = await mallory.aborted();
      if (typeof reason === "string") expect(said).toContain(reason);
      else expect(said).toMatch(reason);
      await assertOthers();
      expect(tablesOf(bob)).toEqual(before);
      // He may come again.
      await RawPeer.meet(peers, "mallory-again", "bob");
    },
    async assertUnharmed() {
      await assertOthers();
      expect(mallory.abortReason).toBeUndefined();
      expect(await mallory.fetch(SWISS, 1_000_000)).toBe(target);
    },
  };
}
