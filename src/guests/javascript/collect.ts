/**
 * Finds the modules that a program imports, by reading its sources. It looks for what has the form of an import with a literal
 * specifier, so it may ask for a file too many (one that is named in a comment), which is then left out if it is not there; what a
 * program imports by a computed name must be given beside.
 * @module
 */

import { MODULES_MAX } from "./limits.ts";
import { type StripTypes, stripSource } from "./typescript.ts";

export interface CollectInit {
  /** The name of the first module: names are paths with `/`, relative to wherever `read` starts. */
  readonly entry: string;
  /** The source, or undefined where there is none. */
  read(name: string): string | undefined | Promise<string | undefined>;
  readonly strip?: StripTypes;
}

const IMPORT = /\b(?:import|export)\b(?:[^'"`;()]*?\bfrom)?\s*\(?\s*(["'])((?:\\.|(?!\1)[^\\\n])+)\1/g;

/** By name, the entry included; types are stripped. Throws `RangeError` where the entry is not there or the modules are too many. */
export async function collectModules(init: CollectInit): Promise<{ [name: string]: string }> {
  const modules = new Map<string, string>();
  const missing = new Set<string>();
  const queue = [init.entry];
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    if (modules.has(name) || missing.has(name)) continue;
    const source = await init.read(name);
    if (source === undefined) {
      if (name === init.entry) throw new RangeError(`${name}: no such module`);
      missing.add(name);
      continue;
    }
    if (modules.size === MODULES_MAX) throw new RangeError(`${init.entry}: imports more than ${MODULES_MAX} modules`);
    const script = init.strip === undefined ? source : stripSource(name, source, init.strip);
    modules.set(name, script);
    for (const match of script.matchAll(IMPORT)) queue.push(resolveSpecifier(name, match[2] ?? ""));
  }
  return Object.fromEntries(modules);
}

/** Whether one of the modules imports by a name what is not among them: a package, or a built-in module. */
export function importsPackages(modules: { readonly [name: string]: string }): boolean {
  return Object.values(modules).some((source) =>
    [...source.matchAll(IMPORT)].some(
      ([, , specifier = ""]) => /^[@\w]/.test(specifier) && !Object.hasOwn(modules, specifier),
    ),
  );
}

/** As the engine does it: `./` and `../` against the importing module, everything else as it is. */
export function resolveSpecifier(importer: string, specifier: string): string {
  if (!specifier.startsWith("./") && !specifier.startsWith("../")) return specifier;
  const parts = importer.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (part === "..") parts.push(part);
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}
