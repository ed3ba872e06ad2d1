/**
 * What does not cross: which error says so, and that nothing of it was sent.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Far, GuestError, PassableError, SYRUP_VALUES_MAX } from "../../passable/index.ts";
import { makeLog, reasonOf, type TestPeer, tablesOf, usePeers } from "../client/fixture.conformance.ts";
import { E } from "../eventual/e.ts";
import type { Remote } from "../eventual/types.ts";
import { MESSAGE_BYTES_MAX } from "../limits.ts";

const makePeers = usePeers();

interface Partner {
  same<T>(value: T): T;
  count(value: Uint8Array): number;
  make(kind: string): unknown;
  call(target: unknown): Promise<unknown>;
}

class Secret {
  readonly password = "secret";
}

const makers: { readonly [kind: string]: () => unknown } = {
  instance: () => ({ list: [1, new Secret()] }),
  symbol: () => [Symbol("secret")],
  map: () => new Map(),
  circle: () => {
    const circle: unknown[] = [];
    circle.push([circle]);
    return circle;
  },
  links: () => {
    const node: { [link: string]: unknown } = {};
    for (let at = 0; at < 20; at += 1) node[`link ${at}`] = node;
    return node;
  },
  linksLater: async () => makers.links?.(),
  gone: async () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return [proxy];
  },
  surrogate: () => ["\ud800"],
  getter: () => ({
    get field(): never {
      throw new RangeError("no field today");
    },
  }),
  long: () => new Uint8Array(MESSAGE_BYTES_MAX),
  thrown: () => {
    throw Object.assign(new RangeError("what was wrong", { cause: new Error("secret cause") }), {
      code: "E",
      secret: 1,
    });
  },
  system: () => readFileSync("/nowhere/secret"),
  text: () => {
    throw "only text";
  },
  reference: () => {
    throw Far("reference", {});
  },
  nameless: () => {
    throw Object.assign(new Error("message"), { name: "not a usual name" });
  },
  hostile: () => {
    throw Object.defineProperty(new Error("x"), "message", {
      get() {
        throw new Error("secret getter");
      },
    });
  },
  unpassable: () => {
    throw new Secret();
  },
  rejected: () => Promise.reject(new TypeError("later")),
};

function partnerOf(alice: TestPeer, bob: TestPeer): Promise<Remote<Partner>> {
  const partner: Partner = Far("partner", {
    same: <T>(value: T) => value,
    count: (value: Uint8Array) => value.length,
    make: (kind: string) => (makers[kind] as () => unknown)(),
    call: (target: unknown) => E(target as () => unknown)(),
  });
  return alice.ocapn.enliven<Partner>(bob.ocapn.serve(partner));
}

describe("an argument that cannot be passed", () => {
  it.each([
    [
      "an instance of a class",
      () => [{ deep: [new Secret()] }],
      "args[1][0].deep[0]: an instance of Secret cannot be passed",
    ],
    ["a symbol", () => Symbol("x"), "args[1]: a symbol of JavaScript cannot be passed"],
    ["a circle", () => makers.circle?.(), "contains itself"],
    ["a lone surrogate", () => ["\ud800"], "args[1][0]: a string with a lone surrogate"],
    ["a long message", () => new Uint8Array(MESSAGE_BYTES_MAX), `at most ${MESSAGE_BYTES_MAX} can be sent`],
    ["a message with many values", () => Array(SYRUP_VALUES_MAX).fill(true), `at most ${SYRUP_VALUES_MAX} can be sent`],
    ["an endless number", () => 10n ** 70_000n, "integer of 70001 digits"],
  ])("is named by its path: %s", async (_, make, words) => {
    const peers = makePeers();
    const [alice, bob] = [peers.make("alice"), peers.make("bob")];
    const partner = await partnerOf(alice, bob);
    await peers.settle();
    peers.takeWire("alice");
    const reason = await reasonOf(E(partner).same(make() as number));
    expect(reason).toBeInstanceOf(PassableError);
    expect(reason.message).toContain(words);
    E.sendOnly(partner).same(make());
    await peers.settle();
    expect(peers.takeWire("alice")).toEqual([]);
    expect([...tablesOf(alice), ...tablesOf(bob)]).toEqual(["bob: 0 1 0 0 0", "alice: 1 0 0 0 0"]);
    expect(await E(partner).same(1)).toBe(1);
  });

  it("leaves nothing exported of what stood before it", async () => {
    const peers = makePeers();
    const [alice, bob] = [peers.make("alice"), peers.make("bob")];
    const partner = await partnerOf(alice, bob);
    await peers.settle();
    await reasonOf(E(partner).same([makeLog().far, () => {}, Promise.resolve(), new Secret()]));
    expect(tablesOf(alice)).toEqual(["bob: 0 1 0 0 0"]);
  });

  it("is so, too, when an accessor throws, or sends in the middle of the message", async () => {
    const peers = makePeers();
    const [alice, bob] = [peers.make("alice"), peers.make("bob")];
    const partner = await partnerOf(alice, bob);
    await peers.settle();
    expect(await reasonOf(E(partner).same(makers.getter?.()))).toMatchObject({ name: "RangeError" });
    const nested: Promise<unknown>[] = [];
    const sending = {
      get field() {
        E.sendOnly(partner).same(1);
        nested.push(E(partner).same(1), E.get(Promise.resolve(partner) as never));
        return makeLog().far;
      },
    };
    const sent = E(partner).same(sending);
    expect((await reasonOf(nested[0] as Promise<unknown>)).message).toContain("an accessor that sends messages");
    expect(await sent).toHaveProperty("field");
    alice.collector.collectAll();
    await peers.settle();
    expect([...tablesOf(alice), ...tablesOf(bob)]).toEqual(["bob: 1 0 0 0 0", "alice: 0 1 0 0 0"]);
  });

  it("is none up to the length of a message", async () => {
    const peers = makePeers();
    const partner = await partnerOf(peers.make("alice"), peers.make("bob"));
    expect(await E(partner).count(new Uint8Array(MESSAGE_BYTES_MAX - 200))).toBe(MESSAGE_BYTES_MAX - 200);
  });

  it("when an accessor closes everything, the call breaks like others", async () => {
    const peers = makePeers();
    const alice = peers.make("alice");
    const partner = await partnerOf(alice, peers.make("bob"));
    const closing = {
      get field() {
        void alice.ocapn.close();
        return 1;
      },
    };
    expect(await reasonOf(E(partner).same(closing))).toMatchObject({ code: "closed" });
  });
});

describe("an answer that cannot be passed", () => {
  it.each([
    ["instance", "value.list[1]: an instance of Secret cannot be passed"],
    ["symbol", "a symbol of JavaScript cannot be passed"],
    ["map", "an instance of Map cannot be passed"],
    ["circle", "contains itself"],
    ["links", 'value["link 0"]: contains itself'],
    ["linksLater", 'value["link 0"]: contains itself'],
    ["gone", "a proxy that has been revoked"],
    ["surrogate", "a lone surrogate"],
    ["getter", "no field today"],
    ["long", `at most ${MESSAGE_BYTES_MAX} can be sent`],
    ["unpassable", "an instance of Secret cannot be passed"],
    ["hostile", "secret getter"],
  ])("breaks the call, and nothing else: %s", async (kind, words) => {
    const peers = makePeers();
    const [alice, bob] = [peers.make("alice"), peers.make("bob")];
    const partner = await partnerOf(alice, bob);
    const reason = await reasonOf(E(partner).make(kind));
    expect(reason).toMatchObject({
      name: "TypeError",
      message: expect.stringContaining("the answer cannot be passed: "),
    });
    expect(reason.message).toContain(words);
    await peers.settle();
    expect([...tablesOf(alice), ...tablesOf(bob)]).toEqual(["bob: 0 1 0 0 0", "alice: 1 0 0 0 0"]);
  });
});

describe("an error that crosses", () => {
  it.each([
    ["thrown", "RangeError", "what was wrong"],
    ["rejected", "TypeError", "later"],
    ["nameless", "Error", "not a usual name: message"],
    ["system", "Error", "ENOENT: no such file or directory, open '/nowhere/secret'"],
  ])("has name and message, and nothing else: %s", async (kind, name, message) => {
    const peers = makePeers();
    const partner = await partnerOf(peers.make("alice"), peers.make("bob"));
    const reason = await reasonOf(E(partner).make(kind));
    expect(reason).toBeInstanceOf(GuestError);
    expect({ name: reason.name, message: reason.message }).toEqual({ name, message });
    expect(reason.cause).toBeUndefined();
    expect(reason.stack).toBe(`${name}: ${message}`);
    const sent = peers.wire.filter(({ peer, direction }) => peer === "bob" && direction === "out");
    const text = sent.map((line) => new TextDecoder("latin1").decode(line.message)).join();
    expect(text).not.toMatch(/secret (cause|getter)|errors\.test|node:|\bat \w/);
  });

  it("may be any value", async () => {
    const peers = makePeers();
    const partner = await partnerOf(peers.make("alice"), peers.make("bob"));
    expect(
      await E(partner)
        .make("text")
        .catch((reason: unknown) => reason),
    ).toBe("only text");
    expect(
      await E(partner)
        .make("reference")
        .catch((reason: unknown) => typeof reason),
    ).toBe("function");
  });

  it("as a value, an argument and from the caller's own object", async () => {
    const peers = makePeers();
    const partner = await partnerOf(peers.make("alice"), peers.make("bob"));
    expect(await E(partner).same(new RangeError("value"))).toMatchObject({ name: "RangeError", message: "value" });
    const failing = (): never => {
      throw new SyntaxError("of the caller's own");
    };
    expect(await reasonOf(E(partner).call(failing))).toMatchObject({
      name: "SyntaxError",
      message: "of the caller's own",
    });
  });
});
