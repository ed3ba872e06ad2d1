/**
 * The calling guest's memory during one call: every pointer is checked before anything else happens, and a wrong one is
 * EFAULT. Numbers are little-endian and need not be aligned.
 *
 * @module
 */
import { PATH_BYTES_MAX } from "../../powers/index.ts";
import { IOVEC_SIZE, IOVECS_MAX, TRANSFER_BYTES_MAX } from "./abi.ts";
import { ERRNO, fail } from "./errno.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class GuestMemory {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The bytes at a pointer, as a window. */
  window(pointer: number, length: number): Uint8Array {
    this.assertRange(pointer, length);
    return this.#bytes.subarray(pointer, pointer + length);
  }

  assertRange(pointer: number, length: number): void {
    if (pointer + length > this.#bytes.length) fail(ERRNO.FAULT);
  }

  readU8(pointer: number): number {
    this.assertRange(pointer, 1);
    return this.#view.getUint8(pointer);
  }

  readU16(pointer: number): number {
    this.assertRange(pointer, 2);
    return this.#view.getUint16(pointer, true);
  }

  readU32(pointer: number): number {
    this.assertRange(pointer, 4);
    return this.#view.getUint32(pointer, true);
  }

  readU64(pointer: number): bigint {
    this.assertRange(pointer, 8);
    return this.#view.getBigUint64(pointer, true);
  }

  writeU8(pointer: number, value: number): void {
    this.assertRange(pointer, 1);
    this.#view.setUint8(pointer, value);
  }

  writeU16(pointer: number, value: number): void {
    this.assertRange(pointer, 2);
    this.#view.setUint16(pointer, value, true);
  }

  writeU32(pointer: number, value: number): void {
    this.assertRange(pointer, 4);
    this.#view.setUint32(pointer, value, true);
  }

  writeU64(pointer: number, value: bigint): void {
    this.assertRange(pointer, 8);
    this.#view.setBigUint64(pointer, value, true);
  }

  /** Text of at most the length of a path. */
  readPath(pointer: number, length: number): string {
    this.assertRange(pointer, length);
    if (length > PATH_BYTES_MAX) fail(ERRNO.NAMETOOLONG);
    try {
      return decoder.decode(this.window(pointer, length));
    } catch {
      return fail(ERRNO.ILSEQ);
    }
  }

  /** The buffers of a scatter or gather list, cut off where they exceed what one call moves. */
  buffers(pointer: number, count: number): Uint8Array[] {
    if (count > IOVECS_MAX) fail(ERRNO.INVAL);
    this.assertRange(pointer, count * IOVEC_SIZE);
    const buffers: Uint8Array[] = [];
    let room = TRANSFER_BYTES_MAX;
    for (let at = pointer; at < pointer + count * IOVEC_SIZE; at += IOVEC_SIZE) {
      const buffer = this.window(this.readU32(at), this.readU32(at + 4));
      if (buffer.length === 0 || room === 0) continue;
      buffers.push(buffer.subarray(0, room));
      room -= Math.min(buffer.length, room);
    }
    return buffers;
  }
}

export function buffersLength(buffers: readonly Uint8Array[]): number {
  return buffers.reduce((sum, buffer) => sum + buffer.length, 0);
}

/** Spreads bytes over buffers that have room for them. */
export function scatter(bytes: Uint8Array, buffers: readonly Uint8Array[]): void {
  let at = 0;
  for (const buffer of buffers) {
    if (at >= bytes.length) return;
    buffer.set(bytes.subarray(at, at + buffer.length));
    at += buffer.length;
  }
}

/** One buffer is handed on as it is; whoever takes it copies it. */
export function gather(buffers: readonly Uint8Array[]): Uint8Array {
  const only = buffers[0];
  if (only !== undefined && buffers.length === 1) return only;
  const bytes = new Uint8Array(buffersLength(buffers));
  let at = 0;
  for (const buffer of buffers) {
    bytes.set(buffer, at);
    at += buffer.length;
  }
  return bytes;
}
