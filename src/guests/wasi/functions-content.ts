/**
 * Reading and writing what is open, and moving about in it.
 *
 * @module
 */
import { Suspend } from "../../kernel/index.ts";
import { isWait } from "../../powers/index.ts";
import { FDFLAGS, RIGHTS, WHENCE } from "./abi.ts";
import type { WasiAnswer, WasiCall, WasiDefinition } from "./call.ts";
import type { FileDescriptor, StreamDescriptor } from "./descriptors.ts";
import { ERRNO, fail, onOpenEntry } from "./errno.ts";
import { buffersLength, gather, scatter } from "./guest-memory.ts";
import type { WasiProcess } from "./process.ts";
import { writeBuffers } from "./stdio.ts";

/** What file work costs besides the bytes: it is some system calls, whatever the guest asks. */
const CONTENT_GAS = 200;

const ON_STREAM = { stream: ERRNO.SPIPE } as const;

/** Parks the call, or says EAGAIN to a program that asked not to wait. */
function waitOn(descriptor: StreamDescriptor, wake: Promise<unknown>): WasiAnswer {
  return (descriptor.flags & FDFLAGS.NONBLOCK) !== 0 ? ERRNO.AGAIN : new Suspend(wake);
}

function readStream(call: WasiCall, process: WasiProcess, descriptor: StreamDescriptor): WasiAnswer {
  const buffers = call.buffers();
  const result = call.pointer(4);
  const room = buffersLength(buffers);
  const answer = room === 0 ? new Uint8Array(0) : process.input.read(room);
  if (answer !== undefined && isWait(answer)) return waitOn(descriptor, answer.wake);
  const bytes = answer ?? new Uint8Array(0);
  scatter(bytes, buffers);
  call.copied(bytes.length);
  call.memory.writeU32(result, bytes.length);
  return ERRNO.SUCCESS;
}

function writeStream(call: WasiCall, process: WasiProcess, descriptor: StreamDescriptor): WasiAnswer {
  const buffers = call.buffers();
  const result = call.pointer(4);
  if (descriptor.stream === "stdin") fail(ERRNO.NOTCAPABLE);
  const answer = writeBuffers(process.outputs[descriptor.stream], buffers);
  if (isWait(answer)) return waitOn(descriptor, answer.wake);
  call.copied(answer);
  call.memory.writeU32(result, answer);
  return ERRNO.SUCCESS;
}

function readFile(
  call: WasiCall,
  process: WasiProcess,
  file: FileDescriptor,
  offset: number,
  buffers: Uint8Array[],
): number {
  const length = Math.min(buffersLength(buffers), Number.MAX_SAFE_INTEGER - offset);
  const directory = process.folders.directoryOf(file);
  const bytes = onOpenEntry(() => directory.read(file.path, { offset, length }));
  scatter(bytes, buffers);
  call.copied(bytes.length);
  return bytes.length;
}

function writeFile(
  call: WasiCall,
  process: WasiProcess,
  file: FileDescriptor,
  at: { readonly offset: number | "end"; readonly buffers: Uint8Array[] },
): number {
  const bytes = gather(at.buffers);
  // Also where there is no room for them.
  call.copied(bytes.length);
  const directory = process.folders.directoryOf(file);
  if (at.offset !== "end" && at.offset + bytes.length > Number.MAX_SAFE_INTEGER) fail(ERRNO.FBIG);
  const end = onOpenEntry(() => directory.write(file.path, { offset: at.offset, bytes }));
  const isDurable = (file.flags & (FDFLAGS.SYNC | FDFLAGS.DSYNC)) !== 0;
  if (isDurable) onOpenEntry(() => directory.update(file.path, { durable: true }));
  return end;
}

function seekBase(process: WasiProcess, file: FileDescriptor, whence: number): number {
  if (whence === WHENCE.SET) return 0;
  if (whence === WHENCE.CUR) return file.offset;
  if (whence !== WHENCE.END) fail(ERRNO.INVAL);
  return onOpenEntry(() => process.folders.directoryOf(file).stat(file.path)).size;
}

