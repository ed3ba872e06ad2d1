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

/**
 * Plain data: a list of all nodes, the root first, in which a folder names its entries by their ids. It is flat, as images
 * limit how deeply data is nested and not how deep folders are.
 */
export function saveTree(tree: Tree): unknown {
  const nodes: unknown[] = [];
  const seen = new Set<number>();
  const pending: TreeNode[] = [tree.root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (seen.has(node.id)) continue;
    seen.add(node.id);
    nodes.push(saveNode(node));
    if (node.type === "directory") pending.push(...node.entries.values());
  }
  // Nothing that is saved may depend on the order in which entries were made or removed, beyond their ids.
  nodes.sort((a, b) => (a as SavedNode).id - (b as SavedNode).id);
  return { nextId: tree.nextId, nodes };
}

interface SavedNode {
  readonly id: number;
}

function saveNode(node: TreeNode): unknown {
  const common = { id: node.id, times: [node.accessed, node.modified, node.changed] };
  if (node.type === "file") return { ...common, bytes: node.bytes.slice(0, node.size) };
  if (node.type === "symlink") return { ...common, target: node.target };
  const names = [...node.entries.keys()].sort(compareNames);
  return { ...common, entries: names.map((name) => [name, node.entries.get(name)!.id]) };
}

function assertSaved(condition: boolean, expected: string): asserts condition {
  if (!condition) throw new PowerError("io", `saved folder: expected ${expected}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function loadTimes(value: unknown): [accessed: bigint, modified: bigint, changed: bigint] {
  assertSaved(Array.isArray(value) && value.length === 3, "three times");
  const [accessed, modified, changed] = value.map((time: unknown) => {
    assertSaved(typeof time === "bigint" || Number.isSafeInteger(time), "times as integers");
    return BigInt.asUintN(64, BigInt(time as number | bigint));
  });
  return [accessed!, modified!, changed!];
}

type SavedEntries = readonly (readonly [name: string, id: number])[];

function loadEntries(value: unknown): SavedEntries {
  assertSaved(Array.isArray(value), "a node to have bytes, a target or entries");
  return value.map((entry: unknown) => {
    assertSaved(Array.isArray(entry) && typeof entry[0] === "string" && isCount(entry[1]), "entries to be name and id");
    assertSaved(entry[0] !== "" && !entry[0].includes("/"), "entries to have names");
    return [entry[0], entry[1]] as const;
  });
}

interface LoadedNode {
  readonly node: TreeNode;
  readonly entries: SavedEntries;
}

/** A node by itself; its links are counted, and its entries put in, when the folders are joined. */
function loadNode(value: unknown, nextId: number): LoadedNode {
  assertSaved(isRecord(value) && isCount(value.id) && value.id < nextId, "a node with an id below the next one");
  const [accessed, modified, changed] = loadTimes(value.times);
  const common = { id: value.id, links: 0, accessed, modified, changed };
  if (value.bytes instanceof Uint8Array) {
    return { node: { type: "file", ...common, bytes: value.bytes.slice(), size: value.bytes.length }, entries: [] };
  }
  if (typeof value.target === "string")
    return { node: { type: "symlink", ...common, target: value.target }, entries: [] };
  return { node: { type: "directory", ...common, entries: new Map() }, entries: loadEntries(value.entries) };
}

/** Rebuilds a tree from data that may come from anywhere: every rule that the operations keep is checked again. */
export function loadTree(saved: unknown, limits: TreeLimits): Tree {
  assertSaved(isRecord(saved) && isCount(saved.nextId) && Array.isArray(saved.nodes), "a tree");
  const nextId = saved.nextId;
  assertSaved(saved.nodes.length <= limits.entriesMax + 1, `at most ${limits.entriesMax} entries`);
  const loaded = new Map<number, LoadedNode>();
  let fileBytes = 0;
  for (const value of saved.nodes as unknown[]) {
    const entry = loadNode(value, nextId);
    assertSaved(!loaded.has(entry.node.id), "each node once");
    loaded.set(entry.node.id, entry);
    if (entry.node.type === "file") fileBytes += entry.node.size;
  }
  assertSaved(fileBytes <= limits.bytesMax, `at most ${limits.bytesMax} bytes`);
  const root = loaded.get(0)?.node;
  assertSaved(root?.type === "directory", "the root to be a folder");
  const entryCount = joinFolders(root, loaded, limits);
  for (const { node } of loaded.values()) assertSaved(node.links > 0, "no node without a name");
  return { root, nextId, fileBytes, entryCount };
}

/** Walks down from the root. A folder that is met twice, by a second name or in a circle, is refused. */
function joinFolders(root: FolderNode, loaded: ReadonlyMap<number, LoadedNode>, limits: TreeLimits): number {
  let entryCount = 0;
  root.links = 1;
  const pending: { readonly folder: FolderNode; readonly path: string }[] = [{ folder: root, path: "" }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { folder, path: folderPath } = next;
    for (const [name, id] of loaded.get(folder.id)!.entries) {
      const path = joinPath(folderPath, name);
      assertPath(path);
      const node = loaded.get(id)?.node;
      assertSaved(node !== undefined && !folder.entries.has(name), "entries that exist, once each");
      assertSaved(++entryCount <= limits.entriesMax, `at most ${limits.entriesMax} entries`);
      assertSaved(node.type !== "directory" || node.links === 0, "folders to have one name");
      if (node.type === "symlink") assertTarget(path, node.target);
      node.links++;
      folder.entries.set(name, node);
      if (node.type === "directory") pending.push({ folder: node, path });
    }
  }
  return entryCount;
}
