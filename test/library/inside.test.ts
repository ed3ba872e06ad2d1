/**
 * Libraries inside of guests, to any depth: budgets out of the importer's own, powers, freezing in the middle of calls, confined packages.
 * @module
 */

import { describe, expect, it } from "vitest";
import { JAVASCRIPT_KIND } from "../../src/guests/javascript/index.ts";
import type { Process } from "../../src/kernel/index.ts";
import type { LibraryBundle } from "../../src/library/index.ts";
import { libraryOf } from "../../src/library/index.ts";
import { encodeMessage, makeCapability } from "../../src/passable/index.ts";
import { makeCollector } from "../../src/powers/index.ts";
import { GAS, MEMORY_BYTES, makeTestHost, rootOf, throughImage } from "../support/javascript.ts";
import { bundleOf, makeLibraryHost } from "../support/library.ts";

const host = makeLibraryHost();

const SOURCES = {
  plain:
    "export const add = (a, b) => a + b; export const call = (f, ...args) => f(...args); export const spin = () => { for (;;); }",
  outer: `export const load = async () => { const inner = await importLibrary("plain", { gas: 200_000_000, memoryBytes: 8 << 20 });
      return { sum: inner.add(1, 2), twice: (x) => inner.call((y) => y * 2, x), spin: () => { try { inner.spin() } catch (e) { return e.code } }, name: caper.libraryOf(inner).name } }`,
  reader:
    "export const read = () => caper.power('files').read('a.txt'); export const names = () => ['files', 'packages', 'caper:importer'].filter((n) => caper.power(n) !== undefined)",
};

const packages = () =>
  makeCapability({
    bundle: (specifier) =>
      bundleOf(Object.entries(SOURCES).find(([name]) => name === specifier)?.[1] ?? "throw new Error('unknown')", {
        name: String(specifier),
        hash: "x",
      }) as never,
  });

