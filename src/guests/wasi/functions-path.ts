/**
 * What is done by name: opening, making, removing, renaming, and asking. Names are resolved by `resolvePath`, never here.
 *
 * @module
 */
import type { Directory, Resolved } from "../../powers/index.ts";
import { resolvePath } from "../../powers/index.ts";
import {
  FDFLAGS_ALL,
  FILE_RIGHTS,
  FILESTAT_SIZE,
  FOLDER_RIGHTS,
  FSTFLAGS_ALL,
  LOOKUP_SYMLINK_FOLLOW,
  OFLAGS,
  OFLAGS_ALL,
  RIGHTS,
  RIGHTS_ALL,
} from "./abi.ts";
import type { WasiCall, WasiDefinition } from "./call.ts";
import type { FolderDescriptor } from "./descriptors.ts";
import { ERRNO, fail } from "./errno.ts";
import { timesOf, writeFilestat } from "./filestat.ts";
import type { WasiProcess } from "./process.ts";

/** What work by name costs: several system calls for each name on the way. */
const PATH_GAS = 1000;

interface Named extends Resolved {
  readonly directory: Directory;
  readonly folder: string;
}

/** A slash at the end asks for what is behind a link there. */
function resolveIn(process: WasiProcess, base: FolderDescriptor, request: { path: string; follow: boolean }): Named {
  const directory = process.folders.directoryOf(base);
  const follow = request.follow || request.path.endsWith("/");
  return { ...resolvePath(directory, { base: base.path, path: request.path, follow }), directory, folder: base.folder };
}

/** For what acts on a name itself, also if that is a link, slash or no slash. */
function resolveName(process: WasiProcess, base: FolderDescriptor, path: string): Named {
  const directory = process.folders.directoryOf(base);
  const plain = resolvePath(directory, { base: base.path, path, follow: false });
  // "." and ".." name a folder from inside or below; removing or renaming it so is refused everywhere.
  const last = path.replace(/\/+$/, "").split("/").at(-1);
  if (last === "." || last === "..") fail(ERRNO.INVAL);
  return { ...plain, directory, folder: base.folder };
}

interface OpenRequest {
  readonly base: FolderDescriptor;
  readonly path: string;
  readonly follow: boolean;
  readonly oflags: number;
  readonly rights: number;
  readonly inheriting: number;
  readonly fdflags: number;
}

function readOpenRequest(call: WasiCall, process: WasiProcess): OpenRequest {
  const fd = call.u32();
  const follow = call.flags(LOOKUP_SYMLINK_FOLLOW) !== 0;
  const base = process.table.folder(fd, RIGHTS.PATH_OPEN);
  const path = call.path();
  const oflags = call.flags(OFLAGS_ALL);
  const rights = Number(call.u64() & BigInt(RIGHTS_ALL));
  const inheriting = Number(call.u64() & BigInt(RIGHTS_ALL));
  const fdflags = call.flags(FDFLAGS_ALL);
  if ((oflags & OFLAGS.CREAT) !== 0) {
    if ((oflags & OFLAGS.DIRECTORY) !== 0) fail(ERRNO.INVAL);
    process.table.get(fd, RIGHTS.PATH_CREATE_FILE);
  }
  if ((oflags & OFLAGS.TRUNC) !== 0) process.table.get(fd, RIGHTS.PATH_FILESTAT_SET_SIZE);
  if (((rights | inheriting) & ~base.inheriting) !== 0) fail(ERRNO.NOTCAPABLE);
  return { base, path, follow, oflags, rights, inheriting, fdflags };
}

/** Makes the file or looks at what is there; answers the kind of descriptor that it becomes. */
function openEntry(named: Named, request: OpenRequest): "file" | "folder" {
  const has = (flag: number): boolean => (request.oflags & flag) !== 0;
  const { directory, path, stat } = named;
  if (stat === undefined) {
    if (!has(OFLAGS.CREAT)) fail(ERRNO.NOENT);
    if (named.mustBeDirectory) fail(ERRNO.ISDIR);
    directory.create(path, { type: "file" });
    return "file";
  }
  if (has(OFLAGS.CREAT) && has(OFLAGS.EXCL)) fail(ERRNO.EXIST);
  if (stat.type === "symlink") fail(ERRNO.LOOP);
  if (stat.type === "directory") {
    const wantsContent = has(OFLAGS.CREAT) || has(OFLAGS.TRUNC) || (request.rights & RIGHTS.FD_WRITE) !== 0;
    return wantsContent ? fail(ERRNO.ISDIR) : "folder";
  }
  if (has(OFLAGS.DIRECTORY)) fail(ERRNO.NOTDIR);
  if (stat.type !== "file") fail(ERRNO.ACCES);
  if (has(OFLAGS.TRUNC)) directory.update(path, { size: 0 });
  // Writing has no handle that could be refused later, so permission is asked for now.
  else if ((request.rights & RIGHTS.FD_WRITE) !== 0) directory.update(path, {});
  return "file";
}

