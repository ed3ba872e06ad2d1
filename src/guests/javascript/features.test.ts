import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failureOf, makeTestHost } from "../../../test/support/javascript.ts";
import { type GuestError, makeCapability, type Passable, Tagged } from "../../passable/index.ts";
import { capabilityOf, makeCollector, makeManualClock, makeTimersPower } from "../../powers/index.ts";
import { StoppedError, UnfinishedError } from "./index.ts";

const host = makeTestHost();
const settleAll = async (): Promise<void> => {
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe("scripts", () => {
  it("give the value of their last statement", async () => {
    const js = host.spawn();
    expect(await js.evaluate("1 + 2")).toBe(3);
    expect(await js.evaluate("Promise.resolve([1n, undefined])")).toEqual([1n, undefined]);
    // A value that cannot cross is no error of the script.
    expect(await js.evaluate("new Map()")).toBeUndefined();
  });

  it("share one global scope, across evaluations", async () => {
    const js = host.spawn();
    await js.evaluate("let a = 1; var b = 2; function f() { return a + b }");
    expect(await js.evaluate("f()")).toBe(3);
    expect(await js.call("f")).toBe(3);
  });

  it("fail with the guest's own stack, with names and lines of the guest's", async () => {
    const js = host.spawn();
    const error = (await failureOf(
      js.evaluate("function inner() { null.x }\nfunction outer() { inner() }\nouter()", { name: "mine.js" }),
    )) as GuestError;
    expect(error.name).toBe("TypeError");
    expect(error.guestStack.split("\n")).toEqual([
      "    at inner (mine.js:1:19)",
      "    at outer (mine.js:2:20)",
      "    at <eval> (mine.js:3:1)",
    ]);
    expect(((await failureOf(js.evaluate("let x = ;", { name: "bad.js" }))) as GuestError).guestStack).toBe(
      "    at bad.js:1:9",
    );
  });

  it("may throw what is no error", async () => {
    const js = host.spawn();
    expect((await failureOf(js.evaluate("throw 'words'"))).message).toBe("words");
    expect((await failureOf(js.evaluate("throw undefined"))).message).toContain("undefined");
    expect((await failureOf(js.evaluate("throw Symbol('s')"))).message).toBe("a symbol cannot be passed");
  });
});

describe("modules", () => {
  it("import each other, in circles too, and await", async () => {
    const js = host.spawn();
    const names = await js.import("main.js", {
      "main.js": "import { b } from './lib/b.js'; export const twice = (n) => b(n); export default 1;",
      "lib/b.js": "import { k } from '../k.js'; import * as main from '../main.js'; export const b = (n) => n * k;",
      "k.js": "export const k = await Promise.resolve(2);",
    });
    expect([...names].sort()).toEqual(["default", "twice"]);
    expect(await js.call("twice", 21)).toBe(42);
    expect((await failureOf(js.call("nothing"))).message).toContain('"nothing"');
  });

  it("import dynamically, and fail where there is no source", async () => {
    const js = host.spawn();
    await js.import("main.js", {
      "main.js": "export const load = (name) => import(name).then((m) => m.v)",
      "x.js": "export const v = 7",
    });
    expect(await js.call("load", "x.js")).toBe(7);
    expect((await failureOf(js.call("load", "y.js"))).message).toBe("could not load module 'y.js'");
    expect((await failureOf(js.import("gone.js", {}))).message).toBe("could not load module 'gone.js'");
  });

  it("report where they are wrong", async () => {
    const js = host.spawn();
    const error = (await failureOf(
      js.import("a.js", { "a.js": "import './b.js'", "b.js": "\n\nlet = = 3" }),
    )) as GuestError;
    expect(error.name).toBe("SyntaxError");
    expect(error.guestStack).toContain("b.js:3");
  });
});

describe("values", () => {
  const anyValue = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom(
        undefined,
        null,
        true,
        Number.NaN,
        -0,
        Number.POSITIVE_INFINITY,
        "",
        "!",
        "#-0",
        "$0",
        "+1",
        "\ud800x",
        "日本 😀 é",
      ),
      fc.double(),
      fc.integer(),
      fc.bigInt(),
      fc.string({ unit: "binary" }),
      fc.uint8Array(),
      fc.array(tie("value")),
      fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("__proto__", "#tag", "!x", "constructor")), tie("value")),
      fc.tuple(fc.string(), tie("value")).map(([tag, payload]) => new Tagged(tag, payload as Passable)),
    ),
  })).value;

  it("cross in both directions as they are", () => {
    const js = host.spawn();
    js.callSync("eval", ["globalThis.echo = (value) => value"]);
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(js.callSync("echo", [value])).toEqual(value);
      }),
      { numRuns: 200 },
    );
  });

  it("are read the same inside", async () => {
    const js = host.spawn();
    await js.evaluate(`globalThis.what = (v) => v === undefined ? "undefined" : v instanceof Uint8Array ? "bytes " + v.join()
      : Object.is(v, -0) ? "-0" : typeof v + " " + (typeof v === "object" ? JSON.stringify(v) : String(v))`);
    const cases: [unknown, string][] = [
      [undefined, "undefined"],
      [-0, "-0"],
      [10n, "bigint 10"],
      [new Uint8Array([1, 255]), "bytes 1,255"],
      ["#undefined", "string #undefined"],
      [{ $a: ["é日😀"] }, 'object {"$a":["é日😀"]}'],
      [JSON.parse('{"__proto__":1}'), 'object {"__proto__":1}'],
    ];
    for (const [value, expected] of cases) expect(await js.call("what", value)).toBe(expected);
  });

  it("of the guest that cannot cross are named in an error", async () => {
    const js = host.spawn();
    const failures = [];
    for (const source of ["Symbol('s')", "new Map()", "new (class Point {})"]) {
      await js.evaluate(`globalThis.make = () => (${source})`);
      failures.push((await failureOf(js.call("make"))).message);
    }
    expect(failures[0]).toBe("a symbol cannot be passed");
    expect(failures[1]).toContain("instance of Map");
    expect(failures[2]).toContain("instance of Point");
  });

  it("larger than a mailbox cross whole", async () => {
    const big = "0123456789é".repeat(10_000);
    const js = host.spawn({ endowments: { big: makeCapability({ get: (text) => `${String(text)}!` }) } });
    await js.evaluate("globalThis.echo = (text) => caper.power('big').get(text)");
    expect(await js.call("echo", big)).toBe(`${big}!`);
    expect(await js.evaluate("new Uint8Array(300000).fill(7)")).toEqual(new Uint8Array(300_000).fill(7));
  });
});

