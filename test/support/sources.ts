/**
 * Reads the project's own sources, for the tests that keep its house rules.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";

export const projectRoot: string = resolve(import.meta.dirname, "../..");

export interface SourceFile {
  /** Path below the project's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** Every TypeScript file below the folder. */
export function readSources(folder: string): readonly SourceFile[] {
  return readdirSync(join(projectRoot, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({
      path: relative(projectRoot, file).split(sep).join("/"),
      text: readFileSync(file, "utf8"),
    }));
}
