/**
 * Importing a library into a host program: budgets, stops, waiting, callbacks, the cache of images.
 * @module
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { LibraryError, libraryOf } from "../../src/library/index.ts";
import { makeNodePackageSource, readJavaScriptBase } from "../../src/node/index.ts";
import { makeCapability } from "../../src/passable/index.ts";
import { makeConsolePower } from "../../src/powers/index.ts";
import { failureOf, GAS, MEMORY_BYTES } from "../support/javascript.ts";
import { bundleOf, type Exports, makeLibraryHost } from "../support/library.ts";

const host = makeLibraryHost({ known: bundleOf("export default 1; export const f = () => 2") });
const BUDGET = { gas: GAS, memoryBytes: MEMORY_BYTES };

/** The code of the `LibraryError` that is thrown; "none" without one. */
function codeOf(run: () => unknown): string {
  try {
    run();
    return "none";
  } catch (error) {
    if (error instanceof LibraryError) return error.code;
    throw error;
  }
}

async function laterCodeOf(promise: Promise<unknown>): Promise<unknown> {
  const error = await failureOf(promise);
  return error instanceof LibraryError ? error.code : error;
}

describe("a namespace", () => {
  it("is a frozen object with the exports", async () => {
    const ns: Exports = await host.importer.importLibrary("known", BUDGET);
    expect(Object.keys(ns).sort()).toEqual(["default", "f"]);
    expect([ns.default, ns.f()]).toEqual([1, 2]);
    expect(Object.isFrozen(ns)).toBe(true);
    expect(Object.prototype.toString.call(ns)).toBe("[object Module]");
    expect(libraryOf(ns)).toMatchObject({ name: "example", version: "1.0.0" });
    expect(() => libraryOf({})).toThrow("expected what importLibrary gave");
  });
});

describe("loading", () => {
  it("fails with the file and line of what cannot be parsed, or with what was thrown", async () => {
    const broken = await failureOf(host.load("export const a = 1;\nlet = = 3"));
    expect(broken).toMatchObject({ code: "syntax", package: "example" });
    expect(broken.message).toContain("example.js:2");
    const throwing = await failureOf(host.load("throw new RangeError('not today')"));
    expect(throwing).toMatchObject({ code: "broken-package" });
    expect(throwing.message).toBe(
      "example: it failed while it was loaded: RangeError: not today (at <anonymous> (example.js:1:11))",
    );
  });

  it("fails where the budget does not suffice, and says what was used", async () => {
    const spin = await failureOf(host.load("for (;;);", { gas: 5_000_000 }));
    expect(spin).toMatchObject({ code: "load-budget" });
    expect(spin.message).toMatch(/^example: gas 5000000 does not suffice to load it: it had used 5000\d\d\d when/);
    const hoard = await failureOf(
      host.load("const a = []; for (;;) a.push(new Uint8Array(65536))", { memoryBytes: 4 << 20 }),
    );
    expect(hoard).toMatchObject({ code: "load-budget" });
    expect(hoard.message).toContain("memoryBytes 4194304 does not suffice");
    // The host goes on.
    expect((await host.load("export const a = 1")).a).toBe(1);
  });

  it("may be refilled by a keeper", async () => {
    let stops = 0;
    const ns = await host.load("let n = 0; for (let i = 0; i < 50_000; i++) n += i; export const sum = n", {
      gas: 3_000_000,
      keeper: () => {
        stops += 1;
        return { action: "resume", gas: 50_000_000 };
      },
    });
    expect([ns.sum, stops]).toEqual([1249975000, 1]);
  });
});

