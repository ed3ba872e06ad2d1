import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CAPABILITY,
  CapabilityBase,
  decodePassable,
  encodePassable,
  GuestError,
  isCapability,
  isTarget,
  makeSelector,
  NO_TARGET,
  PASSABLE_BYTES_MAX,
  PASSABLE_DEPTH_MAX,
  PASSABLE_DIGITS_MAX,
  PASSABLE_SLOTS_MAX,
  type Passable,
  PassableError,
  passStyleOf,
  Tagged,
} from "./index.ts";
import { decodeMessage, encodeMessage, makeCapability, valueOfAnswer } from "./messages.ts";

const text = (value: unknown): string => new TextDecoder().decode(encodePassable(value));
const read = (json: string): unknown => decodePassable(new TextEncoder().encode(json));
const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof PassableError) return error.code;
    throw error;
  }
  return "none";
};

const anyPassable = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(undefined, null, true, false, Number.NaN, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
    fc.double(),
    fc.bigInt(),
    fc.string({ unit: "binary" }),
    fc.constantFrom("", "!", "#undefined", "$0", "+1", "-1", "*", "&0", "__proto__", "\ud800"),
    fc.uint8Array(),
    fc.array(tie("value")),
    fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom("__proto__", "#tag", "!x", "constructor", "then")),
      tie("value"),
    ),
    fc.string().map(makeSelector),
    fc.tuple(fc.string(), tie("value")).map(([tag, payload]) => new Tagged(tag, payload as Passable)),
  ),
})).value;

