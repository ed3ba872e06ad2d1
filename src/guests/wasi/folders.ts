/**
 * The folders that a process has: those it was given, private ones in its own memory, and a hidden one that keeps files
 * which were unlinked while they were open.
 *
 * @module
 */
import type { Directory, EntryStat, MemoryDirectory } from "../../powers/index.ts";
import { makeMemoryDirectory } from "../../powers/index.ts";
import { FILETYPE_OF, ORPHAN_BYTES_MAX } from "./abi.ts";
import { makeCountedDirectory } from "./counted-directory.ts";
import type { DescriptorTable, FileDescriptor, FolderDescriptor } from "./descriptors.ts";
import { ERRNO, errnoOf, fail } from "./errno.ts";

/** No guest path has a NUL, so no granted folder can be mistaken for the hidden one. */
const ORPHANS = "\0orphans";
const ORPHANS_MAX = 4096;
const COPY_BYTES = 1 << 20;

const encoder = new TextEncoder();

export interface FoldersInit {
  readonly granted: { readonly [guestPath: string]: Directory };
  readonly scratch: readonly (readonly [guestPath: string, saved: unknown])[];
  readonly orphans: unknown;
  readonly now: () => bigint;
}

export interface FileStatus {
  readonly device: bigint;
  readonly inode: bigint;
  readonly filetype: number;
  readonly stat: EntryStat;
}

/**
 * FNV-1a with 64 bits: the same path has the same number on every machine. In two halves, because bigint arithmetic is
 * twenty times as slow and every question about a file needs this. Zero would mean "unknown" to programs.
 */
export function hashText(text: string): bigint {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (const byte of encoder.encode(text)) {
    low = (low ^ byte) >>> 0;
    // Times the prime 2^40 + 0x1b3; every sum stays below 2^53.
    const product = low * 0x1b3;
    high = (high * 0x1b3 + low * 256 + Math.floor(product / 2 ** 32)) >>> 0;
    low = product >>> 0;
  }
  const hash = (BigInt(high) << 32n) | BigInt(low);
  return hash === 0n ? 1n : hash;
}

export class Folders {
  readonly #directories = new Map<string, Directory>();
  readonly #scratch = new Map<string, MemoryDirectory>();
  readonly #orphans: MemoryDirectory;
  readonly #devices = new Map<string, bigint>();
  readonly #counted = new Map<Directory, Directory>();
  #work = 0;

  constructor(init: FoldersInit) {
    for (const [guestPath, directory] of Object.entries(init.granted)) this.#give(guestPath, directory);
    for (const [guestPath, saved] of init.scratch) {
      const directory = makeMemoryDirectory({ now: init.now, saved });
      this.#scratch.set(guestPath, directory);
      this.#give(guestPath, directory);
    }
    const limits = { bytesMax: ORPHAN_BYTES_MAX, entriesMax: ORPHANS_MAX };
    this.#orphans = makeMemoryDirectory({ now: init.now, saved: init.orphans ?? undefined, ...limits });
    this.#give(ORPHANS, this.#orphans);
  }