describe("a guest's library", () => {
  const spawn = (more: Parameters<typeof host.spawn>[0] = {}) =>
    host.spawn({ memoryBytes: 128 << 20, ...more, endowments: { packages: packages(), ...more.endowments } });

  it("is imported only where there is the power to", async () => {
    const js = host.spawn();
    expect(await js.evaluate("typeof importLibrary")).toBe("undefined");
    expect(await js.evaluate("caper.importLibrary('plain', {}).catch((e) => e.message)")).toContain(
      'the power "packages"',
    );
  });

  it("has the powers that it is given, and no others", async () => {
    const js = spawn({ endowments: { files: makeCapability({ read: (name) => `content of ${name}` }) } });
    const run = (powers: string) =>
      js.evaluate(
        `importLibrary("reader", { gas: 1e9, memoryBytes: 8 << 20, powers: ${powers} }).then((ns) => [ns.names(), (() => { try { return ns.read() } catch (e) { return e.name } })()])`,
      );
    expect(await run("{ files: caper.power('files') }")).toEqual([["files", "caper:importer"], "content of a.txt"]);
    expect(await run("{}")).toEqual([["caper:importer"], "TypeError"]);
  });

  it("stops at its own budget, at every depth; its importers go on, and a refill resumes it", async () => {
    const ns = await host.load(SOURCES.outer, { powers: { packages: packages() }, memoryBytes: 128 << 20 });
    const library = await ns.load();
    expect([library.sum, library.twice(21), library.name]).toEqual([3, 42, "plain"]);
    expect(library.spin()).toBe("out-of-gas");
    // In the middle of that call it takes no other.
    expect(library.spin()).toBe("out-of-gas");
    expect(libraryOf(ns).meter.gasLeft).toBeGreaterThan(GAS / 2);
    const js = spawn();
    await js.evaluate(`importLibrary("plain", { gas: 30_000_000, memoryBytes: 8 << 20 }).then((ns) => { globalThis.ns = ns });
      globalThis.count = (n) => ns.call((m) => m, 1) + n`);
    const source = `(() => { const slow = () => { let s = 0; return ns.call(() => s) };
      try { return ns.spin() } catch (e) { caper.libraryOf(ns).refill({ gas: 1_000_000 }); return [e.code, e.message] } })()`;
    const [code, message] = (await js.evaluate(source)) as [string, string];
    expect(code).toBe("out-of-gas");
    expect(message).toMatch(/^plain: out of gas in the middle of a call/);
    expect(await js.evaluate("1 + 1")).toBe(2);
  });

  it("goes on with an interrupted call after a refill", async () => {
    const js = host.spawn({
      memoryBytes: 128 << 20,
      endowments: {
        packages: makeCapability({
          bundle: () =>
            bundleOf("export const sum = (n) => { let s = 0; for (let i = 0; i < n; i++) s += i; return s }") as never,
        }),
      },
    });
    await js.evaluate(
      "importLibrary('sums', { gas: 20_000_000, memoryBytes: 8 << 20 }).then((ns) => { globalThis.ns = ns })",
    );
    expect(
      await js.evaluate(`(async () => { try { return ns.sum(500_000) } catch (e) { const library = caper.libraryOf(ns);
        library.refill({ gas: 500_000_000 }); return [e.code, await library.resume(), ns.sum(10)] } })()`),
    ).toEqual(["out-of-gas", 124999750000, 45]);
  });

  it("says why it cannot be loaded", async () => {
    const js = spawn();
    const load = (specifier: string, options: string) =>
      js.evaluate(`importLibrary(${JSON.stringify(specifier)}, ${options}).catch((e) => [e.name, e.code, e.message])`);
    expect(await load("nothing", "{ gas: 1e8, memoryBytes: 8 << 20 }")).toEqual([
      "LibraryError",
      "broken-package",
      "nothing: it failed while it was loaded: Error: unknown",
    ]);
    expect(await load("plain", "{ gas: 10_000, memoryBytes: 8 << 20 }")).toEqual([
      "LibraryError",
      "load-budget",
      expect.stringMatching(/^plain: its gas does not suffice to load it: it had used 10\d{3} when it stopped/),
    ]);
    expect(await load("plain", "{ gas: 1e15, memoryBytes: 8 << 20 }")).toEqual([
      "LibraryError",
      "load-budget",
      expect.stringMatching(
        /^plain: its 1000000000000000 gas and 8388608 bytes come out of what this process has left, which is \d+ gas/,
      ),
    ]);
  });

  it("ends with its face", async () => {
    const js = spawn();
    expect(
      await js.evaluate(`importLibrary("plain", { gas: 1e8, memoryBytes: 8 << 20 }).then((ns) => { caper.libraryOf(ns).dispose();
        try { return ns.add(1, 2) } catch (e) { return e.code } })`),
    ).toBe("ended");
  });
});

describe("confined packages of a bundle", () => {
  const inner = (source: string): LibraryBundle => bundleOf(source, { name: "inner" });
  const outer = (policy: object, source: string) =>
    bundleOf(
      "const inner = caper.confined('inner'); export const result = inner.go(); export const names = Object.keys(inner); export const again = caper.confined('inner') === inner",
      {
        confined: [{ name: "inner", bundle: inner(source), policy }],
      },
    );
  const options = { gas: GAS, memoryBytes: MEMORY_BYTES };

  it("have a process and the powers of their own, and are imported at once", async () => {
    const files = makeCapability({ read: () => "read" });
    const go = "export const go = () => caper.power('files')?.read() ?? 'no files'";
    const load = (policy: object) => host.importer.importBundle(outer(policy, go), { ...options, powers: { files } });
    expect(await load({})).toMatchObject({ result: "no files", names: ["go"], again: true });
    expect(await load({ powers: { files: true } })).toMatchObject({ result: "read" });
    const ns = await load({});
    expect(libraryOf(ns).process.children.length).toBe(1);
  });

  it("come back from the cache with their library", async () => {
    const bundle = outer({}, "let n = 0; export const go = () => ++n");
    const first: object = await host.importer.importBundle(bundle, options);
    const second: object = await host.importer.importBundle(bundle, options);
    expect([first, second]).toMatchObject([{ result: 1 }, { result: 1 }]);
    expect(libraryOf(second).meter.gasUsed).toBe(libraryOf(first).meter.gasUsed);
    expect(libraryOf(second).process.children.length).toBe(1);
  });
});

