/**
 * Typed arrays cut from larger ones, full of zeros. The analyses need a handful for each function, and in a module of
 * thousands of small functions an array buffer for each costs more than what is done with it.
 * @module
 */

const CHUNK_BYTES = 1 << 18;

let buffer = new ArrayBuffer(0);
let used = 0;

/** Room for so many bytes in `buffer`, at the place that is returned; no room is given out twice. */
function cut(bytes: number): number {
  const size = (bytes + 3) & ~3;
  if (used + size > buffer.byteLength) {
    buffer = new ArrayBuffer(Math.max(size, CHUNK_BYTES));
    used = 0;
  }
  const at = used;
  used += size;
  return at;
}

export function cutBytes(length: number): Uint8Array {
  const at = cut(length);
  return new Uint8Array(buffer, at, length);
}

export function cutIntegers(length: number): Int32Array {
  const at = cut(length * 4);
  return new Int32Array(buffer, at, length);
}
