/**
 * What metering and freezing cost JavaScript in the QuickJS engine: the same scripts in the plain module, in the rewritten one
 * and, where somebody had the minutes to build it, in Asyncify's.
 *
 * @module
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { makeProgram } from "../src/kernel/index.ts";
import { meterWithBinaryen } from "./baseline.ts";
import { type Engine, evaluate, makeCaperEngine, makePlainEngine, readEngine, startEngine } from "./engine.ts";
import { geomean, interleave, type RoundOptions } from "./measure.ts";
import type { Report } from "./report.ts";

const SCRIPTS = new URL("./scripts/", import.meta.url).pathname;
const CACHE = new URL("../.cache/bench/", import.meta.url).pathname;
const ASYNCIFIED = `${CACHE}quickjs.asyncify.wasm`;

/** The build takes more than a minute, so it is kept, and made only when asked for. */
function readAsyncified(build: boolean): WebAssembly.Module | undefined {
  try {
    return new WebAssembly.Module(readFileSync(ASYNCIFIED));
  } catch {
    if (!build) return undefined;
  }
  const bytes = meterWithBinaryen(readEngine(), { asyncify: true });
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(ASYNCIFIED, bytes);
  return new WebAssembly.Module(bytes);
}

export async function benchQuickjs(options: RoundOptions & { readonly buildAsyncify: boolean }): Promise<Report> {
  const bytes = readEngine();
  const asyncified = readAsyncified(options.buildAsyncify);
  const engines: [name: string, engine: Engine][] = [
    ["plain", makePlainEngine(new WebAssembly.Module(bytes))],
    ["Caper", makeCaperEngine(makeProgram({ bytes }))],
  ];
  if (asyncified !== undefined) engines.push(["Asyncify + gas", makePlainEngine(asyncified)]);
  for (const [, engine] of engines) startEngine(engine);
  const measured: { name: string; times: number[] }[] = [];
  for (const file of readdirSync(SCRIPTS)) {
    const source = `{${readFileSync(`${SCRIPTS}${file}`, "utf8")}}`;
    const results = new Set(engines.map(([, engine]) => evaluate(engine, source)));
    if (results.size > 1) throw new Error(`${file}: the engines disagree: ${[...results].join()}`);
    const alternatives = engines.map(([name, engine]) => ({ name, run: () => evaluate(engine, source) }));
    const timings = await interleave(alternatives, options);
    measured.push({ name: file, times: timings.map(({ medianMs }) => medianMs) });
  }
  const ratios = measured.map(({ times }) => times.slice(1).map((time) => time / times[0]!));
  const means = engines.slice(1).map((_, column) => geomean(ratios.map((row) => row[column]!)));
  return {
    name: "quickjs",
    title: "QuickJS running scripts: time as a ratio to the plain module",
    columns: ["script", ...engines.map(([name]) => name)],
    rows: [
      ...measured.map(({ name, times }, index) => [name, `${times[0]!.toFixed(1)} ms`, ...ratios[index]!]),
      ["geometric mean", "", ...means],
    ],
    notes: [
      `Asked: Caper at most 1.4; measured ${means[0]!.toFixed(2)}.`,
      ...(asyncified === undefined
        ? ["Asyncify's column needs a build of some minutes: npm run bench -- quickjs --asyncify"]
        : []),
    ],
    details: measured,
  };
}
