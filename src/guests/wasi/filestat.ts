/**
 * The attributes of files as WASI lays them out, and the times that a guest sets.
 *
 * @module
 */
import type { EntryUpdate } from "../../powers/index.ts";
import { FILESTAT_SIZE, FILETYPE, FSTFLAGS } from "./abi.ts";
import type { WasiCall } from "./call.ts";
import { ERRNO, fail } from "./errno.ts";
import type { FileStatus } from "./folders.ts";
import type { WasiProcess } from "./process.ts";

export function writeFilestat(call: WasiCall, pointer: number, status: FileStatus): void {
  const { memory } = call;
  memory.window(pointer, FILESTAT_SIZE).fill(0);
  memory.writeU64(pointer, status.device);
  memory.writeU64(pointer + 8, status.inode);
  memory.writeU8(pointer + 16, status.filetype);
  memory.writeU64(pointer + 24, BigInt(status.stat.links));
  memory.writeU64(pointer + 32, BigInt(status.stat.size));
  memory.writeU64(pointer + 40, status.stat.accessed);
  memory.writeU64(pointer + 48, status.stat.modified);
  memory.writeU64(pointer + 56, status.stat.changed);
}

/** A stream has no attributes but its type. */
export function writeStreamFilestat(call: WasiCall, pointer: number, isTerminal: boolean): void {
  call.memory.window(pointer, FILESTAT_SIZE).fill(0);
  call.memory.writeU8(pointer + 16, isTerminal ? FILETYPE.CHARACTER_DEVICE : FILETYPE.UNKNOWN);
}

/** Which times change and to what: a given one and "now" exclude each other. */
export function timesOf(
  process: WasiProcess,
  request: { readonly accessed: bigint; readonly modified: bigint; readonly flags: number },
): EntryUpdate {
  const { flags } = request;
  const has = (flag: number): boolean => (flags & flag) !== 0;
  if (has(FSTFLAGS.ATIM) && has(FSTFLAGS.ATIM_NOW)) fail(ERRNO.INVAL);
  if (has(FSTFLAGS.MTIM) && has(FSTFLAGS.MTIM_NOW)) fail(ERRNO.INVAL);
  const now = process.clocks.realtime();
  return {
    ...(has(FSTFLAGS.ATIM) ? { accessed: request.accessed } : {}),
    ...(has(FSTFLAGS.ATIM_NOW) ? { accessed: now } : {}),
    ...(has(FSTFLAGS.MTIM) ? { modified: request.modified } : {}),
    ...(has(FSTFLAGS.MTIM_NOW) ? { modified: now } : {}),
  };
}
