/**
 * `caper try <package>`: a prompt with a library in a process of its own, under limits; it says what each line used.
 *
 * @module
 */

import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { styleText } from "node:util";
import type { Command } from "commander";
import { makeNodeLibraryImporter, makeNodeOutput, makePolicyPowers } from "../../node/index.ts";
import { addPowerOption, openAuditFile, parsePowers } from "../library-options.ts";
import { parseLimit } from "../options.ts";
import { type Outcome, type Prompt, startPrompt, type Usage } from "../prompt.ts";
import { formatBytes, formatGas, parseGas, parseMemory } from "../quantities.ts";

interface TryOptions {
  readonly gas: string;
  readonly memory: string;
  readonly power: readonly string[];
  readonly auditLog?: string;
}

const HELP = `.help          this
.meter         gas and memory used so far
.refill <gas>  give the library more gas, like .refill 10M, and go on with what was stopped
.exit          end, as does Ctrl-D; Ctrl-C stops the line that runs
`;
/** Names of exports shown at the start. */
const NAMES_MAX = 12;

export function addTryCommand(program: Command): void {
  const command = program
    .command("try")
    .description("a prompt with a library that has only what you give it")
    .argument("<package>", "a name, name@range, folder, file or tarball")
    .option("--gas <amount>", "instructions the library may execute, loading included", "1G")
    .option("--memory <bytes>", "memory it may have", "256M")
    .option("--audit-log <file.jsonl>", "write every use and denial of a power; see caper log");
  addPowerOption(command).action(tryPackage);
}

async function tryPackage(specifier: string, options: TryOptions): Promise<void> {
  const gas = parseLimit("--gas", options.gas, parseGas);
  const memoryBytes = parseLimit("--memory", options.memory, parseMemory);
  const granted = parsePowers(options.power);
  using log = openAuditFile(options.auditLog);
  using importer = makeNodeLibraryImporter({ audit: log.audit, images: null });
  const { kernel, packages } = importer;
  using made = makePolicyPowers(granted, { folder: resolve("."), packages });
  const bundle = await packages.bundle(specifier);
  const output = makeNodeOutput(process.stdout);
  const prompt = await startPrompt({ kernel, bundle, gas, memoryBytes, powers: made.powers, audit: log.audit, output });
  const loaded = await prompt.usage();
  say(`${bundle.name}@${bundle.version} as ${prompt.variable}: ${namesOf(prompt.exports)}`);
  dim(
    `loading took ${formatGas(loaded.libraryGas)} gas; powers: ${Object.keys(granted).join(", ") || "none"}; .help explains`,
  );
  await readLines(prompt);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function dim(text: string): void {
  say(process.stdout.isTTY ? styleText("dim", text) : text);
}

function namesOf(names: readonly string[]): string {
  const more = names.length > NAMES_MAX ? `, … ${names.length - NAMES_MAX} more` : "";
  return names.slice(0, NAMES_MAX).join(", ") + more;
}

async function readLines(prompt: Prompt): Promise<void> {
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    terminal: process.stdin.isTTY === true,
    prompt: "> ",
  });
  const interrupt = (): void => prompt.interrupt();
  // A terminal in raw mode gives the key to readline, a pipe leaves the signal to the process.
  lines.on("SIGINT", interrupt);
  process.on("SIGINT", interrupt);
  const show = (): void => {
    if (process.stdin.isTTY) lines.prompt();
  };
  try {
    show();
    for await (const line of lines) {
      const text = line.trim();
      if (text === ".exit") break;
      if (text !== "") await answer(prompt, text);
      show();
    }
  } finally {
    process.off("SIGINT", interrupt);
    lines.close();
  }
}

async function answer(prompt: Prompt, text: string): Promise<void> {
  if (!/^\.[a-z]/.test(text)) return report(prompt, () => prompt.evaluate(text));
  const [name, amount = ""] = text.split(/\s+/);
  switch (name) {
    case ".help":
      process.stdout.write(HELP);
      return;
    case ".meter": {
      const { gas, libraryGas, memoryBytes } = await prompt.usage();
      say(
        `${formatGas(gas)} gas, ${formatGas(libraryGas)} of it in the library; ${formatBytes(memoryBytes)} of memory`,
      );
      return;
    }
    case ".refill":
      try {
        const gas = parseGas(amount);
        await report(prompt, () => prompt.refill(gas));
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        say(`.refill: ${error.message}`);
      }
      return;
    default:
      say(`${name}: no such command; .help lists them`);
  }
}

/** Only what is under way can be asked for its meter without disturbing it: a line that was stopped says what it used when it is over. */
async function report(prompt: Prompt, action: () => Promise<Outcome>): Promise<void> {
  const before = last ?? (await prompt.usage());
  const outcome = await action();
  if (outcome.text !== "") say(process.stdout.isTTY ? styleText("yellow", outcome.text) : outcome.text);
  if (outcome.kind === "stopped") {
    last = before;
    return;
  }
  last = undefined;
  const after = await prompt.usage();
  if (outcome.kind !== "interrupted") dim(describeUsage(before, after));
}

/** The reading before a line that was stopped. */
let last: Usage | undefined;

function describeUsage(before: Usage, after: Usage): string {
  const gas = formatGas(after.gas - before.gas);
  const inLibrary = formatGas(after.libraryGas - before.libraryGas);
  const grown = after.memoryBytes - before.memoryBytes;
  return `  ${gas} gas (${inLibrary} in the library), ${formatBytes(after.memoryBytes)}${grown > 0 ? ` (+${formatBytes(grown)})` : ""}`;
}
