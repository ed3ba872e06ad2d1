/**
 * The nodes of an in-memory folder, and how they become plain data and come back. It knows how a tree looks, not what may
 * be done to it; that is `memory-directory.ts`.
 *
 * @module
 */
import { PowerError } from "./errors.ts";
import { assertPath, assertTarget, compareNames, joinPath } from "./path.ts";

interface NodeBase {
  readonly id: number;
  links: number;
  accessed: bigint;
  modified: bigint;
  changed: bigint;
}

export interface FileNode extends NodeBase {
  readonly type: "file";
  /** Longer than `size` where there is room to grow; what lies after `size` is zero. */
  bytes: Uint8Array;
  size: number;
}

export interface FolderNode extends NodeBase {
  readonly type: "directory";
  readonly entries: Map<string, TreeNode>;
}

export interface LinkNode extends NodeBase {
  readonly type: "symlink";
  readonly target: string;
}

export type TreeNode = FileNode | FolderNode | LinkNode;

export interface Tree {
  readonly root: FolderNode;
  nextId: number;
  fileBytes: number;
  entryCount: number;
}

export interface TreeLimits {
  readonly bytesMax: number;
  readonly entriesMax: number;
}

/** How deep folders may lie in each other; below it, paths would exceed their own limit anyway. */
const DEPTH_MAX = 2048;

/** Plain data: a folder is its sorted entries; a further name of a file is the id of the first. */
export function saveTree(tree: Tree): unknown {
  const seen = new Set<number>();
  const saveNode = (node: TreeNode): unknown => {
    if (seen.has(node.id)) return { id: node.id };
    seen.add(node.id);
    const common = { id: node.id, times: [node.accessed, node.modified, node.changed] };
    if (node.type === "file") return { ...common, bytes: node.bytes.slice(0, node.size) };
    if (node.type === "symlink") return { ...common, target: node.target };
    const names = [...node.entries.keys()].sort(compareNames);
    return { ...common, entries: names.map((name) => [name, saveNode(node.entries.get(name)!)]) };
  };
  return { nextId: tree.nextId, root: saveNode(tree.root) };
}

function assertSaved(condition: boolean, expected: string): asserts condition {
  if (!condition) throw new PowerError("io", `saved folder: expected ${expected}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function loadTimes(value: unknown): bigint[] {
  assertSaved(Array.isArray(value) && value.length === 3, "three times");
  return value.map((time: unknown) => {
    assertSaved(typeof time === "bigint" || Number.isSafeInteger(time), "times as integers");
    return BigInt(time as number | bigint);
  });
}

/** Rebuilds a tree from data that may come from anywhere: every rule that the operations keep is checked again. */
export function loadTree(saved: unknown, limits: TreeLimits): Tree {
  const nodes = new Map<number, TreeNode>();
  let fileBytes = 0;
  let entryCount = 0;
  const loadNode = (value: unknown, path: string, depth: number): TreeNode => {
    assertSaved(isRecord(value) && Number.isSafeInteger(value.id) && depth <= DEPTH_MAX, "a node with an id");
    const id = value.id as number;
    const known = nodes.get(id);
    if (known !== undefined) {
      assertSaved(known.type !== "directory" && Object.keys(value).length === 1, "folders to have one name");
      known.links++;
      return known;
    }
    const [accessed, modified, changed] = loadTimes(value.times) as [bigint, bigint, bigint];
    const common = { id, links: 1, accessed, modified, changed };
    let node: TreeNode;
    if (value.bytes instanceof Uint8Array) {
      node = { type: "file", ...common, bytes: value.bytes.slice(), size: value.bytes.length };
      fileBytes += node.size;
    } else if (typeof value.target === "string") {
      assertTarget(path, value.target);
      node = { type: "symlink", ...common, target: value.target };
    } else {
      assertSaved(Array.isArray(value.entries), "a node to have bytes, a target or entries");
      node = { type: "directory", ...common, entries: new Map() };
      nodes.set(id, node);
      for (const entry of value.entries as unknown[]) {
        assertSaved(
          Array.isArray(entry) && typeof entry[0] === "string" && !entry[0].includes("/"),
          "entries with names",
        );
        const name: string = entry[0];
        const entryPath = joinPath(path, name);
        assertPath(entryPath);
        assertSaved(name !== "" && !node.entries.has(name), "each name once");
        assertSaved(++entryCount <= limits.entriesMax, `at most ${limits.entriesMax} entries`);
        node.entries.set(name, loadNode(entry[1], entryPath, depth + 1));
      }
    }
    nodes.set(id, node);
    assertSaved(fileBytes <= limits.bytesMax, `at most ${limits.bytesMax} bytes`);
    return node;
  };
  assertSaved(isRecord(saved) && Number.isSafeInteger(saved.nextId), "a tree");
  const root = loadNode(saved.root, "", 0);
  assertSaved(root.type === "directory", "the root to be a folder");
  const nextId = saved.nextId as number;
  for (const id of nodes.keys()) assertSaved(id >= 0 && id < nextId, "ids below the next one");
  return { root, nextId, fileBytes, entryCount };
}
