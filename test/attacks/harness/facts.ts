/**
 * What is seen from outside after a look-alike ran, as a set of short facts: `script postinstall`, `spawned claude`,
 * `sent npm token`, `changed home/.bashrc`, `changed sibling lookalike-wallet`, `patched fetch`, `flood`, `endless`, `result`.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type Sandbox, SECRETS } from "./sandbox.ts";
import { type LocalServer, unwrapped } from "./sink.ts";

/** More lines than this on the console are a flood. */
export const FLOOD_LINES = 1_000;

export type Snapshot = ReadonlyMap<string, string>;

/** What an attack must leave alone: the home and the application's data. The packages beside it come in addition. */
export const ROOTS: readonly string[] = ["home", "project/data"];

/** Hashes of the files below some folders of the sandbox. */
export function snapshot(sandbox: Sandbox, roots: readonly string[]): Snapshot {
  const found = new Map<string, string>();
  for (const root of roots) {
    if (!existsSync(join(sandbox.folder, root))) continue;
    for (const entry of readdirSync(join(sandbox.folder, root), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      found.set(relative(sandbox.folder, path), createHash("sha256").update(readFileSync(path)).digest("hex"));
    }
  }
  return found;
}

function changes(before: Snapshot, now: Snapshot): string[] {
  const paths = new Set([...before.keys(), ...now.keys()]);
  return [...paths].filter((path) => before.get(path) !== now.get(path)).map((path) => `changed ${path}`);
}

/** Lines that scripts and programs leave when they run. */
function traces(sandbox: Sandbox): string[] {
  const file = join(sandbox.folder, "traces.txt");
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
}

function sent(sink: LocalServer): string[] {
  const all = sink.received.map(unwrapped).join("\n");
  const secrets = Object.entries(SECRETS).filter(([, text]) => all.includes(text));
  return [...secrets.map(([name]) => `sent ${name}`), ...(sink.received.length > 0 ? ["reached the sink"] : [])];
}

/** All that can be seen from outside of the process that ran the look-alike, in folders that were as `before` says. */
export function gather(sandbox: Sandbox, before: Snapshot, roots: readonly string[], sink: LocalServer): Set<string> {
  return new Set([...traces(sandbox), ...changes(before, snapshot(sandbox, roots)), ...sent(sink)]);
}
