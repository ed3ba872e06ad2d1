/**
 * The half of a case that runs in plain Node: installs the package with its scripts, imports it, uses it, each in a process of its
 * own inside of the sandbox, and says what could be seen after each step.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { AttackCase } from "./case.ts";
import { FLOOD_LINES, gather, ROOTS, snapshot } from "./facts.ts";
import { makeSandbox, type Sandbox } from "./sandbox.ts";
import { serveHonest, serveSink } from "./sink.ts";

/** Long enough for an ordinary import on a busy machine; what is not over then does not end. */
const WAIT_MS = 20_000;
/** What floods is given this much longer after its first line. */
const FLOOD_WAIT_MS = 1_500;
const POLL_MS = 50;

export interface PlainRun {
  /** After the installation and the import. */
  readonly atImport: ReadonlySet<string>;
  /** After the use. */
  readonly atEnd: ReadonlySet<string>;
  readonly log: string;
}

interface Ended {
  readonly output: string;
  readonly isKilled: boolean;
}

function run(sandbox: Sandbox, script: string, args: readonly string[], mayFlood: boolean): Promise<Ended> {
  // Node waits for a file to take each line, as for a terminal; lines for a pipe would only fill its own memory.
  const file = join(sandbox.folder, "output.txt");
  const output = openSync(file, "w");
  const child = spawn(process.execPath, [join(import.meta.dirname, script), ...args], {
    cwd: sandbox.project,
    env: sandbox.environment,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  let isKilled = false;
  const kill = (): void => {
    isKilled = true;
    child.kill("SIGKILL");
  };
  let timer = setTimeout(kill, WAIT_MS);
  const watch = setInterval(() => {
    if (!mayFlood || statSync(file).size === 0) return;
    clearInterval(watch);
    clearTimeout(timer);
    timer = setTimeout(kill, FLOOD_WAIT_MS);
  }, POLL_MS);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => {
      clearTimeout(timer);
      clearInterval(watch);
      resolve({ output: readFileSync(file, "utf8"), isKilled });
    });
  });
}

function factsOf({ output, isKilled }: Ended): string[] {
  const line = output.split("\n").find((candidate) => candidate.startsWith("facts "));
  const facts = line === undefined ? [] : (JSON.parse(line.slice("facts ".length)) as string[]);
  if (line === undefined && !isKilled) facts.push("failed");
  if (isKilled) facts.push("endless");
  if (output.split("\n").length > FLOOD_LINES) facts.push("flood");
  return facts;
}

export async function runPlain(one: AttackCase, variant: "package" | "twin"): Promise<PlainRun> {
  await using sink = await serveSink();
  await using honest = await serveHonest();
  using sandbox = makeSandbox(one, variant, sink.url);
  const mayFlood = one.isEndless === true && variant === "package";
  const roots = [...ROOTS, ...(one.siblings ?? []).map((name) => `project/node_modules/lookalike-${name}`)];
  const pristine = new Map([...snapshot(sandbox, ROOTS), ...asPublished(sandbox, one)]);
  const installed = await run(sandbox, "plain-install.ts", [sandbox.project], false);
  const imported = await run(sandbox, "plain-application.ts", [one.folder, "import", honest.url], mayFlood);
  const seen = gather(sandbox, pristine, roots, sink);
  const atImport = new Set([...seen, ...factsOf(imported)]);
  // What does not even end to be imported is not used.
  const used = imported.isKilled
    ? imported
    : await run(sandbox, "plain-application.ts", [one.folder, "use", honest.url], mayFlood);
  const atEnd = new Set([...atImport, ...gather(sandbox, pristine, roots, sink), ...factsOf(used)]);
  const log = [installed, imported, used].map((ended) => ended.output.slice(0, 2_000)).join("\n---\n");
  return { atImport, atEnd, log };
}

/** The siblings' files as they were published, under the paths at which they are installed. */
function asPublished(sandbox: Sandbox, one: AttackCase): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of one.siblings ?? []) {
    for (const [path, hash] of snapshot(sandbox, [`packages/${name}`])) {
      found.set(path.replace(`packages/${name}`, `project/node_modules/lookalike-${name}`), hash);
    }
  }
  return found;
}
