import { describe, expect, it } from "vitest";
import { failureOf, makeTestHost, rootOf } from "../../../test/support/javascript.ts";
import type { Answer, Keeper, ProcessStatus } from "../../kernel/index.ts";
import { encodeMessage, makeCapability, PASSABLE_DEPTH_MAX, valueOfAnswer } from "../../passable/index.ts";

const host = makeTestHost();

interface Outcome {
  readonly status: ProcessStatus;
  readonly gasUsed: number;
  readonly pagesUsed: number;
  readonly root: string;
}

/** Runs a script in the test's own thread until it has an answer or stops, in a process of its own. */
function run(
  source: string,
  init: { readonly gas: number; readonly memoryBytes?: number },
): Outcome & { answer: Answer | undefined } {
  const { process } = host.spawn({ memoryBytes: 16 << 20, ...init });
  const answer = process.deliverSync(encodeMessage(["eval", "attack.js", source]));
  while (process.status.state === "ready") process.finishSync();
  const { gasUsed, pagesUsed } = process.meter;
  const outcome = { answer, status: process.status, gasUsed, pagesUsed, root: rootOf(process.freeze()) };
  process.discard();
  return outcome;
}

function runTwice(
  source: string,
  init: { readonly gas: number; readonly memoryBytes?: number },
): Outcome & { answer: Answer | undefined } {
  const first = run(source, init);
  expect(run(source, init)).toEqual(first);
  return first;
}

describe("what uses too much stops at the same count each time", () => {
  it.each([
    ["an endless loop", "while (true) {}"],
    ["a catastrophic regular expression", "/(a+)+b/.test('a'.repeat(40))"],
    [
      "a sort with a cheap comparer",
      "const a = []; for (let i = 0; i < 1e4; i++) a.push(i * 7919 % 1e4); for (;;) a.sort((x, y) => y - x)",
    ],
    ["BigInt powers", "let b = 3n; for (;;) b = b * b % (2n ** 5000n)"],
    ["microtasks without end", "(function again() { Promise.resolve().then(again) })()"],
    ["a flood of the console", "for (;;) console.log('x'.repeat(1000))"],
    ["a string built step by step", "let s = ''; for (;;) { s += 'x'; if (s.length > 1e5) s = '' }"],
  ])("%s: gas", (_name, source) => {
    const outcome = runTwice(source, { gas: 30_000_000 });
    expect(outcome.status).toEqual({ state: "stopped", stop: { kind: "out-of-gas" } });
    host.logged.length = 0;
    // Overdrawn by at most one stretch of code.
    expect(outcome.gasUsed).toBeGreaterThanOrEqual(30_000_000);
    expect(outcome.gasUsed).toBeLessThan(30_100_000);
  });

  it.each([
    ["a huge string", "'x'.repeat(2 ** 29).length"],
    ["a text of 50 MB to parse", "JSON.parse('[' + '1,'.repeat(25e6) + '1]').length"],
    ["a typed array", "new Uint8Array(2 ** 29).length"],
    ["arrays without end", "const all = []; for (;;) all.push(new Array(1000).fill(0))"],
    ["a million promises", "const all = []; for (let i = 0; i < 1e6; i++) all.push(new Promise(() => {}))"],
    ["a map without end", "const m = new Map(); for (let i = 0; ; i++) m.set(i, i)"],
  ])("%s: memory", (_name, source) => {
    const outcome = runTwice(source, { gas: 5_000_000_000, memoryBytes: 6 << 20 });
    expect(outcome.status).toMatchObject({ state: "stopped", stop: { kind: "out-of-memory" } });
    expect(outcome.pagesUsed).toBeLessThanOrEqual(96);
  });

  it("recursion ends in an error that the script can catch, at the same depth", () => {
    const kinds = [
      "function f() { depth++; f() } f()",
      "const o = { get x() { depth++; return this.x } }; o.x",
      "const o = { toString() { depth++; return '' + this } }; '' + o",
      "class A { constructor() { depth++; new A() } } new A()",
      "const p = new Proxy({}, { get(t, k, r) { depth++; return r[k] } }); p.x",
      "function f() { depth++; [1].map(f) } f()",
      "function f() { depth++; 'a'.replace(/a/, f) } f()",
      "function f() { depth++; JSON.stringify({ toJSON: f }) } f()",
      "function f() { depth++; [2, 1].sort(f) } f()",
      "function f() { depth++; eval('f()') } f()",
      "function f() { depth++; Reflect.apply(f, null, []) } f()",
      "function* g() { depth++; yield* g() } [...g()]",
    ];
    for (const source of kinds) {
      const script = `var depth = 0; try { ${source} } catch (e) { [e.name, depth] }`;
      const { answer, status } = runTwice(script, { gas: 5_000_000_000 });
      expect([source, status.state]).toEqual([source, "idle"]);
      const [name, depth] = valueOfAnswer(answer as Answer) as [string, number];
      expect([source, name]).toEqual([source, "RangeError"]);
      expect(depth).toBeGreaterThan(100);
    }
  });

  it("deeply nested sources, patterns and texts fail as errors", () => {
    for (const source of [
      "eval('('.repeat(50000))",
      "JSON.parse('['.repeat(200000))",
      "eval('['.repeat(50000))",
      "eval('-'.repeat(100000) + '1')",
    ]) {
      const { answer, status } = run(`try { ${source}; 'ran' } catch (e) { e.name }`, {
        gas: 5_000_000_000,
        memoryBytes: 64 << 20,
      });
      expect([source, status.state]).toEqual([source, "idle"]);
      expect(["RangeError", "SyntaxError", "InternalError"]).toContain(valueOfAnswer(answer as Answer));
    }
  });

  it("goes on where its gas ran out when it is given more, to the end of one that had it all", async () => {
    const source = "let n = 0; for (let i = 0; i < 50000; i++) n = (n * 31 + i) | 0; n";
    const whole = host.spawn();
    const expected = await whole.evaluate(source);
    let stops = 0;
    const keeper: Keeper = (stop) => {
      stops += stop.kind === "out-of-gas" ? 1 : 0;
      return { action: "resume", gas: 20_000_000 };
    };
    const js = host.spawn({ gas: 10_000_000, keeper });
    expect(await js.evaluate(source)).toBe(expected);
    expect(stops).toBeGreaterThan(0);
    expect(js.process.meter.gasUsed).toBe(whole.process.meter.gasUsed);
  });

  it("is refused memory as an error of the script, or given it", async () => {
    const source = "try { 'x'.repeat(2 ** 24).length } catch (e) { e.name + ': ' + e.message }";
    for (const [action, expected] of [
      // Refused once, the engine's allocator asks in another way.
      [{ action: "refuse" }, "InternalError: out of memory"],
      [{ action: "resume", memoryBytes: 64 << 20 }, 2 ** 24],
    ] as const) {
      const stops: string[] = [];
      const keeper: Keeper = (stop) => {
        stops.push(stop.kind);
        return action;
      };
      const js = host.spawn({ memoryBytes: 4 << 20, keeper });
      expect(await js.evaluate(source)).toBe(expected);
      expect(new Set(stops)).toEqual(new Set(["out-of-memory"]));
    }
  });
});

