/**
 * The names that Node's `import()` would find in a CommonJS module: with Node's own lexer, through modules that pass another one on.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { initSync, parse } from "cjs-module-lexer";

/** Modules that pass on modules that pass on modules. */
const REEXPORT_MODULES_MAX = 1_000;

/**
 * Without "default", sorted. `resolve` finds what a module requires, or undefined. A module that the lexer cannot read has no names;
 * whether it can be parsed at all is the bundler's to say.
 */
export async function commonJsExportNames(
  path: string,
  resolve: (specifier: string, importer: string) => Promise<string | undefined>,
): Promise<readonly string[]> {
  initSync();
  const names = new Set<string>();
  const seen = new Set([path]);
  for (const module of seen) {
    if (seen.size > REEXPORT_MODULES_MAX) break;
    const found = readNames(module);
    for (const name of found.exports) names.add(name);
    for (const specifier of found.reexports) {
      const target = await resolve(specifier, module);
      if (target !== undefined) seen.add(target);
    }
  }
  names.delete("default");
  names.delete("__esModule");
  return [...names].sort();
}

function readNames(path: string): { readonly exports: Iterable<string>; readonly reexports: Iterable<string> } {
  try {
    return parse(readFileSync(path, "utf8"));
  } catch {
    return { exports: [], reexports: [] };
  }
}
