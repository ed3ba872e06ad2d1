import { describe, expect, it } from "vitest";
import { makeTestHost } from "../../../test/support/javascript.ts";
import { ServiceError } from "../../kernel/index.ts";
import { register } from "./callbacks.ts";
import { HostCallFrame } from "./engine.ts";
import { CallbackText, type JavaScriptPowers, type Primitive } from "./index.ts";
import { FUNCTIONS_MAX } from "./limits.ts";
import { freshState } from "./state.ts";

const host = makeTestHost();

const SCRIPT = `
  globalThis.add = (a, b) => a + b;
  globalThis.same = (value) => value;
  globalThis.list = (...values) => values;
  globalThis.fail = (message) => { throw new TypeError(message) };
  globalThis.ask = (number, ...values) => caper.callHost(number, ...values);
  globalThis.askText = (text) => JSON.stringify(caper.askHost(text));
`;

async function spawn(powers: JavaScriptPowers = {}) {
  const js = host.spawn({ powers });
  await js.evaluate(SCRIPT);
  const register = async (name: string) => {
    const number = await js.register(name);
    return (...args: Primitive[]) => js.directSync(number, args);
  };
  return { js, register };
}

const PRIMITIVES: readonly Primitive[] = [
  ...[undefined, null, true, false, 0, -0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, 0.1, 5e-324, 1.7e308],
  ...[
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    "",
    "a",
    "é\xff",
    "日本\u{1f600}",
    "\ud800",
    "\udc00x",
  ],
  ...["x".repeat(47), "x".repeat(1000), "\xe9".repeat(1001), "\u3042".repeat(20_000), "y".repeat(100_001)],
];