describe("capabilities", () => {
  const files = () =>
    makeCapability({
      read: (path) => `content of ${String(path)}`,
      later: async (value) => [value],
      fail: () => {
        throw new TypeError("no such file");
      },
    });

  it("are called in place, or with E", async () => {
    const js = host.spawn({ endowments: { files: files() } });
    expect(await js.evaluate("const files = caper.power('files'); [files.read('a'), files.later(2)]")).toEqual([
      "content of a",
      [2],
    ]);
    expect(await js.evaluate("E(files).read('b').then((text) => text.length)")).toBe(12);
    expect(await js.evaluate("Promise.all([E(files).later(1), E(Promise.resolve(files)).later(2)])")).toEqual([
      [1],
      [2],
    ]);
    expect(await js.evaluate("try { files.fail() } catch (e) { [e instanceof TypeError, e.name, e.message] }")).toEqual(
      [true, "TypeError", "no such file"],
    );
    expect(await js.evaluate("E(files).fail().catch((e) => e.message)")).toBe("no such file");
    expect(await js.evaluate("try { files.nothing() } catch (e) { e.name + ': ' + e.message }")).toBe(
      'BrokenError: no method "nothing"',
    );
  });

  it("answer with every form and size of value", async () => {
    const values = [
      0,
      1,
      -1,
      2 ** 28 - 1,
      2 ** 28,
      -(2 ** 28),
      2 ** 31,
      2 ** 53,
      1.5,
      -0,
      undefined,
      null,
      true,
      "",
      "12",
      "!x",
      '"',
      "é",
    ];
    for (const size of [14, 16, 30, 31, 32, 33, 64, 8000, 16_370, 16_376, 16_378, 16_379, 16_380, 16_384, 33_000]) {
      values.push("x".repeat(size), "é".repeat(size));
    }
    const js = host.spawn({
      endowments: { at: makeCapability((index) => values[index as number]), echo: makeCapability((value) => value) },
    });
    await js.evaluate(
      "globalThis.at = caper.power('at'); globalThis.echo = caper.power('echo'); globalThis.both = (i) => [at(i), echo(at(i))]",
    );
    for (const [index, value] of values.entries()) expect(await js.call("both", index)).toEqual([value, value]);
    // What is not simple, beside what is.
    expect(
      await js.evaluate("const e = caper.power('echo'); [e(1n), e([1, 'a']), e(e) === e, e(NaN), e('$0'), e(true)]"),
    ).toEqual([1n, [1, "a"], true, Number.NaN, "$0", true]);
    expect(
      await js.evaluate(
        "const f = caper.power('at'); (() => { try { f['toString'](); return f['#tag'](1) } catch (e) { return e.message } })()",
      ),
    ).toContain("no method");
  });

  it("are nothing else for the guest", async () => {
    const js = host.spawn({ endowments: { files: files() } });
    await js.evaluate("const files = caper.power('files')");
    expect(await js.evaluate("caper.power('other')")).toBeUndefined();
    expect(
      await js.evaluate(`[Object.isFrozen(files), Reflect.ownKeys(files).length, Object.getPrototypeOf(files), files.then,
        files.constructor, files === caper.power('files'), files.read === files.read, String(files)]`),
    ).toEqual([true, 0, null, undefined, undefined, true, true, "[capability]"]);
    expect(await js.evaluate("'use strict'; try { files.x = 1 } catch (e) { e.name }")).toBe("TypeError");
    expect(await js.evaluate("JSON.stringify({ files })")).toBe("{}");
  });

  it("of the guest go out and are called from there", async () => {
    const js = host.spawn({
      endowments: {
        twice: makeCapability(async (callback) => {
          const { callCapability } = await import("../../passable/index.ts");
          return callCapability(callback as never, "step", 20);
        }),
      },
    });
    await js.evaluate(
      "const twice = caper.power('twice'); let count = 0; const counter = Far('counter', { step(n) { count += n; return count } })",
    );
    expect(await js.evaluate("E(twice)(counter).then((v) => v + 1)")).toBe(21);
    expect(await js.evaluate("count")).toBe(20);
  });

  it("come home as the object that went out", async () => {
    const js = host.spawn({ endowments: { echo: makeCapability((value) => value) } });
    expect(
      await js.evaluate(
        "const o = Far('o', {}); const f = () => 1; const e = caper.power('echo'); [e(o) === o, e(f) === f, e(e) === e]",
      ),
    ).toEqual([true, true, true]);
  });
});

