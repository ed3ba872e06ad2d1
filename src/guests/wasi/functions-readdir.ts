/**
 * Listing folders. Reading from the start takes a snapshot of the names; a cookie is a position in it.
 *
 * @module
 */
import type { DirectoryEntry } from "../../powers/index.ts";
import { joinPath, parentPath, powerErrorCode } from "../../powers/index.ts";
import { DIRENT_SIZE, FILETYPE_OF, RIGHTS } from "./abi.ts";
import type { WasiCall, WasiDefinition } from "./call.ts";
import type { FolderDescriptor } from "./descriptors.ts";
import { ERRNO, onOpenEntry } from "./errno.ts";
import type { WasiProcess } from "./process.ts";

const READDIR_GAS = 1000;

const encoder = new TextEncoder();
const SELF_AND_PARENT: readonly DirectoryEntry[] = [
  { name: ".", type: "directory" },
  { name: "..", type: "directory" },
];

interface ListedEntry {
  readonly next: bigint;
  readonly inode: bigint;
  readonly name: Uint8Array;
  readonly filetype: number;
}

/** Undefined for a name that is gone since the listing was made: programs remove what they read. */
function lookUp(
  process: WasiProcess,
  folder: FolderDescriptor,
  entry: DirectoryEntry,
  index: number,
): ListedEntry | undefined {
  const directory = process.folders.directoryOf(folder);
  let path = joinPath(folder.path, entry.name);
  if (entry.name === ".") path = folder.path;
  // The parent of a granted folder is outside and has no number; the folder's own stands in, as at the root of a system.
  if (entry.name === "..") path = parentPath(folder.path);
  try {
    const status = process.folders.status(folder.folder, path, directory.stat(path));
    const name = encoder.encode(entry.name);
    return { next: BigInt(index + 1), inode: status.inode, name, filetype: FILETYPE_OF[status.stat.type] };
  } catch (error) {
    if (powerErrorCode(error) === undefined) throw error;
    return undefined;
  }
}

/** Writes as much of an entry as there is room for. */
function writeEntry(
  call: WasiCall,
  window: { readonly at: number; readonly room: number },
  entry: ListedEntry,
): number {
  const bytes = new Uint8Array(DIRENT_SIZE + entry.name.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, entry.next, true);
  view.setBigUint64(8, entry.inode, true);
  view.setUint32(16, entry.name.length, true);
  view.setUint8(20, entry.filetype);
  bytes.set(entry.name, DIRENT_SIZE);
  const part = bytes.subarray(0, window.room);
  call.memory.window(window.at, part.length).set(part);
  return part.length;
}

function fdReaddir(call: WasiCall, process: WasiProcess): 0 {
  const folder = process.table.folder(call.u32(), RIGHTS.FD_READDIR);
  const pointer = call.u32();
  const size = call.u32();
  call.memory.assertRange(pointer, size);
  const cookie = call.u64();
  const result = call.pointer(4);
  if (cookie === 0n || folder.listing === undefined) {
    const directory = process.folders.directoryOf(folder);
    process.table.remember(
      folder,
      onOpenEntry(() => directory.list(folder.path)),
    );
  }
  // Not put together: a listing can be long, and a program may read it name by name.
  const listing = folder.listing ?? [];
  const count = SELF_AND_PARENT.length + listing.length;
  let used = 0;
  const start = cookie > BigInt(count) ? count : Number(cookie);
  for (let index = start; index < count && used < size; index++) {
    const listed = SELF_AND_PARENT[index] ?? listing[index - SELF_AND_PARENT.length]!;
    const entry = lookUp(process, folder, listed, index);
    if (entry !== undefined) used += writeEntry(call, { at: pointer + used, room: size - used }, entry);
  }
  call.copied(used);
  call.memory.writeU32(result, used);
  return ERRNO.SUCCESS;
}

export const readdirFunctions: { readonly [name: string]: WasiDefinition } = {
  fd_readdir: { gas: READDIR_GAS, run: fdReaddir },
};