function pathOpen(call: WasiCall, process: WasiProcess): 0 {
  const request = readOpenRequest(call, process);
  const result = call.pointer(4);
  process.table.assertRoom();
  const isExclusive = (request.oflags & OFLAGS.CREAT) !== 0 && (request.oflags & OFLAGS.EXCL) !== 0;
  const named = resolveIn(process, request.base, { path: request.path, follow: request.follow && !isExclusive });
  const kind = openEntry(named, request);
  const place = { folder: named.folder, path: named.path, stale: false, flags: request.fdflags };
  const fd =
    kind === "file"
      ? process.table.add({
          kind,
          ...place,
          rights: request.rights & FILE_RIGHTS,
          inheriting: request.inheriting & FILE_RIGHTS,
          offset: 0,
        })
      : process.table.add({
          kind,
          ...place,
          rights: request.rights & FOLDER_RIGHTS,
          inheriting: request.inheriting,
          preopened: false,
          listing: undefined,
        });
  call.memory.writeU32(result, fd);
  return ERRNO.SUCCESS;
}

function pathLink(call: WasiCall, process: WasiProcess): 0 {
  const base = process.table.folder(call.u32(), RIGHTS.PATH_LINK_SOURCE);
  const follow = call.flags(LOOKUP_SYMLINK_FOLLOW) !== 0;
  const path = call.path();
  const newBase = process.table.folder(call.u32(), RIGHTS.PATH_LINK_TARGET);
  const newPath = call.path();
  const source = resolveIn(process, base, { path, follow });
  const target = resolveName(process, newBase, newPath);
  if (source.stat === undefined) fail(ERRNO.NOENT);
  if (target.stat !== undefined) fail(ERRNO.EXIST);
  if (target.mustBeDirectory) fail(ERRNO.NOENT);
  if (source.directory !== target.directory) fail(ERRNO.XDEV);
  target.directory.create(target.path, { type: "link", existing: source.path });
  return ERRNO.SUCCESS;
}

function isSameEntry(source: Named, target: Named): boolean {
  if (source.path === target.path) return true;
  const identity = source.stat?.identity;
  return identity !== undefined && identity === target.stat?.identity;
}

function pathRename(call: WasiCall, process: WasiProcess): 0 {
  const base = process.table.folder(call.u32(), RIGHTS.PATH_RENAME_SOURCE);
  const path = call.path();
  const newBase = process.table.folder(call.u32(), RIGHTS.PATH_RENAME_TARGET);
  const newPath = call.path();
  const source = resolveName(process, base, path);
  const target = resolveName(process, newBase, newPath);
  if (source.stat === undefined) fail(ERRNO.NOENT);
  if (target.mustBeDirectory && source.stat.type !== "directory") fail(ERRNO.NOTDIR);
  if (source.directory !== target.directory) fail(ERRNO.XDEV);
  if (isSameEntry(source, target)) return ERRNO.SUCCESS;
  const { directory } = source;
  const replaced = target.stat?.type === "file" && source.stat.type !== "directory";
  const orphaning = replaced ? process.folders.prepareOrphan(process.table, directory, target.path) : undefined;
  try {
    directory.rename(source.path, target.path);
  } catch (error) {
    orphaning?.abort();
    throw error;
  }
  orphaning?.commit();
  call.copied(orphaning?.bytesCopied ?? 0);
  process.folders.renamed(process.table, directory, { from: source.path, to: target.path });
  return ERRNO.SUCCESS;
}

