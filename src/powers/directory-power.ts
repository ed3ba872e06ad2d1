/**
 * The power `directory`: a folder for guests, by path. Paths are written as people write them ("/" at the beginning is the folder
 * itself, "." and ".." are walked, symbolic links inside are followed); none leads out of the folder.
 *
 * @module
 */
import { M } from "../passable/index.ts";
import { makeReadOnlyDirectory, makeSubdirectory } from "./attenuate-directory.ts";
import type { Directory, EntryStat, EntryType } from "./directory.ts";
import { copyFile, exists, makeFolders, removeTree } from "./directory-work.ts";
import { PowerError } from "./errors.ts";
import { PATH_BYTES_MAX } from "./path.ts";
import { makePower } from "./power.ts";
import { makeQuotaDirectory, type Quota } from "./quota-directory.ts";
import { type Resolved, resolvePath } from "./resolve.ts";

export interface DirectoryPowerStat {
  readonly type: EntryType;
  readonly size: number;
  readonly links: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  readonly accessed: number;
  readonly changed: number;
}

/** Each method throws a `PowerError` whose message has the form `directory.read: not-found`. */
export interface DirectoryPower {
  /** Bytes of a file: all, or from `offset` up to `length` of them. At most `READ_BYTES_MAX`. */
  readonly read: (path: string, range?: { offset?: number | undefined; length?: number | undefined }) => Uint8Array;
  /** A whole file as UTF-8; what is none becomes U+FFFD. */
  readonly readText: (path: string) => string;
  /** Makes or replaces a file. */
  readonly write: (path: string, content: Uint8Array | string) => undefined;
  /** Adds to the end of a file, which is made if it is not there. */
  readonly append: (path: string, content: Uint8Array | string) => undefined;
  /** Sorted by name. */
  readonly list: (path: string) => readonly { readonly name: string; readonly type: EntryType }[];
  /** With `follow: false`, of a symbolic link itself. */
  readonly stat: (path: string, options?: { follow?: boolean | undefined }) => DirectoryPowerStat;
  readonly exists: (path: string) => boolean;
  /** `recursive` makes the folders on the way, too, and does not mind what is there already. */
  readonly makeDirectory: (path: string, options?: { recursive?: boolean | undefined }) => undefined;
  /** A file, link or empty folder; with `recursive` a folder and everything in it. */
  readonly remove: (path: string, options?: { recursive?: boolean | undefined }) => undefined;
  readonly rename: (path: string, newPath: string) => undefined;
  /** Makes or replaces a file. */
  readonly copy: (path: string, newPath: string) => undefined;
  /** One of its folders as a power of its own. */
  readonly subdirectory: (path: string) => DirectoryPower;
}

/** Of one `read` or `readText`: what a message can carry, as base64, with room to spare. */
export const READ_BYTES_MAX: number = 8 << 20;

/** Of one `list`. */
export const LIST_ENTRIES_MAX = 65_536;

export interface DirectoryPowerOptions {
  /** The folder in it that the power is for. */
  readonly path?: string;
  readonly readOnly?: boolean;
  /** Counted over the whole folder, from what is there now. */
  readonly quota?: Quota;
}

const path = M.named("path", M.string({ lengthMax: PATH_BYTES_MAX }));
const newPath = M.named("newPath", M.string({ lengthMax: PATH_BYTES_MAX }));
const content = M.named("content", M.or(M.bytes(), M.string()));
const recursive = M.named("options", M.partial({ recursive: M.boolean() }));
const offset = M.integer({ min: 0 });
const entryType = M.literal("file", "directory", "symlink", "other");
const time = M.number();

const guard = M.interface("directory", {
  read: M.call(path)
    .optional(M.named("range", M.partial({ offset, length: offset })))
    .returns(M.bytes({ lengthMax: READ_BYTES_MAX }))
    .reads(),
  readText: M.call(path).returns(M.string()).reads(),
  write: M.call(path, content),
  append: M.call(path, content),
  list: M.call(path)
    .returns(M.array(M.record({ name: M.string(), type: entryType }), { lengthMax: LIST_ENTRIES_MAX }))
    .reads(),
  stat: M.call(path)
    .optional(M.named("options", M.partial({ follow: M.boolean() })))
    .returns(M.record({ type: entryType, size: offset, links: offset, modified: time, accessed: time, changed: time }))
    .reads(),
  exists: M.call(path).returns(M.boolean()).reads(),
  makeDirectory: M.call(path).optional(recursive),
  remove: M.call(path).optional(recursive),
  rename: M.call(path, newPath),
  copy: M.call(path, newPath),
  subdirectory: M.call(path).returns(M.remotable<DirectoryPower>()).reads(),
});

