import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkArguments,
  checkResult,
  checkValue,
  Far,
  GUARD_DEPTH_MAX,
  GUARD_LIST_LENGTH_MAX,
  GuardError,
  guardErrorSide,
  M,
  makeCapability,
  makeMessage,
  makeSelector,
  type Pattern,
  Tagged,
} from "./index.ts";

function problemOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof GuardError) return error.message;
    throw error;
  }
  return "none";
}

const refuse = (pattern: Pattern, value: unknown): string => problemOf(() => checkValue(pattern, value, "x"));
const accepts = (pattern: Pattern, value: unknown): boolean => refuse(pattern, value) === "none";

/** One of each sort. */
const samples: { readonly [sort: string]: unknown } = {
  undefined: undefined,
  null: null,
  boolean: true,
  number: 1.5,
  integer: 7,
  bigint: 7n,
  string: "seven",
  bytes: new Uint8Array([7]),
  list: [7],
  record: { seven: 7 },
  function: () => 7,
  capability: makeCapability({}),
  tagged: new Tagged("seven", 7),
  error: new Error("seven"),
  symbol: Symbol("seven"),
  selector: makeSelector("seven"),
  promise: Promise.resolve(7),
  far: Far("seven", new (class Seven {})()),
};

describe("patterns", () => {
  const accepting: readonly (readonly [string, Pattern, readonly string[]])[] = [
    ["any", M.any(), Object.keys(samples)],
    [
      "passable",
      M.passable(),
      Object.keys(samples).filter((sort) => !["function", "capability", "symbol", "promise", "far"].includes(sort)),
    ],
    ["boolean", M.boolean(), ["boolean"]],
    ["number", M.number(), ["number", "integer"]],
    ["integer", M.integer(), ["integer"]],
    ["bigint", M.bigint(), ["bigint"]],
    ["string", M.string(), ["string"]],
    ["bytes", M.bytes(), ["bytes"]],
    ["literal", M.literal("seven", 7, null), ["null", "integer", "string"]],
    ["array", M.array(M.number()), ["list"]],
    ["record", M.record({ seven: M.number() }), ["record"]],
    ["partial", M.partial({ seven: M.number() }), ["record"]],
    ["recordOf", M.recordOf(M.integer()), ["record"]],
    ["or", M.or(M.string(), M.bytes()), ["string", "bytes"]],
    ["optional", M.optional(M.string()), ["undefined", "string"]],
    ["tagged", M.tagged("seven", M.integer()), ["tagged"]],
    ["callable", M.callable(), ["function", "capability"]],
    ["remotable", M.remotable(), ["function", "capability", "far"]],
    ["symbol", M.symbol(), ["selector"]],
    ["error", M.error(), ["error"]],
    ["promise", M.promise(), ["promise"]],
    ["eref", M.eref(M.string()), ["string", "promise"]],
  ];

  it.each(accepting)("%s takes what it says and nothing else", (_name, pattern, sorts) => {
    expect(Object.keys(samples).filter((sort) => accepts(pattern, samples[sort]))).toEqual(sorts);
  });

  it("names what was expected, what came, and where", () => {
    expect(refuse(M.string(), 7)).toBe("x: expected a string, got a number");
    expect(refuse(M.literal("a", "b"), "c")).toBe('x: expected "a" or "b", got a string');
    expect(refuse(M.or(M.string(), M.bytes()), 7)).toBe("x: expected a string or bytes, got a number");
    expect(refuse(M.array(M.record({ on: M.boolean() })), [{ on: true }, { on: 1 }])).toBe(
      "x[1].on: expected a boolean, got a number",
    );
    expect(refuse(M.recordOf(M.string()), { "a b": 1 })).toBe('x["a b"]: expected a string, got a number');
    expect(refuse(M.array(M.symbol()), ["add"])).toBe("x[0]: expected a selector, got a string");
    expect(refuse(M.eref(M.error()), makeSelector("add"))).toBe("x: expected an error or a promise, got a selector");
    expect(refuse(M.promise(), Far("f", {}))).toBe("x: expected a promise, got a capability");
    expect(refuse(M.record({}), { more: 1 })).toBe("x.more: no property of this name is expected");
    expect(refuse(M.record({ a: M.string() }), {})).toBe("x.a: expected a string, got undefined");
    expect(refuse(M.tagged("t", M.string()), new Tagged("t", 1))).toBe("x.payload: expected a string, got a number");
    expect(refuse(M.or(M.string({ lengthMax: 2 }), M.bytes()), "abc")).toBe("x: expected at most 2 characters, got 3");
    expect(refuse(M.or(M.boolean(), M.record({ a: M.string() })), { a: 1 })).toBe(
      "x.a: expected a string, got a number",
    );
  });

  it("quotes no value", () => {
    const secret = "hunter2";
    const patterns = [M.number(), M.record({}), M.literal("a"), M.string({ lengthMax: 1 }), M.array(M.any())];
    for (const pattern of patterns) expect(refuse(pattern, secret)).not.toContain(secret);
  });

  it.each([
    ["string", M.string({ lengthMax: 3 }), "abc", "abcd"],
    ["bytes", M.bytes({ lengthMax: 3 }), new Uint8Array(3), new Uint8Array(4)],
    ["array", M.array(M.any(), { lengthMax: 2 }), [1, 2], [1, 2, 3]],
    ["array by default", M.array(M.any()), Array(GUARD_LIST_LENGTH_MAX), Array(GUARD_LIST_LENGTH_MAX + 1)],
    ["recordOf", M.recordOf(M.any(), { sizeMax: 1 }), { a: 1 }, { a: 1, b: 2 }],
    ["number", M.number({ min: 0, max: 1 }), 1, 1.0000001],
    ["number below", M.number({ min: 0, max: 1 }), 0, -Number.MIN_VALUE],
    ["integer", M.integer(), Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER + 1],
    ["bigint", M.bigint({ max: 9n }), 9n, 10n],
    ["bigint below", M.bigint({ min: -9n }), -9n, -10n],
  ] as const)("%s holds at its limit and refuses one past it", (_name, pattern, at, past) => {
    expect(accepts(pattern, at)).toBe(true);
    expect(refuse(pattern, past)).toMatch(/^x: expected .*(at most|of at least|from|integer)/);
  });

  it("refuses NaN wherever there is a limit", () => {
    expect(accepts(M.number(), Number.NaN)).toBe(true);
    expect(accepts(M.number({ max: 5 }), Number.NaN)).toBe(false);
  });

  it("has a deepest pattern", () => {
    const nest = (depth: number): Pattern => {
      let pattern: Pattern = M.any();
      for (let at = 0; at < depth; at++) pattern = M.optional(pattern);
      return pattern;
    };
    expect(accepts(nest(GUARD_DEPTH_MAX), 1)).toBe(true);
    expect(refuse(nest(GUARD_DEPTH_MAX + 1), 1)).toContain(`deeper than ${GUARD_DEPTH_MAX}`);
  });

  it("hands on what was checked, not what can change", () => {
    let reads = 0;
    const shifty = {
      get path(): unknown {
        return reads++ === 0 ? "a.txt" : 7;
      },
    };
    const taken = checkValue(M.record({ path: M.string() }), shifty, "x");
    expect(taken).toEqual({ path: "a.txt" });
    expect(taken).toEqual({ path: "a.txt" });
    expect(reads).toBe(1);
  });

  it("treats __proto__ as a key like any other", () => {
    const parsed: unknown = JSON.parse('{"__proto__": "a"}');
    expect(refuse(M.record({}), parsed)).toContain("__proto__");
    const taken = checkValue(M.recordOf(M.string()), parsed, "x");
    expect(Object.getPrototypeOf(taken)).toBe(Object.prototype);
    expect(Object.keys(taken as object)).toEqual(["__proto__"]);
  });

  it("knows the methods of an object of the host, not those of a capability", () => {
    const counter = M.interface("counter", { add: M.call(M.number()) });
    expect(accepts(M.remotable(counter), Far("counter", { add: () => {} }))).toBe(true);
    expect(refuse(M.remotable(counter), Far("counter", { sub: () => {} }))).toContain("it has no method add");
    expect(accepts(M.remotable(counter), makeCapability({}))).toBe(true);
  });

  it("takes no data for an object, whatever is in it", () => {
    const counter = M.interface("counter", { add: M.call(M.number()) });
    for (const data of [{}, { add: () => {} }, Object.assign(new Error("x"), { add: () => {} }), new Map()]) {
      expect(refuse(M.remotable(), data)).toMatch(
        /^x: expected a function, or an object that Far has marked, got an? /,
      );
      expect(refuse(M.remotable(counter), data)).toContain("marked, with the methods of counter, got a");
    }
  });
});

