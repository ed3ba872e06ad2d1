/**
 * Where the imports of a package lead: the bundler's plugin. Nothing outside of the folder in which the tree was unpacked is ever
 * read, whatever a package.json says; built-ins and packages with a policy of their own become modules that stand for them.
 *
 * @module
 */
import { join, sep } from "node:path";
import type { OnResolveArgs, OnResolveResult, PluginBuild, ResolveResult } from "esbuild";
import { BUILTINS, builtinNameOf, packageNameOf } from "../../../library/index.ts";
import { Namespace } from "./virtual.ts";

/** Marks questions of our own, which esbuild is to answer by itself. */
const OWN = Symbol("resolved by esbuild");
/** The link to the project's own folder, inside of the one with its packages. */
export const PROJECT_FOLDER = "project";

const BARE = /^[^./#]/;

export interface ResolveInit {
  /** Where the tree is: `node_modules` and the project are below it. */
  readonly folder: string;
  /** Whether a package has a process of its own. */
  isConfined(name: string): boolean;
  /** Name and version of the package that a file belongs to, for messages. */
  labelOf(path: string): string;
}

/** What a module that stands for something is told. */
export interface VirtualData {
  readonly specifier: string;
  /** Name and version of the package. */
  readonly importer: string;
  readonly file: string;
  readonly isRequire: boolean;
}

type Ask = (
  args: Pick<OnResolveArgs, "path" | "importer" | "namespace" | "resolveDir" | "kind">,
) => Promise<ResolveResult>;

export function makeAsk(build: PluginBuild): Ask {
  return ({ path, ...rest }) => build.resolve(path, { ...rest, pluginData: OWN });
}

export function resolveImports(build: PluginBuild, init: ResolveInit): void {
  const ask = makeAsk(build);
  const isInside = (path: string): boolean => path.startsWith(init.folder + sep);
  build.onResolve({ filter: /.*/ }, async (args): Promise<OnResolveResult | undefined> => {
    if (args.pluginData === OWN || args.namespace === Namespace.shim || args.kind === "entry-point") return undefined;
    const builtin = builtinNameOf(args.path);
    if (builtin !== undefined) return await resolveBuiltin(builtin, args);
    const name = BARE.test(args.path) ? packageNameOf(args.path) : undefined;
    if (name !== undefined && init.isConfined(name)) return standFor(Namespace.confined, args);
    const own = await ask(args);
    if (own.errors.length === 0)
      return own.namespace !== "file" || isInside(own.path) ? undefined : standFor(Namespace.missing, args);
    if (name === undefined || !args.importer.startsWith(join(init.folder, PROJECT_FOLDER)))
      return standFor(Namespace.missing, args);
    // A project lies beside its packages here, not around them.
    const found = await ask({ ...args, resolveDir: init.folder, importer: "" });
    return found.errors.length === 0 && isInside(found.path) ? found : standFor(Namespace.missing, args);
  });

  function standFor(namespace: string, args: Pick<OnResolveArgs, "path" | "importer" | "kind">): OnResolveResult {
    const isRequire = args.kind === "require-call";
    const importer = init.labelOf(args.importer);
    const data: VirtualData = { specifier: args.path, importer, file: args.importer, isRequire };
    // One module for each package and way that it is reached in: they differ in what they throw, and when.
    const suffix = namespace === Namespace.builtin ? "" : `?${isRequire ? "required" : "imported"} by ${importer}`;
    return { path: args.path, namespace, suffix, pluginData: data };
  }

  /** A package may say what it wants instead, or bring another one of the same name for what there is not. */
  async function resolveBuiltin(name: string, args: OnResolveArgs): Promise<OnResolveResult | undefined> {
    const own = args.path.startsWith("node:") ? undefined : await ask(args);
    const isThere = own !== undefined && own.errors.length === 0 && (own.namespace !== "file" || isInside(own.path));
    const exists = Object.hasOwn(BUILTINS, name);
    if (isThere && !(exists && own.path.includes(join("node_modules", name) + sep))) return undefined;
    return exists
      ? { ...standFor(Namespace.builtin, { ...args, path: name }), sideEffects: false }
      : standFor(Namespace.missing, args);
  }
}
