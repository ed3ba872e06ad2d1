/**
 * Makes one ES module of a package and what it imports, with esbuild. The same tree gives the same text, to the byte.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import {
  type BuildFailure,
  type BuildOptions,
  type BuildResult,
  build,
  type Metafile,
  type Plugin,
  type PluginBuild,
} from "esbuild";
import { builtinNameOf, LibraryError, powerOfMissing } from "../../../library/index.ts";
import { commonJsExportNames } from "./export-names.ts";
import { makeAsk, resolveImports, type VirtualData } from "./resolve.ts";
import { GLOBALS_MODULE, loadShims } from "./shims.ts";
import {
  commonJsEntry,
  confinedImported,
  confinedRequired,
  missingBuiltinImported,
  missingBuiltinRequired,
  missingModule,
  moduleEntry,
  Namespace,
} from "./virtual.ts";

/** Raised when the same tree gives another bundle. */
export const BUNDLER_VERSION = 3;

export interface BundleInit {
  /** Where the tree is unpacked. */
  readonly folder: string;
  /** What is bundled: a bare specifier, or a path that begins with "./", as seen from `from`, which is `folder` or a folder in it. */
  readonly entry: string;
  readonly from: string;
  /** Name and version of what is bundled, for messages. */
  readonly label: string;
  labelOf(path: string): string;
  isConfined(name: string): boolean;
  /** Makes the bundle of a package with a process of its own; undefined where there is none of that name. */
  confined(specifier: string, importer: string): Promise<ConfinedImport | undefined>;
}

export interface ConfinedFace {
  readonly names: readonly string[];
  readonly isCommonJs: boolean;
}

export interface ConfinedImport extends ConfinedFace {
  /** By which the process finds it. */
  readonly id: string;
}

export interface Bundled {
  readonly text: string;
  readonly names: readonly string[];
  readonly isCommonJs: boolean;
  /** The files that went into it, relative to `folder`. */
  readonly files: readonly string[];
  readonly metafile: Metafile;
}

/**
 * "worker" and "browser" before "default", and never "node": the builds that a package makes for them rest on the language and on
 * what the web has, those for Node on built-ins with all the authority of the user.
 */
const CONDITIONS = ["worker", "browser"];

const COMMON: BuildOptions = {
  bundle: true,
  write: false,
  metafile: true,
  format: "esm",
  platform: "browser",
  target: "es2023",
  charset: "utf8",
  conditions: CONDITIONS,
  mainFields: ["browser", "main", "module"],
  preserveSymlinks: true,
  legalComments: "none",
  logLevel: "silent",
  // The names of functions are part of what a package shows: in errors, and in `constructor.name`.
  keepNames: true,
  treeShaking: true,
  jsx: "automatic",
  // As where types are only stripped: what is imported is loaded, used or not.
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  define: {
    global: "globalThis",
    self: "globalThis",
    __dirname: '"/"',
    __filename: '"/index.js"',
    // As in a Node that was told nothing.
    "process.env.NODE_ENV": "undefined",
  },
  loader: { ".node": "empty", ".css": "empty", ".wasm": "binary", ".txt": "text", ".md": "text" },
};

export async function bundlePackage(init: BundleInit): Promise<Bundled> {
  try {
    const entry = await readEntry(init);
    const result = await buildWhole(init, entry, NO_NAMES).catch((error: unknown) => {
      const assigned = isBuildFailure(error) ? assignedGlobals(error) : NO_NAMES;
      if (assigned.size === 0) throw error;
      return buildWhole(init, entry, assigned);
    });
    const [output] = Object.values(result.metafile?.outputs ?? {});
    const [file] = result.outputFiles ?? [];
    if (output === undefined || file === undefined) throw new TypeError("esbuild: expected one output");
    return {
      text: file.text,
      names: output.exports,
      isCommonJs: entry.isCommonJs,
      files: Object.keys(output.inputs).filter((path) => !path.startsWith("caper-")),
      metafile: result.metafile ?? { inputs: {}, outputs: {} },
    };
  } catch (error) {
    throw isBuildFailure(error) ? describeFailure(error, init) : error;
  }
}

const NO_NAMES: ReadonlySet<string> = new Set();

function buildWhole(init: BundleInit, entry: Entry, assigned: ReadonlySet<string>): Promise<BuildResult> {
  return build({
    ...COMMON,
    absWorkingDir: init.folder,
    entryPoints: [Namespace.entry],
    inject: [GLOBALS_MODULE],
    define: { ...COMMON.define, CAPER_PACKAGE: JSON.stringify(init.label) },
    plugins: [entryPlugin(entry.source, init.folder), packagePlugin(init, assigned)],
  });
}

/** Globals that a module gives another value, as polyfills do: esbuild puts imports in their place, which cannot be assigned to. */
function assignedGlobals(failure: BuildFailure): ReadonlySet<string> {
  const names = failure.errors.map(({ text }) => /^Cannot assign to "(?:\w+\.)*(\w+)" because/.exec(text)?.[1]);
  return names.includes(undefined) ? NO_NAMES : new Set(names as string[]);
}

