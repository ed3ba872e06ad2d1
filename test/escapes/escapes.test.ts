/**
 * Ways out of a sandbox through the membrane. Every attempt runs in a library that is given all kinds of values; it must find neither an
 * object of the host's realm that turns text into code, nor a prototype of it, nor anything else that the host did not hand over.
 * @module
 */

import { afterEach, describe, expect, it } from "vitest";
import { LibraryError, libraryOf } from "../../src/library/index.ts";
import { type Exports, makeLibraryHost } from "../support/library.ts";

const host = makeLibraryHost();

/** Only the host has it: what finds it has escaped. */
const SECRET = "only-the-host-has-this";
Reflect.set(globalThis, "hostSecret", SECRET);

class Account {
  balance = 1;
  #pin = 1234;
  check(pin: number): boolean {
    return pin === this.#pin;
  }
  get double(): number {
    return this.balance * 2;
  }
}

/** One value of each kind that crosses. */
function allKinds(): { readonly [name: string]: unknown } {
  return {
    fn: () => 1,
    cls: Account,
    instance: new Account(),
    object: { f() {}, inner: { g() {} } },
    list: [() => 1],
    bound: Account.prototype.check.bind(new Account()),
    generator: (function* () {
      yield () => 1;
    })(),
    iterator: [1].values(),
    asyncFn: async () => () => 1,
    map: new Map([["f", () => 1]]),
    set: new Set([() => 1]),
    error: new TypeError("words", { cause: { secret: SECRET } }),
    promise: Promise.resolve({ f() {} }),
    proxy: new Proxy({ secret: SECRET }, {}),
    date: new Date(0),
    regexp: /x/,
    bytes: new Uint8Array(2),
    weak: new WeakMap(),
    bare: Object.assign(Object.create(null), { f() {} }),
  };
}

/** Guest code: walks whatever can be reached from a value, and reports the ways that led to the host's secret. */
const WALK = `
  const found = [];
  const seen = new Set();
  const tryRun = (what, path) => {
    try {
      const made = what("return typeof hostSecret === 'undefined' ? undefined : hostSecret");
      const result = typeof made === "function" ? made() : made;
      if (result === "${SECRET}") found.push(path);
    } catch {}
  };
  const KEYS = ["constructor", "prototype", "__proto__", "caller", "callee", "arguments", "cause", "stack", "then", "next", "return",
    "throw", "apply", "call", "bind", "valueOf", "toString", "toJSON", "get", "set", "has", "forEach", "entries",
    "__lookupGetter__", "__defineGetter__", "prepareStackTrace", "inner", "f", "g", "0", "length", "name"];
  const SYMBOLS = Object.getOwnPropertyNames(Symbol).map((name) => Symbol[name]).filter((s) => typeof s === "symbol")
    .concat(Symbol.for("nodejs.util.inspect.custom"), Symbol.for("nodejs.util.promisify.custom"));
  const walk = (value, path, depth) => {
    if (value === "${SECRET}") return void found.push(path);
    if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value) || depth > 4) return;
    seen.add(value);
    if (typeof value === "function") { tryRun(value, path); tryRun((text) => new value(text), path + " new"); }
    let own = [];
    try { own = Reflect.ownKeys(value); } catch {}
    for (const key of new Set([...KEYS, ...SYMBOLS, ...own])) {
      let inner;
      try { inner = value[key]; } catch (error) { inner = error; }
      walk(inner, path + "." + String(key), depth + 1);
      try { const d = Object.getOwnPropertyDescriptor(value, key); walk(d?.get, path + ".get " + String(key), depth + 1); } catch {}
    }
    try { walk(Object.getPrototypeOf(value), path + ".[[Prototype]]", depth + 1); } catch {}
    if (typeof value === "function") {
      for (const run of [() => value(), () => new value(), () => value({ __proto__: null }), () => Reflect.construct(value, [], Object)]) {
        let result;
        try { result = run(); } catch (error) { result = error; }
        walk(result, path + "()", depth + 1);
      }
    }
  };
  export const search = async (values) => {
    for (const name of Object.keys(values)) {
      walk(values[name], name, 0);
      if (values[name] instanceof Promise) try { walk(await values[name], "await " + name, 0); } catch (error) { walk(error, "catch " + name, 0); }
    }
    return found;
  };
`;

