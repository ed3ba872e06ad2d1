/**
 * What a package and its dependencies would reach for, as a table of plain data: from their code, and from what the audit log says of a
 * trial run. Two of them can be compared, and the smallest policy can be read off one.
 *
 * @module
 */

import type { AuditRecord } from "../../powers/index.ts";
import { UNREMARKABLE } from "../builtins/guest/unremarkable.ts";
import { BUILTINS, GLOBALS, powerOfMissing } from "../builtins/index.ts";
import type { PackagePolicy, Policy } from "../bundle.ts";
import { auditSource, type SourceAudit } from "./audit-source.ts";
import { POWER_NAMES } from "./policy.ts";

export interface PackageAudit {
  readonly name: string;
  readonly version: string;
  /** Whether anything of it would become part of the bundle. */
  readonly isReached: boolean;
  readonly builtins: readonly string[];
  readonly globals: readonly string[];
  readonly variables: readonly string[];
  readonly hosts: readonly string[];
  readonly evaluates: readonly string[];
  /** Files that could not be read as JavaScript: of them nothing is known. */
  readonly unread: number;
  /** Install scripts that npm would have run, by their names: "postinstall: node setup.js". */
  readonly scripts: readonly string[];
  /** Native addons: files that nothing here would load. */
  readonly native: readonly string[];
  /** Powers that what is above would need. */
  readonly powers: readonly string[];
  /** Paths that a trial run asked for. */
  readonly paths: readonly string[];
}

export interface TreeAudit {
  readonly package: string;
  readonly version: string;
  /** By name and version; the package itself first. */
  readonly packages: readonly PackageAudit[];
}

export interface PackageFiles {
  readonly name: string;
  readonly version: string;
  readonly isReached: boolean;
  /** Sources of what is reached, as JavaScript. */
  readonly sources: readonly string[];
  readonly manifest: { readonly [field: string]: unknown };
  /** Names of all its files. */
  readonly files: readonly string[];
}

const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall", "prepare"];
/** Without the power these do no harm and work, silently or by the same numbers every time. */
const NEVER_NEEDED: ReadonlySet<string> = new Set(["console", "clock"]);

export function auditPackage(init: PackageFiles): PackageAudit {
  const found = init.sources.map(auditSource);
  const all = (pick: (one: SourceAudit) => readonly string[]): readonly string[] =>
    [...new Set(found.flatMap(pick))].sort();
  const facts = {
    builtins: all((one) => one.builtins),
    globals: all((one) => one.globals),
    variables: all((one) => one.variables).filter((name) => !UNREMARKABLE.has(name)),
  };
  return {
    name: init.name,
    version: init.version,
    isReached: init.isReached,
    ...facts,
    hosts: all((one) => one.hosts),
    evaluates: all((one) => one.evaluates),
    unread: found.filter((one) => !one.isRead).length,
    scripts: installScripts(init),
    native: init.files.filter((name) => /\.node$|(^|\/)binding\.gyp$/.test(name)).sort(),
    powers: powersOf({ ...facts, drawsRandom: found.some((one) => one.drawsRandom) }),
    paths: [],
  };
}

function installScripts({ manifest, files }: PackageFiles): readonly string[] {
  const scripts: unknown = manifest.scripts;
  const named = typeof scripts === "object" && scripts !== null ? Object.entries(scripts) : [];
  const found = named
    .filter(([name]) => INSTALL_SCRIPTS.includes(name))
    .map(([name, command]) => `${name}: ${command}`);
  // npm compiles a package that has this file and does not say otherwise.
  const isCompiled =
    files.includes("binding.gyp") && !named.some(([name]) => name === "install" || name === "preinstall");
  return [...found, ...(isCompiled ? ["install: node-gyp rebuild"] : [])].sort();
}

interface Facts {
  readonly builtins: readonly string[];
  readonly globals: readonly string[];
  readonly variables: readonly string[];
  readonly drawsRandom: boolean;
}

function powersOf({ builtins, globals, variables, drawsRandom }: Facts): readonly string[] {
  const named = [
    ...builtins.flatMap((name) => BUILTINS[name]?.powers ?? powerOfMissing(name) ?? []),
    ...globals.flatMap((name) => GLOBALS[name]?.powers ?? POWER_OF_GLOBAL[name] ?? []),
  ];
  const powers = new Set<string>(named.filter((name) => !NEVER_NEEDED.has(name)));
  // These two are asked for by name, and by many who want something else of the same module.
  if (variables.length === 0) powers.delete("environment");
  if (!drawsRandom) powers.delete("random");
  return [...powers].sort();
}

const POWER_OF_GLOBAL: { readonly [name: string]: readonly string[] } = {
  XMLHttpRequest: ["http"],
  sessionStorage: ["store"],
  setInterval: ["timers"],
  setTimeout: ["timers"],
};

