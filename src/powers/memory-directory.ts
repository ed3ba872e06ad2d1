/**
 * A folder in memory: deterministic (its clock stands still unless it is given one), bounded, and plain data when saved,
 * so that it can travel in an image.
 *
 * @module
 */
import type { Directory, DirectoryEntry, EntryStat, EntryUpdate, NewEntry } from "./directory.ts";
import { PowerError } from "./errors.ts";
import type { FileNode, FolderNode, Tree, TreeLimits, TreeNode } from "./memory-tree.ts";
import { loadTree, saveTree } from "./memory-tree.ts";
import {
  assertPath,
  assertTarget,
  compareNames,
  isTargetInside,
  isWithin,
  joinPath,
  lastName,
  parentPath,
} from "./path.ts";

/** 2000-01-01T00:00:00Z in nanoseconds: the time of everything in a folder without a clock. */
export const MEMORY_EPOCH: bigint = 946_684_800_000_000_000n;
export const MEMORY_BYTES_MAX: number = 64 << 20;
export const MEMORY_ENTRIES_MAX = 65_536;

export interface MemoryDirectoryInit {
  /** Contents by canonical path; the folders on the way are made. A path that ends in "/" is an empty folder. */
  readonly files?: { readonly [path: string]: Uint8Array | string };
  /** What an earlier one's `save` gave. */
  readonly saved?: unknown;
  readonly now?: () => bigint;
  readonly bytesMax?: number;
  readonly entriesMax?: number;
}

export interface MemoryDirectory extends Directory {
  save(): unknown;
}

class MemoryFolder implements MemoryDirectory {
  readonly #tree: Tree;
  readonly #limits: TreeLimits;
  readonly #now: () => bigint;

  constructor(limits: TreeLimits, now: () => bigint, saved: unknown) {
    this.#limits = limits;
    this.#now = now;
    const time = now();
    const times = { accessed: time, modified: time, changed: time };
    const root: FolderNode = { type: "directory", id: 0, links: 1, ...times, entries: new Map() };
    this.#tree = saved === undefined ? { root, nextId: 1, fileBytes: 0, entryCount: 0 } : loadTree(saved, limits);
  }

  save(): unknown {
    return saveTree(this.#tree);
  }

  stat(path: string): EntryStat {
    const node = this.#find(path);
    let size = 0;
    if (node.type === "file") size = node.size;
    if (node.type === "symlink") size = new TextEncoder().encode(node.target).length;
    return {
      type: node.type,
      size,
      links: node.links,
      identity: node.links > 1 ? BigInt(node.id) : undefined,
      accessed: node.accessed,
      modified: node.modified,
      changed: node.changed,
      target: node.type === "symlink" ? node.target : undefined,
    };
  }

  list(path: string): readonly DirectoryEntry[] {
    const entries = [...this.#findFolder(path).entries].map(([name, node]) => ({ name, type: node.type }));
    return entries.sort((a, b) => compareNames(a.name, b.name));
  }

  read(path: string, range: { readonly offset: number; readonly length: number }): Uint8Array {
    const file = this.#findFile(path);
    return file.bytes.slice(Math.min(range.offset, file.size), Math.min(range.offset + range.length, file.size));
  }

  write(path: string, at: { readonly offset: number | "end"; readonly bytes: Uint8Array }): number {
    const file = this.#findFile(path);
    const offset = at.offset === "end" ? file.size : at.offset;
    const end = offset + at.bytes.length;
    if (at.bytes.length > 0) {
      if (end > file.size) this.#resize(file, end);
      file.bytes.set(at.bytes, offset);
      this.#touch(file);
    }
    return end;
  }

  create(path: string, entry: NewEntry): void {
    const { folder, name } = this.#findPlace(path);
    const exists = folder.entries.has(name);
    if (entry.type === "link") {
      const node = this.#find(entry.existing);
      if (node.type === "directory") throw new PowerError("denied", "a folder has one name");
      if (node.type === "symlink" && !isTargetInside(path, node.target)) throw new PowerError("outside");
      if (exists) throw new PowerError("exists");
      this.#insert(folder, name, node);
      node.links++;
      node.changed = this.#now();
      return;
    }
    if (entry.type === "symlink") assertTarget(path, entry.target);
    if (exists) throw new PowerError("exists");
    this.#insert(folder, name, this.#makeNode(entry));
  }

  update(path: string, update: EntryUpdate): void {
    const node = this.#find(path);
    if (Object.keys(update).length === 0) this.#asFile(node);
    if (update.size !== undefined) {
      const file = this.#asFile(node);
      this.#resize(file, update.size);
      this.#touch(file);
    }
    if (update.accessed !== undefined) node.accessed = update.accessed;
    if (update.modified !== undefined) node.modified = update.modified;
    if (update.accessed !== undefined || update.modified !== undefined) node.changed = this.#now();
  }

  rename(path: string, newPath: string): void {
    const source = this.#findPlace(path);
    const node = source.folder.entries.get(source.name);
    if (node === undefined) throw new PowerError("not-found");
    const target = this.#findPlace(newPath);
    const replaced = target.folder.entries.get(target.name);
    if (replaced === node) return;
    if (node.type === "directory" && isWithin(newPath, path))
      throw new PowerError("invalid-path", "a folder into itself");
    this.#assertFits(node, newPath);
    if (replaced !== undefined) {
      if (node.type === "directory" && replaced.type !== "directory") throw new PowerError("not-directory");
      if (node.type !== "directory" && replaced.type === "directory") throw new PowerError("is-directory");
      this.#detach(target.folder, target.name, replaced);
    }
    source.folder.entries.delete(source.name);
    target.folder.entries.set(target.name, node);
    this.#touch(source.folder);
    this.#touch(target.folder);
    node.changed = this.#now();
  }

  remove(path: string, type: "file" | "directory"): void {
    const { folder, name } = this.#findPlace(path);
    const node = folder.entries.get(name);
    if (node === undefined) throw new PowerError("not-found");
    if (type === "file" && node.type === "directory") throw new PowerError("is-directory");
    if (type === "directory" && node.type !== "directory") throw new PowerError("not-directory");
    this.#detach(folder, name, node);
    this.#touch(folder);
  }

  #find(path: string): TreeNode {
    assertPath(path);
    let node: TreeNode = this.#tree.root;
    if (path === "") return node;
    for (const name of path.split("/")) {
      if (node.type !== "directory") throw new PowerError("not-directory");
      const next: TreeNode | undefined = node.entries.get(name);
      if (next === undefined) throw new PowerError("not-found");
      node = next;
    }
    return node;
  }

  #findFolder(path: string): FolderNode {
    const node = this.#find(path);
    if (node.type !== "directory") throw new PowerError("not-directory");
    return node;
  }

