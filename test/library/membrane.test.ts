/**
 * One list of values for all ends of membranes: host and library, guest and library, in both directions.
 * @module
 */

import { beforeAll, describe, expect, it } from "vitest";
import { makeCapability } from "../../src/passable/index.ts";
import { GAS } from "../support/javascript.ts";
import { bundleOf, type Exports, makeLibraryHost } from "../support/library.ts";
import { VALUE_CASES } from "./value-cases.ts";

/** Runs the text of a case on its own side. */
const RUN = "export const run = (source) => (0, eval)('(' + source + ')');";

const host = makeLibraryHost();
// biome-ignore lint/security/noGlobalEval: the host's side of a case is text as well.
const runHere = (source: string): Exports => globalThis.eval(`(${source})`);

describe("a host and its library", () => {
  let library: Exports;
  beforeAll(async () => {
    library = await host.load(RUN);
  });

  it.each(VALUE_CASES.filter((one) => one.guardedOnly !== true).map((one) => [one.name, one] as const))(
    "library to host: %s",
    async (_name, { make, check }) => {
      expect(await runHere(check)(library.run(make))).toBe(true);
    },
  );

  it.each(VALUE_CASES.filter((one) => one.openOnly !== true).map((one) => [one.name, one] as const))(
    "host to library: %s",
    async (_name, { make, check }) => {
      expect(await library.run(check)(runHere(make))).toBe(true);
    },
  );
});

describe("what a library writes to its host's objects", () => {
  it("stays with the library, for as long as it holds them", async () => {
    const ns: Exports = await host.load(`
      "use strict"; let held;
      export const write = (o) => { held = o; o.a = 5; o.added = 1; delete o.gone; o.list.push(() => 2); return [o.read(), o] };
      export const look = (o) => [o === held, o.a, o.added, "gone" in o, o.list.length, o.later]`);
    const object = {
      a: 1,
      gone: 2,
      later: 0,
      list: [() => 1],
      read() {
        return [this.a, Object.keys(this).join()];
      },
    };
    const [read, back] = ns.write(object);
    expect([read, back === object]).toEqual([[1, "a,gone,later,list,read"], true]);
    expect(object).toMatchObject({ a: 1, gone: 2 });
    expect(object.list.length).toBe(1);
    // What it did not write it sees as it is.
    object.later = 3;
    object.a = 4;
    expect(ns.look(object)).toEqual([true, 5, 1, false, 2, 3]);
    const other: Exports = await host.load("export const look = (o) => [o.a, 'gone' in o, Object.keys(o).length]");
    expect(other.look(object)).toEqual([4, true, 5]);
  });
});

describe("a guest and its library", () => {
  const importer = host.spawn({
    endowments: { packages: makeCapability({ bundle: () => bundleOf(RUN) as never }) },
  });
  beforeAll(async () => {
    await importer.evaluate(
      `globalThis.run = (source) => (0, eval)('(' + source + ')');
       importLibrary("it", { gas: ${GAS / 10}, memoryBytes: ${32 << 20} }).then((ns) => { globalThis.library = ns })`,
    );
  });

  it.each(VALUE_CASES.filter((one) => one.guardedOnly !== true).map((one) => [one.name, one] as const))(
    "library to guest: %s",
    async (_name, { make, check }) => {
      await importer.set({ make, check });
      expect(await importer.evaluate("run(check)(library.run(make))")).toBe(true);
    },
  );

  it.each(VALUE_CASES.filter((one) => one.openOnly !== true).map((one) => [one.name, one] as const))(
    "guest to library: %s",
    async (_name, { make, check }) => {
      await importer.set({ make, check });
      expect(await importer.evaluate("library.run(check)(run(make))")).toBe(true);
    },
  );

  it("guest to library: of proxies nothing but the reference", async () => {
    await importer.evaluate(`globalThis.traps = []; globalThis.proxy = new Proxy(
      { secret: 1, f() {} },
      new Proxy({}, { get(_, trap) { traps.push(trap) } }),
    ); 0`);
    const look =
      "(o) => [Object.keys(o), o.secret, 'secret' in o, Object.getOwnPropertyDescriptor(o, 'f'), Array.isArray(o)]";
    await importer.set({ look });
    expect(await importer.evaluate("library.run(look)(proxy)")).toEqual([[], undefined, false, undefined, false]);
    expect(await importer.evaluate("[library.run('(o) => o')(proxy) === proxy, traps]")).toEqual([true, []]);
  });
});
