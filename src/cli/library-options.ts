/**
 * What `try`, `audit` and `run` have in common: the limits and powers of a package, from options and from policies, and the file that
 * the audit log goes to.
 *
 * @module
 */
import type { Command } from "commander";
import { type PackagePolicy, type Policy, PolicyError, parsePolicy } from "../library/index.ts";
import { makeNodeClock } from "../node/index.ts";
import { type AuditLog, auditEntryToJson, makeAuditLog } from "../powers/index.ts";
import { CliError } from "./errors.ts";
import { readInput } from "./image-file.ts";
import { openLineFile } from "./line-files.ts";

/** Lines of one `--audit-log` file; what comes after them is counted, and not written. */
export const AUDIT_LINES_MAX = 1_000_000;

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

export function addPowerOption(command: Command): Command {
  return command.option(
    "--power <name[=setting]>",
    "give it a power: clock, directory=./data:ro, environment=LANG, http=https://example.com (repeatable)",
    collect,
    [],
  );
}

/** Settings of a power in one word, as a policy says them: `directory=./data:ro`; or the same JSON as in a policy. */
function parseSetting(name: string, text: string): unknown {
  if (/^[[{"]/.test(text)) {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new CliError("usage", `--power ${name}: is not JSON: ${error instanceof Error ? error.message : error}`);
    }
  }
  switch (name) {
    case "directory":
      return text.endsWith(":ro") ? { path: text.slice(0, -3), readOnly: true } : { path: text };
    case "environment":
      return { names: text.split(",") };
    case "http":
      return { origins: text.split(",") };
    case "store":
      return { path: text };
    default:
      throw new CliError("usage", `--power ${name}: takes no setting, got ${JSON.stringify(text)}`);
  }
}

/** From `--power` options to what a policy would say. */
export function parsePowers(texts: readonly string[]): NonNullable<PackagePolicy["powers"]> {
  const given = new Map<string, unknown>();
  for (const text of texts) {
    const [, name = "", setting] = /^([^=]*)(?:=([\s\S]*))?$/.exec(text) ?? [];
    if (given.has(name)) throw new CliError("usage", `--power ${name}: is given twice; give it once`);
    given.set(name, setting === undefined ? true : parseSetting(name, setting));
  }
  const powers = Object.fromEntries(given);
  try {
    parsePolicy({ version: 1, packages: { it: { powers } } });
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    const words = error.message.replace(/^[^:]*: /, "").replace(/^packages\.it\.powers\.?/, "");
    throw new CliError("usage", `--power ${words}`, { cause: error });
  }
  return powers;
}

/** Errors name the file, and for malformed JSON the line. */
export function readPolicy(path: string): Policy {
  const text = new TextDecoder().decode(readInput(path));
  try {
    return parsePolicy(text);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    const words = error.message.replace(/^[^:]*: /, "").replace(/\s*\n\s*/g, " ");
    throw new CliError("input", `${path}: ${words}${lineOfFailure(text, error.message)}`, { cause: error });
  }
}

/** V8 gives the line itself for some mistakes, for others only a position or nothing. */
function lineOfFailure(text: string, message: string): string {
  if (!message.includes("is not JSON") || /\(line \d+/.test(message)) return "";
  const position = /position (\d+)/.exec(message)?.[1];
  const before = position === undefined ? text : text.slice(0, Number(position));
  return ` (line ${before.trimEnd().split("\n").length})`;
}

export interface AuditFile extends Disposable {
  readonly audit: AuditLog;
}

/** A log whose entries are lines of the file as soon as they are made; without a file it is in memory only. */
export function openAuditFile(path: string | undefined, linesMax: number = AUDIT_LINES_MAX): AuditFile {
  const audit = makeAuditLog({ clock: makeNodeClock() });
  if (path === undefined) return { audit, [Symbol.dispose]: () => undefined };
  const file = openLineFile(path, linesMax);
  const stop = audit.subscribe((entry) => file.write(auditEntryToJson(entry)));
  return {
    audit,
    [Symbol.dispose](): void {
      stop();
      file[Symbol.dispose]();
    },
  };
}
