/**
 * Eventual sends, to objects that are here, and to those that are elsewhere.
 *
 * @module
 */
import { describe, expect, expectTypeOf, it } from "vitest";
import { Far, makeSelector, Selector, Tagged } from "../../passable/index.ts";
import { reasonOf, turns, usePeers } from "../client/fixture.conformance.ts";
import { E } from "./e.ts";
import type { Crossed, Remote } from "./types.ts";

const makePeers = usePeers();

class Base {
  inherited(): string {
    return "inherited";
  }
}

class Adder extends Base {
  #calls = 0;
  add(one: number, other: number): number {
    this.#calls += 1;
    return one + other;
  }
  get calls(): number {
    return this.#calls;
  }
  later(): Promise<{ readonly list: readonly number[]; readonly name: string }> {
    return Promise.resolve({ list: [1, 2, 3], name: "later" });
  }
  box(): Tagged {
    return new Tagged("box", [7n]);
  }
  fail(): never {
    throw new RangeError("no");
  }
}

type Increment = (value: number) => number;

interface Targets {
  readonly adder: Adder | Remote<Adder>;
  readonly increment: Increment | Remote<Increment>;
}

const PLACES: readonly (readonly [string, () => Promise<Targets>])[] = [
  ["here", async () => ({ adder: Far("adder", new Adder()), increment: (value: number) => value + 1 })],
  [
    "elsewhere",
    async () => {
      const peers = makePeers();
      const [alice, bob] = [peers.make("alice"), peers.make("bob")];
      const increment: Increment = (value) => value + 1;
      return {
        adder: await alice.ocapn.enliven<Adder>(bob.ocapn.serve(Far("adder", new Adder()))),
        increment: await alice.ocapn.enliven<Increment>(bob.ocapn.serve(increment)),
      };
    },
  ],
];

describe.each(PLACES)("an eventual send to an object %s", (_, makeTargets) => {
  it("calls methods, inherited ones too, and functions", async () => {
    const { adder, increment } = await makeTargets();
    expect(await E(adder).add(1, 2)).toBe(3);
    expect(await E(adder).inherited()).toBe("inherited");
    expect(await E(increment)(41)).toBe(42);
  });

  it("happens in a turn of its own, in the order of sending", async () => {
    const { adder } = await makeTargets();
    const order: string[] = [];
    const sums = [1, 2].map((one) =>
      E(adder)
        .add(one, 0)
        .then((sum) => order.push(`answer ${sum}`)),
    );
    order.push("sent");
    await Promise.all(sums);
    expect(order).toEqual(["sent", "answer 1", "answer 2"]);
  });

  it("rejects with what the method throws, and for methods that are none", async () => {
    const { adder } = await makeTargets();
    expect(await reasonOf(E(adder).fail())).toMatchObject({ name: "RangeError", message: "no" });
    const any = E(adder) as unknown as { readonly [name: string]: () => Promise<unknown> };
    for (const name of ["missing", "constructor", "toString", "hasOwnProperty", "__proto__", "calls", "#calls"]) {
      const reason = await reasonOf((any[name] as () => Promise<unknown>)());
      expect(reason).toMatchObject({ name: "TypeError", message: `adder: no method ${JSON.stringify(name)}` });
    }
    const call = adder as unknown as Increment;
    expect((await reasonOf(E(call)(1))).message).toBe("adder: no method number");
  });

  it("sends on to promises, and takes parts of what they come to", async () => {
    const { adder, increment } = await makeTargets();
    expect(await E(Promise.resolve(adder)).add(1, 2)).toBe(3);
    expect(await E(Promise.resolve(increment))(1)).toBe(2);
    const later = E(adder).later();
    expect(await E.get(later).name).toBe("later");
    expect(await E.get(E.get(later).list)[1]).toBe(2);
    expect(await E.get(E.untag(E(adder).box(), "box") as Promise<readonly bigint[]>)[0]).toBe(7n);
    expect((await reasonOf(E.untag(E(adder).box(), "bag"))).message).toContain('tagged "bag"');
    expect((await reasonOf(E.get(E.get(later).list)[3] as Promise<unknown>)).message).toContain("more than 3 items");
    const fields = E.get(later) as unknown as { readonly [name: string]: Promise<unknown> };
    expect((await reasonOf(fields.toString as unknown as Promise<unknown>)).message).toContain("a struct with a field");
  });

  it("without an answer returns nothing, and nothing comes of failures", async () => {
    const { adder, increment } = await makeTargets();
    expect(E.sendOnly(adder).add(1, 2)).toBeUndefined();
    expect(E.sendOnly(adder).fail()).toBeUndefined();
    expect(E.sendOnly(increment)(1)).toBeUndefined();
    expect(E.sendOnly(Promise.resolve(adder)).fail()).toBeUndefined();
    expect(E.sendOnly(Promise.reject(new Error("no")) as Promise<Adder>).fail()).toBeUndefined();
    await turns();
  });

  it("is not a message where the language asks, not a user", async () => {
    const { adder } = await makeTargets();
    const sends = E(adder);
    expect((sends as { then?: unknown }).then).toBeUndefined();
    expect((await sends) === sends).toBe(true);
    expect((E.get(E(adder).later()) as { then?: unknown }).then).toBeUndefined();
    expect((sends as { [Symbol.toPrimitive]?: unknown })[Symbol.toPrimitive]).toBeUndefined();
  });

  it("when waits for promises, and leaves references what they are", async () => {
    const { adder } = await makeTargets();
    expect(await E.when(adder, (target) => target === adder)).toBe(true);
    expect(await E.when(E(adder).add(1, 2), (sum) => sum + 1)).toBe(4);
    expect(await E.when(E(adder).fail(), undefined, (reason) => (reason as Error).message)).toBe("no");
    expect((await E.when(Promise.resolve(adder))) === adder).toBe(true);
  });
});

