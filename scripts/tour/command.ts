/**
 * Runs `caper` commands as a person would, each in an operating system process of its own, and shows what they print.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { styleText } from "node:util";
import type { Report } from "../../src/cli/report.ts";

export const CLI: string = resolve(import.meta.dirname, "../../bin/caper.js");
const SHOWN_LINES_MAX = 12;

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** undefined where the command failed before there was anything to report. */
  readonly report: Report | undefined;
}

export interface Typing {
  readonly lines: readonly string[];
  readonly env?: { readonly [name: string]: string };
  /** Of the exit codes, those at which nothing is shown: the caller has a sentence of its own. */
  readonly silentAt?: number;
}

export interface Shell extends Disposable {
  /** Where images go. */
  readonly folder: string;
  /** Runs it and shows the command, its output and its messages. */
  caper(...args: readonly string[]): Promise<CommandResult>;
  /** The same with lines on its standard input, and variables beside those of the tour itself. */
  caperTyping(typing: Typing, ...args: readonly string[]): Promise<CommandResult>;
  /** Runs it and shows nothing. */
  caperQuietly(...args: readonly string[]): Promise<CommandResult>;
}

export function makeShell(): Shell {
  const folder = mkdtempSync(join(tmpdir(), "caper-tour-"));
  const caperQuietly = (...args: readonly string[]): Promise<CommandResult> => execute(folder, args);
  return Object.freeze({
    folder,
    caperQuietly,
    async caperTyping(typing: Typing, ...args: readonly string[]): Promise<CommandResult> {
      const result = await execute(folder, args, typing);
      if (result.exitCode === typing.silentAt) return result;
      say(styleText("bold", `  $ caper ${args.map((arg) => quote(shorten(arg, folder))).join(" ")}`));
      for (const line of typing.lines) say(styleText("bold", `  > ${line}`));
      show(shorten(result.stdout, folder), (line) => line);
      show(shorten(result.stderr, folder), (line) => styleText("yellow", line));
      return result;
    },
    async caper(...args: readonly string[]): Promise<CommandResult> {
      say(styleText("bold", `  $ caper ${args.map((arg) => quote(shorten(arg, folder))).join(" ")}`));
      const result = await execute(folder, args);
      show(result.stdout, (line) => line);
      show(shorten(result.stderr, folder), (line) => styleText("yellow", line));
      return result;
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  });
}

export function say(text = ""): void {
  process.stdout.write(`${text}\n`);
}

function shorten(text: string, folder: string): string {
  return text.replaceAll(`${folder}/`, "");
}

function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function show(text: string, style: (line: string) => string): void {
  if (text === "") return;
  const lines = text.trimEnd().split("\n");
  for (const line of lines.slice(0, SHOWN_LINES_MAX)) say(`  ${style(line)}`);
  if (lines.length > SHOWN_LINES_MAX) say(styleText("dim", `  … ${lines.length - SHOWN_LINES_MAX} lines more`));
}

async function execute(folder: string, args: readonly string[], typing?: Typing): Promise<CommandResult> {
  const file = join(folder, "report.json");
  const [command = ""] = args;
  const isReported = command === "run" || command === "thaw";
  const options = isReported ? ["--report", file] : [];
  const child = spawn(process.execPath, [CLI, command, ...options, ...args.slice(1)], {
    stdio: [typing === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    env: { ...process.env, ...typing?.env },
  });
  // It may end before it has read everything.
  child.stdin?.on("error", () => undefined).end(typing?.lines.map((line) => `${line}\n`).join(""));
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
  });
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  const exitCode = await new Promise<number>((done, failed) => {
    child.on("error", failed);
    child.on("close", (code) => done(code ?? 1));
  });
  const report = isReported ? readReport(file) : undefined;
  rmSync(file, { force: true });
  return { exitCode, stdout, stderr, report };
}

function readReport(file: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Report;
  } catch {
    return undefined;
  }
}