describe("the cache of loaded libraries", () => {
  const source =
    "let count = 0; for (let i = 0; i < 1000; i++) count++; export const next = () => ++count; export class A {}";

  it("thaws what used no power, and charges what loading took all the same", async () => {
    const stored = new Map<string, Uint8Array>();
    const bundle = bundleOf(source);
    const images = {
      get: (key: string) => stored.get(key),
      put: (key: string, bytes: Uint8Array) => void stored.set(key, bytes),
    };
    const first = makeLibraryHost({ bundle }, { images });
    const loaded: Exports = await first.importer.importLibrary("bundle", BUDGET);
    const { gasUsed } = libraryOf(loaded).meter;
    expect(stored.size).toBe(1);
    // From memory, and from what was stored.
    for (const again of [first, makeLibraryHost({ bundle }, { images })]) {
      const ns: Exports = await again.importer.importLibrary("bundle", BUDGET);
      expect(libraryOf(ns).meter.gasUsed).toBe(gasUsed);
      expect([ns.next(), ns.next()]).toEqual([1001, 1002]);
      expect(new ns.A()).toBeInstanceOf(ns.A);
      const small = await failureOf(again.importer.importLibrary("bundle", { ...BUDGET, gas: 100_000 }));
      expect(small.message).toMatch(
        /^example: gas 100000 does not suffice to load it: loading it takes \d+; give more$/,
      );
    }
    expect([loaded.next(), stored.size]).toEqual([1001, 1]);
  });

  it("stores what differs from what all processes begin as", async () => {
    const [bundle, base] = [bundleOf(source), readJavaScriptBase(null)];
    const sizes: number[] = [];
    for (const more of [{}, { base: () => base }]) {
      const puts: Uint8Array[] = [];
      const images = { get: () => puts[0], put: (_key: string, bytes: Uint8Array) => void puts.push(bytes) };
      for (let i = 0; i < 2; i += 1) {
        const ns: Exports = await makeLibraryHost({ bundle }, { images, ...more }).importer.importLibrary(
          "bundle",
          BUDGET,
        );
        expect(ns.next()).toBe(1001);
      }
      // The second import found it.
      expect(puts.length).toBe(1);
      sizes.push(puts[0]?.length ?? 0);
    }
    expect(sizes[1]).toBeLessThan((sizes[0] ?? 0) / 2);
  });

  it("does not keep what used a power", async () => {
    const stored = new Map<string, Uint8Array>();
    const lines: string[] = [];
    const powers = { console: makeConsolePower((_level, text) => lines.push(text)) };
    const chatty = makeLibraryHost(
      { chatty: bundleOf("console.log('loaded'); export const a = 1") },
      { images: { get: (key) => stored.get(key), put: (key, bytes) => void stored.set(key, bytes) } },
    );
    for (let i = 0; i < 2; i += 1) await chatty.importer.importLibrary("chatty", { ...BUDGET, powers });
    expect([lines, stored.size]).toEqual([["loaded", "loaded"], 0]);
  });
});

describe("the gas of calls", () => {
  const source =
    "export const spin = () => { for (;;); }; export const count = (n) => { let s = 0; for (let i = 0; i < n; i++) s += i; return { s } }; export const small = () => 1";

  it("stops a call, which goes on after a refill", async () => {
    const ns = await host.load(source, { gas: 20_000_000 });
    const library = libraryOf(ns);
    expect(codeOf(() => ns.count(1_000_000))).toBe("out-of-gas");
    expect(library.meter.gasLeft).toBeLessThanOrEqual(0);
    // It is in the middle of that call, and takes no other.
    expect(codeOf(() => ns.small())).toBe("out-of-gas");
    library.refill({ gas: GAS });
    expect(await library.resume()).toEqual({ s: 499999500000 });
    expect(ns.small()).toBe(1);
  });

  it("is bounded for each", async () => {
    const ns = await host.load(source, { gasPerCall: 2_000_000 });
    const before = libraryOf(ns).meter.gasUsed;
    expect(codeOf(() => ns.spin())).toBe("out-of-gas");
    const used = libraryOf(ns).meter.gasUsed - before;
    expect(used).toBeGreaterThanOrEqual(2_000_000);
    expect(used).toBeLessThan(2_100_000);
    libraryOf(ns).dispose();
    expect(codeOf(() => ns.small())).toBe("ended");
    const other = await host.load(source, { gasPerCall: 2_000_000 });
    expect(codeOf(() => other.count(100_000))).toBe("out-of-gas");
    expect(await libraryOf(other).resume()).toEqual({ s: 4999950000 });
    expect(other.small()).toBe(1);
  });

  it("is the same every time", async () => {
    const gas = await Promise.all(
      [1, 2].map(async () => {
        const ns = await host.load(source);
        ns.count(10);
        const before = libraryOf(ns).meter.gasUsed;
        ns.count(1000);
        return libraryOf(ns).meter.gasUsed - before;
      }),
    );
    expect(gas[0]).toBe(gas[1]);
  });

  it("refuses memory, and goes on when it gets it", async () => {
    const ns = await host.load("export const take = (n) => { const a = new Uint8Array(n); return a.length }", {
      memoryBytes: 4 << 20,
    });
    expect(codeOf(() => ns.take(16 << 20))).toBe("out-of-memory");
    libraryOf(ns).refill({ memoryBytes: 32 << 20 });
    expect(await libraryOf(ns).resume()).toBe(16 << 20);
    expect(ns.take(10)).toBe(10);
  });

  it("ends with the process, of that library only", async () => {
    const [one, two] = [await host.load(source), await host.load(source)];
    const pending = one.count;
    libraryOf(one).dispose();
    expect(codeOf(() => pending(1))).toBe("ended");
    expect(two.count(3)).toEqual({ s: 3 });
    expect(host.faults).toEqual([]);
  });

  it("rejects promises of a library that is gone", async () => {
    const ns = await host.load("export const never = () => new Promise(() => {})");
    const promise = ns.never();
    libraryOf(ns).dispose();
    expect(await laterCodeOf(promise)).toBe("ended");
  });
});