const hostPrototypes = [
  Object.prototype,
  Array.prototype,
  Function.prototype,
  Map.prototype,
  Promise.prototype,
  Error.prototype,
];
const namesOf = (): readonly string[] =>
  hostPrototypes.map((prototype) => Reflect.ownKeys(prototype).map(String).join());
const before = namesOf();

afterEach(() => {
  expect(namesOf()).toEqual(before);
  expect(Reflect.get({}, "polluted")).toBeUndefined();
  expect(host.faults).toEqual([]);
});

describe("everything that can be reached from what a library is given", () => {
  it("leads to nothing of the host's: constructor chains, prototypes, symbols, iterators, errors, results", async () => {
    const ns = await host.load(WALK);
    const kinds = allKinds();
    expect(await ns.search(Object.assign(kinds, { all: kinds }))).toEqual([]);
  });

  it("would be found if it were there", async () => {
    const ns = await host.load(WALK);
    // The same search sees a host that hands out too much.
    const tooMuch = { run: (text: string) => Reflect.construct(Function, [text])() };
    expect(await ns.search({ object: tooMuch })).toEqual(["object.run"]);
    const again = await host.load(WALK);
    expect(await again.search({ other: { deep: () => SECRET } })).toContain("other.deep()");
  });

  it("does not include what makes code of text, whoever passes it", async () => {
    const ns = await host.load("export const take = (x) => typeof x; export const call = (f) => f()");
    const makers = [async () => {}, function* () {}, async function* () {}].map(
      (f) => Object.getPrototypeOf(f).constructor,
    );
    // biome-ignore lint/security/noGlobalEval: it must not cross.
    const evaluate = globalThis.eval;
    for (const value of [Function, globalThis, Object.prototype, Function.prototype, ...makers, evaluate]) {
      expect(() => ns.take(value)).toThrow(LibraryError);
      expect(() => ns.take({ a: [value], f() {} }).a?.[0]).not.toThrow();
      expect(() => ns.call(() => value)).toThrow();
    }
  });
});

describe("constructor chains", () => {
  it("end in the library's own realm", async () => {
    const ns = await host.load(`
      export const chains = (values) => Object.keys(values).map((name) => {
        const value = values[name];
        let at = value;
        for (const step of ["constructor", "constructor"]) at = at?.[step];
        return [name, at === undefined || at === Function, (({}).constructor.constructor("return typeof hostSecret"))()];
      }).filter(([, own, secret]) => !own || secret !== "undefined")`);
    expect(ns.chains(allKinds())).toEqual([]);
  });
});