describe("console and timers", () => {
  it("write to the streams they are given, else to the kernel's log", async () => {
    const stdout = makeCollector();
    const stderr = makeCollector();
    const js = host.spawn({ powers: { stdout, stderr } });
    await js.evaluate(
      "console.log('a', 1, [1, { b: 'c' }], new Map([[1, 2]])); console.error(new TypeError('bad').message); console.warn(undefined)",
    );
    expect(stdout.text()).toBe('a 1 [1, { b: "c" }] Map [[1, 2]]\n');
    expect(stderr.text()).toBe("bad\nundefined\n");
    host.logged.length = 0;
    await host.spawn().evaluate("console.info('kept')");
    expect(host.logged).toEqual(["kept\n"]);
  });

  it("cut a line that is too long", async () => {
    const stdout = makeCollector();
    await host.spawn({ powers: { stdout } }).evaluate("console.log('x'.repeat(100000))");
    expect(stdout.bytes().length).toBe(65_536);
  });

  it("need the power timers", async () => {
    const js = host.spawn();
    expect((await failureOf(js.evaluate("setTimeout(() => 1, 1)"))).message).toContain('needs the power "timers"');
  });

  it("fire in the order of their times", async () => {
    const clock = makeManualClock();
    const js = host.spawn({ powers: { clock }, endowments: { timers: capabilityOf(makeTimersPower(clock)) } });
    await js.evaluate(`globalThis.seen = []; let n = 0; const id = setInterval(() => { seen.push("i"); if (++n === 3) clearInterval(id) }, 10);
      setTimeout((x) => seen.push(x), 25, "late"); const gone = setTimeout(() => seen.push("never"), 5); clearTimeout(gone);`);
    for (let i = 0; i < 10; i += 1) {
      clock.advance(5_000_000n);
      await settleAll();
    }
    expect(await js.evaluate("seen")).toEqual(["i", "i", "late", "i"]);
    expect(await js.evaluate("Date.now()")).toBe(50);
  });

  it("show a clock of gas where there is none", async () => {
    const js = host.spawn();
    const first = await js.evaluate("Date.now()");
    expect(first).toBeGreaterThanOrEqual(946_684_800_000);
    expect(first).toBeLessThan(946_684_801_000);
    expect(await host.spawn().evaluate("Date.now()")).toBe(first);
    expect(await js.evaluate("new Date(0).getTimezoneOffset()")).toBe(0);
    expect(await host.spawn().evaluate("Math.random()")).toBe(await host.spawn().evaluate("Math.random()"));
  });

  it("report rejections that nobody handled, once a turn", async () => {
    const reasons: unknown[] = [];
    const js = host.spawn({ powers: { onUnhandledRejection: (reason) => reasons.push(reason) } });
    await js.evaluate(
      "Promise.reject(new Error('lost')); Promise.reject(1).catch(() => {}); Promise.reject(new Map()); 0",
    );
    expect(reasons.map((reason) => (reason as Error).message)).toEqual(["lost", "a value that cannot be passed"]);
  });
});

