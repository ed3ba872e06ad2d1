/**
 * `caper log <file.jsonl>`: an audit log for people, whole or as far as it concerns them.
 *
 * @module
 */
import type { Command } from "commander";
import { type AuditEntry, auditEntryToJson, describeAuditEntry, parseAuditLines } from "../../powers/index.ts";
import { readLineFile } from "../line-files.ts";

interface LogOptions {
  readonly denied?: boolean;
  readonly package?: string;
  readonly json?: boolean;
  readonly follow?: boolean;
}

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
  const entries = readLineFile(path, {
    what: "entry of an audit log",
    parse: (line) => parseAuditLines(line)[0] as AuditEntry,
    follow: options.follow === true,
  });
  for await (const entry of entries) show(entry, options);
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