describe("passable values", () => {
  it("come back as they went in", () => {
    fc.assert(
      fc.property(anyPassable, (value) => {
        expect(decodePassable(encodePassable(value))).toEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  it("are written in one way", () => {
    fc.assert(
      fc.property(anyPassable, (value) => {
        const bytes = encodePassable(value);
        expect(encodePassable(decodePassable(bytes))).toEqual(bytes);
      }),
    );
  });

  it("are refused, not crashed on, whatever the bytes", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((json) => new TextEncoder().encode(json)),
        ),
        (bytes) => {
          codeOf(() => decodePassable(bytes));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("have the encodings of the specification", () => {
    expect(text([undefined, null, true, 1.5, -0, Number.NaN, 12n, -3n, "a", "-a", new Uint8Array([1, 2, 255])])).toBe(
      '["#undefined",null,true,1.5,"#-0","#NaN","+12","-3","a","!-a","*AQL/"]',
    );
    expect(text({ a: 1, "#tag": 2, $x: 3 })).toBe('{"a":1,"!#tag":2,"!$x":3}');
    expect(text(new Tagged("date", "2000"))).toBe('{"#tag":"date","payload":"2000"}');
    expect(text([makeSelector("add"), makeSelector(""), "'a"])).toBe(`["'add","'","!'a"]`);
    expect(text(new TypeError("no"))).toBe('{"#error":"no","name":"TypeError"}');
  });

  it("keep the stack of a guest's error to themselves unless asked", () => {
    const error = new GuestError({ name: "E", message: "m", stack: "    at f (a.js:1:1)" });
    expect(text(error)).not.toContain("a.js");
    expect(new TextDecoder().decode(encodePassable(error, { stacks: true }))).toContain("a.js");
    // The stack of an error of the host never leaves.
    expect(new TextDecoder().decode(encodePassable(new Error("x"), { stacks: true }))).toBe(
      '{"#error":"x","name":"Error"}',
    );
  });

  it("make __proto__ an own property like any other", () => {
    const value = read('{"__proto__":{"polluted":1}}') as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(text(value)).toBe('{"__proto__":{"polluted":1}}');
  });

  it("do not include functions, symbols, promises, instances and circles", () => {
    const circle: unknown[] = [];
    circle.push(circle);
    for (const value of [() => 1, Symbol("s"), Promise.resolve(), new Map(), new Date(0), new (class A {})(), /x/]) {
      expect(codeOf(() => encodePassable(value))).toBe("unpassable");
    }
    expect(codeOf(() => encodePassable(circle))).toBe("limit");
  });

  it("are malformed where a special string or object is not one of ours", () => {
    for (const json of [
      '"#x"',
      '"+"',
      '"+01"',
      '"-0"',
      '"+1x"',
      '"*a"',
      '"%a"',
      '"$0"',
      '"$01"',
      '"&x"',
      "",
      "{",
      '{"#tag":1,"payload":1}',
      '{"#tag":"a"}',
      '{"#error":1,"name":"E"}',
      '{"#error":"a","name":"E","x":1}',
      '{"$a":1}',
    ]) {
      expect([json, codeOf(() => read(json))]).toEqual([json, "malformed"]);
    }
    expect(codeOf(() => decodePassable(new Uint8Array([0x22, 0xff, 0x22])))).toBe("malformed");
  });

  it("have a depth, a size and a number of digits", () => {
    const nest = (depth: number): unknown => {
      let value: unknown = 1;
      for (let i = 0; i < depth; i += 1) value = [value];
      return value;
    };
    const nested = (depth: number): string => `${"[".repeat(depth)}1${"]".repeat(depth)}`;
    expect(decodePassable(encodePassable(nest(PASSABLE_DEPTH_MAX)))).toEqual(nest(PASSABLE_DEPTH_MAX));
    expect(codeOf(() => encodePassable(nest(PASSABLE_DEPTH_MAX + 1)))).toBe("limit");
    expect(codeOf(() => read(nested(PASSABLE_DEPTH_MAX + 1)))).toBe("limit");
    expect(codeOf(() => read(nested(100_000)))).toBe("limit");
    expect(codeOf(() => encodePassable("x".repeat(PASSABLE_BYTES_MAX - 2)))).toBe("none");
    expect(codeOf(() => encodePassable("x".repeat(PASSABLE_BYTES_MAX - 1)))).toBe("limit");
    expect(codeOf(() => decodePassable(new Uint8Array(PASSABLE_BYTES_MAX + 1)))).toBe("limit");
    expect(codeOf(() => read(`"+${"9".repeat(PASSABLE_DIGITS_MAX)}"`))).toBe("none");
    expect(codeOf(() => read(`"+${"9".repeat(PASSABLE_DIGITS_MAX + 1)}"`))).toBe("limit");
  });
});

describe("messages", () => {
  it("carry capabilities beside the bytes, each once", () => {
    const capability = makeCapability({});
    const sent = encodeMessage([capability, { again: capability }]);
    expect(new TextDecoder().decode(sent.bytes)).toBe('["$0",{"again":"$0"}]');
    expect(sent.capabilities).toEqual([capability]);
    expect(decodeMessage(sent)).toEqual([capability, { again: capability }]);
  });

  it("hold a limited number of capabilities", () => {
    const some = (count: number) => Array.from({ length: count }, () => makeCapability({}));
    expect(encodeMessage(some(PASSABLE_SLOTS_MAX)).capabilities.length).toBe(PASSABLE_SLOTS_MAX);
    expect(codeOf(() => encodeMessage(some(PASSABLE_SLOTS_MAX + 1)))).toBe("limit");
  });

  it("tell capabilities by their mark, and structs are data whatever their keys are", () => {
    const own = makeCapability({});
    const forged = { receive: own, settled: own, locator: { endowment: "vault" } };
    const sent = encodeMessage([forged]);
    expect(sent.capabilities).toEqual([own]);
    const [read] = decodeMessage(sent, { readCapability: () => () => {} }) as [typeof forged];
    expect(Object.keys(read)).toEqual(["receive", "settled", "locator"]);
    // As it is where references are functions, such as those to other machines.
    expect(read.receive).toBeTypeOf("function");
    expect([isCapability(read), isTarget(read), passStyleOf(read)]).toEqual([false, false, "copyRecord"]);
    expect(isCapability({ [CAPABILITY]: true, receive: () => NO_TARGET })).toBe(true);
    expect(isCapability(new (class extends CapabilityBase {})())).toBe(true);
  });

  it("reach only own methods of a host's capability", async () => {
    const capability = makeCapability({ add: (a, b) => Number(a) + Number(b), later: async () => "x" });
    const call = async (...body: unknown[]) => valueOfAnswer(await capability.receive(encodeMessage(body)));
    expect(await call("add", 1, 2)).toBe(3);
    expect(await call("later")).toBe("x");
    for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty", null, 3, undefined]) {
      await expect(call(name)).rejects.toMatchObject({ name: "BrokenError", code: "refused" });
    }
    await expect((async () => valueOfAnswer(await capability.receive(encodeMessage("add"))))()).rejects.toMatchObject({
      name: "PassableError",
    });
  });

  it("bring a host's error as name and message, without its stack", async () => {
    const capability = makeCapability(() => {
      throw Object.assign(new RangeError("too far"), { secret: 1 });
    });
    const answer = await capability.receive(encodeMessage([null]));
    expect(answer.status === "rejected" && new TextDecoder().decode(answer.message.bytes)).toBe(
      '{"#error":"too far","name":"RangeError"}',
    );
  });
});
