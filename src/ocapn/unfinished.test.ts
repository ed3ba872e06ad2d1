import { describe, expect, it } from "vitest";
import type { OcapnError } from "./errors.ts";
import { type Holder, Unfinished } from "./unfinished.ts";

class Peer implements Holder {
  readonly errors: OcapnError[] = [];

  giveUp(error: OcapnError): void {
    this.errors.push(error);
  }
}

function makePeers(count: number): readonly Peer[] {
  return Array.from({ length: count }, () => new Peer());
}

const gaveUp = (peers: readonly Peer[]): readonly number[] => peers.map(({ errors }) => errors.length);

describe("what has not come whole", () => {
  it("may be so much together, and not a byte more", () => {
    const unfinished = new Unfinished(100);
    const peers = makePeers(3);
    const [a, b, c] = peers as [Peer, Peer, Peer];
    unfinished.set(a, 30);
    unfinished.set(b, 60);
    unfinished.set(c, 10);
    expect(gaveUp(peers)).toEqual([0, 0, 0]);
    unfinished.set(c, 11);
    // Not who came last, but who holds most.
    expect(gaveUp(peers)).toEqual([0, 1, 0]);
    expect(b.errors[0]).toMatchObject({ code: "limit", message: expect.stringContaining("101 bytes of unfinished") });
    expect(unfinished.bytes).toBe(41);
  });

  it("is given back when it is whole, or gone", () => {
    const unfinished = new Unfinished(100);
    const peers = makePeers(2);
    const [a, b] = peers as [Peer, Peer];
    for (let round = 0; round < 5; round += 1) {
      unfinished.set(a, 50);
      unfinished.set(b, 50);
      unfinished.set(a, 0);
      unfinished.set(a, 0);
      unfinished.forget(b);
      unfinished.forget(b);
      expect(unfinished.bytes).toBe(0);
    }
    expect(gaveUp(peers)).toEqual([0, 0]);
  });

  it("of one alone is too much, too; of those who hold the same, one gives up", () => {
    const unfinished = new Unfinished(100);
    const peers = makePeers(2);
    const [a, b] = peers as [Peer, Peer];
    unfinished.set(a, 101);
    expect(gaveUp(peers)).toEqual([1, 0]);
    expect(unfinished.bytes).toBe(0);
    unfinished.set(b, 51);
    unfinished.set(a, 51);
    expect(gaveUp(peers)).toEqual([2, 0]);
    expect(unfinished.bytes).toBe(51);
  });

  it("is enough when some have given up, however much one brings", () => {
    const unfinished = new Unfinished(100);
    const peers = makePeers(5);
    for (const peer of peers.slice(0, 4)) unfinished.set(peer, 25);
    unfinished.set(peers[4] as Peer, 90);
    // Its own was the most, and with it gone there is room.
    expect(gaveUp(peers)).toEqual([0, 0, 0, 0, 1]);
    expect(unfinished.bytes).toBe(100);
  });
});
