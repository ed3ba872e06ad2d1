/**
 * A real folder as a directory power. Every operation walks from the root anew (see `folder-walk.ts`) and keeps nothing
 * open, so a process that uses it can be frozen at any time.
 *
 * @module
 */
import type { BigIntStats } from "node:fs";
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import type { Directory, DirectoryEntry, EntryStat, EntryType, EntryUpdate, NewEntry } from "../../powers/index.ts";
import {
  assertTarget,
  compareNames,
  isTargetInside,
  isWithin,
  makeReadOnlyDirectory,
  PowerError,
} from "../../powers/index.ts";
import { translated } from "./errors.ts";
import type { FolderWalk } from "./folder-walk.ts";
import { makeFolderWalk } from "./folder-walk.ts";

export interface NodeDirectoryOptions {
  readonly readOnly?: boolean;
  /** Only for tests of the walk that other systems than this one use. */
  readonly platform?: string;
}

/** Never through a link, and never waiting for the other end of a pipe that somebody put in the place of a file. */
const OPEN_FLAGS = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const FILE_MODE = 0o666;
const NS_PER_SECOND = 1_000_000_000n;

type TypeTests = Pick<BigIntStats, "isFile" | "isDirectory" | "isSymbolicLink">;

function typeOf(entry: TypeTests): EntryType {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "directory";
  return entry.isSymbolicLink() ? "symlink" : "other";
}

/** The two halves of a double-ended number: what `node:fs` takes is seconds, as a double. */
function nsToSeconds(time: bigint): number {
  return Number(time / NS_PER_SECOND) + Number(time % NS_PER_SECOND) / 1e9;
}

function withFile<T>(hostPath: string, flags: number, work: (descriptor: number, size: number) => T): T {
  const before = lstatSync(hostPath);
  if (before.isDirectory()) throw new PowerError("is-directory");
  if (before.isSymbolicLink()) throw new PowerError("is-symlink");
  if (!before.isFile()) throw new PowerError("denied", "only files can be opened");
  const descriptor = openSync(hostPath, flags | OPEN_FLAGS);
  try {
    // What was opened decides, not what was looked at.
    const opened = fstatSync(descriptor);
    if (!opened.isFile()) throw new PowerError("denied", "only files can be opened");
    return work(descriptor, opened.size);
  } finally {
    closeSync(descriptor);
  }
}

interface Range {
  readonly offset: number;
  readonly length: number;
}

function readAll(descriptor: number, size: number, range: Range): Uint8Array {
  const rest = Math.max(0, size - range.offset);
  const bytes = new Uint8Array(Math.min(range.length, rest));
  let filled = 0;
  while (filled < bytes.length) {
    const count = readSync(descriptor, bytes, filled, bytes.length - filled, range.offset + filled);
    if (count === 0) break;
    filled += count;
  }
  return filled === bytes.length ? bytes : bytes.slice(0, filled);
}

function writeAll(descriptor: number, bytes: Uint8Array, offset: number | null): void {
  let written = 0;
  while (written < bytes.length) {
    const position = offset === null ? null : offset + written;
    written += writeSync(descriptor, bytes, written, bytes.length - written, position);
  }
}

class NodeDirectory implements Directory, Disposable {
  readonly #walk: FolderWalk;

  constructor(walk: FolderWalk) {
    this.#walk = walk;
  }