describe("an eventual send", () => {
  it("passes a method's name as a symbol of the protocol; functions get it like any argument", async () => {
    const seen: unknown[] = [];
    const any = E((...args: unknown[]) => void seen.push(args)) as unknown as {
      method(value: number): Promise<unknown>;
    };
    await any.method(1);
    expect(seen).toEqual([[makeSelector("method"), 1]]);
    expect((seen[0] as unknown[])[0]).toBeInstanceOf(Selector);
  });

  it.each([
    ["data", 7],
    ["null", null],
    ["a struct", { method: () => 1 }],
    ["an error", new Error("x")],
  ])("to %s is refused", async (_, target) => {
    const reason = await reasonOf(E(target as unknown as Adder).add(1, 2));
    expect(reason).toMatchObject({ name: "TypeError", message: expect.stringContaining("takes messages") });
  });

  it("to a far object without an answer is one message and nothing more", async () => {
    const peers = makePeers();
    const [alice, bob] = [peers.make("alice"), peers.make("bob")];
    const adder = await alice.ocapn.enliven<Adder>(bob.ocapn.serve(Far("adder", new Adder())));
    await peers.settle();
    peers.takeWire("alice");
    E.sendOnly(adder).add(1, 2);
    E.sendOnly(adder).fail();
    await peers.settle();
    expect(peers.wire.map(({ peer, direction, label }) => `${peer} ${direction} ${label}`)).toEqual([
      ...Array(2).fill("alice out op:deliver"),
      ...Array(2).fill("bob in op:deliver"),
    ]);
  });
});