describe("direct calls", () => {
  it("give back every primitive as it went in", async () => {
    const same = await (await spawn()).register("same");
    for (const value of PRIMITIVES) expect(same(value)).toEqual({ kind: "value", value });
  });

  it("run the guest's jobs at the end, or leave them to a later turn and say so", async () => {
    const { js } = await spawn();
    await js.evaluate(`globalThis.done = 0;
      globalThis.later = () => { Promise.resolve().then(() => { done += 1 }); return done };
      globalThis.lose = () => { Promise.reject(1); return done };
      globalThis.count = () => done`);
    const [later, lose, count] = [await js.register("later"), await js.register("lose"), await js.register("count")];
    const value = (of: number) => ({ kind: "value", value: of });
    expect(js.directSync(later, [])).toEqual(value(0));
    expect(js.directSync(count, [], { leavesJobs: true })).toEqual(value(1));
    expect(js.directSync(later, [], { leavesJobs: true })).toEqual({ ...value(1), hasJobs: true });
    expect(js.directSync(count, [], { leavesJobs: true })).toEqual({ ...value(1), hasJobs: true });
    expect(js.directSync(count, [])).toEqual(value(1));
    expect(js.directSync(count, [], { leavesJobs: true })).toEqual(value(2));
    expect(js.directSync(lose, [], { leavesJobs: true })).toEqual({ ...value(2), hasJobs: true });
    expect(js.directSync(count, [])).toEqual(value(2));
    expect(js.directSync(count, [], { leavesJobs: true })).toEqual(value(2));
  });

  it("are paid for the characters that the host reads", async () => {
    const { js, register } = await spawn({ onCallback: () => 1 });
    await js.evaluate(`const texts = { short: "x", long: "x".repeat(8_000_000) };
      globalThis.tell = (name) => caper.callHost(0, texts[name]);
      globalThis.tellText = (name) => caper.askHost(texts[name]);`);
    for (const name of ["tell", "tellText"]) {
      const tell = await register(name);
      const gasOf = (text: string): number => {
        const before = js.process.meter.gasUsed;
        tell(text);
        return js.process.meter.gasUsed - before;
      };
      gasOf("short");
      expect(gasOf("long") - gasOf("short")).toBeGreaterThan(900_000);
    }
  });

  it("take strings that the engine keeps in pieces", async () => {
    const add = await (await spawn()).register("add");
    const long = "abc".repeat(5000);
    for (const [a, b] of [
      [long, long],
      [long, "\u3042".repeat(9000)],
      ["", long],
    ] as const) {
      expect(add(a, b)).toEqual({ kind: "value", value: a + b });
    }
  });

  it("cost no more gas than the engine's own call", async () => {
    const { js, register } = await spawn();
    const add = await register("add");
    const before = js.process.meter.gasUsed;
    expect(add(1, 2)).toEqual({ kind: "value", value: 3 });
    expect(js.process.meter.gasUsed - before).toBeLessThan(1000);
  });

  it("give texts for what is no primitive, and for exceptions", async () => {
    const { register } = await spawn();
    const list = await register("list");
    expect(list(undefined, -0, "a")).toEqual({ kind: "converted", text: '["#undefined","#-0","a"]' });
    const fail = await register("fail");
    const thrown = fail("no");
    expect(thrown.kind === "thrown" && JSON.parse(thrown.text)).toMatchObject({ "#error": "no", name: "TypeError" });
  });

  it("call functions of the host, which answer with primitives, texts, exceptions", async () => {
    const answers = new Map<string, CallbackText>([
      ["text", new CallbackText('{"a":[1,"!é"]}')],
      ["thrown", new CallbackText('{"#error":"é","name":"RangeError"}', { thrown: true })],
    ]);
    const { register } = await spawn({
      onCallback: (request) => (request.kind === "text" ? answers.get(request.text) : request.args[0]),
    });
    const ask = await register("ask");
    for (const value of PRIMITIVES) expect(ask(1, value)).toEqual({ kind: "value", value });
    const askText = await register("askText");
    expect(askText("text")).toEqual({ kind: "value", value: '{"a":[1,"é"]}' });
    const thrown = askText("thrown");
    expect(thrown.kind === "thrown" && JSON.parse(thrown.text)).toMatchObject({ "#error": "é", name: "RangeError" });
  });

  it("are refused by number where nothing is registered", async () => {
    const { js } = await spawn();
    for (const id of [0, 1, 2, 2 ** 31]) {
      expect(js.directSync(id, [])).toMatchObject({ kind: "thrown" });
    }
    expect(() => js.directSync(-1, [])).toThrow(RangeError);
    expect(() =>
      js.directSync(
        1,
        Array.from({ length: 33 }, () => 0),
      ),
    ).toThrow("at most 32");
  });

  it("take as many arguments, and as much text, as they may", async () => {
    const { js, register } = await spawn();
    await js.evaluate("globalThis.count = (...v) => v.length; globalThis.size = (a, b) => a.length + b.length");
    const [count, size] = [await register("count"), await register("size")];
    expect(count(...Array.from({ length: 32 }, (_, i) => i))).toEqual({ kind: "value", value: 32 });
    const half = "a".repeat(8 << 20);
    expect(size(half, half)).toEqual({ kind: "value", value: 16 << 20 });
    expect(() => size(half, `${half}a`)).toThrow("at most 16777216 characters");
    await js.evaluate("globalThis.make = (text, more) => text + text + more");
    const make = await register("make");
    expect(make(half, "")).toEqual({ kind: "value", value: half + half });
    expect(make(half, "a")).toMatchObject({ kind: "thrown" });
  });

  it("are refused where as many functions are registered as may be", () => {
    const state = freshState({ context: 0, runtime: 0, dispatcher: 0n, mailbox: 0, control: 0, jobs: 0 });
    const memory = new Uint8Array(64);
    const view = new DataView(memory.buffer);
    // Two cells of arguments, the second an object; then the vector of their addresses.
    view.setInt32(12, -1, true);
    view.setUint32(36, 8, true);
    for (let i = 1; i <= FUNCTIONS_MAX; i++) state.functions.set(100_000 + i, 1n);
    state.functions.delete(100_001);
    expect(register(new HostCallFrame(memory, 2, 32), state)).toBeGreaterThan(0);
    expect(register(new HostCallFrame(memory, 2, 32), state)).toBe(ServiceError.limit);
  });

  it("refuse an amount of gas that is none, before anything happens", async () => {
    const { js } = await spawn();
    const before = js.process.meter.gasUsed;
    for (const gas of [1.5, -1, Number.NaN, 2 ** 53]) {
      expect(() => js.directSync(20, [], { gas })).toThrow(RangeError);
      expect(() => js.callSync("add", [1, 2], { gas })).toThrow("expected a whole number from 0");
      expect(() => js.callSync("add", [{}], { gas })).toThrow(RangeError);
    }
    expect(js.process.meter.gasUsed).toBe(before);
  });
});

