/**
 * The code of built-ins and globals, for the bundler: our own from `src/library/builtins`, and the polyfills that they rest on from
 * the packages that Caper depends on. Their modules are known by names that say nothing of where Caper is installed.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Loader, PluginBuild } from "esbuild";
import { BUILTINS, builtinNameOf } from "../../../library/index.ts";
import { makeAsk } from "./resolve.ts";
import { Namespace } from "./virtual.ts";

const SHIMS = fileURLToPath(new URL("../../../library/builtins/", import.meta.url));
const EXTENSION = extname(fileURLToPath(import.meta.url));
const requireHere = createRequire(import.meta.url);

export function loadShims(build: PluginBuild): void {
  const ask = makeAsk(build);
  const places = new Map<string, string>();
  const shim = (path: string): { path: string; namespace: string; sideEffects: boolean } => {
    const [, rest] = path.replaceAll("\\", "/").split(/.*\/(?:node_modules|library\/builtins)\//);
    const id = rest ?? path;
    places.set(id, path);
    return { path: id, namespace: Namespace.shim, sideEffects: false };
  };
  build.onResolve({ filter: /.*/, namespace: Namespace.builtin }, (args) => {
    const builtin = BUILTINS[args.importer];
    if (builtin?.shim !== undefined) return shim(join(SHIMS, builtin.shim + EXTENSION));
    return shim(requireHere.resolve(builtin?.package ?? args.importer));
  });
  build.onLoad({ filter: /.*/, namespace: Namespace.builtin }, (args) => ({
    contents: `module.exports = require("shim")${BUILTINS[args.path]?.shim === undefined ? "" : ".default"};`,
  }));
  build.onResolve({ filter: /.*/, namespace: Namespace.shim }, async (args) => {
    const builtin = builtinNameOf(args.path);
    if (builtin !== undefined && Object.hasOwn(BUILTINS, builtin)) {
      return { path: builtin, namespace: Namespace.builtin, sideEffects: false };
    }
    const found = await ask({ ...args, resolveDir: dirname(places.get(args.importer) ?? SHIMS), namespace: "file" });
    return found.errors.length === 0 && found.namespace === "file" ? shim(found.path) : found;
  });
  build.onLoad({ filter: /.*/, namespace: Namespace.shim }, async (args) => {
    const path = places.get(args.path) ?? args.path;
    const loader: Loader = path.endsWith(".ts") ? "ts" : path.endsWith(".json") ? "json" : "js";
    return { contents: await readFile(path, "utf8"), loader };
  });
}