describe("what E gives", () => {
  const makers: readonly (readonly [string, (target: Adder) => object])[] = [
    ["E", (target) => E(target)],
    ["E.sendOnly", (target) => E.sendOnly(target)],
    ["E.get", (target) => E.get(target)],
  ];

  it.each(makers)("is changed by nobody, and takes no mark to others: %s", async (_, make) => {
    const [one, other] = [make(Far("one", new Adder())), Far("other", new Adder())];
    expect(Reflect.set(one, "add", 1)).toBe(false);
    expect(Reflect.defineProperty(one, "add", { value: () => 7 })).toBe(false);
    expect(Reflect.setPrototypeOf(one, { add: () => 7 })).toBe(false);
    expect([Reflect.getPrototypeOf(one), Reflect.ownKeys(one), "add" in one]).toEqual([null, [], false]);
    Object.freeze(one);
    expect(await E(other).add(1, 2)).toBe(3);
    const any = E(other) as unknown as { readonly [name: string]: () => Promise<unknown> };
    for (const name of ["name", "length", "prototype", "caller"]) {
      expect((await reasonOf(any[name]!())).message).toBe(`other: no method "${name}"`);
    }
  });
});

describe("a part of a value", () => {
  it("is taken without a look at the others: a peer asks for one as often as it likes", async () => {
    const read: unknown[] = [];
    const list = new Proxy([1, 2, 3], {
      get(target, key, receiver) {
        read.push(key);
        return Reflect.get(target, key, receiver) as unknown;
      },
    });
    expect(await E.get(Promise.resolve([list]))[0]).toBe(list);
    expect(await E.get(list as readonly number[])[1]).toBe(2);
    expect(read.filter((key) => key === "0" || key === "2")).toEqual([]);
  });
});

describe("errors of eventual sends", () => {
  it("show only the beginning of a name that is long", async () => {
    const adder = Far("adder", new Adder());
    const any = E(adder) as unknown as { readonly [name: string]: () => Promise<unknown> };
    const [fitting, long] = ["x".repeat(64), "x".repeat(65)];
    expect((await reasonOf(any[fitting]!())).message).toBe(`adder: no method "${fitting}"`);
    expect((await reasonOf(any[long]!())).message).toBe(`adder: no method "${fitting}…"`);
  });
});

describe("the types of remote interfaces", () => {
  it("have methods that give promises, and far references for what has methods", () => {
    interface Account {
      readonly owner: string;
      balance(): bigint;
      child(): Account;
      later(): Promise<Account>;
      statement(): { readonly entries: readonly string[] };
    }
    type RemoteAccount = Remote<Account>;
    expectTypeOf<RemoteAccount["balance"]>().toEqualTypeOf<() => Promise<bigint>>();
    expectTypeOf<RemoteAccount["child"]>().toEqualTypeOf<() => Promise<Remote<Account>>>();
    expectTypeOf<RemoteAccount["later"]>().toEqualTypeOf<() => Promise<Remote<Account>>>();
    expectTypeOf<RemoteAccount["statement"]>().toEqualTypeOf<() => Promise<{ readonly entries: readonly string[] }>>();
    expectTypeOf<RemoteAccount>().not.toHaveProperty("owner");
    expectTypeOf<Crossed<Account>>().toEqualTypeOf<Remote<Account>>();
    expectTypeOf<Crossed<readonly string[]>>().toEqualTypeOf<readonly string[]>();
    expectTypeOf<Crossed<Uint8Array>>().toEqualTypeOf<Uint8Array>();
    expectTypeOf<Crossed<Error>>().toEqualTypeOf<Error>();

    const account = Far("account", {
      balance: () => 0n,
      child: () => account,
      later: async () => account,
      statement: () => ({ entries: [] }),
    }) as unknown as RemoteAccount;
    expectTypeOf(E(account).balance).returns.toEqualTypeOf<Promise<bigint>>();
    expectTypeOf(E(E(account).child()).balance).returns.toEqualTypeOf<Promise<bigint>>();
    expectTypeOf(E(account as unknown as Account).child).returns.toEqualTypeOf<Promise<Remote<Account>>>();
    expectTypeOf(E.sendOnly(account).balance).returns.toEqualTypeOf<void>();
    expectTypeOf(E.get(E(account).statement()).entries).toEqualTypeOf<Promise<readonly string[]>>();
    expectTypeOf(E({} as Remote<Increment>))
      .parameter(0)
      .toEqualTypeOf<number>();
  });
});