  #findFile(path: string): FileNode {
    return this.#asFile(this.#find(path));
  }

  #asFile(node: TreeNode): FileNode {
    if (node.type === "directory") throw new PowerError("is-directory");
    if (node.type === "symlink") throw new PowerError("is-symlink");
    return node;
  }

  /** Where an entry is or would be; the folder itself has no place. */
  #findPlace(path: string): { readonly folder: FolderNode; readonly name: string } {
    assertPath(path);
    if (path === "") throw new PowerError("busy", "the folder itself cannot be made, moved or removed");
    return { folder: this.#findFolder(parentPath(path)), name: lastName(path) };
  }

  /** Whether everything that moves still has a path that is short enough, and no symbolic link comes to lead out. */
  #assertFits(moved: TreeNode, newPath: string): void {
    const pending: { readonly node: TreeNode; readonly path: string }[] = [{ node: moved, path: newPath }];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const { node, path } = next;
      assertPath(path);
      if (node.type === "symlink" && !isTargetInside(path, node.target)) throw new PowerError("outside");
      if (node.type !== "directory") continue;
      for (const [name, entry] of node.entries) pending.push({ node: entry, path: joinPath(path, name) });
    }
  }

  #makeNode(entry: Exclude<NewEntry, { type: "link" }>): TreeNode {
    const time = this.#now();
    const common = { id: this.#tree.nextId++, links: 1, accessed: time, modified: time, changed: time };
    if (entry.type === "file") return { type: "file", ...common, bytes: new Uint8Array(0), size: 0 };
    if (entry.type === "symlink") return { type: "symlink", ...common, target: entry.target };
    return { type: "directory", ...common, entries: new Map() };
  }

  #insert(folder: FolderNode, name: string, node: TreeNode): void {
    if (this.#tree.entryCount >= this.#limits.entriesMax) throw new PowerError("no-space", "too many entries");
    this.#tree.entryCount++;
    folder.entries.set(name, node);
    this.#touch(folder);
  }

  #detach(folder: FolderNode, name: string, node: TreeNode): void {
    if (node.type === "directory" && node.entries.size > 0) throw new PowerError("not-empty");
    folder.entries.delete(name);
    this.#tree.entryCount--;
    node.links--;
    node.changed = this.#now();
    if (node.type === "file" && node.links === 0) this.#tree.fileBytes -= node.size;
  }

  /** Room grows by halves, so that a file written byte by byte is not copied at each; holes count as bytes. */
  #resize(file: FileNode, size: number): void {
    if (this.#tree.fileBytes - file.size + size > this.#limits.bytesMax) throw new PowerError("no-space");
    if (size > file.bytes.length) {
      const grown = new Uint8Array(Math.max(size, Math.min(file.size + (file.size >> 1), this.#limits.bytesMax)));
      grown.set(file.bytes.subarray(0, file.size));
      file.bytes = grown;
    } else if (size < file.size) {
      file.bytes.fill(0, size, file.size);
    }
    this.#tree.fileBytes += size - file.size;
    file.size = size;
  }

  #touch(node: TreeNode): void {
    node.modified = this.#now();
    node.changed = node.modified;
  }
}

function addFile(directory: Directory, path: string, content: Uint8Array | string): void {
  const isFolder = path.endsWith("/");
  const plain = isFolder ? path.slice(0, -1) : path;
  const names = plain.split("/");
  for (let count = 1; count < names.length + (isFolder ? 1 : 0); count++) {
    const folder = names.slice(0, count).join("/");
    const parent = directory.list(parentPath(folder));
    if (!parent.some((entry) => entry.name === lastName(folder))) directory.create(folder, { type: "directory" });
  }
  if (isFolder) return;
  directory.create(plain, { type: "file" });
  directory.write(plain, {
    offset: 0,
    bytes: typeof content === "string" ? new TextEncoder().encode(content) : content,
  });
}

export function makeMemoryDirectory(init: MemoryDirectoryInit = {}): MemoryDirectory {
  const limits = {
    bytesMax: init.bytesMax ?? MEMORY_BYTES_MAX,
    entriesMax: init.entriesMax ?? MEMORY_ENTRIES_MAX,
  };
  const directory = new MemoryFolder(limits, init.now ?? (() => MEMORY_EPOCH), init.saved);
  for (const [path, content] of Object.entries(init.files ?? {})) addFile(directory, path, content);
  return Object.freeze(directory);
}
