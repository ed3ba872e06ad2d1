/**
 * What can be asked of and done to a descriptor besides reading and writing it.
 *
 * @module
 */
import type { EntryUpdate } from "../../powers/index.ts";
import {
  ADVICE_MAX,
  FDFLAGS_ALL,
  FDSTAT_SIZE,
  FILESTAT_SIZE,
  FILETYPE,
  FSTFLAGS_ALL,
  PREOPENTYPE_DIR,
  PRESTAT_SIZE,
  RIGHTS,
  RIGHTS_ALL,
} from "./abi.ts";
import type { WasiCall, WasiDefinition } from "./call.ts";
import type { Descriptor, FileDescriptor, FolderDescriptor } from "./descriptors.ts";
import { ERRNO, fail, onOpenEntry } from "./errno.ts";
import { timesOf, writeFilestat, writeStreamFilestat } from "./filestat.ts";
import type { WasiProcess } from "./process.ts";

/** What file work costs; see functions-content.ts. */
const FILE_GAS = 200;
const ON_STREAM = { stream: ERRNO.INVAL } as const;

const encoder = new TextEncoder();

function filetypeOf(process: WasiProcess, descriptor: Descriptor): number {
  if (descriptor.kind === "file") return FILETYPE.REGULAR_FILE;
  if (descriptor.kind === "folder") return FILETYPE.DIRECTORY;
  return process.isTerminal(descriptor.stream) ? FILETYPE.CHARACTER_DEVICE : FILETYPE.UNKNOWN;
}

function updateOpen(process: WasiProcess, open: FileDescriptor | FolderDescriptor, update: EntryUpdate): 0 {
  const directory = process.folders.directoryOf(open);
  onOpenEntry(() => directory.update(open.path, update));
  return ERRNO.SUCCESS;
}

function synchronize(call: WasiCall, process: WasiProcess, right: number): 0 {
  const descriptor = process.table.get(call.u32(), right);
  // A stream has no storage of its own to wait for; what was written to it is gone.
  if (descriptor.kind === "stream") return fail(ERRNO.INVAL);
  return updateOpen(process, descriptor, { durable: true });
}

function closeDescriptor(process: WasiProcess, fd: number): void {
  const closed = process.table.remove(fd);
  if (closed.kind === "file") process.folders.closed(process.table, closed);
}

function preopenedName(process: WasiProcess, fd: number): Uint8Array {
  const descriptor = process.table.get(fd);
  if (descriptor.kind !== "folder" || !descriptor.preopened) fail(ERRNO.BADF);
  return encoder.encode(descriptor.folder);
}

const fdstatFunctions: { readonly [name: string]: WasiDefinition } = {
  fd_fdstat_get: {
    gas: 0,
    run(call, process) {
      const descriptor = process.table.get(call.u32());
      const pointer = call.pointer(FDSTAT_SIZE);
      call.memory.window(pointer, FDSTAT_SIZE).fill(0);
      call.memory.writeU8(pointer, filetypeOf(process, descriptor));
      call.memory.writeU16(pointer + 2, descriptor.flags);
      call.memory.writeU64(pointer + 8, BigInt(descriptor.rights));
      call.memory.writeU64(pointer + 16, BigInt(descriptor.inheriting));
      return ERRNO.SUCCESS;
    },
  },
  fd_fdstat_set_flags: {
    gas: 0,
    run(call, process) {
      const descriptor = process.table.get(call.u32(), RIGHTS.FD_FDSTAT_SET_FLAGS);
      descriptor.flags = call.flags(FDFLAGS_ALL);
      return ERRNO.SUCCESS;
    },
  },
  fd_fdstat_set_rights: {
    gas: 0,
    run(call, process) {
      const descriptor = process.table.get(call.u32());
      const rights = call.u64();
      const inheriting = call.u64();
      const isLess = (asked: bigint, had: number): boolean => (asked & ~BigInt(had)) === 0n;
      if (!isLess(rights, descriptor.rights) || !isLess(inheriting, descriptor.inheriting)) return ERRNO.NOTCAPABLE;
      descriptor.rights = Number(rights);
      descriptor.inheriting = Number(inheriting) & RIGHTS_ALL;
      return ERRNO.SUCCESS;
    },
  },
};