describe("calls", () => {
  const guard = M.call(M.named("path", M.string())).optional(M.named("mode", M.integer()));

  it("counts and names arguments", () => {
    const problem = (...args: unknown[]): string => problemOf(() => checkArguments(guard, args, "directory.read"));
    expect(problem(7)).toBe("directory.read: argument 1 (path): expected a string, got a number");
    expect(problem()).toBe("directory.read: argument 1 (path): expected a string, got undefined");
    expect(problem("a", "b")).toBe("directory.read: argument 2 (mode): expected an integer, got a string");
    expect(problem("a", 1, 2)).toBe("directory.read: expected at most 2 arguments, got 3");
    expect(problem("a")).toBe("none");
    expect(problem("a", undefined)).toBe("none");
  });

  it("takes the rest", () => {
    const rest = guard.rest(M.boolean());
    expect(checkArguments(rest, ["a", 1, true, false], "x")).toEqual(["a", 1, true, false]);
    expect(problemOf(() => checkArguments(rest, ["a", 1, true, 0], "x"))).toContain("argument 4: expected a boolean");
    const most = ["a", 1, ...Array<boolean>(GUARD_LIST_LENGTH_MAX).fill(true)];
    expect(checkArguments(rest, most, "x")).toHaveLength(most.length);
    expect(problemOf(() => checkArguments(rest, [...most, true], "x"))).toContain("at most");
  });

  it("checks results, also those that come later", async () => {
    const later = M.callWhen().returns(M.string());
    expect(checkResult(M.call(), undefined, "x")).toBeUndefined();
    expect(problemOf(() => checkResult(M.call(), 1, "x"))).toBe("x: result: expected undefined, got a number");
    await expect(checkResult(later, Promise.resolve("a"), "x")).resolves.toBe("a");
    await expect(checkResult(later, Promise.resolve(1), "x")).rejects.toThrow("x: result: expected a string");
  });

  it("says whose fault it was", () => {
    const side = (work: () => unknown): string | undefined => {
      try {
        work();
      } catch (error) {
        return guardErrorSide(error);
      }
      return "none";
    };
    expect(side(() => checkArguments(guard, [1], "x"))).toBe("argument");
    expect(side(() => checkResult(guard, 1, "x"))).toBe("result");
    expect(guardErrorSide(new TypeError("x"))).toBeUndefined();
    expect(new GuardError("argument", "").name).toBe("TypeError");
  });

  it("leaves a guard as it was when another is made of it", () => {
    const read = guard.reads();
    expect([guard.isRead, read.isRead]).toEqual([false, true]);
    expect(guard.rest(M.any()).returns(M.any()).required).toEqual(guard.required);
  });
});

