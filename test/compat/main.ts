/**
 * `npm run compat`: the compatibility table, and docs/compat.md with what was last seen of every package.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Argument } from "commander";
import { describeMachine, machineLoad } from "../../bench/measure.ts";
import { makeCommand } from "../../scripts/usage.ts";
import { projectRoot } from "../support/sources.ts";
import type { Outcome } from "./one.ts";
import { COMPAT_FOLDER, exampleNames, install, pinnedVersions } from "./project.ts";
import { renderMarkdown, renderRow, summarize } from "./table.ts";

/** A package that takes longer than this is told as one that does not end. */
const WAIT_MS = 300_000;

/** How Node ends where a module waits for a promise that nothing will settle. */
const UNSETTLED_CODE = 13;

function lastLine(output: string): string {
  return output.trimEnd().split("\n").at(-1) ?? "";
}

/** One package in a process of its own: what it does to a realm, or to a heap, is its own. */
export function runOne(name: string, flags: readonly string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "one.ts"), name, ...flags], {
    cwd: projectRoot,
    env: { ...process.env, TZ: "UTC" },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: WAIT_MS,
  });
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    errors += chunk;
  });
  return new Promise((resolve) => {
    child.on("close", (code) => {
      if (code === 0) return resolve(JSON.parse(lastLine(output)) as Outcome);
      const ended = `the process that ran it ended with ${code ?? "a signal"}: ${lastLine(errors)}`;
      const reason = code === UNSETTLED_CODE ? "the example waits for something that never comes" : ended;
      resolve({ name, isSame: false, reason, nodeLoadMs: 0 });
    });
  });
}

/** What was last seen of each package in its pinned version: a run of a few packages brings only these up to date. */
function keepOutcomes(outcomes: readonly Outcome[]): readonly Outcome[] {
  const file = join(COMPAT_FOLDER, "outcomes.json");
  const versions = pinnedVersions();
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { [key: string]: Outcome }) : {};
  for (const outcome of outcomes) kept[`${outcome.name}@${versions[outcome.name]}`] = outcome;
  writeFileSync(file, JSON.stringify(kept, undefined, 1));
  return exampleNames().flatMap((name) => kept[`${name}@${versions[name]}`] ?? []);
}

async function main(): Promise<void> {
  const command = makeCommand(
    "compat",
    "Runs documented examples of packages in plain Node and in Caper, and compares.",
  )
    .addArgument(new Argument("[packages...]", "only these").choices(exampleNames()))
    .option("--write", "bring docs/compat.md up to date")
    .option("--quick", "compare results without measuring")
    .parse();
  const chosen = command.args;
  const { write, quick } = command.opts<{ readonly write?: true; readonly quick?: true }>();
  install();
  const load = machineLoad();
  const outcomes: Outcome[] = [];
  for (const name of chosen.length > 0 ? chosen : exampleNames()) {
    const outcome = await runOne(name, quick ? ["--quick"] : []);
    outcomes.push(outcome);
    console.log(renderRow(outcome));
  }
  console.log(`\n${summarize(outcomes)}`);
  const all = keepOutcomes(outcomes);
  if (!write) return;
  const busy = load > 0.5 ? `; it was busy with other work (load ${load.toFixed(1)})` : "";
  const setting = {
    date: new Date().toISOString().slice(0, 16),
    machine: describeMachine() + busy,
  };
  writeFileSync(join(projectRoot, "docs/compat.md"), renderMarkdown(all, setting));
}

if (import.meta.main) await main();