describe("the border", () => {
  it("leads a script to nothing but its own engine", async () => {
    const js = host.spawn({
      endowments: {
        f: makeCapability({
          fail: () => {
            throw Object.assign(new Error("no"), { secret: host });
          },
        }),
      },
    });
    expect(await js.evaluate("({}).constructor.constructor('return this')() === globalThis")).toBe(true);
    expect(await js.evaluate("(0, eval)('this') === globalThis && typeof this.process + typeof this.require")).toBe(
      "undefinedundefined",
    );
    // The caught error is the guest's own, with the guest's own frames.
    expect(
      await js.evaluate(
        "try { caper.power('f').fail() } catch (e) { [Reflect.ownKeys(e).sort(), e.constructor === Error, Object.getPrototypeOf(e) === Error.prototype, /node|vitest|src\\//.test(e.stack)] }",
      ),
    ).toEqual([["message"], true, true, false]);
    expect(
      await js.evaluate(
        "Error.prepareStackTrace = (e, frames) => { globalThis.frames = frames; return 'mine' }; try { caper.power('f').fail() } catch {}; delete Error.prepareStackTrace; typeof globalThis.frames",
      ),
    ).toBeTypeOf("string");
    expect(
      await js.evaluate(
        "(function () { try { return arguments.callee.caller } catch (e) { return e.name } })() ?? null",
      ),
    ).not.toBeInstanceOf(Object);
  });

  it("keeps globals and primordials of other processes apart", async () => {
    const [a, b] = [host.spawn(), host.spawn()];
    await a.evaluate(
      "Object.prototype.polluted = 1; Array.prototype.map = () => 'mine'; globalThis.JSON = null; Symbol.for('shared').x",
    );
    expect(await b.evaluate("[({}).polluted, [1].map((x) => x), typeof JSON]")).toEqual([undefined, [1], "object"]);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it("works on when a script has changed every primordial it can reach", async () => {
    const js = host.spawn({ endowments: { f: makeCapability({ add: (a, b) => Number(a) + Number(b) }) } });
    await js.evaluate(`
      globalThis.f = caper.power("f");
      globalThis.go = (n) => f.add(n, 1);
      const { ownKeys } = Reflect;
      const ctors = [Array, Object, String, Number, Function, Promise, Map, WeakMap, Uint8Array, JSON, Reflect];
      for (let c = 0; c < ctors.length; c++) {
        const ctor = ctors[c];
        for (let side = 0; side < 2; side++) {
          const holder = side === 0 ? ctor : ctor.prototype;
          if (!holder) continue;
          const keys = ownKeys(holder);
          for (let i = 0; i < keys.length; i++) {
            const key = keys[i];
            try { if (typeof holder[key] === "function" && key !== "constructor") holder[key] = () => { throw new Error("mine") }; } catch {}
          }
        }
      }
      0;`);
    expect(await js.call("go", 4)).toBe(5);
    expect((await failureOf(js.call("nothing"))).message).toContain("nothing");
  });

  it("does not run what comes across: getters, thenables, proxies", async () => {
    const js = host.spawn();
    let touched = 0;
    const value = {
      get x() {
        touched += 1;
        return 1;
      },
    };
    await js.evaluate("globalThis.look = (v) => Object.getOwnPropertyDescriptor(v, 'x').get === undefined");
    expect(await js.call("look", value)).toBe(true);
    expect(touched).toBe(1);
    // A thenable of the guest is data with a reference in it; awaiting it on the host calls nothing.
    await js.evaluate("globalThis.called = 0; globalThis.give = () => ({ then(done) { called++; done('bad') } })");
    const thenable = (await js.call("give")) as { then: unknown };
    expect(typeof thenable.then).toBe("object");
    expect(await js.evaluate("called")).toBe(0);
    await js.evaluate("globalThis.trap = () => new Proxy({ a: 1 }, { get() { throw new Error('trapped') } })");
    expect((await failureOf(js.call("trap"))).message).toBe("trapped");
  });

  it("gives no reference that the sender does not hold", async () => {
    const js = host.spawn({ endowments: { echo: makeCapability((value) => value) } });
    // The script replaces its own encoding: the text names a reference that is not in the message.
    await js.evaluate(
      "globalThis.forge = () => { Array.prototype.toJSON = () => ['$0', '$7']; try { return [1] } finally { } }",
    );
    expect((await failureOf(js.call("forge"))).name).toMatch(/PassableError|TypeError/);
  });

  it("offers no method that is not the object's own", async () => {
    let given: unknown;
    const js = host.spawn({
      endowments: {
        take: makeCapability((value) => {
          given = value;
        }),
      },
    });
    await js.evaluate(
      "class Counter { #n = 0; step() { return ++this.#n } get hidden() { return () => 1 } } caper.power('take')(Far('counter', new Counter()))",
    );
    const { callCapability } = await import("../../passable/index.ts");
    const call = (method: string | null, ...args: unknown[]) => callCapability(given as never, method, ...args);
    expect(await call("step")).toBe(1);
    for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty", "__defineGetter__", "nothing"]) {
      expect((await failureOf(call(name, "return this"))).message).toContain("no method");
    }
    expect((await failureOf(call(null))).message).toContain("no function");
  });

  it("survives messages that are none", async () => {
    const js = host.spawn();
    const bytes = (text: string) => ({ bytes: new TextEncoder().encode(text), capabilities: [] });
    for (const text of [
      "",
      "{",
      "1",
      "null",
      "[]",
      '["eval"]',
      '["call"]',
      '["nope"]',
      '["call","x"],[1]',
      '["import",{}]',
      '["set",null]',
      '["$0"]',
      '["#x"]',
      `${"[".repeat(10_000)}${"]".repeat(10_000)}`,
      `["call",${"[".repeat(PASSABLE_DEPTH_MAX + 1)}${"]".repeat(PASSABLE_DEPTH_MAX + 1)}]`,
      "\ufffd",
      '["main"]',
    ]) {
      const answer = await js.process.deliver(bytes(text));
      expect([text.slice(0, 30), answer.status]).toEqual([text.slice(0, 30), "rejected"]);
    }
    expect(await js.evaluate("1 + 1")).toBe(2);
  });

  it("does not nest deeper, or carry more, than it says", async () => {
    const js = host.spawn({ memoryBytes: 256 << 20 });
    expect(
      (
        await failureOf(
          js
            .evaluate("let v = 1; for (let i = 0; i < 300; i++) v = [v]; globalThis.deep = () => v; 0")
            .then(() => js.call("deep")),
        )
      ).message,
    ).toContain("nested deeper");
    expect(
      (
        await failureOf(
          js.evaluate("globalThis.circle = () => { const c = {}; c.c = c; return c }; 0").then(() => js.call("circle")),
        )
      ).message,
    ).toContain("circular");
    expect(
      (
        await failureOf(
          js
            .evaluate(
              "globalThis.many = () => { const all = []; for (let i = 0; i < 1025; i++) all.push(() => i); return all }; 0",
            )
            .then(() => js.call("many")),
        )
      ).message,
    ).toContain("capabilities in one message");
  });
});

it("had no fault of the host", () => {
  expect(host.faults).toEqual([]);
});