function pathUnlink(call: WasiCall, process: WasiProcess): 0 {
  const base = process.table.folder(call.u32(), RIGHTS.PATH_UNLINK_FILE);
  const { directory, path, stat } = resolveName(process, base, call.path());
  if (stat === undefined) fail(ERRNO.NOENT);
  if (stat.type === "directory") fail(ERRNO.ISDIR);
  const orphaning = process.folders.prepareOrphan(process.table, directory, path);
  try {
    directory.remove(path, "file");
  } catch (error) {
    orphaning.abort();
    throw error;
  }
  orphaning.commit();
  call.copied(orphaning.bytesCopied);
  return ERRNO.SUCCESS;
}

function pathSymlink(call: WasiCall, process: WasiProcess): 0 {
  const target = call.path();
  const base = process.table.folder(call.u32(), RIGHTS.PATH_SYMLINK);
  const link = resolveName(process, base, call.path());
  if (link.stat !== undefined) fail(ERRNO.EXIST);
  if (link.mustBeDirectory) fail(ERRNO.NOENT);
  link.directory.create(link.path, { type: "symlink", target });
  return ERRNO.SUCCESS;
}

function pathReadlink(call: WasiCall, process: WasiProcess): 0 {
  const base = process.table.folder(call.u32(), RIGHTS.PATH_READLINK);
  const { stat } = resolveName(process, base, call.path());
  const pointer = call.u32();
  const buffer = call.memory.window(pointer, call.u32());
  const result = call.pointer(4);
  if (stat === undefined) fail(ERRNO.NOENT);
  if (stat.target === undefined) fail(ERRNO.INVAL);
  const target = new TextEncoder().encode(stat.target).subarray(0, buffer.length);
  buffer.set(target);
  call.copied(target.length);
  call.memory.writeU32(result, target.length);
  return ERRNO.SUCCESS;
}

export const pathFunctions: { readonly [name: string]: WasiDefinition } = {
  path_open: { gas: PATH_GAS, run: pathOpen },
  path_link: { gas: PATH_GAS, run: pathLink },
  path_rename: { gas: PATH_GAS, run: pathRename },
  path_unlink_file: { gas: PATH_GAS, run: pathUnlink },
  path_symlink: { gas: PATH_GAS, run: pathSymlink },
  path_readlink: { gas: PATH_GAS, run: pathReadlink },
  path_create_directory: {
    gas: PATH_GAS,
    run(call, process) {
      const base = process.table.folder(call.u32(), RIGHTS.PATH_CREATE_DIRECTORY);
      const { directory, path, stat } = resolveIn(process, base, { path: call.path(), follow: false });
      if (stat !== undefined) return ERRNO.EXIST;
      directory.create(path, { type: "directory" });
      return ERRNO.SUCCESS;
    },
  },
  path_remove_directory: {
    gas: PATH_GAS,
    run(call, process) {
      const base = process.table.folder(call.u32(), RIGHTS.PATH_REMOVE_DIRECTORY);
      const { directory, path, stat } = resolveName(process, base, call.path());
      if (stat === undefined) return ERRNO.NOENT;
      if (stat.type !== "directory") return ERRNO.NOTDIR;
      directory.remove(path, "directory");
      process.folders.removedFolder(process.table, directory, path);
      return ERRNO.SUCCESS;
    },
  },
  path_filestat_get: {
    gas: PATH_GAS,
    run(call, process) {
      const base = process.table.folder(call.u32(), RIGHTS.PATH_FILESTAT_GET);
      const follow = call.flags(LOOKUP_SYMLINK_FOLLOW) !== 0;
      const { folder, path, stat } = resolveIn(process, base, { path: call.path(), follow });
      const pointer = call.pointer(FILESTAT_SIZE);
      if (stat === undefined) return ERRNO.NOENT;
      writeFilestat(call, pointer, process.folders.status(folder, path, stat));
      return ERRNO.SUCCESS;
    },
  },
  path_filestat_set_times: {
    gas: PATH_GAS,
    run(call, process) {
      const base = process.table.folder(call.u32(), RIGHTS.PATH_FILESTAT_SET_TIMES);
      const follow = call.flags(LOOKUP_SYMLINK_FOLLOW) !== 0;
      const requested = call.path();
      const accessed = call.u64();
      const modified = call.u64();
      const times = timesOf(process, { accessed, modified, flags: call.flags(FSTFLAGS_ALL) });
      const { directory, path, stat } = resolveIn(process, base, { path: requested, follow });
      if (stat === undefined) return ERRNO.NOENT;
      if (Object.keys(times).length > 0) directory.update(path, times);
      return ERRNO.SUCCESS;
    },
  },
};
