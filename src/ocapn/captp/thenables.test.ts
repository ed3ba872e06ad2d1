/**
 * What would pass for a promise to whoever awaits it: the language calls the `then` of any value that a promise comes to, so no value that
 * crosses may have one that can be called.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import { Far, PassableError, readPassable, SyrupReader } from "../../passable/index.ts";
import { makeLog, reasonOf, tablesOf, usePeers } from "../client/fixture.conformance.ts";
import { E } from "../eventual/e.ts";

const makePeers = usePeers();

/** As a literal it is what the linter warns of. */
function withThen(then: unknown): object {
  return Object.fromEntries([[["th", "en"].join(""), then]]);
}

interface Partner {
  same<T>(value: T): T;
  make(kind: "struct" | "nested" | "object" | "function" | "data"): unknown;
}

function makePartner(): { readonly partner: Partner; readonly calls: unknown[] } {
  const calls: unknown[] = [];
  const call = (...args: unknown[]): void => void calls.push(args);
  const values = {
    struct: [withThen(Far("fake", { call }))],
    nested: { deep: [withThen(call)] },
    object: [Far("fake", withThen(call))],
    function: [Object.assign(() => {}, withThen(call))],
    data: withThen("text"),
  };
  return {
    partner: Far("partner", { same: <T>(value: T) => value, make: (kind: keyof typeof values) => values[kind] }),
    calls,
  };
}

describe("values with a then that can be called", () => {
  it.each([
    ["struct", "value[0].then: a struct with an object under the key then"],
    ["nested", "value.deep[0].then: a struct with an object under the key then"],
    ["object", "value[0]: an object with a method then"],
    ["function", "value[0]: an object with a method then"],
  ] as const)("are not sent as answers: %s", async (kind, words) => {
    const peers = makePeers();
    const { partner, calls } = makePartner();
    const remote = await peers.make("alice").ocapn.enliven<Partner>(peers.make("bob").ocapn.serve(partner));
    const reason = await reasonOf(E(remote).make(kind));
    expect(reason.message).toContain(`the answer cannot be passed: ${words}`);
    expect(calls).toEqual([]);
  });

  it("are not sent as arguments, and nothing of the message is", async () => {
    const peers = makePeers();
    const [alice, bob] = [peers.make("alice"), peers.make("bob")];
    const { partner } = makePartner();
    const remote = await alice.ocapn.enliven<Partner>(bob.ocapn.serve(partner));
    await peers.settle();
    peers.takeWire("alice");
    const { far } = makeLog();
    for (const value of [
      withThen(far),
      withThen(() => {}),
      withThen(remote),
      Far(
        "fake",
        withThen(() => {}),
      ),
    ]) {
      const reason = await reasonOf(E(remote).same([far, value]));
      expect(reason).toBeInstanceOf(PassableError);
      expect(reason.message).toContain("it would pass for a promise");
    }
    await peers.settle();
    expect(peers.takeWire("alice")).toEqual([]);
    expect(tablesOf(alice)).toEqual(["bob: 0 1 0 0 0"]);
  });

  it("cross where it cannot be called", async () => {
    const peers = makePeers();
    const remote = await peers
      .make("alice")
      .ocapn.enliven<Partner>(peers.make("bob").ocapn.serve(makePartner().partner));
    expect(await E(remote).make("data")).toEqual(withThen("text"));
    expect(await E(remote).same(withThen(withThen(1n)))).toEqual(withThen(withThen(1n)));
  });

  it.each([
    ["a far function", () => {}],
    ["a far object", Far("object", {})],
  ])("are not taken from peers that send them: %s", (_, reference) => {
    const reader = new SyrupReader(new TextEncoder().encode("[{4\"then<1'x>}]"));
    const readReference = (): unknown => {
      reader.endRecord();
      return reference;
    };
    expect(() => readPassable(reader, { readReference })).toThrow("it would pass for a promise");
  });

  it("are not awaited where a far reference is an answer", async () => {
    const peers = makePeers();
    const remote = await peers
      .make("alice")
      .ocapn.enliven<Partner>(peers.make("bob").ocapn.serve(makePartner().partner));
    peers.takeWire("alice");
    expect((await E(remote).same(remote)) === remote).toBe(true);
    await peers.settle();
    expect(peers.takeWire("alice").filter((label) => label === "op:deliver")).toHaveLength(1);
  });
});
