import { describe, expect, it } from "vitest";
import { farName, guardErrorSide, isTarget, M, makeExo, makeSelector, passStyleOf } from "./index.ts";

const CounterI = M.interface("Counter", {
  add: M.call(M.named("by", M.integer({ min: 0 })))
    .optional(M.string())
    .rest(M.symbol())
    .returns(M.integer()),
  addTwice: M.call(M.integer()).returns(M.integer()),
  later: M.callWhen(M.eref(M.string())).returns(M.array(M.integer())),
});

function makeCounter(results: { readonly later?: unknown } = {}) {
  let count = 0;
  return makeExo("counter", CounterI, {
    add(by) {
      count += by;
      return count;
    },
    addTwice(this: { add(by: number): number }, by: number) {
      this.add(by);
      return this.add(by);
    },
    later: async () => (results.later ?? [count]) as readonly number[],
  });
}

describe("exos", () => {
  it("are far objects with the methods of their guard", () => {
    const counter = makeCounter();
    expect([farName(counter), isTarget(counter), passStyleOf(counter)]).toEqual(["counter", true, "remotable"]);
    expect(Object.keys(counter)).toEqual(["add", "addTwice", "later"]);
    expect(Object.isFrozen(counter)).toBe(true);
    expect(counter.add(2)).toBe(2);
    expect(counter.add(3, "note", makeSelector("a"), makeSelector("b"))).toBe(5);
    expect(counter.addTwice(1)).toBe(7);
  });

  it("check what goes in, with the place of what is wrong", async () => {
    const counter = makeCounter();
    const call = (method: "add" | "addTwice", ...args: unknown[]): unknown =>
      Reflect.apply(counter[method], undefined, args);
    expect(() => call("add", -1)).toThrow("counter.add: argument 1 (by): expected an integer of at least 0, got -1");
    expect(() => call("add", 1, 2)).toThrow("counter.add: argument 2: expected a string, got a number");
    expect(() => call("add", 1, "a", makeSelector("s"), "b")).toThrow(
      "counter.add: argument 4: expected a selector, got a string",
    );
    // Calls among its own methods pass the guard, too.
    expect(() => call("addTwice", -1)).toThrow("counter.add: argument 1 (by)");
    await expect(Reflect.apply(counter.later, undefined, [7])).rejects.toThrow("counter.later: argument 1");
    await expect(counter.later(Promise.resolve("x"))).resolves.toEqual([0]);
  });

  it("check what comes out", async () => {
    const wrong = makeExo("wrong", M.interface("Wrong", { get: M.call().returns(M.string()) }), {
      get: () => 7 as unknown as string,
    });
    let side: unknown;
    try {
      wrong.get();
    } catch (error) {
      side = guardErrorSide(error);
      expect((error as Error).message).toBe("wrong.get: result: expected a string, got a number");
    }
    expect(side).toBe("result");
    await expect(makeCounter({ later: [1, "2"] }).later("x")).rejects.toThrow(
      "counter.later: result[1]: expected an integer, got a string",
    );
  });

  it("cannot be made without a method of the guard, or with an inherited one", () => {
    const guard = M.interface("X", { toString: M.call().returns(M.string()) });
    expect(() => makeExo("x", guard, {} as { toString(): string })).toThrow("methods: expected a function toString");
  });
});