  stat(path: string): EntryStat {
    return this.#at(path, (hostPath) => {
      const stat = lstatSync(hostPath, { bigint: true });
      const type = typeOf(stat);
      const isShared = stat.nlink > 1n && type !== "directory";
      return {
        type,
        // What file systems say here of folders differs from one to the next and means nothing to a guest.
        size: type === "directory" ? 0 : Number(stat.size),
        links: type === "directory" ? 1 : Number(stat.nlink),
        identity: isShared ? BigInt.asUintN(64, stat.dev * 0x9e3779b97f4a7c15n + stat.ino) : undefined,
        accessed: stat.atimeNs,
        modified: stat.mtimeNs,
        changed: stat.ctimeNs,
        target: type === "symlink" ? readlinkSync(hostPath) : undefined,
      };
    });
  }

  list(path: string): readonly DirectoryEntry[] {
    return translated(() => this.#walk.within(path, listFolder));
  }

  read(path: string, range: Range): Uint8Array {
    return this.#withFile(path, constants.O_RDONLY, (descriptor, size) => readAll(descriptor, size, range));
  }

  write(path: string, at: { readonly offset: number | "end"; readonly bytes: Uint8Array }): number {
    const { offset, bytes } = at;
    const flags = constants.O_WRONLY | (offset === "end" ? constants.O_APPEND : 0);
    return this.#withFile(path, flags, (descriptor) => {
      writeAll(descriptor, bytes, offset === "end" ? null : offset);
      return offset === "end" ? fstatSync(descriptor).size : offset + bytes.length;
    });
  }

  create(path: string, entry: NewEntry): void {
    assertNotRoot(path);
    this.#at(path, (hostPath) => {
      switch (entry.type) {
        case "file": {
          const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | OPEN_FLAGS;
          closeSync(openSync(hostPath, flags, FILE_MODE));
          return;
        }
        case "directory":
          mkdirSync(hostPath);
          return;
        case "symlink":
          assertTarget(path, entry.target);
          symlinkSync(entry.target, hostPath);
          return;
        case "link":
          this.#at(entry.existing, (existing) => link(existing, hostPath, path));
          return;
        default:
          entry satisfies never;
      }
    });
  }

  update(path: string, update: EntryUpdate): void {
    const { size, accessed, modified, durable } = update;
    const isEmpty = size === undefined && accessed === undefined && modified === undefined && durable === undefined;
    if (isEmpty) this.#withFile(path, constants.O_WRONLY, () => {});
    if (size !== undefined) {
      this.#withFile(path, constants.O_WRONLY, (descriptor) => ftruncateSync(descriptor, size));
    }
    if (accessed !== undefined || modified !== undefined) {
      this.#at(path, (hostPath) => {
        const stat = lstatSync(hostPath, { bigint: true });
        lutimesSync(hostPath, nsToSeconds(accessed ?? stat.atimeNs), nsToSeconds(modified ?? stat.mtimeNs));
      });
    }
    if (durable === true) this.#at(path, makeDurable);
  }

  rename(path: string, newPath: string): void {
    assertNotRoot(path);
    assertNotRoot(newPath);
    this.#at(path, (hostPath) => {
      const stat = lstatSync(hostPath);
      if (stat.isSymbolicLink() && !isTargetInside(newPath, readlinkSync(hostPath))) throw new PowerError("outside");
      // Linux says ENOTEMPTY whenever the target holds the source; POSIX tells a file apart, and so do we everywhere.
      if (path !== newPath && isWithin(path, newPath))
        throw new PowerError(stat.isDirectory() ? "not-empty" : "is-directory");
      this.#at(newPath, (newHostPath) => renameSync(hostPath, newHostPath));
    });
  }

  remove(path: string, type: "file" | "directory"): void {
    assertNotRoot(path);
    this.#at(path, (hostPath) => {
      const isFolder = lstatSync(hostPath).isDirectory();
      if (type === "file" && isFolder) throw new PowerError("is-directory");
      if (type === "directory" && !isFolder) throw new PowerError("not-directory");
      if (type === "file") unlinkSync(hostPath);
      else rmdirSync(hostPath);
    });
  }

  [Symbol.dispose](): void {
    this.#walk[Symbol.dispose]();
  }

  #at<T>(path: string, work: (hostPath: string) => T): T {
    return translated(() => this.#walk.at(path, work));
  }

  #withFile<T>(path: string, flags: number, work: (descriptor: number, size: number) => T): T {
    return this.#at(path, (hostPath) =>
      withFile(hostPath, flags, (descriptor, size) => {
        if (!this.#walk.isAnchored) this.#assertStillThere(path, descriptor);
        return work(descriptor, size);
      }),
    );
  }

  /** Where the way can change between looking and opening, the same file must be found again: one would have to win twice. */
  #assertStillThere(path: string, descriptor: number): void {
    const opened = fstatSync(descriptor, { bigint: true });
    const found = this.#walk.at(path, (hostPath) => lstatSync(hostPath, { bigint: true }));
    if (opened.ino !== found.ino || opened.dev !== found.dev)
      throw new PowerError("busy", "the folder is being changed");
  }
}

function listFolder(hostPath: string): readonly DirectoryEntry[] {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const listed: DirectoryEntry[] = [];
  for (const entry of readdirSync(hostPath, { withFileTypes: true, encoding: "buffer" })) {
    try {
      listed.push({ name: decoder.decode(entry.name), type: typeOf(entry) });
    } catch {
      // A name that is no text cannot be named by a guest, so it does not exist for it.
    }
  }
  return listed.sort((a, b) => compareNames(a.name, b.name));
}

function assertNotRoot(path: string): void {
  if (path === "") throw new PowerError("busy", "the folder itself cannot be made, moved or removed");
}

function link(existing: string, hostPath: string, path: string): void {
  const stat = lstatSync(existing);
  if (!stat.isFile() && !stat.isSymbolicLink()) throw new PowerError("denied", "only files have several names");
  if (stat.isSymbolicLink() && !isTargetInside(path, readlinkSync(existing))) throw new PowerError("outside");
  linkSync(existing, hostPath);
}

/** Folders are opened like files to be made durable; where a system refuses that, there is nothing to do for them. */
function makeDurable(hostPath: string): void {
  const stat = lstatSync(hostPath);
  if (!stat.isFile() && !stat.isDirectory()) return;
  const descriptor = openSync(hostPath, constants.O_RDONLY | OPEN_FLAGS);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * The folder at a path of the host, which must exist. The caller disposes of it. A read-only one refuses every change
 * before it reaches the file system.
 */
export function makeNodeDirectory(path: string, options: NodeDirectoryOptions = {}): Directory & Disposable {
  const walk = translated(() => makeFolderWalk(path, options.platform ?? process.platform));
  const directory = new NodeDirectory(walk);
  if (options.readOnly !== true) return Object.freeze(directory);
  return Object.freeze({
    ...makeReadOnlyDirectory(directory),
    [Symbol.dispose]: () => directory[Symbol.dispose](),
  });
}
