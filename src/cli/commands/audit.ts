/**
 * `caper audit <package>`: what a package and its dependencies would reach for, from their code and from a trial run in which they have
 * no power at all; the smallest policy for it; and what is new since another version.
 *
 * @module
 */
import { existsSync } from "node:fs";
import type { Command } from "commander";
import {
  addTrial,
  diffAudit,
  formatPolicy,
  LibraryError,
  libraryOf,
  parseSpecifier,
  proposePolicy,
  type TreeAudit,
} from "../../library/index.ts";
import { auditNodePackage, makeNodeLibraryImporter } from "../../node/index.ts";
import { renderAudit, renderDifference, type Trial } from "../audit-text.ts";
import { CliError } from "../errors.ts";
import { readInput, writeOutput } from "../image-file.ts";
import { oneLine } from "../library-errors.ts";
import { parseLimit } from "../options.ts";
import { PAGE_BYTES, parseGas, parseMemory } from "../quantities.ts";

export const AUDIT_VERSION = 1;
/** A policy proposes so many times what loading took, in steps of the numbers below. */
const HEADROOM = 4;
const GAS_STEP = 10_000_000;
const MEMORY_STEP: number = 4 << 20;

interface AuditOptions {
  readonly diff?: string;
  readonly json?: boolean;
  readonly policyOut?: string;
  readonly gas: string;
  readonly memory: string;
}

export function addAuditCommand(program: Command): void {
  program
    .command("audit")
    .description("show what a package and its dependencies would reach for, and propose the smallest policy")
    .argument("<package>", "a name, name@range, folder, file or tarball")
    .option("--diff <older>", "show what is new since this version, range, package, or earlier --json file")
    .option("--json", "as JSON, for programs")
    .option("--policy-out <file>", "write the proposed policy")
    .option("--gas <amount>", "instructions that the trial run may execute", "2G")
    .option("--memory <bytes>", "memory that the trial run may have", "256M")
    .action(audit);
}

interface Audited {
  readonly version: typeof AUDIT_VERSION;
  readonly audit: TreeAudit;
  readonly trial: Trial;
}

async function audit(specifier: string, options: AuditOptions): Promise<void> {
  const limits = {
    gas: parseLimit("--gas", options.gas, parseGas),
    memoryBytes: parseLimit("--memory", options.memory, parseMemory),
  };
  // Before anything is fetched, since a wrong file name is told at once.
  const known = options.diff === undefined ? undefined : readEarlier(options.diff);
  const found = await auditOne(specifier, limits);
  const older =
    options.diff === undefined
      ? undefined
      : (known ?? (await auditOne(olderSpecifier(options.diff, specifier), limits)).audit);
  const changes = older === undefined ? undefined : diffAudit(older, found.audit);
  const policy = proposePolicy(found.audit, budgetOf(found.trial));
  if (options.policyOut !== undefined) {
    writeOutput(options.policyOut, new TextEncoder().encode(formatPolicy(policy)));
  }
  if (options.json === true) {
    const all = { ...found, policy, ...(changes === undefined ? {} : { changes }) };
    process.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
    return;
  }
  process.stdout.write(
    older === undefined || changes === undefined
      ? renderAudit(found.audit, found.trial, formatPolicy(policy))
      : renderDifference(older, found.audit, changes),
  );
}

async function auditOne(
  specifier: string,
  limits: { readonly gas: number; readonly memoryBytes: number },
): Promise<Audited> {
  const written = await auditNodePackage(specifier);
  const { trial, entries } = await tryOut(specifier, limits);
  return { version: AUDIT_VERSION, audit: addTrial(written, entries), trial };
}

/** Imports it with nothing. That it fails says something about it too, and is no failure of the audit. */
async function tryOut(specifier: string, limits: { readonly gas: number; readonly memoryBytes: number }) {
  using importer = makeNodeLibraryImporter({ images: null });
  let trial: Trial;
  try {
    const { meter } = libraryOf(await importer.importLibrary<object>(specifier, { ...limits, powers: {} }));
    trial = { outcome: "loaded", gasUsed: meter.gasUsed, memoryBytes: meter.pagesUsed * PAGE_BYTES };
  } catch (error) {
    if (!(error instanceof LibraryError)) throw error;
    trial = { outcome: oneLine(error.message), gasUsed: null, memoryBytes: null };
  }
  return { trial, entries: importer.audit.entries() };
}

function budgetOf({ gasUsed, memoryBytes }: Trial): { gas?: number; memoryBytes?: number } {
  if (gasUsed === null || memoryBytes === null) return {};
  return {
    gas: Math.ceil((HEADROOM * gasUsed) / GAS_STEP) * GAS_STEP,
    memoryBytes: Math.ceil((HEADROOM * memoryBytes) / MEMORY_STEP) * MEMORY_STEP,
  };
}

/** "1.2.0" and "^1" mean the same package. */
function olderSpecifier(older: string, specifier: string): string {
  const parsed = parseSpecifier(specifier);
  const isRange = /^[\^~<>=v]*\s*\d[^/\\]*$/.test(older) && !/\.(tgz|tar|gz)$/.test(older);
  return parsed.kind === "registry" && isRange ? `${parsed.name}@${older}` : older;
}

function readEarlier(file: string): TreeAudit | undefined {
  if (!file.endsWith(".json") || !existsSync(file)) return undefined;
  const wrong = (why: string, cause?: unknown): CliError =>
    new CliError("input", `${file}: ${why}; expected what caper audit --json printed`, { cause });
  let value: Partial<Audited> | null;
  try {
    value = JSON.parse(new TextDecoder().decode(readInput(file)));
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw wrong(`is not JSON: ${oneLine(error instanceof Error ? error.message : String(error))}`, error);
  }
  if (value?.version !== AUDIT_VERSION || !Array.isArray(value.audit?.packages)) throw wrong("is no audit");
  return value.audit;
}
