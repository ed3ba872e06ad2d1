/**
 * `npm run bench`: prints a table for each bench and writes its numbers to `.cache/bench/`.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Argument, type Command, Option } from "commander";
import { makeCommand } from "../scripts/usage.ts";
import { describeMachine, machineLoad } from "./measure.ts";
import { type Report, renderMarkdown, renderTable, type Surroundings, writeJson } from "./report.ts";

const ROUNDS = 15;
const QUICK_ROUNDS = 5;
const WARMUPS = 4;
/** More than this many processes at work on two cores disturb the numbers. */
const CALM_LOAD = 0.5;
const METHOD =
  "Times are processor time of the thread unless a table says otherwise, medians of rounds that run every column once; only ratios within a row mean much.";
const FOLDER = new URL("./", import.meta.url).pathname;
const RESULTS = `${FOLDER}results/`;
const CACHE = new URL("../.cache/bench/", import.meta.url).pathname;

interface Options {
  readonly rounds: number;
  readonly warmups: number;
  readonly buildAsyncify: boolean;
}

/** Loaded only when run, so that one bench does not warm up the other's code. */
const BENCHES: { readonly [name: string]: (options: Options) => Promise<Report> } = {
  "c-programs": async (options) => (await import("./c-programs.ts")).benchCPrograms(options),
  quickjs: async (options) => (await import("./quickjs.ts")).benchQuickjs(options),
  rewriting: async (options) => (await import("./rewriting.ts")).benchRewriting(options),
  processes: async (options) => (await import("./processes.ts")).benchProcesses(options),
  library: async () => (await import("./library.ts")).benchLibrary(),
  ocapn: async (options) => (await import("./ocapn.ts")).benchOcapn(options.rounds),
  stalls: async () => (await import("./stalls.ts")).benchStalls(),
};

interface Flags {
  readonly write?: true;
  readonly quick?: true;
  readonly asyncify?: true;
  /** Set in the process of one bench. */
  readonly one?: string;
}

function readCommandLine(): Command {
  return makeCommand("bench", "Prints a table for each bench, and writes its numbers to .cache/bench/.")
    .addArgument(new Argument("[benches...]", "only these").choices(Object.keys(BENCHES)))
    .option("--write", "also write bench/RESULTS.md and bench/results/")
    .option("--quick", "take fewer rounds")
    .option("--asyncify", "build Asyncify's QuickJS for its column, which takes some minutes")
    .addOption(new Option("--one <bench>").choices(Object.keys(BENCHES)).hideHelp())
    .parse();
}

/** Each bench in a process of its own, which prints its report as JSON on the last line. */
function runBench(name: string, { quick, asyncify }: Flags): Report {
  const flags = [...(quick ? ["--quick"] : []), ...(asyncify ? ["--asyncify"] : [])];
  const output = execFileSync(process.execPath, ["--expose-gc", import.meta.filename, "--one", name, ...flags], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 64 << 20,
  });
  return JSON.parse(output) as Report;
}

function optionsOf({ quick, asyncify }: Flags): Options {
  return { rounds: quick ? QUICK_ROUNDS : ROUNDS, warmups: WARMUPS, buildAsyncify: asyncify === true };
}

function surroundings(): Surroundings {
  return { machine: describeMachine(), date: new Date().toISOString().slice(0, 16), loadAtStart: machineLoad() };
}

/** All tables as they were last written, each with when that was. */
function renderResults(): string {
  const tables = Object.keys(BENCHES)
    .map((name) => `${RESULTS}${name}.json`)
    .filter((file) => existsSync(file))
    .map((file) => {
      const report = JSON.parse(readFileSync(file, "utf8")) as Report & Surroundings;
      const { date, loadAtStart } = report;
      const busy =
        loadAtStart > CALM_LOAD ? `, while the machine was busy with other work (load ${loadAtStart.toFixed(1)})` : "";
      return renderMarkdown({ ...report, notes: [...report.notes, `Measured on ${date} UTC${busy}.`] });
    });
  const head = `# Results\n\nMeasured by \`npm run bench -- --write\`: ${describeMachine()}. ${METHOD}`;
  return `${[head, ...tables].join("\n\n")}\n`;
}

function main(names: readonly string[], flags: Flags): void {
  const around = surroundings();
  console.log(`${around.machine}; load ${around.loadAtStart.toFixed(1)}\n`);
  for (const name of names.length === 0 ? Object.keys(BENCHES) : names) {
    const report = runBench(name, flags);
    console.log(`${renderTable(report)}\n`);
    writeJson(CACHE, report, around);
    if (flags.write) writeJson(RESULTS, report, around);
  }
  if (flags.write) writeFileSync(`${FOLDER}RESULTS.md`, renderResults());
}

const command = readCommandLine();
const flags = command.opts<Flags>();
if (flags.one === undefined) main(command.args, flags);
else process.stdout.write(JSON.stringify(await BENCHES[flags.one]!(optionsOf(flags))));
