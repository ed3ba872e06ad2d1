import { describe, expect, it } from "vitest";
import { M } from "../passable/index.ts";
import { makePower, POWER_NAME_LENGTH_MAX, PowerError, powerOf, readOnly } from "./index.ts";

const guard = M.interface("counter", {
  add: M.call(M.named("step", M.integer())).returns(M.integer()),
  read: M.call().returns(M.integer()).reads(),
  later: M.callWhen(M.string()).returns(M.string()),
  wrong: M.call().returns(M.string()),
  fail: M.call(),
});

function makeCounter(name = "counter") {
  let count = 0;
  return makePower(name, guard, {
    add(step) {
      count += step;
      return count;
    },
    read: () => count,
    later: async (text) => text,
    // What a program without types would do.
    wrong: () => 7 as unknown as string,
    fail: () => {
      throw new PowerError("busy");
    },
  });
}

describe("a power", () => {
  it("is a frozen object of the methods of its guard", () => {
    const counter = makeCounter();
    expect(Object.keys(counter)).toEqual(["add", "read", "later", "wrong", "fail"]);
    expect(Object.isFrozen(counter) && Object.isFrozen(counter.add)).toBe(true);
    expect(counter.add(2)).toBe(2);
    expect(counter.read()).toBe(2);
  });

  it("checks arguments and results", async () => {
    const counter = makeCounter();
    expect(() => Reflect.apply(counter.add, undefined, ["2"])).toThrow(
      "counter.add: argument 1 (step): expected an integer, got a string",
    );
    expect(() => counter.wrong()).toThrow("counter.wrong: result: expected a string, got a number");
    await expect(Reflect.apply(counter.later, undefined, [7])).rejects.toThrow("counter.later: argument 1");
    await expect(counter.later("a")).resolves.toBe("a");
    expect(counter.read()).toBe(0);
  });

  it("says where its errors come from", () => {
    expect(() => makeCounter("other").fail()).toThrow(new PowerError("busy", "other.fail: busy"));
  });

  it("tells its name and guard, and nobody else can pretend to be one", () => {
    const counter = makeCounter();
    expect(powerOf(counter)?.name).toBe("counter");
    expect(powerOf(counter)?.guard).toBe(guard);
    expect(powerOf({ ...counter })).toBeUndefined();
    expect(powerOf(undefined)).toBeUndefined();
    expect(() => readOnly({ ...counter })).toThrow("power: expected what makePower gives, got object");
  });

  it("has a name of bounded length, and all methods of its guard", () => {
    expect(powerOf(makeCounter("a".repeat(POWER_NAME_LENGTH_MAX)))).toBeDefined();
    expect(() => makeCounter("a".repeat(POWER_NAME_LENGTH_MAX + 1))).toThrow(RangeError);
    expect(() => makeCounter("")).toThrow(RangeError);
    const empty: object = {};
    expect(() => Reflect.apply(makePower, undefined, ["x", guard, empty])).toThrow("methods: expected a function add");
  });
});