describe("random values against random patterns", () => {
  /** A pattern with a maker of values that fit it. */
  const leaf = fc.constantFrom<readonly [Pattern, fc.Arbitrary<unknown>]>(
    [M.string(), fc.string()],
    [M.integer({ min: -5, max: 5 }), fc.integer({ min: -5, max: 5 })],
    [M.number(), fc.double()],
    [M.boolean(), fc.boolean()],
    [M.bigint(), fc.bigInt()],
    [M.bytes(), fc.uint8Array()],
    [M.literal(null, "x"), fc.constantFrom(null, "x")],
  );
  const { tree: fitting } = fc.letrec<{ tree: readonly [Pattern, fc.Arbitrary<unknown>] }>((tie) => ({
    tree: fc.oneof(
      { depthSize: "small" },
      leaf,
      tie("tree").map(([pattern, values]) => [M.array(pattern), fc.array(values, { maxLength: 4 })] as const),
      tie("tree").map(([pattern, values]) => [M.optional(pattern), fc.option(values, { nil: undefined })] as const),
      tie("tree").map(([pattern, values]) => [M.record({ a: pattern }), values.map((a) => ({ a }))] as const),
      fc.tuple(tie("tree"), tie("tree")).map(([[left, a], [right, b]]) => [M.or(left, right), fc.oneof(a, b)] as const),
      tie("tree").map(
        ([pattern, values]) => [M.recordOf(pattern), fc.dictionary(fc.string(), values, { maxKeys: 3 })] as const,
      ),
    ),
  }));

  it("takes each value that was made for a pattern, unchanged", () => {
    const cases = fitting.chain(([pattern, values]) => fc.tuple(fc.constant(pattern), values));
    fc.assert(
      fc.property(cases, ([pattern, value]) => {
        expect(checkValue(pattern, value, "x")).toEqual(value);
      }),
      { verbose: 1 },
    );
  });

  it("takes or refuses anything with a sentence, and never fails otherwise", () => {
    fc.assert(
      fc.property(fitting, fc.anything({ withBigInt: true, withNullPrototype: true }), ([pattern], value) => {
        const problem = refuse(pattern, value);
        expect(problem === "none" || problem.startsWith("x")).toBe(true);
        // What was taken is taken again.
        if (problem === "none") expect(accepts(pattern, checkValue(pattern, value, "x"))).toBe(true);
      }),
      { verbose: 1 },
    );
  });
});

it("lets messages carry what a guard refused as a TypeError", async () => {
  const capability = makeCapability({ read: (...args) => checkArguments(M.call(M.string()), args, "x.read") });
  const answer = await capability.receive(makeMessage(new TextEncoder().encode('["read",7]')));
  if (answer.status !== "rejected") throw new Error("expected a rejection");
  expect(new TextDecoder().decode(answer.message.bytes)).toContain('"name":"TypeError"');
});