/** Adds what a trial run asked for, granted or not: entries of the audit log that name the package. */
export function addTrial(audit: TreeAudit, entries: readonly AuditRecord[]): TreeAudit {
  const packages = audit.packages.map((one) => {
    const own = entries.filter((entry) => (entry.package ?? audit.package) === one.name);
    const asked = own.map((entry) => `${entry.method} ${entry.reason ?? ""}`);
    const variables = asked.flatMap((what) => /^process\.env\.(\S+)/.exec(what)?.[1] ?? []);
    const hosts = asked.flatMap((what) => /^fetch\("[a-z]+:\/\/([^/:"]+)/.exec(what)?.[1] ?? []);
    const paths = asked.flatMap((what) => /^fs\.\w+\("([^"]*)"\)/.exec(what)?.[1] ?? []);
    // A built-in that nothing provides is recorded under its own name, which is none of a power.
    const powers = own
      .map((entry) => entry.power)
      .filter((name) => !NEVER_NEEDED.has(name) && POWER_NAMES.includes(name));
    return {
      ...one,
      variables: union(one.variables, variables),
      hosts: union(one.hosts, hosts),
      paths: union(one.paths, paths),
      powers: union(one.powers, powers),
    };
  });
  return { ...audit, packages };
}

function union(a: readonly string[], b: readonly string[]): readonly string[] {
  return [...new Set([...a, ...b])].sort();
}

export interface ProposalInit {
  /** What a trial run used, for the package itself. */
  readonly gas?: number;
  readonly memoryBytes?: number;
}

/**
 * The smallest policy under which everything found could be done: an entry for the package, and one for each dependency that would reach
 * for something, so that nothing else of the tree can. Whoever reads it strikes out what should not be.
 */
export function proposePolicy(audit: TreeAudit, init: ProposalInit = {}): Policy {
  const [root, ...rest] = audit.packages;
  const entries: { [name: string]: PackagePolicy } = {};
  if (root !== undefined) entries[root.name] = { powers: grants(root), ...init };
  for (const one of rest) {
    if (!one.isReached || one.powers.length === 0) continue;
    const known = entries[one.name];
    // Two versions of one package have one entry.
    entries[one.name] = { powers: known === undefined ? grants(one) : merge(known.powers, grants(one)) };
  }
  return { packages: entries };
}

type Grants = { readonly [power: string]: unknown };

function grants(one: PackageAudit): Grants {
  return Object.fromEntries(one.powers.map((power) => [power, grant(power, one)]));
}

function grant(power: string, one: PackageAudit): unknown {
  switch (power) {
    case "environment":
      return { names: [...one.variables] };
    case "http":
      return { origins: one.hosts.map((host) => `https://${host}`) };
    case "directory":
      return { path: ".", readOnly: true };
    default:
      return true;
  }
}

function merge(a: Grants = {}, b: Grants = {}): Grants {
  const merged = Object.entries(b).map(([power, value]) => {
    const [left, right] = [a[power], value].map((one) =>
      typeof one === "object" && one !== null ? Object.entries(one) : [],
    );
    const fields = new Map(left);
    for (const [name, item] of right ?? []) {
      const known = fields.get(name);
      fields.set(name, Array.isArray(known) && Array.isArray(item) ? union(known, item) : item);
    }
    return [power, fields.size === 0 ? value : Object.fromEntries(fields)] as const;
  });
  return { ...a, ...Object.fromEntries(merged) };
}

/** What can be compared. */
const AUTHORITY = [
  "powers",
  "builtins",
  "globals",
  "variables",
  "hosts",
  "paths",
  "evaluates",
  "scripts",
  "native",
] as const;
export type Authority = (typeof AUTHORITY)[number];

export interface AuthorityChange {
  readonly package: string;
  /** Undefined for a package that was not there. */
  readonly before: string | undefined;
  readonly after: string;
  /** What it would reach for now and did not before; only what is new is listed. */
  readonly added: { readonly [kind in Authority]?: readonly string[] };
}

/** Packages that reach for more than they did, or are new and reach for something; by name. */
export function diffAudit(before: TreeAudit, after: TreeAudit): readonly AuthorityChange[] {
  const old = byName(before);
  return [...byName(after)]
    .map(([name, versions]) => {
      const known = old.get(name) ?? [];
      const added = AUTHORITY.flatMap((kind) => {
        const had = new Set(known.flatMap((one) => one[kind]));
        const items = versions.flatMap((one) => one[kind]).filter((item) => !had.has(item));
        return items.length === 0 ? [] : [[kind, union(items, [])] as const];
      });
      return {
        package: name,
        before: versionsOf(known),
        after: versionsOf(versions) ?? "",
        added: Object.fromEntries(added),
      };
    })
    .filter((change) => Object.keys(change.added).length > 0)
    .sort((a, b) => (a.package < b.package ? -1 : 1));
}

function versionsOf(packages: readonly PackageAudit[]): string | undefined {
  return packages.length === 0 ? undefined : packages.map((one) => one.version).join(", ");
}

function byName(audit: TreeAudit): ReadonlyMap<string, readonly PackageAudit[]> {
  const found = new Map<string, PackageAudit[]>();
  for (const one of audit.packages) found.set(one.name, [...(found.get(one.name) ?? []), one]);
  return found;
}
