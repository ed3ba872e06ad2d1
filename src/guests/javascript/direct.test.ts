import { describe, expect, it } from "vitest";
import { makeTestHost } from "../../../test/support/javascript.ts";
import { CallbackText, type JavaScriptPowers, type Primitive } from "./index.ts";

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
});
