/**
 * Eventual sends and far references as the language sees them.
 *
 * @module
 */
import { inspect } from "node:util";
import { describe, expect, expectTypeOf, it } from "vitest";
import { Far, makeSelector, passStyleOf, Tagged } from "../../passable/index.ts";
import { turns, usePeers } from "../client/fixture.conformance.ts";
import { E } from "./e.ts";
import type { Remote } from "./types.ts";

const makePeers = usePeers();

class Counter {
  #count = 0;

  add(amount: number): number {
    this.#count += amount;
    return this.#count;
  }

  fail(): never {
    throw new RangeError("no further");
  }

  describe(): { readonly count: number; readonly history: readonly number[]; readonly unit: Tagged } {
    return { count: this.#count, history: [1, 2, 3], unit: new Tagged("unit", "apples") };
  }

  make(): Greeter {
    return Far("greeter", { greet: (name: string) => `hello ${name}` });
  }
}

interface Greeter {
  greet(name: string): string;
}

async function makeFar() {
  const peers = makePeers();
  const there = peers.make("there");
  const here = peers.make("here");
  const calls: unknown[][] = [];
  const counter = await here.ocapn.enliven<Counter>(there.ocapn.serve(Far("counter", new Counter())));
  const log = (...args: unknown[]): string => `call ${calls.push(args)}`;
  const fn = await here.ocapn.enliven<typeof log>(there.ocapn.serve(log));
  await turns();
  peers.takeWire("here");
  return { peers, counter, fn, calls };
}

describe.each([
  ["local", async () => Far("counter", new Counter()) as Counter | Remote<Counter>],
  ["far", async () => (await makeFar()).counter as Counter | Remote<Counter>],
])("E of a %s object", (_where, make) => {
  it("calls methods, those of its class too", async () => {
    const counter = await make();
    const sum = E(counter as Counter).add(2);
    expectTypeOf(sum).toEqualTypeOf<Promise<number>>();
    expect(await sum).toBe(2);
    expect(await E(counter as Counter).add(3)).toBe(5);
  });

  it("breaks with what the method throws: name and message", async () => {
    const counter = await make();
    await expect(E(counter as Counter).fail()).rejects.toMatchObject({ name: "RangeError", message: "no further" });
  });

  it("refuses methods that are not there, and those that every object has", async () => {
    const counter = (await make()) as unknown as { [name: string]: () => unknown };
    for (const name of ["missing", "constructor", "hasOwnProperty", "toString", "__proto__"]) {
      await expect(E(counter)[name]!(), name).rejects.toMatchObject({
        name: "TypeError",
        message: expect.stringContaining(`no method "${name}"`),
      });
    }
  });

  it("goes on with a promise for an answer", async () => {
    const counter = await make();
    const greeting = E(E(counter as Counter).make()).greet("you");
    expectTypeOf(greeting).toEqualTypeOf<Promise<string>>();
    expect(await greeting).toBe("hello you");
  });

  it("takes fields, items and what a tag is on", async () => {
    const description = E((await make()) as Counter).describe();
    expect(await E.get(description).count).toBe(0);
    expect(await E.get(E.get(description).history)[1]).toBe(2);
    expect(await E.untag(E.get(description).unit, "unit")).toBe("apples");
    await expect(E.untag(E.get(description).unit, "other")).rejects.toThrow('untag: expected a value tagged "other"');
    await expect(E.get(E.get(description).history)[3]).rejects.toThrow("index: expected a list with more than 3 items");
    await expect((E.get(description) as { readonly nothing?: Promise<unknown> }).nothing).rejects.toThrow(
      'get: expected a struct with a field "nothing"',
    );
  });

  it("sends without an answer", async () => {
    const counter = await make();
    expect(E.sendOnly(counter as Counter).add(7)).toBe(undefined);
    E.sendOnly(counter as Counter).fail();
    expect(await E(counter as Counter).add(0)).toBe(7);
  });
});

describe("E", () => {
  it("calls local objects in a turn of their own, in the order of sending", async () => {
    const order: string[] = [];
    const noted = E((name: string) => order.push(name))("later");
    order.push("at once");
    expect(await noted).toBe(2);
    expect(order).toEqual(["at once", "later"]);
  });

  it("of what takes no messages breaks", async () => {
    await expect((E({ data: 1 }) as unknown as { x(): Promise<unknown> }).x()).rejects.toThrow(TypeError);
    await expect((E(Promise.resolve(3)) as unknown as { x(): Promise<unknown> }).x()).rejects.toThrow(TypeError);
  });

  it("is no promise itself", async () => {
    const counter = Far("counter", new Counter());
    expect(await E(counter)).not.toBe(counter);
    expect(await E.get(counter)).toBeTypeOf("object");
  });

  it("when: as then, and a far reference stays one", async () => {
    const { counter } = await makeFar();
    expect(await E.when(counter)).toBe(counter);
    expect(await E.when(E(counter).add(1), (n) => n * 10)).toBe(10);
    expect(await E.when(E(counter).fail(), undefined, (reason) => (reason as Error).message)).toBe("no further");
  });
});

describe("a far reference", () => {
  it("sends by its own methods, and by calling it", async () => {
    const { counter, fn, calls } = await makeFar();
    expectTypeOf(counter.add).toEqualTypeOf<(amount: number) => Promise<number>>();
    expect(await counter.add(4)).toBe(4);
    expect(await fn("a", 1n)).toBe("call 1");
    expect(await E(fn)("b")).toBe("call 2");
    expect(await (fn as unknown as { method(x: string): Promise<string> }).method("c")).toBe("call 3");
    expect(calls).toEqual([["a", 1n], ["b"], [makeSelector("method"), "c"]]);
  });

  it("is nothing else, whatever the language asks of it, and that sends nothing", async () => {
    const { peers, counter, fn } = await makeFar();
    for (const reference of [counter, fn] as readonly object[]) {
      const wild = reference as unknown as { [name: string | symbol]: unknown };
      expect(typeof reference).toBe("function");
      expect(passStyleOf(reference)).toBe("remotable");
      expect(await reference).toBe(reference);
      expect(JSON.stringify({ reference })).toBe("{}");
      expect(String(reference)).toMatch(/^\[far object \d+\]$/);
      expect(`${reference as unknown as string}`).toBe(String(reference));
      expect(inspect(reference)).toBeTypeOf("string");
      expect(inspect({ reference }, { depth: 5, showProxy: true })).toBeTypeOf("string");
      expect(Object.keys(reference)).toEqual([]);
      expect(Reflect.ownKeys(reference)).toEqual([]);
      expect("add" in reference).toBe(false);
      expect(Object.getPrototypeOf(reference)).toBe(null);
      expect(Object.isFrozen(reference)).toBe(true);
      expect(reference instanceof Object).toBe(false);
      expect(Object.prototype.toString.call(reference)).toBe("[object Function]");
      expect(wild[Symbol.iterator]).toBe(undefined);
      expect(wild[Symbol.toPrimitive]).toBe(undefined);
      expect(wild.then).toBe(undefined);
      expect(() => {
        wild.added = 1;
      }).toThrow(TypeError);
      expect(() => Object.defineProperty(reference, "added", { value: 1 })).toThrow(TypeError);
      expect(() => Object.setPrototypeOf(reference, {})).toThrow(TypeError);
      expect(Reflect.deleteProperty(reference, "added")).toBe(true);
      expect({ ...reference }).toEqual({});
      expect(() => structuredClone(reference)).toThrow();
      expect(() => Reflect.construct(reference as () => void, [])).toThrow();
    }
    await turns();
    expect(peers.takeWire("here")).toEqual([]);
  });
});
