/**
 * What metering and freezing cost C programs: the plain module, Caper's, and what Binaryen makes of it (metered, and metered
 * with Asyncify). Every run is a whole program from a fresh instance to its exit; compiling is not in it.
 *
 * @module
 */
import { makeProgram } from "../src/kernel/index.ts";
import { meterWithBinaryen } from "./baseline.ts";
import { runCaper } from "./caper-run.ts";
import { geomean, interleave, type RoundOptions } from "./measure.ts";
import { makePlainHost, type PlainResult, runPlain } from "./plain-wasi.ts";
import { C_PROGRAMS, type CProgram, readProgram } from "./programs.ts";
import type { Report } from "./report.ts";

const COLUMNS = ["plain", "Caper", "gas in a global", "Asyncify + gas"] as const;

function runBaseline(module: WebAssembly.Module, args: readonly string[]): PlainResult {
  const host = makePlainHost(args);
  const meter = { stop: () => undefined };
  return host.run(new WebAssembly.Instance(module, { wasi_snapshot_preview1: host.imports, meter }));
}

async function measureProgram(program: CProgram, options: RoundOptions): Promise<number[]> {
  const bytes = readProgram(program.name);
  const args = [program.name, String(program.benchSize)];
  const plain = new WebAssembly.Module(bytes);
  const rewritten = makeProgram({ bytes });
  const [metered, asyncified] = [false, true].map(
    (asyncify) => new WebAssembly.Module(meterWithBinaryen(bytes, { asyncify })),
  );
  const runs = [
    () => runPlain(plain, args),
    () => runCaper(rewritten, args),
    () => runBaseline(metered!, args),
    () => runBaseline(asyncified!, args),
  ];
  const outputs = new Set(runs.map((run) => run().output));
  if (outputs.size > 1 && program.seesNan === undefined) throw new Error(`${program.name}: ${[...outputs].join()}`);
  const timings = await interleave(
    runs.map((run, index) => ({ name: COLUMNS[index]!, run })),
    options,
  );
  return timings.map(({ medianMs }) => medianMs);
}

export async function benchCPrograms(options: RoundOptions): Promise<Report> {
  const measured: { name: string; times: number[] }[] = [];
  for (const program of C_PROGRAMS) {
    measured.push({ name: program.name, times: await measureProgram(program, options) });
  }
  const rows = measured.map(({ name, times }) => [
    name,
    `${times[0]!.toFixed(1)} ms`,
    ...times.slice(1).map((time) => time / times[0]!),
  ]);
  const means = [1, 2, 3].map((column) => geomean(measured.map(({ times }) => times[column]! / times[0]!)));
  return {
    name: "c-programs",
    title: "C programs: time as a ratio to the plain module",
    columns: ["program", ...COLUMNS],
    rows: [...rows, ["geometric mean", "", ...means]],
    notes: [
      `Asked: Caper (gas, freezing and determinism together) at most 1.25; measured ${means[0]!.toFixed(2)}.`,
      "gas in a global: charged and tested at loops and function entries, optimised by Binaryen -O2; it can only be stopped, not frozen.",
      "Asyncify + gas: the same, able to unwind and rewind at each test.",
    ],
    details: measured,
  };
}
