/**
 * Importing a library and calling it, beside other ways to run somebody's code apart: isolated-vm (an isolate of V8),
 * quickjs-emscripten (the same engine, neither metered nor freezable) and plain Node's own import, which confines nothing.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LibraryBundle } from "../src/library/index.ts";
import { libraryOf, makeLibraryImporter } from "../src/library/index.ts";
import { defineJavaScript, makeNodeKernel, makeNodePackageSource } from "../src/node/index.ts";
import { makeIsolatedVm, makePlainNode, makeQuickJs } from "./library-peers.ts";
import { median, threadMs } from "./measure.ts";
import type { Cell, Report } from "./report.ts";

/** About 100 kB of source in one module, without dependencies. */
const PACKAGE = "js-yaml@4.1.0";
const BUDGET = { gas: 1e12, memoryBytes: 64 << 20 };
const IMPORTS = 15;
const CALL_ROUNDS = 9;
const ASKED_CALL_US = 2;
const ASKED_CACHED_MS = 10;

const CALLED = `
export const increment = (n) => n + 1;
export const count = (object) => object.rows.length;
export const length = (text) => text.length;
export const twice = (fn, n) => fn(fn(n));
`;

/** A library by one of the ways, loaded from the text of one ES module. */
export interface Loaded {
  /** What it exports, callable in place. */
  readonly exports: { readonly [name: string]: (...args: never[]) => unknown };
  dispose(): void;
}

export interface Way {
  readonly name: string;
  /** From the module's text. */
  load(source: string): Promise<Loaded>;
  /** A second import of the same, by whatever cache the way has; undefined where it has none. */
  readonly loadAgain?: (source: string) => Promise<Loaded>;
}

function bundleOf(name: string, source: string): LibraryBundle {
  return { name, version: "1.0.0", entry: "main.js", modules: { "main.js": source }, hash: name, packages: [] };
}

function makeCaper(): Way {
  const kernel = makeNodeKernel();
  defineJavaScript(kernel);
  const packages = makeNodePackageSource();
  const fresh = () => makeLibraryImporter({ kernel, packages });
  const cached = fresh();
  let count = 0;
  const loadBy = async (importer: ReturnType<typeof fresh>, bundle: LibraryBundle): Promise<Loaded> => {
    const exports = await importer.importBundle<Loaded["exports"] & object>(bundle, BUDGET);
    return { exports, dispose: () => libraryOf(exports).dispose() };
  };
  return {
    name: "Caper",
    // Another name is another library to every cache.
    load: (source) => loadBy(fresh(), bundleOf(`bench-${count++}`, source)),
    loadAgain: (source) => loadBy(cached, bundleOf("bench", source)),
  };
}

async function measureImports(load: ((source: string) => Promise<Loaded>) | undefined, source: string): Promise<Cell> {
  if (load === undefined) return "-";
  const times: number[] = [];
  for (let n = 0; n < IMPORTS; n++) {
    const start = threadMs();
    const loaded = await load(source);
    times.push(threadMs() - start);
    loaded.dispose();
  }
  return `${median(times.slice(3)).toFixed(1)} ms`;
}

interface Call {
  readonly name: string;
  readonly count: number;
  run(exports: Loaded["exports"]): unknown;
}

const rows = Array.from({ length: 24 }, (_, id) => ({ id, name: `row number ${id}`, ok: true }));
const text = "x".repeat(1 << 20);
const CALLS: readonly Call[] = [
  { name: "call with a number", count: 20_000, run: (exports) => exports.increment?.(41 as never) },
  { name: "call with an object of 1 kB", count: 2_000, run: (exports) => exports.count?.({ rows } as never) },
  { name: "call with a text of 1 MB", count: 100, run: (exports) => exports.length?.(text as never) },
  {
    name: "call with a callback that is called twice",
    count: 2_000,
    run: (exports) => exports.twice?.(((n: number) => n + 1) as never, 1 as never),
  },
];

/** Best of the rounds, in microseconds: what else the machine does only adds. */
function measureCall({ count, run }: Call, exports: Loaded["exports"]): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < CALL_ROUNDS; round++) {
    const start = threadMs();
    for (let n = 0; n < count; n++) run(exports);
    best = Math.min(best, (threadMs() - start) / count);
  }
  return best * 1000;
}

/** One column of the table: two imports and the calls. */
async function measureWay(way: Way | undefined, source: string): Promise<Cell[]> {
  if (way === undefined) return ["-", "-", ...CALLS.map(() => "-")];
  const imports = [await measureImports(way.load, source), await measureImports(way.loadAgain, source)];
  const loaded = await way.load(CALLED);
  const calls = CALLS.map((call) => measureCall(call, loaded.exports));
  loaded.dispose();
  return [...imports, ...calls.map((us) => `${us.toFixed(us < 10 ? 2 : 0)} us`)];
}

export async function benchLibrary(): Promise<Report> {
  const bundle = await makeNodePackageSource().bundle(PACKAGE);
  const source = Object.values(bundle.modules).join("\n");
  const folder = mkdtempSync(join(tmpdir(), "caper-bench-"));
  const columns: Cell[][] = [];
  try {
    for (const way of [makeCaper(), await makeIsolatedVm(), await makeQuickJs(), makePlainNode(folder)]) {
      columns.push(await measureWay(way, source));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const size = `${Math.round(source.length / 1000)} kB`;
  const names = [`import of ${PACKAGE}, ${size}`, "the same from a cache", ...CALLS.map(({ name }) => name)];
  return {
    name: "library",
    title: "Libraries",
    columns: ["what", "Caper", "isolated-vm", "quickjs-emscripten", "plain Node"],
    rows: names.map((name, row) => [name, ...columns.map((column) => column[row] as Cell)]),
    notes: [
      `Asked: a call with a number at most ${ASKED_CALL_US} us, import from the cache at most ${ASKED_CACHED_MS} ms.`,
      "The bundle is there already in all columns. Only Caper meters what it runs, and can freeze it.",
    ],
  };
}