export function makeDirectoryPower(directory: Directory, options: DirectoryPowerOptions = {}): DirectoryPower {
  const folder = options.path === undefined ? directory : makeSubdirectory(directory, options.path);
  const limited = options.quota === undefined ? folder : makeQuotaDirectory(folder, options.quota);
  return powerOn(options.readOnly === true ? makeReadOnlyDirectory(limited) : limited);
}

function powerOn(directory: Directory): DirectoryPower {
  const find = (path: string, follow = true): Resolved => resolve(directory, path, follow);
  return makePower("directory", guard, {
    read: (path, range) => readRange(directory, find(path).path, range?.offset ?? 0, range?.length),
    readText: (path) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(readRange(directory, find(path).path, 0)),
    write(path, content) {
      const found = openForWriting(directory, path);
      if ((found.stat?.size ?? 0) > 0) directory.update(found.path, { size: 0 });
      directory.write(found.path, { offset: 0, bytes: bytesOf(content) });
      return undefined;
    },
    append(path, content) {
      directory.write(openForWriting(directory, path).path, { offset: "end", bytes: bytesOf(content) });
      return undefined;
    },
    list(path) {
      const entries = directory.list(find(path).path);
      if (entries.length <= LIST_ENTRIES_MAX) return entries;
      throw new PowerError("too-big", `${entries.length} entries; at most ${LIST_ENTRIES_MAX}`);
    },
    stat: (path, options) => describeStat(found(find(path, options?.follow ?? true))),
    exists: (path) => exists(() => find(path).stat !== undefined),
    makeDirectory(path, options) {
      if (options?.recursive === true) makeFolders(directory, path, (name) => find(name));
      else directory.create(find(path).path, { type: "directory" });
      return undefined;
    },
    remove(path, options) {
      const entry = find(path, false);
      const { type } = found(entry);
      if (type === "directory" && options?.recursive === true) removeTree(directory, entry.path);
      else directory.remove(entry.path, type === "directory" ? "directory" : "file");
      return undefined;
    },
    rename(path, newPath) {
      directory.rename(find(path, false).path, find(newPath, false).path);
      return undefined;
    },
    copy(path, newPath) {
      const source = find(path);
      if (found(source).type !== "file") throw new PowerError("is-directory", "only files can be copied");
      if (resolve(directory, newPath, true).path !== source.path) {
        copyFile(directory, source.path, openForWriting(directory, newPath));
      }
      return undefined;
    },
    subdirectory: (path) => powerOn(makeSubdirectory(directory, find(path).path)),
  });
}

/** The canonical path of what people mean. */
function resolve(directory: Directory, path: string, follow: boolean): Resolved {
  const inside = path.replace(/^\/+/, "");
  if (inside === "" && path !== "") return { path: "", stat: directory.stat(""), mustBeDirectory: true };
  return resolvePath(directory, { base: "", path: inside, follow });
}

function found(entry: Resolved): EntryStat {
  if (entry.stat === undefined) throw new PowerError("not-found");
  return entry.stat;
}

function openForWriting(directory: Directory, path: string): Resolved {
  const entry = resolve(directory, path, true);
  if (entry.mustBeDirectory) throw new PowerError("is-directory");
  if (entry.stat === undefined) directory.create(entry.path, { type: "file" });
  return entry;
}

function readRange(directory: Directory, path: string, offset: number, length?: number): Uint8Array {
  const wanted = length ?? Math.max(0, directory.stat(path).size - offset);
  if (wanted > READ_BYTES_MAX) {
    throw new PowerError("too-big", `${wanted} bytes; at most ${READ_BYTES_MAX} in one piece: read ranges`);
  }
  return directory.read(path, { offset, length: wanted });
}

function bytesOf(content: Uint8Array | string): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}

const NS_PER_MS = 1e6;

function describeStat(stat: EntryStat): DirectoryPowerStat {
  return {
    type: stat.type,
    size: stat.size,
    links: stat.links,
    modified: Number(stat.modified) / NS_PER_MS,
    accessed: Number(stat.accessed) / NS_PER_MS,
    changed: Number(stat.changed) / NS_PER_MS,
  };
}
