/**
 * `caper log <file.jsonl>`: an audit log for people, whole or as far as it concerns them.
 *
 * @module
 */
import { closeSync, openSync, readSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { Command } from "commander";
import { type AuditEntry, auditEntryToJson, describeAuditEntry, parseAuditLines } from "../../powers/index.ts";
import { CliError, describeSystemError } from "../errors.ts";

interface LogOptions {
  readonly denied?: boolean;
  readonly package?: string;
  readonly json?: boolean;
  readonly follow?: boolean;
}

const READ_BYTES = 1 << 16;
/** Of one line: an entry is far shorter. */
const LINE_BYTES_MAX = 1 << 16;
const FOLLOW_MS = 200;

export function addLogCommand(program: Command): void {
  program
    .command("log")
    .description("show an audit log that run or try wrote with --audit-log")
    .argument("<file.jsonl>", "the log")
    .option("--denied", "only what was refused")
    .option("--package <name>", "only what this package did")
    .option("--json", "as lines of JSON, for programs")
    .option("--follow", "go on with what is added to the file, until Ctrl-C")
    .action(showLog);
}

async function showLog(path: string, options: LogOptions): Promise<void> {
  const handle = open(path);
  try {
    const lines = makeLines(path);
    for (;;) {
      for (let chunk = read(handle, path); chunk.length > 0; chunk = read(handle, path)) {
        for (const entry of lines.take(chunk)) show(entry, options);
      }
      if (options.follow !== true) break;
      await wait(FOLLOW_MS);
    }
    for (const entry of lines.end()) show(entry, options);
  } finally {
    closeSync(handle);
  }
}

function open(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    throw new CliError("file", `${path}: can not be read: ${describeSystemError(error)}`, { cause: error });
  }
}

function read(handle: number, path: string): Uint8Array {
  const bytes = new Uint8Array(READ_BYTES);
  try {
    return bytes.subarray(0, readSync(handle, bytes));
  } catch (error) {
    throw new CliError("file", `${path}: can not be read: ${describeSystemError(error)}`, { cause: error });
  }
}

interface Lines {
  take(chunk: Uint8Array): readonly AuditEntry[];
  /** What stands after the last line feed. */
  end(): readonly AuditEntry[];
}

function makeLines(path: string): Lines {
  const decoder = new TextDecoder();
  let rest = "";
  let count = 0;
  const parse = (line: string): readonly AuditEntry[] => {
    count += 1;
    try {
      return parseAuditLines(line);
    } catch (error) {
      throw new CliError("input", `${path}: line ${count} is no entry of an audit log`, { cause: error });
    }
  };
  return {
    take(chunk) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > LINE_BYTES_MAX)
        throw new CliError("input", `${path}: line ${count + 1} is no entry of an audit log`);
      return lines.flatMap(parse);
    },
    end: () => (rest === "" ? [] : parse(rest)),
  };
}

function show(entry: AuditEntry, options: LogOptions): void {
  if (options.denied === true && entry.decision !== "denied") return;
  if (options.package !== undefined && entry.package !== options.package) return;
  const text = options.json === true ? auditEntryToJson(entry) : `${describeAuditEntry(entry, formatTime)}\n`;
  process.stdout.write(text);
}

function formatTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