describe("globals", () => {
  it("are those of a small JavaScript host", async () => {
    const js = host.spawn();
    expect(await js.evaluate("new TextDecoder().decode(new TextEncoder().encode('é日😀\\ud800'))")).toBe("é日😀\ufffd");
    expect(
      await js.evaluate("new TextDecoder().decode(new Uint8Array([0xff, 0x41, 0xe2, 0x82, 0x41, 0xf0, 0x9f]))"),
    ).toBe("\ufffdA\ufffdA\ufffd");
    expect(
      await js.evaluate(
        "try { new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xff])) } catch (e) { e.name }",
      ),
    ).toBe("TypeError");
    expect(
      await js.evaluate(
        "const o = { a: [1, new Date(5)], m: new Map([[1, new Set([2])]]) }; o.self = o; const c = structuredClone(o); [c !== o, c.self === c, c.a[1].getTime(), c.m.get(1).has(2)]",
      ),
    ).toEqual([true, true, 5, true]);
    expect(await js.evaluate("try { structuredClone(() => 1) } catch (e) { e.name }")).toBe("DataCloneError");
    expect(await js.evaluate("new Promise((done) => queueMicrotask(() => done('micro')))")).toBe("micro");
  });

  it("have a Proxy like any other", async () => {
    const js = host.spawn();
    expect(
      await js.evaluate(
        "[typeof Proxy, Proxy.name, Proxy.length, Reflect.ownKeys(Proxy).sort().join(), Proxy.revocable.name, Proxy.revocable.length, 'prototype' in Proxy, Proxy.propertyIsEnumerable('revocable')]",
      ),
    ).toEqual(["function", "Proxy", 2, "length,name,revocable", "revocable", 2, false, false]);
    expect(
      await js.evaluate(
        "['Proxy({}, {})', 'new Proxy()', 'new Proxy({}, 1)', 'new Proxy.revocable({}, {})', 'Proxy.revocable({})', 'class A extends Proxy {}'].map((text) => { try { return typeof (0, eval)(text) } catch (e) { return e.name } })",
      ),
    ).toEqual(Array.from({ length: 6 }, () => "TypeError"));
    expect(
      await js.evaluate(
        "const held = Proxy.revocable({ a: 1 }, {}), { a } = held.proxy; held.revoke(); [a, new Proxy(() => 5, {})(), (() => { try { return held.proxy.a } catch (e) { return e.name } })(), Object.keys(held).join()]",
      ),
    ).toEqual([1, 5, "TypeError", "proxy,revoke"]);
  });

  it("do not include what needs a power", async () => {
    const names = await host
      .spawn()
      .evaluate(
        "['fetch', 'require', 'process', 'WebAssembly', 'crypto', 'XMLHttpRequest', 'std', 'os', 'host', 'mailbox'].filter((name) => name in globalThis)",
      );
    expect(names).toEqual([]);
  });
});

