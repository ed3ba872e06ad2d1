/**
 * The code of built-ins and globals, for the bundler: our own from `src/library/builtins`, and the polyfills that they rest on from
 * the packages that Caper depends on. Their modules are known by names that say nothing of where Caper is installed.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Loader, PluginBuild } from "esbuild";
import { BUILTINS, builtinNameOf, GLOBALS } from "../../../library/index.ts";
import { makeAsk } from "./resolve.ts";
import { Namespace } from "./virtual.ts";

/** What each module of a bundle may use without importing it: esbuild takes of it what is used. */
export const GLOBALS_MODULE = "caper-globals";
const GLOBAL_MODULE = new RegExp(`^${GLOBALS_MODULE}(/|$)`);

/** Parts of polyfills that are mostly tables for what nobody asks of a library; see the files that stand in for them. */
const REPLACED: { readonly [specifier: string]: string } = {
  tr46: "idna",
  "@exodus/bytes/whatwg.js": "percent-encode",
  "@exodus/bytes/encoding.js": "nothing",
  "abort-controller": "event-target",
};

const SHIMS = fileURLToPath(new URL("../../../library/builtins/guest/", import.meta.url));
const EXTENSION = extname(fileURLToPath(import.meta.url));
const requireHere = createRequire(import.meta.url);

/** Changes with any of our own built-ins, so that a bundle from the cache is one with those of now. */
export function shimsDigest(): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(SHIMS).sort()) hash.update(name).update(readFileSync(join(SHIMS, name)));
  return hash.digest("hex");
}

/** Globals of these names are properties of the global object only: something assigns to them. */
export function loadShims(build: PluginBuild, assigned: ReadonlySet<string>): void {
  const ask = makeAsk(build);
  const places = new Map<string, string>();
  const shim = (path: string): { path: string; namespace: string; sideEffects: boolean } => {
    const [, rest] = path.replaceAll("\\", "/").split(/.*\/(?:node_modules|builtins\/guest)\//);
    const id = rest ?? path;
    places.set(id, path);
    return { path: id, namespace: Namespace.shim, sideEffects: false };
  };
  const own = (name: string) => shim(join(SHIMS, name + EXTENSION));
  loadGlobals(build, assigned);
  build.onResolve({ filter: /.*/, namespace: Namespace.builtin }, (args) => {
    const builtin = BUILTINS[args.importer];
    if (builtin?.shim !== undefined) return own(builtin.shim);
    return shim(requireHere.resolve(builtin?.package ?? args.importer));
  });
  build.onLoad({ filter: /.*/, namespace: Namespace.builtin }, (args) => ({
    contents: `module.exports = require("shim")${BUILTINS[args.path]?.shim === undefined ? "" : ".default"};`,
  }));
  build.onResolve({ filter: /.*/, namespace: Namespace.shim }, async (args) => {
    if (args.path.startsWith("./") && GLOBAL_MODULE.test(args.importer)) return own(args.path.slice(2));
    const replaced = REPLACED[args.path];
    if (replaced !== undefined) return own(replaced);
    // Polyfills mean each other where they write `buffer/`: those are the built-ins here.
    const builtin = builtinNameOf(args.path.replace(/\/$/, ""));
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

/** Under each name that packages reach a global by: esbuild puts the export in the place of the expression. */
function loadGlobals(build: PluginBuild, assigned: ReadonlySet<string>): void {
  const names = Object.keys(GLOBALS).filter((name) => !assigned.has(name));
  const installed = Object.keys(GLOBALS).filter((name) => assigned.has(name));
  build.onResolve({ filter: GLOBAL_MODULE }, ({ path }) => {
    const isInstalled = path === GLOBALS_MODULE ? installed.length > 0 : installed.includes(nameOfGlobal(path));
    return { path, namespace: Namespace.shim, sideEffects: isInstalled };
  });
  build.onLoad({ filter: GLOBAL_MODULE, namespace: Namespace.shim }, ({ path }) => {
    const name = nameOfGlobal(path);
    if (name !== "") return { contents: globalSource(name, assigned.has(name)) };
    const imports = [
      ...installed.map((one) => `import "${GLOBALS_MODULE}/${one}";`),
      ...names.map((one, index) => `import g${index} from "${GLOBALS_MODULE}/${one}";`),
    ];
    const roots = ["globalThis", "global", "self", "window"];
    const exports = names.flatMap((one, index) =>
      [one, ...roots.map((root) => `${root}.${one}`)].map((name) => `g${index} as "${name}"`),
    );
    return { contents: `${imports.join("\n")}\nexport { ${exports.join(", ")} };` };
  });
}

function nameOfGlobal(path: string): string {
  return path.slice(GLOBALS_MODULE.length + 1);
}

function globalSource(name: string, isKept: boolean): string {
  const { from, as = name } = GLOBALS[name] ?? { from: "" };
  // The member of a global is a member of what is installed already.
  if (name.includes(".")) return `export { ${as} as default } from "${from}";`;
  return `import { install } from "./install";
import { ${as} as value } from "${from}";
export default ${isKept ? "" : "/* @__PURE__ */ "}install("${name}", value);`;
}