const filestatFunctions: { readonly [name: string]: WasiDefinition } = {
  fd_filestat_get: {
    gas: FILE_GAS,
    run(call, process) {
      const descriptor = process.table.get(call.u32(), RIGHTS.FD_FILESTAT_GET);
      const pointer = call.pointer(FILESTAT_SIZE);
      if (descriptor.kind === "stream") {
        writeStreamFilestat(call, pointer, process.isTerminal(descriptor.stream));
        return ERRNO.SUCCESS;
      }
      const stat = onOpenEntry(() => process.folders.directoryOf(descriptor).stat(descriptor.path));
      writeFilestat(call, pointer, process.folders.status(descriptor.folder, descriptor.path, stat));
      return ERRNO.SUCCESS;
    },
  },
  fd_filestat_set_size: {
    gas: FILE_GAS,
    run(call, process) {
      const file = process.table.file(call.u32(), RIGHTS.FD_FILESTAT_SET_SIZE, ON_STREAM);
      return updateOpen(process, file, { size: call.offset() });
    },
  },
  fd_filestat_set_times: {
    gas: FILE_GAS,
    run(call, process) {
      const descriptor = process.table.get(call.u32(), RIGHTS.FD_FILESTAT_SET_TIMES);
      const accessed = call.u64();
      const modified = call.u64();
      const times = timesOf(process, { accessed, modified, flags: call.flags(FSTFLAGS_ALL) });
      if (descriptor.kind === "stream") return ERRNO.INVAL;
      return Object.keys(times).length === 0 ? ERRNO.SUCCESS : updateOpen(process, descriptor, times);
    },
  },
  fd_allocate: {
    gas: FILE_GAS,
    run(call, process) {
      const file = process.table.file(call.u32(), RIGHTS.FD_ALLOCATE, { stream: ERRNO.SPIPE });
      const offset = call.offset();
      const length = call.offset();
      if (length === 0) return ERRNO.INVAL;
      if (offset + length > Number.MAX_SAFE_INTEGER) return ERRNO.FBIG;
      const stat = onOpenEntry(() => process.folders.directoryOf(file).stat(file.path));
      // The size is what a program can see of an allocation. Space is not reserved: a later write may still find none.
      return stat.size >= offset + length ? ERRNO.SUCCESS : updateOpen(process, file, { size: offset + length });
    },
  },
};

export const descriptorFunctions: { readonly [name: string]: WasiDefinition } = {
  ...fdstatFunctions,
  ...filestatFunctions,
  fd_advise: {
    gas: 0,
    run(call, process) {
      process.table.file(call.u32(), RIGHTS.FD_ADVISE, { stream: ERRNO.SPIPE });
      call.u64();
      call.u64();
      return call.u32() > ADVICE_MAX ? ERRNO.INVAL : ERRNO.SUCCESS;
    },
  },
  fd_close: {
    gas: 0,
    run(call, process) {
      closeDescriptor(process, call.u32());
      return ERRNO.SUCCESS;
    },
  },
  fd_datasync: { gas: FILE_GAS, run: (call, process) => synchronize(call, process, RIGHTS.FD_DATASYNC) },
  fd_sync: { gas: FILE_GAS, run: (call, process) => synchronize(call, process, RIGHTS.FD_SYNC) },
  fd_prestat_get: {
    gas: 0,
    run(call, process) {
      const name = preopenedName(process, call.u32());
      const pointer = call.pointer(PRESTAT_SIZE);
      call.memory.writeU32(pointer, PREOPENTYPE_DIR);
      call.memory.writeU32(pointer + 4, name.length);
      return ERRNO.SUCCESS;
    },
  },
  fd_prestat_dir_name: {
    gas: 0,
    run(call, process) {
      const name = preopenedName(process, call.u32());
      const pointer = call.u32();
      const buffer = call.memory.window(pointer, call.u32());
      if (buffer.length < name.length) return ERRNO.NAMETOOLONG;
      buffer.set(name);
      call.copied(name.length);
      return ERRNO.SUCCESS;
    },
  },
  fd_renumber: {
    gas: 0,
    run(call, process) {
      const from = call.u32();
      const to = call.u32();
      const moved = process.table.get(from);
      process.table.get(to);
      if (from === to) return ERRNO.SUCCESS;
      closeDescriptor(process, to);
      process.table.remove(from);
      process.table.set(to, moved);
      return ERRNO.SUCCESS;
    },
  },
};