describe("prototype pollution", () => {
  it("through data, in both directions, reaches no prototype", async () => {
    const ns = await host.load(`
      export const id = (x) => x;
      export const make = () => [JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
        new Map([["__proto__", { polluted: 1 }]]), Object.assign(JSON.parse('{"__proto__":{"polluted":1}}'), { u: undefined })];
      export const merge = (target, source) => { for (const key in source) {
        if (typeof source[key] === "object") { target[key] ??= {}; merge(target[key], source[key]) } else target[key] = source[key] } return target };
      export const isPolluted = () => ({}).polluted !== undefined`);
    const [plain, , special] = ns.make();
    for (const value of [plain, special]) {
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect(Object.keys(value)).toContain("__proto__");
    }
    ns.id(JSON.parse('{"__proto__":{"polluted":1}}'));
    expect(ns.isPolluted()).toBe(false);
    // A library that pollutes itself, and is asked for its own objects afterwards.
    ns.merge({}, JSON.parse('{"__proto__":{"polluted":1}}'));
    expect(ns.isPolluted()).toBe(true);
    expect(ns.id({ a: 1 }).polluted).toBeUndefined();
  });

  it("through the host's own objects is refused", async () => {
    const ns = await host.load(`
      "use strict";
      export const attack = (o) => [
        () => { o.__proto__.polluted = 1 }, () => { o.constructor.prototype.polluted = 1 }, () => { Object.getPrototypeOf(o).polluted = 1 },
        () => { o.added = 1 }, () => { o.f = () => "evil" }, () => { delete o.f }, () => { Object.defineProperty(o, "x", { value: 1 }) },
        () => { Object.setPrototypeOf(o, { polluted: 1 }) }, () => { o.then = () => {} }, () => { Object.freeze(o) }, () => { Object.assign(o, { f: 1 }) },
        () => { Reflect.set(o, "f", 1, o) }, () => { o["__proto__"] = { polluted: 1 } }, () => { o.__defineGetter__("f", () => 1) },
      ].map((run) => { try { return run() } catch (error) { return error.name } })`);
    const object = { f: () => "good" };
    const list = [() => "good"];
    const instance = new Account();
    for (const target of [object, list, instance, Account, () => 1]) {
      const shape = Reflect.ownKeys(target).map(String).join();
      ns.attack(target);
      expect(Reflect.ownKeys(target).map(String).join()).toBe(shape);
      expect(Object.isExtensible(target)).toBe(true);
    }
    expect([object.f(), list[0]?.(), Object.getPrototypeOf(object)]).toEqual(["good", "good", Object.prototype]);
    expect(Reflect.ownKeys(Account.prototype)).toEqual(["constructor", "check", "double"]);
  });
});

describe("symbols and species", () => {
  it("give nobody the other's unique symbols", async () => {
    const own = Symbol("own");
    const object = { [own]: SECRET, f() {} };
    const ns = await host.load(
      "export const keys = (o) => Reflect.ownKeys(o).map(String); export const give = () => Symbol('mine'); export const hidden = () => ({ [Symbol('x')]: 1, f() {} })",
    );
    expect(ns.keys(object)).toEqual(["f"]);
    expect(() => ns.give()).toThrow("cannot cross");
    expect(Reflect.ownKeys(ns.hidden())).toEqual(["f"]);
  });

  it("do not let a species or a subclass be constructed by the host", async () => {
    const ns = await host.load(`
      globalThis.made = 0;
      class Evil extends Array { static get [Symbol.species]() { made++; return Evil } constructor(...args) { super(...args); made++ } }
      class Later extends Promise { static get [Symbol.species]() { made++; return super[Symbol.species] } }
      export const list = () => { const l = Evil.of(1, 2); l.constructor = { [Symbol.species]: Evil }; return l };
      export const plain = () => { const l = [() => 1, () => 2]; l.constructor = Evil; return l };
      export const promise = () => Later.resolve(3);
      export const count = () => made`);
    const mapped = ns.plain().map((f: () => number) => f());
    expect([mapped, Object.getPrototypeOf(mapped) === Array.prototype]).toEqual([[1, 2], true]);
    const promise = ns.promise();
    expect(Object.getPrototypeOf(promise)).toBe(Promise.prototype);
    expect(await promise).toBe(3);
    expect(Array.isArray(ns.list())).toBe(true);
  });
});

describe("thenables", () => {
  it("are not awaited by the membrane itself", async () => {
    const ns = await host.load(`
      globalThis.asked = 0;
      const trap = { get then() { asked++; return (resolve) => resolve("adopted") } };
      export const sync = () => trap; export const nested = () => ({ a: trap, f() {} }); export const call = (f) => { f(trap); return asked };
      export const asked_ = () => asked`);
    ns.sync();
    ns.nested();
    expect(ns.call(() => undefined)).toBe(0);
    expect(await libraryOf(ns).async(ns.sync)()).not.toBe("adopted");
    // A host that awaits it does so knowingly.
    expect(await ns.sync()).toBe("adopted");
  });

  it("cannot take over a host's promise", async () => {
    const ns = await host.load(`
      Promise.prototype.then = function () { throw new Error("patched") };
      export const give = async (f) => { try { return await f() } catch (e) { return e.message } };
      export const fake = () => Object.setPrototypeOf({ then(resolve) { resolve(this) } }, Promise.prototype)`);
    expect(await ns.give(async () => 5)).toBe(5);
    expect(() => ns.fake()).not.toThrow();
  });
});

