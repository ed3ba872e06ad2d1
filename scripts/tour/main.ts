/**
 * `npm start`: half a minute that shows what Caper does, on a real program and a real script; with a path, on a file of the
 * user's own: `npm start -- my-program.wasm arguments`.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { styleText } from "node:util";
import { formatBytes, formatGas } from "../../src/cli/quantities.ts";
import type { Report } from "../../src/cli/report.ts";
import { makeShell, type Shell, say } from "./command.ts";
import { tryMarked, tryThief } from "./packages.ts";
import { showRemote } from "./remote.ts";

const TOUR_FOLDER = relative(process.cwd(), import.meta.dirname) || ".";
const DIGITS_SHORT = "400";
const DIGITS_LONG = "1500";
const GAS = 10_000_000_000;

class TourError extends Error {}

function heading(text: string): void {
  say(`\n${styleText(["bold", "cyan"], text)}`);
}

function tell(text: string): void {
  say(styleText("dim", `  ${text}`));
}

function summarize(report: Report | undefined): void {
  if (report === undefined) return;
  const seconds = (report.wallTimeMs / 1000).toFixed(1);
  tell(`${formatGas(report.gasUsed)} instructions, ${formatBytes(report.memoryBytes)} of memory, ${seconds} s`);
}

function assertReport(report: Report | undefined, what: string): Report {
  if (report === undefined) throw new TourError(`${what} ended without a report; its message is above`);
  return report;
}

async function showLimits(shell: Shell): Promise<void> {
  heading("1. A WebAssembly program gets what you hand it, and nothing else");
  const program = join(TOUR_FOLDER, "words.wasm");
  const given = await shell.caper("run", program, "text", "--dir", "text=.:ro", "--gas", "100M", "--memory", "8M");
  summarize(assertReport(given.report, "the program"));
  tell("The same without the folder: for the program, there is none.");
  await shell.caper("run", program, "text", "--gas", "100M", "--memory", "8M");
}

/** Runs it whole first, to know what it uses; then with half of that, and the rest when it has run out. */
async function showRefill(shell: Shell, title: string, program: readonly string[]): Promise<Report | undefined> {
  heading(title);
  const whole = assertReport((await shell.caper("run", "--gas", String(GAS), ...program)).report, "the program");
  summarize(whole);
  if (whole.status !== "done")
    throw new TourError("it did not run to its end, so there is nothing more to show with it");
  const half = Math.floor(whole.gasUsed / 2);
  if (half === 0) throw new TourError("it is over at once, so there is nothing to stop in the middle");
  tell("Now with half of that. Running out is not an error but a state:");
  const image = join(shell.folder, "exhausted.caper");
  await shell.caper("run", "--gas", String(half), "--freeze-to", image, ...program);
  tell("With more gas it goes on where it stopped:");
  const end = assertReport(
    (await shell.caper("thaw", image, "--gas", String(GAS - half))).report,
    "the thawed program",
  );
  compare(whole, end);
  return whole;
}

async function showFreeze(shell: Shell, title: string, program: readonly string[], known?: Report): Promise<void> {
  heading(title);
  const whole = known ?? assertReport((await shell.caper("run", ...program)).report, "the program");
  if (known === undefined) summarize(whole);
  const image = join(shell.folder, "frozen.caper");
  const after = Math.floor(whole.gasUsed / 3);
  tell(`Again, but frozen after ${after} instructions, in the middle of whatever it does:`);
  await shell.caper("run", "--freeze-to", image, "--freeze-after", String(after), ...program);
  await showStack(shell, image);
  tell("Thawed in another process of the operating system:");
  const end = assertReport((await shell.caper("thaw", image)).report, "the thawed program");
  compare(whole, end);
}

async function showStack(shell: Shell, image: string): Promise<void> {
  const { stdout } = await shell.caperQuietly("inspect", image);
  const lines = stdout.split("\n").filter((line) => /^(memory|stack|\s+#[12]) /.test(line));
  say(styleText("bold", "  $ caper inspect frozen.caper"));
  for (const line of lines) say(`  ${line}`);
}

function compare(whole: Report, end: Report): void {
  const isSame = whole.imageRoot === end.imageRoot && whole.gasUsed === end.gasUsed;
  tell(`uninterrupted: ${whole.imageRoot}, ${whole.gasUsed} instructions`);
  tell(`interrupted:   ${end.imageRoot}, ${end.gasUsed} instructions`);
  if (!isSame) {
    throw new TourError(
      "the two ends differ: that must never happen to a program whose inputs are the same (clock, stdin and folders are inputs)",
    );
  }
  say(styleText("green", "  The same final state, to the last bit."));
}

async function showOwn(shell: Shell, named: string, args: readonly string[]): Promise<void> {
  // npm runs scripts in the project's folder; the user's path is meant from where npm was called.
  const path = relative(process.cwd(), resolve(process.env.INIT_CWD ?? ".", named));
  if (!existsSync(path)) {
    throw new TourError(`${named}: no such file; give a .wasm, .js or .ts file: npm start -- my-program.wasm`);
  }
  const program = args.length > 0 ? [path, "--", ...args] : [path];
  const whole = await showRefill(shell, `1. ${path} with limits, out of gas, refilled`, program);
  await showFreeze(shell, "2. Frozen in the middle, thawed elsewhere", program, whole);
}

async function main(own: readonly string[]): Promise<void> {
  using shell = makeShell();
  const [named] = own;
  if (named !== undefined) {
    await showOwn(shell, named, own.slice(1));
    return;
  }
  say("Caper runs programs with exactly the authority, gas and memory you give them,");
  say("and freezes them at any instruction.");
  const script = join(TOUR_FOLDER, "pi.ts");
  await showLimits(shell);
  await showRefill(shell, "2. A TypeScript file runs out of gas, and is refilled", [script, DIGITS_SHORT]);
  await showFreeze(shell, "3. A long computation is frozen in the middle, and goes on in another process", [
    script,
    DIGITS_LONG,
  ]);
  heading("4. A package from the registry, with no authority at all");
  await tryMarked(shell, tell);
  heading("5. A package that is after your keys, in the manner of event-stream 2018");
  await tryThief(shell, tell);
  heading("6. Objects of other processes, as on other machines: OCapN");
  await showRemote(tell);
  say("\nYour own file: npm start -- my-program.wasm (or .js, .ts). All commands: npx caper --help");
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof TourError)) throw error;
  say(styleText("red", `  ${error.message}`));
  process.exitCode = 1;
}
