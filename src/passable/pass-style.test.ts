import { describe, expect, it } from "vitest";
import {
  encodePassable,
  Far,
  farName,
  GuestError,
  isSelector,
  isTarget,
  makeCapability,
  makeSelector,
  PASSABLE_DEPTH_MAX,
  PASSABLE_DIGITS_MAX,
  PassableError,
  passStyleOf,
  Selector,
  Tagged,
} from "./index.ts";

function problem(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof PassableError) return `${error.code} ${error.message}`;
    throw error;
  }
  return "none";
}

class Counter {
  add(): number {
    return 1;
  }
}

describe("pass styles", () => {
  it.each([
    [undefined, "undefined"],
    [null, "null"],
    [true, "boolean"],
    [1.5, "number"],
    [1n, "bigint"],
    ["a", "string"],
    [makeSelector("a"), "symbol"],
    [new Uint8Array(1), "byteArray"],
    [[1], "copyArray"],
    [{ a: 1 }, "copyRecord"],
    [Object.create(null), "copyRecord"],
    [new Tagged("a", 1), "tagged"],
    [new RangeError("a"), "error"],
    [new GuestError({ name: "E", message: "m", stack: "" }), "error"],
    [() => 1, "remotable"],
    [Far("counter", new Counter()), "remotable"],
    [Far("plain", {}), "remotable"],
    [makeCapability({}), "remotable"],
    [Promise.resolve(), "promise"],
  ])("are what a value is: %o", (value, style) => {
    expect(passStyleOf(value)).toBe(style);
  });

  it("name the part that cannot be passed, and what would help", () => {
    expect(problem(() => passStyleOf(Symbol("s")))).toBe(
      "unpassable value: a symbol of JavaScript cannot be passed; use makeSelector",
    );
    expect(problem(() => passStyleOf([1, { plugins: [new Counter()] }]))).toBe(
      "unpassable value[1].plugins[0]: an instance of Counter cannot be passed; mark it with Far to pass a reference to it",
    );
    expect(problem(() => passStyleOf(new Tagged("t", { "a b": new Map() })))).toContain(
      'value.payload["a b"]: an instance of Map',
    );
    expect(problem(() => passStyleOf(new (class {})()))).toContain("an object of a class");
    expect(problem(() => passStyleOf(["\ud800"]))).toContain("value[0]: a string with a lone surrogate");
    expect(problem(() => passStyleOf(makeSelector("\ud800")))).toContain("a symbol with a lone surrogate");
  });

  it("have the depth and the digits of passable values", () => {
    const nest = (depth: number): unknown => {
      let value: unknown = 1;
      for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
      return value;
    };
    expect(problem(() => passStyleOf(nest(PASSABLE_DEPTH_MAX)))).toBe("none");
    expect(problem(() => passStyleOf(nest(PASSABLE_DEPTH_MAX + 1)))).toContain("limit");
    const circle: unknown[] = [];
    circle.push(circle);
    expect(problem(() => passStyleOf(circle))).toContain("or circular");
    const digits = 10n ** BigInt(PASSABLE_DIGITS_MAX - 1);
    expect(problem(() => passStyleOf(-digits))).toBe("none");
    expect(problem(() => passStyleOf(-digits * 10n))).toContain("limit");
  });
});

describe("far objects", () => {
  it("are frozen, targets, and known by their name", () => {
    const counter = new Counter();
    expect(isTarget(counter)).toBe(false);
    expect(Far("counter", counter)).toBe(counter);
    expect([isTarget(counter), farName(counter), Object.isFrozen(counter)]).toEqual([true, "counter", true]);
    const add = Far("add", () => 1);
    expect([isTarget(add), farName(add)]).toEqual([true, "add"]);
    expect([farName({}), farName(7), farName(null), isTarget({}), isTarget(null), isTarget("a")]).toEqual([
      undefined,
      undefined,
      undefined,
      false,
      false,
      false,
    ]);
  });

  it("are not made of data, nor twice", () => {
    for (const wrong of [
      [],
      new Uint8Array(1),
      makeSelector("a"),
      new Tagged("a", 1),
      new Error("a"),
      Promise.resolve(1),
    ]) {
      expect(() => Far("x", wrong)).toThrow(TypeError);
    }
    for (const wrong of [null, 7, "a", undefined])
      expect(() => Far("x", wrong as unknown as object)).toThrow(TypeError);
    expect(() => Far(7 as unknown as string, {})).toThrow("name: expected a string, got number");
    const once = Far("once", {});
    expect(() => Far("twice", once)).toThrow("object: expected one that is not far yet, got once");
  });

  it("are no structs where there are no references", () => {
    expect(problem(() => encodePassable([Far("x", {})]))).toContain("unpassable");
  });
});

describe("selectors", () => {
  it("are frozen values with a name", () => {
    const selector = makeSelector("add");
    expect([selector.name, isSelector(selector), selector instanceof Selector]).toEqual(["add", true, true]);
    expect(Object.isFrozen(selector)).toBe(true);
    expect(selector).toEqual(makeSelector("add"));
    expect([isSelector("add"), isSelector({ name: "add" }), isSelector(Symbol("add"))]).toEqual([false, false, false]);
    expect(() => makeSelector(7 as unknown as string)).toThrow("name: expected a string, got number");
  });
});
