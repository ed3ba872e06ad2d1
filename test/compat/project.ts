/**
 * The packages of the table, in exact versions, as a project in `.cache/compat/`: installed once by npm with all scripts off. Both
 * sides use these versions.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { projectRoot } from "../support/sources.ts";
import type { Example, Library } from "./example.ts";

/** The lock file is of this day: what a registry got later is not looked at. */
export const LOCKED_ON = "2026-11-22T22:00:00Z";
export const COMPAT_FOLDER: string = join(projectRoot, ".cache/compat");
const DEFINITION = join(import.meta.dirname, "project");
const EXAMPLES = join(import.meta.dirname, "examples");

interface Lock {
  readonly packages: { readonly [location: string]: { readonly version?: string } };
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}

export function exampleNames(): readonly string[] {
  return readdirSync(EXAMPLES).map((file) => file.replace(/\.ts$/, ""));
}

export async function readExample(name: string): Promise<Example> {
  return (await import(pathToFileURL(join(EXAMPLES, `${name}.ts`)).href)) as Example;
}

/** Exact versions of the packages that the examples are for. */
export function pinnedVersions(): { readonly [name: string]: string } {
  const { dependencies } = readJson(join(DEFINITION, "package.json")) as {
    readonly dependencies: { readonly [name: string]: string };
  };
  return dependencies;
}

/** True when the locked packages are there. */
export function isInstalled(): boolean {
  const installed = join(COMPAT_FOLDER, "node_modules/.package-lock.json");
  if (!existsSync(installed)) return false;
  const there = (readJson(installed) as Lock).packages;
  const wanted = (readJson(join(DEFINITION, "package-lock.json")) as Lock).packages;
  return Object.entries(wanted).every(
    ([location, { version }]) => location === "" || there[location]?.version === version,
  );
}

/** Needs the registry unless npm's own cache has them. */
export function install(): void {
  if (isInstalled()) return;
  mkdirSync(COMPAT_FOLDER, { recursive: true });
  for (const file of ["package.json", "package-lock.json"])
    copyFileSync(join(DEFINITION, file), join(COMPAT_FOLDER, file));
  const options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  execFileSync("npm", options, { cwd: COMPAT_FOLDER, stdio: ["ignore", 2, 2], shell: process.platform === "win32" });
}

/** Whether the lock file has this package in this version, anywhere in its tree. */
export function isLocked(name: string, version: string): boolean {
  const { packages } = readJson(join(DEFINITION, "package-lock.json")) as Lock;
  return Object.entries(packages).some(
    ([location, entry]) =>
      entry.version === version && (location === `node_modules/${name}` || location.endsWith(`/node_modules/${name}`)),
  );
}

/** An example's own module that imports several packages: a small project with their versions. */
function writeEntry(name: string, entry: string): string {
  const folder = join(COMPAT_FOLDER, "entries", name);
  mkdirSync(folder, { recursive: true });
  const versions = pinnedVersions();
  const named = [...entry.matchAll(/from "((?:@[^/"]+\/)?[^/"]+)/g)].map(([, found]) => found!);
  const dependencies = Object.fromEntries(named.map((one) => [one, versions[one]]));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: `${name}-entry`, type: "module", dependencies }));
  writeFileSync(join(folder, "index.mjs"), `${entry}\n`);
  return join(folder, "index.mjs");
}

/** The file that is imported where it is not the package itself. */
export function entryOf(name: string, { entry }: Example): string | undefined {
  return entry === undefined ? undefined : writeEntry(name, entry);
}

/** What `importLibrary` is given. */
export function specifierOf(name: string, example: Example): string {
  return entryOf(name, example) ?? `${name}@${pinnedVersions()[name]}`;
}

/** Imports the package as a module of the project would. */
export async function importInNode(name: string, example: Example): Promise<Library> {
  const loader = join(COMPAT_FOLDER, "load.mjs");
  writeFileSync(loader, "export const load = (specifier) => import(specifier);\n");
  const { load } = (await import(pathToFileURL(loader).href)) as { load(specifier: string): Promise<Library> };
  return load(entryOf(name, example) ?? name);
}