  /** One folder under two names stays one, so that files can be renamed and linked from one to the other. */
  #give(guestPath: string, directory: Directory): void {
    const counted =
      this.#counted.get(directory) ??
      makeCountedDirectory(directory, (gas) => {
        this.#work += gas;
      });
    this.#counted.set(directory, counted);
    this.#directories.set(guestPath, counted);
  }

  /** Gas for what was asked of folders since this was last called. */
  takeWork(): number {
    const work = this.#work;
    this.#work = 0;
    return work;
  }

  /** ESTALE if the folder was not given again at the thaw. */
  directoryOf(descriptor: FileDescriptor | FolderDescriptor): Directory {
    if (descriptor.stale) fail(ERRNO.STALE);
    return this.#directories.get(descriptor.folder) ?? fail(ERRNO.STALE);
  }

  /** The numbers that programs tell files apart by: of a file with one name from its path, else from what it is. */
  status(folder: string, path: string, stat: EntryStat): FileStatus {
    const isOrphan = folder === ORPHANS;
    const device = this.#devices.get(folder) ?? hashText(folder);
    this.#devices.set(folder, device);
    const inode = hashText(stat.identity === undefined ? path : `\0${stat.identity}`);
    return { device, inode, filetype: FILETYPE_OF[stat.type], stat: isOrphan ? { ...stat, links: 0 } : stat };
  }

  #isOpenAt(descriptor: { readonly folder: string; readonly stale: boolean }, directory: Directory): boolean {
    return !descriptor.stale && this.#directories.get(descriptor.folder) === directory;
  }

  /** The open files at a path, under whatever name the same folder was given. */
  #openFiles(table: DescriptorTable, directory: Directory, path: string): FileDescriptor[] {
    return [...table.values()].filter(
      (open): open is FileDescriptor => open.kind === "file" && open.path === path && this.#isOpenAt(open, directory),
    );
  }

  /**
   * Before the name of an open file goes: copies its content to the process. The answer hands it to the descriptors, once
   * the name is gone, or throws the copy away if that failed. EBUSY if the content is more than a process may keep.
   */
  prepareOrphan(table: DescriptorTable, directory: Directory, path: string): Orphaning {
    const open = this.#openFiles(table, directory, path);
    if (open.length === 0) return { bytesCopied: 0, commit() {}, abort() {} };
    const stat = directory.stat(path);
    let number = 0;
    const used = new Set(this.#orphans.list("").map((entry) => entry.name));
    while (used.has(String(number))) number++;
    const orphan = String(number);
    try {
      this.#orphans.create(orphan, { type: "file" });
      this.#copyContent({ directory, path, size: stat.size }, orphan);
      this.#orphans.update(orphan, { accessed: stat.accessed, modified: stat.modified });
    } catch (error) {
      this.#removeOrphan(orphan);
      if (errnoOf(error) === ERRNO.NOSPC) fail(ERRNO.BUSY);
      throw error;
    }
    return {
      bytesCopied: stat.size,
      commit: () => {
        for (const descriptor of open) {
          descriptor.folder = ORPHANS;
          descriptor.path = orphan;
        }
      },
      abort: () => this.#removeOrphan(orphan),
    };
  }

  #copyContent(source: { directory: Directory; path: string; size: number }, orphan: string): void {
    // Asked for at once, so that a file which is too big is refused before it is read.
    this.#orphans.update(orphan, { size: source.size });
    for (let offset = 0; offset < source.size; offset += COPY_BYTES) {
      const bytes = source.directory.read(source.path, { offset, length: Math.min(COPY_BYTES, source.size - offset) });
      this.#orphans.write(orphan, { offset, bytes });
    }
  }

  #removeOrphan(orphan: string): void {
    if (this.#orphans.list("").some((entry) => entry.name === orphan)) this.#orphans.remove(orphan, "file");
  }

  /** After a descriptor was closed: its content goes if it was the last one of an unlinked file. */
  closed(table: DescriptorTable, closed: FileDescriptor): void {
    if (closed.folder !== ORPHANS) return;
    const isOpen = this.#openFiles(table, this.#directories.get(ORPHANS)!, closed.path).length > 0;
    if (!isOpen) this.#removeOrphan(closed.path);
  }

  /** What is open at or below the old path goes along with a rename; a folder that was replaced is no more. */
  renamed(table: DescriptorTable, directory: Directory, move: { from: string; to: string }): void {
    const { from, to } = move;
    for (const open of table.values()) {
      if (open.kind === "stream" || !this.#isOpenAt(open, directory)) continue;
      if (open.path === from || open.path.startsWith(`${from}/`)) open.path = to + open.path.slice(from.length);
      else if (open.path === to) open.stale = true;
    }
  }

  removedFolder(table: DescriptorTable, directory: Directory, path: string): void {
    for (const open of table.values()) {
      if (open.kind === "folder" && open.path === path && this.#isOpenAt(open, directory)) open.stale = true;
    }
  }

  save(): { readonly scratch: readonly (readonly [string, unknown])[]; readonly orphans: unknown } {
    return {
      scratch: [...this.#scratch].map(([guestPath, directory]) => [guestPath, directory.save()] as const),
      orphans: this.#orphans.list("").length === 0 ? null : this.#orphans.save(),
    };
  }
}

export interface Orphaning {
  readonly bytesCopied: number;
  commit(): void;
  abort(): void;
}