describe("waiting", () => {
  const store = () => {
    const values = new Map<string, unknown>();
    return makeCapability({ get: async (key) => values.get(String(key)) ?? `no ${String(key)}` });
  };
  const source = `export const read = (key) => caper.power("store").get(key);
    export const readBoth = (key, f) => caper.power("store").get(key) + f(key);
    export const each = (list, f) => list.map((x) => f(x));
    export const eachAsync = async (list, f) => { const out = []; for (const x of list) out.push(await f(x)); return out }`;

  it("is refused in a synchronous call, and done in an asynchronous one", async () => {
    const ns = await host.load(source, { powers: { store: store() } });
    const error = (() => {
      try {
        return ns.read("a");
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toMatchObject({ code: "must-wait" });
    expect(error.message).toContain("libraryOf(namespace).async(fn)");
    // What it waited for comes, and the library is free again.
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await libraryOf(ns).async(ns.read)("b")).toBe("no b");
    expect(await libraryOf(ns).async(ns.readBoth)("b", (x: string) => `-${x}`)).toBe("no b-b");
  });

  it("of promises that callbacks return: values in ordinary calls, waited for in asynchronous ones", async () => {
    const ns = await host.load(source);
    const twice = async (x: number) => {
      await null;
      return x * 2;
    };
    // A promise is a value, as anywhere.
    expect(await Promise.all(ns.each([1, 2], twice))).toEqual([2, 4]);
    expect(await ns.eachAsync([1, 2, 3], twice)).toEqual([2, 4, 6]);
    // In the asynchronous form a function that knows no promises gets what they settle with.
    expect(await libraryOf(ns).async(ns.each)([1, 2], twice)).toEqual([2, 4]);
    expect(
      await laterCodeOf(
        libraryOf(ns).async(ns.each)([1], async () => Promise.reject(new LibraryError("revoked", "x"))),
      ),
    ).toBe("revoked");
    expect(() => libraryOf(ns).async(() => 1)).toThrow("expected a function of this library");
  });
});

describe("the library's own jobs", () => {
  const ORDER = `import { nextTick } from "node:process";
    export const begin = (say) => {
      nextTick(() => say("tick"));
      Promise.resolve().then(() => say("job")).then(() => say("job of a job"));
      say("begun");
    };
    export const wait = async (say) => { say("before"); await null; say("after"); return "result" };
    export const note = (say, what) => say(what)`;
  const source = `export const later = (n, f) => { Promise.resolve().then(() => f(sum(n))) };
    export const both = (n, f) => { Promise.resolve().then(() => f("job")); return { sum: sum(n) } };
    export const read = (f) => { Promise.resolve().then(() => f("job")); return caper.power("store").get("a") };
    function sum(n) { let s = 0; for (let i = 0; i < n; i++) s += i; return s }`;

  /** From a task of its own: in Node, ticks come before jobs only there. */
  function orderOf(ns: Exports): Promise<readonly string[]> {
    return new Promise((resolve) => {
      const seen: string[] = [];
      const say = (what: string): void => {
        seen.push(what);
        if (what === "result") resolve(seen);
      };
      setImmediate(() => {
        ns.begin(say);
        say("host");
        ns.wait(say).then(say);
        ns.note(say, "host again");
        queueMicrotask(() => ns.note(say, "job of the host"));
      });
    });
  }

  it("run when the host's synchronous code is done, as in one realm", async () => {
    const folder = mkdtempSync(join(tmpdir(), "caper-jobs-"));
    try {
      const file = join(folder, "order.mjs");
      writeFileSync(file, ORDER);
      const packages = makeNodePackageSource({ folder, cache: join(folder, "cache"), bundles: null });
      const ns: Exports = await host.importer.importBundle(await packages.bundle("./order.mjs"), BUDGET);
      const withoutHostJob = (seen: readonly string[]) => seen.filter((what) => what !== "job of the host");
      const seen = await orderOf(ns);
      expect(withoutHostJob(seen)).toEqual(withoutHostJob(await orderOf(await import(pathToFileURL(file).href))));
      expect(seen.slice(0, 4)).toEqual(["begun", "host", "before", "host again"]);
      expect(await orderOf(ns)).toEqual(seen);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("are asked for once for many calls", async () => {
    const ns = await host.load(source);
    const gasOf = async (calls: number): Promise<number> => {
      const before = libraryOf(ns).meter.gasUsed;
      await new Promise<void>((resolve) => {
        let left = calls;
        const count = (): void => {
          left -= 1;
          if (left === 0) resolve();
        };
        for (let i = 0; i < calls; i += 1) ns.later(0, count);
        expect(left).toBe(calls);
      });
      return libraryOf(ns).meter.gasUsed - before;
    };
    await gasOf(1);
    const [one, two, three] = [await gasOf(1), await gasOf(2), await gasOf(3)];
    expect(three - two).toBeLessThan(one);
  });

  it("go to the keeper when they are out of gas", async () => {
    const stops: string[] = [];
    const ns = await host.load(source, {
      gas: 20_000_000,
      keeper: ({ kind }) => {
        stops.push(kind);
        return { action: "resume", gas: GAS };
      },
    });
    const result = new Promise((resolve) => {
      ns.later(1_000_000, resolve);
    });
    expect(stops).toEqual([]);
    expect(await result).toBe(499999500000);
    expect(stops).toEqual(["out-of-gas"]);
  });

  it("of a call that is stopped or waits run when it goes on", async () => {
    const ns = await host.load(source, { gas: 20_000_000 });
    const job = new Promise((resolve) => {
      expect(codeOf(() => ns.both(1_000_000, resolve))).toBe("out-of-gas");
    });
    libraryOf(ns).refill({ gas: GAS });
    expect(await libraryOf(ns).resume()).toEqual({ sum: 499999500000 });
    expect(await job).toBe("job");
    const store = makeCapability({ get: async () => 1 });
    const waiting = await host.load(source, { powers: { store } });
    const late = new Promise((resolve) => {
      expect(codeOf(() => waiting.read(resolve))).toBe("must-wait");
    });
    expect(await late).toBe("job");
  });

  it("are gone with the library", async () => {
    const ns = await host.load(source);
    const seen: unknown[] = [];
    ns.later(1, (sum: unknown) => seen.push(sum));
    libraryOf(ns).dispose();
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual([]);
    expect(codeOf(() => ns.later(1, () => 1))).toBe("ended");
  });
});

describe("callbacks", () => {
  const source = `export const call = (f, ...args) => f(...args);
    export const safely = (f) => { try { return f() } catch (error) { return error } };
    export const down = (n, f) => n === 0 ? "bottom" : f(n - 1);
    export const spin = () => { for (;;); };
    export const state = { n: 0 }; export const bump = (f) => { const before = state.n++; f?.(); return [before, state.n] }`;

  it("may call the library again, as deep as there is room", async () => {
    const ns = await host.load(source);
    const again = (n: number): string => ns.down(n, again);
    expect(ns.down(8, again)).toBe("bottom");
    expect(ns.bump(() => ns.bump(() => ns.bump()))).toEqual([0, 3]);
    const forever = (): unknown => ns.call(forever);
    expect(() => forever()).toThrow(/nested too deeply|stack/);
    expect(ns.call((x: number) => x + 1, 1)).toBe(2);
  });

  it("may throw: the same error comes out, through all that is between", async () => {
    const ns = await host.load(source);
    const error = new RangeError("mine");
    const fail = (): never => {
      throw error;
    };
    expect(() => ns.call(fail)).toThrow(error);
    expect(ns.safely(fail)).toBe(error);
    expect(() => ns.call(() => ns.call(() => ns.call(fail)))).toThrow(error);
  });

  it("may run the library out of gas: the rest goes on after a refill, with what the callback made of that", async () => {
    const ns = await host.load(source, { gas: 60_000_000 });
    let inner = "";
    const code = codeOf(() =>
      ns.call(() => {
        inner = codeOf(() => ns.spin());
        return "answered";
      }),
    );
    expect([inner, code]).toEqual(["out-of-gas", "out-of-gas"]);
    libraryOf(ns).dispose();
    const other = await host.load(source);
    expect(other.call(() => "fine")).toBe("fine");
  });

  it("may discard the library", async () => {
    const ns = await host.load(source);
    // The call that it is in still ends, and nothing begins after that.
    expect(ns.call(() => libraryOf(ns).dispose())).toBeUndefined();
    expect(codeOf(() => ns.call(() => 1))).toBe("ended");
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(libraryOf(ns).process.status.state).toBe("ended");
  });

  it("of one library may be functions of another", async () => {
    const [one, two] = [await host.load(source), await host.load(source)];
    expect(one.call(two.call, (x: number) => x * 2, 21)).toBe(42);
    expect(one.call(two.down, 3, (n: number) => two.call(one.call, (x: number) => x + n, 10))).toBe(12);
    expect(one.call((f: unknown) => f, two.call)).toBe(two.call);
  });
});

describe("a value that cannot cross", () => {
  it("is named with its path, in arguments and results", async () => {
    const ns = await host.load(
      "export const id = (x) => x; export const nest = (n) => { let x = 1; for (let i = 0; i < n; i++) x = [x]; return x }; export const bad = () => ({ list: [1, { key: Symbol('own') }] })",
    );
    const options = { plugins: [{}, {}, { render: Symbol("mine") }] };
    for (const [run, path] of [
      [() => ns.id(options), "arguments[0].plugins[2].render"],
      [() => ns.bad(), "the result.list[1].key"],
      [() => ns.id(1, Symbol("own")), "arguments[1]"],
    ] as const) {
      try {
        run();
        expect.unreachable();
      } catch (error) {
        expect(error).toMatchObject({ code: "cannot-cross", path, package: "example" });
      }
    }
    let deep: Exports = 1;
    for (let i = 0; i < 512; i += 1) deep = [deep];
    expect(ns.id(deep)).toEqual(deep);
    expect(ns.id([undefined, deep[0]])).toEqual([undefined, deep[0]]);
    expect(codeOf(() => ns.id([deep]))).toBe("cannot-cross");
    expect(ns.nest(512)).toEqual(deep);
    expect(codeOf(() => ns.nest(513))).toBe("cannot-cross");
    expect(ns.id("still here")).toBe("still here");
  });
});

describe("what is collected", () => {
  it("is released on the other side", async () => {
    const ns = await host.load(
      "const made = []; export const make = () => () => 1; export const keep = (f) => { made.push(f) }; export const drop = () => { made.length = 0 }",
    );
    for (let i = 0; i < 600; i += 1) ns.keep(() => i);
    ns.drop();
    // The library's engine counts references: what it dropped is reported with its next words.
    await new Promise((resolve) => setTimeout(resolve, 20));
    ns.keep(() => 1);
    expect(libraryOf(ns).held.exported).toBeLessThan(300);
  });
});