interface Entry {
  readonly source: string;
  readonly isCommonJs: boolean;
}

/** Finds out what the entry is by parsing it alone, with everything that it imports left out. */
async function readEntry(init: BundleInit): Promise<Entry> {
  let path: string | undefined;
  let names: readonly string[] = [];
  const alone: Plugin = {
    name: "caper-entry-alone",
    setup(setup) {
      const ask = makeAsk(setup);
      const where = { namespace: "file", kind: "require-call" } as const;
      setup.onResolve({ filter: /.*/ }, async (args) => {
        if (args.pluginData !== undefined) return undefined;
        if (args.kind !== "entry-point") return { path: args.path, external: true };
        const found = await ask({ ...args, kind: "import-statement", path: init.entry, resolveDir: init.from });
        if (found.errors.length > 0 || !found.path.startsWith(init.folder + sep) || !existsSync(found.path)) {
          throw noEntry(init);
        }
        path = found.path;
        names = await commonJsExportNames(found.path, async (specifier, importer) => {
          const next = await ask({ ...where, path: specifier, importer, resolveDir: dirname(importer) });
          return next.errors.length === 0 && next.path.startsWith(init.folder + sep) ? next.path : undefined;
        });
        return { path: found.path };
      });
    },
  };
  const result = await build({
    ...COMMON,
    absWorkingDir: init.folder,
    entryPoints: [Namespace.entry],
    plugins: [alone],
  });
  if (path === undefined) throw noEntry(init);
  const [input] = Object.values(result.metafile?.inputs ?? {});
  const [output] = Object.values(result.metafile?.outputs ?? {});
  if (input?.format === "esm" || (input?.format === undefined && isModuleByName(path))) {
    return { source: moduleEntry(path, output?.exports.includes("default") ?? false), isCommonJs: false };
  }
  return { source: commonJsEntry(path, names), isCommonJs: true };
}

function noEntry(init: BundleInit): LibraryError {
  const message = `${init.label}: has no module ${JSON.stringify(init.entry)}; check the path, or its "exports"`;
  return new LibraryError("not-found", message, { package: init.label });
}

/** For a file without imports and exports, which says nothing by itself. */
function isModuleByName(path: string): boolean {
  if (/\.(m[jt]s|ts)$/.test(path)) return true;
  if (/\.c[jt]s$/.test(path)) return false;
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, "package.json");
    if (existsSync(file)) return /"type"\s*:\s*"module"/.test(readFileSync(file, "utf8"));
  }
  return false;
}

function entryPlugin(source: string, folder: string): Plugin {
  return {
    name: "caper-entry",
    setup(setup: PluginBuild): void {
      const path = Namespace.entry;
      setup.onResolve({ filter: new RegExp(`^${path}$`) }, () => ({ path, namespace: path }));
      setup.onLoad({ filter: /.*/, namespace: path }, () => ({ contents: source, resolveDir: folder }));
    },
  };
}

function packagePlugin(init: BundleInit, assigned: ReadonlySet<string>): Plugin {
  return {
    name: "caper-package",
    setup(setup: PluginBuild): void {
      loadShims(setup, assigned);
      resolveImports(setup, init);
      setup.onLoad({ filter: /.*/, namespace: Namespace.missing }, (args) => ({
        contents: missingSource(args.pluginData),
      }));
      setup.onLoad({ filter: /.*/, namespace: Namespace.confined }, async (args) => {
        const data: VirtualData = args.pluginData;
        const face = await init.confined(data.specifier, data.file);
        if (face === undefined) return { contents: missingModule(data.specifier, data.importer) };
        const contents = data.isRequire
          ? confinedRequired(face.id, face.isCommonJs)
          : confinedImported(face.id, face.names);
        return { contents };
      });
    },
  };
}

function missingSource({ specifier, importer, isRequire }: VirtualData): string {
  const name = /^node:/.test(specifier) ? specifier.slice(5) : specifier;
  if (builtinNameOf(specifier) === undefined) return missingModule(specifier, importer);
  const missing = { name, importer, power: powerOfMissing(name) };
  return isRequire ? missingBuiltinRequired(missing) : missingBuiltinImported(missing);
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && "errors" in error && Array.isArray(error.errors);
}

/** esbuild's first sentence, with the package and the place. */
function describeFailure(failure: BuildFailure, init: BundleInit): LibraryError {
  const [first] = failure.errors;
  if (first?.detail instanceof LibraryError) return first.detail;
  const place = first?.location;
  if (first === undefined || place === null || place === undefined) {
    const message = `${init.label}: cannot be bundled: ${first?.text ?? failure.message}`;
    return new LibraryError("broken-package", message, { package: init.label, cause: failure });
  }
  const about = init.labelOf(join(init.folder, place.file));
  const file = place.file.replace(/^.*node_modules\/(@[^/]+\/)?[^/]+\//, "").replace(/^project\//, "");
  const message = `${about}: ${file}:${place.line}:${place.column + 1}: ${first.text}; choose another version`;
  return new LibraryError("syntax", message, { package: about, cause: failure });
}