/** Asking where one is needs the right to ask; the right to move includes it. */
function tellable(process: WasiProcess, fd: number): FileDescriptor {
  const file = process.table.file(fd, 0, ON_STREAM);
  return (file.rights & RIGHTS.FD_SEEK) !== 0 ? file : process.table.file(fd, RIGHTS.FD_TELL, ON_STREAM);
}

function fdRead(call: WasiCall, process: WasiProcess): WasiAnswer {
  const fd = call.u32();
  const descriptor = process.table.get(fd);
  if (descriptor.kind === "stream")
    return readStream(call, process, process.table.get(fd, RIGHTS.FD_READ) as StreamDescriptor);
  const file = process.table.file(fd, RIGHTS.FD_READ, ON_STREAM);
  const buffers = call.buffers();
  const result = call.pointer(4);
  const count = readFile(call, process, file, file.offset, buffers);
  file.offset += count;
  call.memory.writeU32(result, count);
  return ERRNO.SUCCESS;
}

function fdWrite(call: WasiCall, process: WasiProcess): WasiAnswer {
  const fd = call.u32();
  const descriptor = process.table.get(fd);
  if (descriptor.kind === "stream") {
    return writeStream(call, process, process.table.get(fd, RIGHTS.FD_WRITE) as StreamDescriptor);
  }
  const file = process.table.file(fd, RIGHTS.FD_WRITE, ON_STREAM);
  const buffers = call.buffers();
  const result = call.pointer(4);
  const offset = (file.flags & FDFLAGS.APPEND) === 0 ? file.offset : "end";
  file.offset = writeFile(call, process, file, { offset, buffers });
  call.memory.writeU32(result, buffersLength(buffers));
  return ERRNO.SUCCESS;
}

export const contentFunctions: { readonly [name: string]: WasiDefinition } = {
  fd_read: { gas: CONTENT_GAS, run: fdRead },
  fd_write: { gas: CONTENT_GAS, run: fdWrite },
  fd_pread: {
    gas: CONTENT_GAS,
    run(call, process) {
      const file = process.table.file(call.u32(), RIGHTS.FD_READ | RIGHTS.FD_SEEK, ON_STREAM);
      const buffers = call.buffers();
      const offset = call.offset();
      const result = call.pointer(4);
      call.memory.writeU32(result, readFile(call, process, file, offset, buffers));
      return ERRNO.SUCCESS;
    },
  },
  fd_pwrite: {
    gas: CONTENT_GAS,
    run(call, process) {
      const file = process.table.file(call.u32(), RIGHTS.FD_WRITE | RIGHTS.FD_SEEK, ON_STREAM);
      const buffers = call.buffers();
      const offset = call.offset();
      const result = call.pointer(4);
      // As POSIX has it (and Linux not): a positioned write goes to its position also in append mode.
      writeFile(call, process, file, { offset, buffers });
      call.memory.writeU32(result, buffersLength(buffers));
      return ERRNO.SUCCESS;
    },
  },
  fd_seek: {
    gas: 0,
    run(call, process) {
      const fd = call.u32();
      const delta = call.i64();
      const whence = call.u32();
      const isTell = delta === 0n && whence === WHENCE.CUR;
      const file = isTell ? tellable(process, fd) : process.table.file(fd, RIGHTS.FD_SEEK, ON_STREAM);
      const result = call.pointer(8);
      const offset = BigInt(seekBase(process, file, whence)) + delta;
      if (offset < 0n) return ERRNO.INVAL;
      if (offset > BigInt(Number.MAX_SAFE_INTEGER)) return ERRNO.OVERFLOW;
      file.offset = Number(offset);
      call.memory.writeU64(result, offset);
      return ERRNO.SUCCESS;
    },
  },
  fd_tell: {
    gas: 0,
    run(call, process) {
      const file = tellable(process, call.u32());
      call.memory.writeU64(call.u32(), BigInt(file.offset));
      return ERRNO.SUCCESS;
    },
  },
};
