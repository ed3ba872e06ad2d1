/**
 * A growing byte buffer with the mirror images of the reader's methods. LEB128 comes out in its shortest form, except
 * where a place is reserved for a number that is known only later.
 * @module
 */

const utf8 = new TextEncoder();

/** Bytes of a LEB128 integer padded to its full 32-bit width. */
const PADDED_U32_BYTES = 5;

export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Forgets what was written and keeps the buffer. */
  clear(): void {
    this.#length = 0;
  }

  /** What was written, valid until the next write. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** A copy of what was written. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  u8(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = value;
  }

  u32le(value: number): void {
    this.#reserve(4);
    const b = this.#bytes;
    const at = this.#length;
    b[at] = value;
    b[at + 1] = value >>> 8;
    b[at + 2] = value >>> 16;
    b[at + 3] = value >>> 24;
    this.#length = at + 4;
  }

  u64le(value: bigint): void {
    this.u32le(Number(BigInt.asUintN(32, value)));
    this.u32le(Number(BigInt.asUintN(32, value >> 32n)));
  }

  u32(value: number): void {
    this.#reserve(5);
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = rest | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  s32(value: number): void {
    this.#reserve(5);
    let rest = value | 0;
    while (rest < -0x40 || rest > 0x3f) {
      this.#bytes[this.#length++] = rest | 0x80;
      rest >>= 7;
    }
    this.#bytes[this.#length++] = rest & 0x7f;
  }

  u64(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    while (rest >= 0x80n) {
      this.u8(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.u8(Number(rest));
  }

  s64(value: bigint): void {
    let rest = BigInt.asIntN(64, value);
    while (rest < -0x40n || rest > 0x3fn) {
      this.u8(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.u8(Number(rest & 0x7fn));
  }

  /** Appends `source`, or the part of it from `start` to `end`. */
  bytes(source: Uint8Array, start = 0, end: number = source.length): void {
    const length = end - start;
    this.#reserve(length);
    if (length < 24) {
      // Short runs are the rule when code is copied piece by piece; a view for each would cost more than the copy.
      const b = this.#bytes;
      const at = this.#length;
      for (let i = 0; i < length; i++) b[at + i] = source[start + i] as number;
    } else {
      this.#bytes.set(start === 0 && end === source.length ? source : source.subarray(start, end), this.#length);
    }
    this.#length += length;
  }

  /** A string: its length in bytes as LEB128, then UTF-8. */
  name(value: string): void {
    const encoded = utf8.encode(value);
    this.u32(encoded.length);
    this.bytes(encoded);
  }

  /** Leaves room for a 32-bit LEB128 integer and returns its place for `setU32`. */
  reserveU32(): number {
    const at = this.#length;
    this.#reserve(PADDED_U32_BYTES);
    this.#length = at + PADDED_U32_BYTES;
    this.setU32(at, 0);
    return at;
  }

  setU32(at: number, value: number): void {
    if (at < 0 || at + PADDED_U32_BYTES > this.#length)
      throw new RangeError(`at: expected a reserved place, got ${at}`);
    const b = this.#bytes;
    let rest = value >>> 0;
    for (let i = 0; i < PADDED_U32_BYTES - 1; i++) {
      b[at + i] = rest | 0x80;
      rest >>>= 7;
    }
    b[at + PADDED_U32_BYTES - 1] = rest;
  }

  #reserve(count: number): void {
    if (this.#length + count > this.#bytes.length) this.#grow(count);
  }

  #grow(count: number): void {
    const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count, 64));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
  }
}