describe("freezing a guest in the middle of calls of its libraries", () => {
  /** Callbacks into callbacks, promises, identity, and a library inside of a library. */
  const PROGRAM = `
    const ns = await importLibrary("deep", { gas: 400_000_000, memoryBytes: 24 << 20, powers: { packages: caper.power("packages") } });
    const log = [];
    log.push(ns.call((x) => ns.call((y) => x + y, 2), 1));
    const object = { f: () => ns.add(3, 4), self() { return this === object } };
    log.push(ns.use(object), ns.id(object) === object);
    log.push(await ns.later(async (x) => { await null; return x * 2 }));
    const inner = await ns.inner();
    log.push(inner.twice((x) => inner.add(x, 1)), ns.id(inner) === inner);
    console.log(JSON.stringify(log));
  `;
  const OUTPUT = `${JSON.stringify([3, "7 true", true, 42, 3, true])}\n`;
  const deep = `export const add = (a, b) => a + b; export const call = (f, x) => f(x); export const id = (x) => x;
    export const use = (o) => o.f() + " " + o.self(); export const later = async (f) => await f(21);
    export const inner = async () => { const ns = await importLibrary("innermost", { gas: 100_000_000, memoryBytes: 6 << 20 });
      return { add: ns.add, twice: (f) => ns.twice(f) } }`;
  const innermost = "export const add = (a, b) => a + b; export const twice = (f) => f(f(1))";
  const bundles: { readonly [name: string]: LibraryBundle } = {
    deep: bundleOf(deep, { name: "deep", hash: "d" }),
    innermost: bundleOf(innermost, { name: "innermost", hash: "i" }),
  };
  const source = makeCapability({ bundle: (name) => bundles[String(name)] as never });

  interface Run {
    readonly out: string;
    readonly root: string;
    readonly gasUsed: number;
  }

  /** Between two slices it becomes an image, at every one of `when`, and goes on in another kernel. */
  async function run(when: (slice: number) => boolean): Promise<Run & { readonly freezes: number }> {
    const out = makeCollector();
    const powers = { stdout: out, stderr: out };
    let [slices, freezes] = [0, 0];
    let process: Process | undefined;
    let rested = (): void => undefined;
    let time = 0;
    const components = {
      // A clock by which every slice takes too long: so they are as short as may be.
      now: () => {
        time += 1000;
        return time;
      },
      async yieldToHost(): Promise<void> {
        await new Promise((resolve) => setImmediate(resolve));
        slices += 1;
        if (process?.status.state === "ended" || when(slices)) rested();
      },
    };
    const { kernel } = makeTestHost(components);
    const spawned = kernel.spawn({
      guest: JAVASCRIPT_KIND,
      gas: GAS,
      memoryBytes: MEMORY_BYTES,
      endowments: { packages: source },
      powers,
    });
    process = spawned;
    void spawned.deliver(encodeMessage(["main", "main.js", { "main.js": PROGRAM }, []]));
    for (;;) {
      await new Promise<void>((resolve) => {
        rested = resolve;
      });
      if (process.status.state === "ended") break;
      const state = throughImage(process.freeze());
      process.discard();
      freezes += 1;
      process = makeTestHost(components).kernel.thaw(state, { powers, resolveLocator: () => source });
      void process.resume();
    }
    const root = rootOf(process.freeze());
    const { gasUsed } = process.meter;
    process.discard();
    return { out: out.text(), root, gasUsed, freezes };
  }

  it("gives the result and the image that it gives undisturbed", async () => {
    const { freezes: none, ...whole } = await run(() => false);
    expect([whole.out, none]).toEqual([OUTPUT, 0]);
    for (const when of [(slice: number) => slice % 7 === 3, (slice: number) => slice % 2 === 0]) {
      const { freezes, ...stepped } = await run(when);
      expect(freezes).toBeGreaterThan(5);
      expect(stepped).toEqual(whole);
    }
  });
});