describe("getters and proxies", () => {
  it("of the host run only when they are asked for", async () => {
    let ran = 0;
    const object = {
      get value() {
        ran += 1;
        return ran;
      },
      f() {},
    };
    const ns = await host.load(
      "export const look = (o) => { Object.keys(o); 'value' in o; Object.getOwnPropertyDescriptor(o, 'value'); return o }; export const ask = (o) => o.value",
    );
    expect(ns.look(object)).toBe(object);
    expect(ran).toBe(0);
    expect([ns.ask(object), ran]).toEqual([1, 1]);
  });

  it("of the host that are proxies show nothing, and run no trap", async () => {
    const traps: string[] = [];
    const proxy = new Proxy(
      { secret: SECRET },
      new Proxy({}, { get: (_target, trap) => void traps.push(String(trap)) }),
    );
    const ns = await host.load(
      "export const look = (o) => [Object.keys(o), o.secret, 'secret' in o]; export const id = (o) => o",
    );
    expect(ns.id(proxy)).toBe(proxy);
    expect(ns.look(proxy)).toEqual([[], undefined, false]);
    expect(traps).toEqual([]);
  });

  it("of a library that lie are refused by the language, and harm the library only", async () => {
    const ns = await host.load(`
      let n = 0;
      export const lying = () => new Proxy({ f() {} }, {
        getPrototypeOf() { throw new Error("no") }, ownKeys: () => ["a", "a"], getOwnPropertyDescriptor: () => ({ value: n++, configurable: true }),
        get: (_t, key) => key === "f" ? () => n++ : key });
      export const shifty = () => ({ get a() { return n++ % 2 ? "text" : { b: () => 1 } } })`);
    for (const run of [
      () => ns.lying(),
      () => Object.keys(ns.lying()),
      () => ({ ...ns.lying() }),
      () => JSON.stringify(ns.lying()),
    ]) {
      try {
        run();
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }
    const shifty = ns.shifty();
    expect([typeof shifty.a, typeof shifty.a]).toContain("string");
  });
});

describe("errors", () => {
  it("of the host show their words, and nothing that they reach", async () => {
    const ns = await host.load(`
      Error.prepareStackTrace = (error, frames) => { globalThis.frames = frames; return frames };
      export const look = (f) => { try { f() } catch (e) {
        return [Reflect.ownKeys(e).filter((k) => k !== "stack" && k !== "message").map(String), e.cause, e.path, e.code, String(e.stack).includes("escapes.test"), typeof globalThis.frames?.[0]?.getThis, e.constructor === globalThis[e.name]] } }`);
    const error = Object.assign(new RangeError("words", { cause: new Error(SECRET) }), {
      path: "/home/secret",
      code: SECRET,
    });
    const [keys, cause, path, code, hasFile, frames, isOwn] = ns.look(() => {
      throw error;
    });
    expect([keys, cause, path, code, hasFile, isOwn]).toEqual([[], undefined, undefined, undefined, false, true]);
    expect(frames).not.toBe("function");
  });

  it("of the host cannot be looked into by their reference", async () => {
    const ns = await host.load(
      "export const id = (x) => x; export const has = (e) => [e.cause, e.secret, Object.getPrototypeOf(e) === Error.prototype]",
    );
    const error = Object.assign(new Error("x", { cause: SECRET }), { secret: SECRET });
    expect(ns.has(error)).toEqual([undefined, undefined, true]);
    expect(ns.id(error)).toBe(error);
  });

  it("of a library are the host's errors, with the library's stack", async () => {
    const ns = await host.load(
      "class Bad extends Error { constructor() { super('m'); this.x = 1; this.name = 'Bad' } } export const fail = () => { throw new Bad() }; export const odd = () => { throw Object.assign(new Error('m'), { message: { toString() { throw 1 } }, stack: { evil: 1 } }) }",
    );
    const caught = (run: () => unknown): Exports => {
      try {
        run();
      } catch (error) {
        return error;
      }
    };
    const bad = caught(() => ns.fail());
    expect([bad instanceof Error, bad.name, bad.x, typeof bad.stack]).toEqual([true, "Bad", 1, "string"]);
    expect(bad.stack).not.toContain("membrane");
    const odd = caught(() => ns.odd());
    expect([typeof odd.message, typeof odd.stack]).toEqual(["string", "string"]);
  });
});

describe("code from text", () => {
  it("is the library's own, by eval direct and indirect, import() and HTML-like comments", async () => {
    const ns = await host.load(`
      const tries = { direct: () => eval("typeof hostSecret"), indirect: () => (0, eval)("typeof hostSecret"), maker: () => new Function("return typeof hostSecret")(),
        generator: () => (function* () {}).constructor("yield typeof hostSecret")().next().value, comment: () => (0, eval)("<!-- hidden\\n typeof hostSecret"),
        sloppy: () => new Function("return typeof this.hostSecret + typeof this.process")(), callee: () => new Function("return typeof arguments.callee.caller")() };
      export const run = (f) => f(() => Object.entries(tries).map(([name, run]) => { try { return run() } catch (e) { return e.name } }));
      export const load = (name) => import(name).then(() => "loaded", (e) => e.message)`);
    const results: readonly string[] = ns.run((f: () => unknown) => f());
    expect(results.slice(0, 4)).toEqual(["undefined", "undefined", "undefined", "undefined"]);
    expect(results[5]).toBe("undefinedundefined");
    expect(results.join()).not.toContain(SECRET);
    for (const name of [
      "node:fs",
      "fs",
      "file:///etc/passwd",
      "data:text/javascript,1",
      "../../src/library/index.ts",
    ]) {
      expect(await ns.load(name)).toContain("could not load module");
    }
  });
});

describe("a library that breaks its own language", () => {
  it("still speaks with its host", async () => {
    const ns = await host.load(`
      export const id = (x) => x; export const call = (f, x) => f(x); export const later = async (x) => x;
      export const draft = () => new Proxy({ a: 1 }, {});
      const evil = () => { throw new Error("patched") };
      const { ownKeys } = Reflect, { defineProperty, getOwnPropertyDescriptor } = Object;
      const all = [Array.prototype, Map.prototype, Set.prototype, String.prototype, Promise.prototype, WeakMap.prototype, WeakSet.prototype, Function.prototype, Reflect, JSON, Object, Proxy];
      for (let i = 0; i < all.length; i++) {
        const keys = ownKeys(all[i]);
        for (let k = 0; k < keys.length; k++) {
          const key = keys[k];
          if (key === "constructor" || key === "prototype" || typeof getOwnPropertyDescriptor(all[i], key).value !== "function") continue;
          try { defineProperty(all[i], key, { value: evil, configurable: true, writable: true }) } catch {}
        }
      }`);
    const data = { list: [1, { a: undefined }], map: new Map([[1, new Set(["x"])]]), date: new Date(5) };
    expect(ns.id(data)).toEqual(data);
    expect(ns.call((x: number) => x + 1, 1)).toBe(2);
    expect(ns.call((x: { f(): number }) => x.f(), { f: () => 3 })).toBe(3);
    const f = (): void => {};
    expect(ns.id(f)).toBe(f);
    expect(await ns.later("x")).toBe("x");
    const draft = ns.draft();
    draft.a = 2;
    expect(draft.a).toBe(2);
  });

  it("cannot change how values are copied for others", async () => {
    const ns = await host.load(`
      Object.prototype.toJSON = () => "forged"; Array.prototype.toJSON = () => ["forged"];
      Object.defineProperty(Object.prototype, "value", { get() { return "forged" } });
      export const id = (x) => x; export const make = () => ({ a: [1, { b: 2 }] })`);
    expect(ns.id({ a: [1] })).toEqual({ a: [1] });
    expect(ns.make()).toEqual({ a: [1, { b: 2 }] });
  });
});