describe("synchronous calls of the host", () => {
  it("take any number of integers, and fail as others do", async () => {
    const js = host.spawn();
    await js.evaluate(
      "'use strict'; function list(...args) { return [this === undefined, args.length, ...args] } function fail(n) { throw new RangeError('no ' + n) } const hidden = () => 1",
    );
    for (const args of [
      [],
      [0],
      [1, -2],
      [1, 2, 3],
      [1, 2, 3, 4],
      [1, 2, 3, 4, 5],
      [999_999_999, -999_999_999],
      [2 ** 31],
      [-0],
      [1.5],
      [undefined],
    ]) {
      expect(js.callSync("list", args)).toEqual([true, args.length, ...args]);
    }
    expect((await failureOf(js.call("fail", 3))).message).toBe("no 3");
    expect(((await failureOf(js.call("fail", 3))) as GuestError).guestStack).toContain("at fail (script.js");
    expect((await failureOf(js.call("hidden"))).message).toBe('no exported function "hidden"');
    expect((await failureOf(js.call("toString", 1))).message).toContain('"toString"');
    expect(js.callSync("eval", ["1 + 1"])).toBe(2);
  });

  it("answer in the caller's thread, or say that they cannot yet", async () => {
    const js = host.spawn({ endowments: { slow: makeCapability(async () => 1) } });
    await js.evaluate(
      "function add(a, b) { return a + b }; function spin() { for (;;); }; function slow() { return caper.power('slow')() }",
    );
    expect(js.callSync("add", [1, 2])).toBe(3);
    expect(() => js.callSync("spin", [], { gas: 1_000_000 })).toThrow(UnfinishedError);
    js.process.discard();
    const other = host.spawn({ endowments: { slow: makeCapability(async () => 1) } });
    await other.evaluate("function slow() { return caper.power('slow')() }");
    expect(() => other.callSync("slow", [])).toThrow(UnfinishedError);
  });

  it("tell that the process has stopped, and go on when it is resumed", async () => {
    const js = host.spawn({ gas: 10_000_000 });
    await js.evaluate(
      "let rounds = 0; function spin(most) { for (rounds = 0; rounds < most; rounds++); return rounds }",
    );
    const outOfGas = { name: "StoppedError", stop: { kind: "out-of-gas" } };
    expect(await failureOf(js.call("spin", 1e9))).toMatchObject(outOfGas);
    expect(await failureOf(js.evaluate("1"))).toMatchObject(outOfGas);
    js.process.refill({ gas: 1e6 });
    expect(await js.process.resume()).toEqual({ kind: "out-of-gas" });
    js.process.refill({ gas: 1e12 });
    js.process.discard();
    expect(await failureOf(js.call("spin", 1))).toMatchObject({ name: "BrokenError", code: "ended" });
  });

  it("tell it of calls in the caller's thread, too", async () => {
    const js = host.spawn({ gas: 10_000_000 });
    await js.evaluate("function spin() { for (;;); }; function list(...all) { return spin() }");
    expect(() => js.callSync("spin", [])).toThrow(StoppedError);
    const other = host.spawn({ gas: 10_000_000 });
    await other.evaluate("function spin() { for (;;); }");
    expect(() => other.callSync("spin", [[]])).toThrow(StoppedError);
  });

  it("go on unnoticed where a keeper refills", async () => {
    let stops = 0;
    const js = host.spawn({
      gas: 5_000_000,
      keeper() {
        stops++;
        return { action: "resume", gas: 5_000_000 };
      },
    });
    expect(await js.evaluate("let n = 0; while (n < 200_000) n++; n")).toBe(200_000);
    expect(stops).toBeGreaterThan(0);
  });
});

it("had no fault of the host", () => {
  expect(host.faults).toEqual([]);
});