describe("synchronous calls by name", () => {
  it("look the name up every time, and cost little", async () => {
    const { js } = await spawn();
    expect(js.callSync("add", [1, 2])).toBe(3);
    const before = js.process.meter.gasUsed;
    expect(js.callSync("add", [3, 4])).toBe(7);
    expect(js.process.meter.gasUsed - before).toBeLessThan(6000);
    await js.evaluate("globalThis.add = (a, b) => [a, b, new Map().size]");
    expect(js.callSync("add", ["\ud800", undefined])).toEqual(["\ud800", undefined, 0]);
    await js.evaluate("delete globalThis.add");
    expect(() => js.callSync("add", [1, 2])).toThrow('no exported function "add"');
    expect(() => js.callSync("toString", [])).toThrow('no exported function "toString"');
  });

  it("give promises' values, capabilities, and exceptions with the guest's stack", async () => {
    const { js } = await spawn();
    await js.evaluate(
      "globalThis.later = async (a) => { await null; return a + 1 }; globalThis.cap = () => [Far('x', {})]",
    );
    expect(js.callSync("later", [1])).toBe(2);
    expect(js.callSync("cap", [])).toMatchObject([{ receive: expect.any(Function) }]);
    expect(() => js.callSync("fail", ["no"])).toThrow(expect.objectContaining({ name: "TypeError", message: "no" }));
    expect(() => js.callSync("later", [1], { gas: 100 })).toThrow("the call has no answer yet");
  });
});

/** Whatever a script does to what it was born with, the host sees values only. */
const HOSTILE: readonly string[] = [
  "JSON.stringify = JSON.parse = () => 1; Map.prototype.get = Map.prototype.set = () => { throw 1 };",
  "Object.defineProperty(Object.prototype, 'then', { get() { throw 1 } }); Array.prototype[Symbol.iterator] = null;",
  "Object.defineProperty(Array.prototype, 0, { set() { throw 2 }, get() { throw 3 } });",
  "Reflect.apply = Function.prototype.call = () => ({}); Error.prototype.toString = null; Object.prototype.toJSON = () => 5;",
  "Object.defineProperty(Error, Symbol.hasInstance, { value() { throw new Proxy({}, { get() { throw 1 } }) } });",
];
const ODD: readonly string[] = [
  "() => { throw new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 2 } }) }",
  "() => { throw Symbol() }",
  "() => { const e = new Error(); Object.defineProperty(e, 'message', { get() { throw e } }); throw e }",
  "() => Object.assign(Object.create(null), { get a() { throw 1 } })",
  "() => { const a = []; a[0] = a; return a }",
  "() => Symbol.iterator",
  "() => 2n ** 70n",
  "() => 'a'.repeat(2 ** 25)",
  "() => caper.callHost(1, {})",
  "() => caper.callHost(-1, ...Array(2000).fill('x'))",
  "() => caper.askHost('a'.repeat(2 ** 25))",
  "() => caper.askHost(7)",
  "(f = () => f()) => f()",
];

describe("a hostile script", () => {
  it("gets and gives values only", async () => {
    for (const tampering of ["", ...HOSTILE]) {
      const js = host.spawn({ powers: { onCallback: (request) => (request.kind === "text" ? "text" : request.id) } });
      await js.evaluate(ODD.map((source, i) => `globalThis.odd${i} = ${source};`).join("\n"));
      const numbers = await Promise.all(ODD.map((_, i) => js.register(`odd${i}`)));
      await js.evaluate(tampering).catch(() => undefined);
      for (const [i, number] of numbers.entries()) {
        const { kind } = js.directSync(number, []);
        expect(["value", "converted", "thrown"], `${tampering} ${ODD[i]}`).toContain(kind);
      }
      expect(js.process.status).toEqual({ state: "idle" });
      js.process.discard();
    }
    expect(host.faults).toEqual([]);
  });
});
