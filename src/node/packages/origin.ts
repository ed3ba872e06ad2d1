/**
 * From what an importer wrote to a folder with all files of it: the tree resolved and unpacked, in a temporary folder that goes away again.
 *
 * @module
 */
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { LibraryError, type PackageSpecifier } from "../../library/index.ts";
import { PROJECT_FOLDER } from "./bundler/resolve.ts";
import type { PackageLimits } from "./limits.ts";
import type { NpmOptions } from "./npm-config.ts";
import { isNetworkFailure, toLibraryError } from "./npm-errors.ts";
import { type PackageTree, resolveTree } from "./tree.ts";

/** A tree and where it is, or will be, unpacked. Whoever asked for it disposes of it. */
export interface Origin extends Disposable {
  readonly name: string;
  readonly version: string;
  readonly tree: PackageTree;
  readonly folder: string;
  /** What is imported, as `from` would write it. */
  readonly entry: string;
  readonly from: string;
  /** npm's options with which it was found: without the network where there was none. */
  readonly npm: NpmOptions;
}

export interface OriginInit {
  readonly specifier: PackageSpecifier;
  /** What relative paths start from. */
  readonly folder: string;
  readonly npm: NpmOptions;
  readonly limits: PackageLimits;
}

export async function findOrigin(init: OriginInit): Promise<Origin> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "caper-packages-")));
  const dispose = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const found = init.specifier.kind === "file" ? await findProject(init, folder) : await findPackage(init, folder);
    return { ...found, folder, [Symbol.dispose]: dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

type Found = Omit<Origin, "folder" | typeof Symbol.dispose>;

/** From a registry, or out of a tarball. */
async function findPackage(init: OriginInit, folder: string): Promise<Found> {
  const { specifier } = init;
  if (specifier.kind === "file") throw new TypeError("specifier: expected no file");
  const isRegistry = specifier.kind === "registry";
  const add = isRegistry ? specifier.name + (specifier.range === "" ? "" : `@${specifier.range}`) : tarballSpec(init);
  const { tree, npm } = await resolveOnlineOrNot({ ...init, add }, folder);
  if (tree.entry === undefined) {
    throw new LibraryError("broken-package", `${add}: is no package that can be fetched`, { package: add });
  }
  const { name, version } = tree.entry;
  return { name, version, tree, npm, entry: name + (isRegistry ? specifier.subpath.slice(1) : ""), from: folder };
}

function tarballSpec({ specifier, folder }: OriginInit): string {
  if (specifier.kind !== "tarball") throw new TypeError("specifier: expected a tarball");
  if (/^https?:/.test(specifier.location)) return specifier.location;
  const path = resolve(folder, specifier.location);
  if (!existsSync(path)) throw notThere(specifier.location);
  return `file:${path}`;
}

/** A folder, or a source file in one: with the packages that its nearest package.json names. */
async function findProject(init: OriginInit, folder: string): Promise<Found> {
  if (init.specifier.kind !== "file") throw new TypeError("specifier: expected a file");
  const path = resolve(init.folder, init.specifier.path);
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) throw notThere(init.specifier.path);
  const real = realpathSync(path);
  const isFolder = info.isDirectory();
  const root = isFolder ? real : nearestProject(dirname(real));
  const manifest = readManifest(root);
  const name = typeof manifest.name === "string" ? manifest.name : basename(isFolder ? root : real);
  const hasLock = ["package-lock.json", "npm-shrinkwrap.json"].some((file) => existsSync(join(root, file)));
  if (!hasLock) writeDependencies(manifest, { root, folder });
  const { tree, npm } = await resolveOnlineOrNot({ ...init, add: undefined }, hasLock ? root : folder, name);
  symlinkSync(root, join(folder, PROJECT_FOLDER), "junction");
  const project = join(folder, PROJECT_FOLDER);
  const byName = isFolder && manifest.exports !== undefined;
  const inside = isFolder ? "" : `/${relative(root, real).replaceAll("\\", "/")}`;
  return {
    name,
    version: typeof manifest.version === "string" ? manifest.version : "0.0.0",
    tree,
    npm,
    entry: byName ? name : `./${PROJECT_FOLDER}${inside}`,
    from: byName ? project : folder,
  };
}

function nearestProject(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (folder === dirname(folder)) return start;
  }
}

function readManifest(root: string): { readonly [field: string]: unknown } {
  const file = join(root, "package.json");
  if (!existsSync(file)) return {};
  try {
    const manifest: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof manifest === "object" && manifest !== null) return { ...manifest };
  } catch (error) {
    throw new LibraryError("broken-package", `${basename(root)}: its package.json is not JSON; correct it`, {
      cause: error,
    });
  }
  return {};
}

/** Without what is needed for development only, of which npm would read all manifests. */
function writeDependencies(
  manifest: { readonly [field: string]: unknown },
  { root, folder }: { readonly root: string; readonly folder: string },
): void {
  const absolute = (dependencies: unknown): { readonly [name: string]: unknown } =>
    Object.fromEntries(
      Object.entries(typeof dependencies === "object" && dependencies !== null ? dependencies : {}).map(
        ([name, spec]) => [
          name,
          typeof spec === "string" && spec.startsWith("file:") ? `file:${resolve(root, spec.slice(5))}` : spec,
        ],
      ),
    );
  const { overrides } = manifest;
  const kept = {
    dependencies: absolute(manifest.dependencies),
    optionalDependencies: absolute(manifest.optionalDependencies),
    peerDependencies: absolute(manifest.peerDependencies),
    peerDependenciesMeta: manifest.peerDependenciesMeta,
    ...(overrides === undefined ? {} : { overrides }),
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(kept));
}

/** Where no registry can be reached, the cache may know enough. */
async function resolveOnlineOrNot(
  init: OriginInit & { readonly add: string | undefined },
  folder: string,
  about: string = init.add ?? "",
): Promise<{ readonly tree: PackageTree; readonly npm: NpmOptions }> {
  const { add, limits, npm } = init;
  const offline = { ...npm, offline: true };
  try {
    return { tree: await resolveTree({ folder, add, npm, limits }), npm };
  } catch (error) {
    if (!isNetworkFailure(error) || npm.offline === true) throw toLibraryError(error, about);
    const known = await resolveTree({ folder, add, npm: offline, limits }).catch(() => undefined);
    if (known === undefined) throw toLibraryError(error, about);
    return { tree: known, npm: offline };
  }
}

function notThere(path: string): LibraryError {
  return new LibraryError("not-found", `${path}: no such file or folder`, { package: path });
}
