/**
 * Which packages a package consists of: npm's own resolution (arborist's ideal tree: ranges, peers, overrides, one copy where one
 * is enough), without its installation. Nothing is run and nothing is written but the cache.
 *
 * @module
 */
import Arborist, { type Node as TreeNode } from "@npmcli/arborist";
import { LibraryError } from "../../library/index.ts";
import type { PackageLimits } from "./limits.ts";
import type { NpmOptions } from "./npm-config.ts";

export interface TreePackage {
  /** Where it lies in the tree, as below a project: `node_modules/a/node_modules/b`. */
  readonly location: string;
  /** The name it is imported by; `alias` of an aliased one. */
  readonly name: string;
  readonly version: string;
  /** What npm fetches it by. */
  readonly spec: string;
  readonly integrity: string | undefined;
  /** A folder on this machine that stands there: what a project has as `file:` dependency, or as workspace. */
  readonly folder: string | undefined;
  /** May be missing: what imports it gets an error that it can catch. */
  readonly optional: boolean;
}

export interface PackageTree {
  /** The package that was asked for; undefined for a project of its own. */
  readonly entry: TreePackage | undefined;
  /** By location. */
  readonly packages: readonly TreePackage[];
}

export interface TreeInit {
  /** An empty folder, or that of a project. */
  readonly folder: string;
  /** What is added to the empty one: as on npm's command line. */
  readonly add: string | undefined;
  readonly npm: NpmOptions;
  readonly limits: PackageLimits;
}

/** Throws what npm's libraries throw, or `LibraryError` past the limit. */
export async function resolveTree(init: TreeInit): Promise<PackageTree> {
  const arborist = new Arborist({
    ...init.npm,
    path: init.folder,
    global: false,
    ignoreScripts: true,
    audit: false,
    installLinks: false,
    packageLock: init.add === undefined,
    // A repository would be made into a package by running its scripts; addresses and folders are for the importer alone to name.
    allowGit: "none",
    allowRemote: "root",
    allowFile: "root",
    allowDirectory: "root",
  });
  const root = await arborist.buildIdealTree(init.add === undefined ? {} : { add: [init.add] });
  const nodes = reachable(root);
  if (nodes.length > init.limits.packages) {
    const about = init.add ?? "the project";
    throw new LibraryError(
      "broken-package",
      `${about}: consists of ${nodes.length} packages, more than ${init.limits.packages}; choose a smaller one`,
      { package: about },
    );
  }
  const [entry] = init.add === undefined ? [] : [...root.edgesOut.values()];
  const packages = nodes.map(describeNode).sort((a, b) => (a.location < b.location ? -1 : 1));
  return { entry: packages.find((one) => one.location === entry?.to?.location), packages };
}

/** Without what only development needs, and without the forms of native packages for one platform: nothing native runs. */
function reachable(root: TreeNode): readonly TreeNode[] {
  const seen = new Set<TreeNode>();
  const queue: TreeNode[] = [root];
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    for (const edge of node.edgesOut.values()) {
      const to = edge.to;
      if (to === null || edge.type === "dev" || seen.has(to) || (to.optional && isForOnePlatform(to))) continue;
      seen.add(to);
      queue.push(to);
      if (to.isLink) queue.push(to.target);
    }
  }
  return [...seen];
}

function isForOnePlatform(node: TreeNode): boolean {
  return ["os", "cpu", "libc"].some((field) => Array.isArray(node.package[field]));
}

function describeNode(node: TreeNode): TreePackage {
  return {
    location: node.location.replaceAll("\\", "/"),
    name: node.name,
    version: node.version ?? "0.0.0",
    spec: node.resolved === null ? `${node.packageName}@${node.version}` : `${node.name}@${node.resolved}`,
    integrity: node.integrity ?? undefined,
    folder: node.isLink ? node.realpath : undefined,
    optional: node.optional,
  };
}
