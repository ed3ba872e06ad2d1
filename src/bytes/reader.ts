/**
 * A cursor over bytes: fixed-size integers, LEB128 as in the WebAssembly specification (section 5.2.2: bounded length,
 * no stray bits), and UTF-8 strings. It never reads past `end` and never copies unless it says so.
 * @module
 */

import { BytesError } from "./errors.ts";

// Names may start with a byte order mark, which is then part of the name.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** `position` may be moved freely within 0..`end`; methods advance it past what they return. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  position: number;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    if (!(start >= 0 && start <= end && end <= bytes.length)) {
      throw new RangeError(`start, end: expected 0 <= start <= end <= ${bytes.length}, got ${start}, ${end}`);
    }
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  get done(): boolean {
    return this.position >= this.end;
  }

  u8(): number {
    const at = this.position;
    if (at >= this.end) throw endError(at);
    this.position = at + 1;
    return this.bytes[at] as number;
  }

  u32le(): number {
    const at = this.skip(4);
    const b = this.bytes;
    return (
      ((b[at] as number) |
        ((b[at + 1] as number) << 8) |
        ((b[at + 2] as number) << 16) |
        ((b[at + 3] as number) << 24)) >>>
      0
    );
  }

  u64le(): bigint {
    const low = this.u32le();
    return (BigInt(this.u32le()) << 32n) | BigInt(low);
  }

  /** Unsigned LEB128 of at most 32 bits. */
  u32(): number {
    const at = this.position;
    if (at < this.end) {
      const first = this.bytes[at] as number;
      if (first < 0x80) {
        this.position = at + 1;
        return first;
      }
    }
    return this.#longU32(at);
  }

  #longU32(start: number): number {
    let result = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8();
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) return result >>> 0;
    }
    const last = this.u8();
    if (last > 0x0f) throw lebError(start, 32);
    return (result | (last << 28)) >>> 0;
  }

  /** Signed LEB128 of at most 32 bits. */
  s32(): number {
    const start = this.position;
    let result = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8();
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (result << (25 - shift)) >> (25 - shift);
    }
    const last = this.u8();
    // Of the fifth byte only four bits count; the others must repeat the sign.
    if (last > 0x07 && (last < 0x78 || last > 0x7f)) throw lebError(start, 32);
    return result | (last << 28);
  }

  /** Signed LEB128 of at most 33 bits, the encoding of block types. */
  s33(): number {
    const start = this.position;
    let result = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8();
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (result << (25 - shift)) >> (25 - shift);
    }
    const last = this.u8();
    if (last > 0x0f && (last < 0x70 || last > 0x7f)) throw lebError(start, 33);
    return result + (last >= 0x70 ? last - 0x80 : last) * 0x10000000;
  }

  /** Unsigned LEB128 of at most 64 bits. */
  u64(): bigint {
    const start = this.position;
    let result = 0n;
    for (let shift = 0n; shift < 63n; shift += 7n) {
      const byte = this.u8();
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return result;
    }
    const last = this.u8();
    if (last > 0x01) throw lebError(start, 64);
    return result | (BigInt(last) << 63n);
  }

  /** Signed LEB128 of at most 64 bits. */
  s64(): bigint {
    const start = this.position;
    // Most 64-bit constants are small: avoid big integers for the first four bytes.
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt((low << (25 - shift)) >> (25 - shift));
    }
    let result = BigInt(low);
    for (let shift = 28; shift < 63; shift += 7) {
      const byte = this.u8();
      result |= BigInt(byte & 0x7f) << BigInt(shift);
      if (byte < 0x80) return BigInt.asIntN(shift + 7, result);
    }
    const last = this.u8();
    if (last !== 0x00 && last !== 0x7f) throw lebError(start, 64);
    return BigInt.asIntN(64, result | (BigInt(last) << 63n));
  }

  /** A view on the next `length` bytes, not a copy. */
  view(length: number): Uint8Array {
    const at = this.skip(length);
    return this.bytes.subarray(at, at + length);
  }

  /** Moves `length` bytes on and returns where they start. */
  skip(length: number): number {
    const at = this.position;
    if (length > this.end - at) throw endError(this.end);
    this.position = at + length;
    return at;
  }

  /** A string: its length in bytes as LEB128, then UTF-8. */
  name(): string {
    const length = this.u32();
    const at = this.position;
    const view = this.view(length);
    try {
      return utf8.decode(view);
    } catch {
      throw new BytesError("utf8", at, `not valid UTF-8 at ${hex(at)}`);
    }
  }
}

function hex(offset: number): string {
  return `0x${offset.toString(16)}`;
}

function endError(offset: number): BytesError {
  return new BytesError("end", offset, `unexpected end of input at ${hex(offset)}`);
}

function lebError(offset: number, bits: number): BytesError {
  return new BytesError("leb128", offset, `LEB128 integer does not fit ${bits} bits at ${hex(offset)}`);
}
