import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader, BytesError, ByteWriter } from "./index.ts";

function written(write: (out: ByteWriter) => void): Uint8Array {
  const out = new ByteWriter(0);
  write(out);
  return out.toBytes();
}

function errorOf(bytes: readonly number[], read: (reader: ByteReader) => unknown): [string, number] | undefined {
  try {
    read(new ByteReader(Uint8Array.from(bytes)));
    return undefined;
  } catch (error) {
    if (error instanceof BytesError) return [error.code, error.offset];
    throw error;
  }
}

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const s64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

describe("LEB128 round trips", () => {
  it("unsigned, 32 bits", () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), (value) => {
        const bytes = written((out) => out.u32(value));
        const reader = new ByteReader(bytes);
        expect(reader.u32()).toBe(value);
        expect(reader.done).toBe(true);
      }),
    );
  });

  it("signed, 32 bits, also read as 33 and 64 bits", () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        const bytes = written((out) => out.s32(value));
        expect(new ByteReader(bytes).s32()).toBe(value);
        expect(new ByteReader(bytes).s33()).toBe(value);
        expect(new ByteReader(bytes).s64()).toBe(BigInt(value));
      }),
    );
  });

  it("signed, 33 bits", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 32n), max: 2n ** 32n - 1n }), (value) => {
        expect(new ByteReader(written((out) => out.s64(value))).s33()).toBe(Number(value));
      }),
    );
  });

  it("64 bits", () => {
    fc.assert(
      fc.property(u64, s64, (unsigned, signed) => {
        const bytes = written((out) => {
          out.u64(unsigned);
          out.s64(signed);
        });
        const reader = new ByteReader(bytes);
        expect(reader.u64()).toBe(unsigned);
        expect(reader.s64()).toBe(signed);
        expect(reader.done).toBe(true);
      }),
    );
  });

  it("in the shortest form", () => {
    expect([...written((out) => out.u32(127))]).toEqual([0x7f]);
    expect([...written((out) => out.u32(128))]).toEqual([0x80, 0x01]);
    expect([...written((out) => out.s32(63))]).toEqual([0x3f]);
    expect([...written((out) => out.s32(64))]).toEqual([0xc0, 0x00]);
    expect([...written((out) => out.s32(-64))]).toEqual([0x40]);
    expect([...written((out) => out.s64(-65n))]).toEqual([0xbf, 0x7f]);
    expect([...written((out) => out.u32(0xffffffff))]).toEqual([0xff, 0xff, 0xff, 0xff, 0x0f]);
    expect([...written((out) => out.s32(-0x80000000))]).toEqual([0x80, 0x80, 0x80, 0x80, 0x78]);
  });
});

describe("LEB128 limits", () => {
  const long = [0xff, 0xff, 0xff, 0xff];

  it("takes the last value that fits and refuses the next", () => {
    expect(errorOf([...long, 0x0f], (reader) => reader.u32())).toBeUndefined();
    expect(errorOf([...long, 0x10], (reader) => reader.u32())).toEqual(["leb128", 0]);
    expect(errorOf([...long, 0x07], (reader) => reader.s32())).toBeUndefined();
    expect(errorOf([...long, 0x08], (reader) => reader.s32())).toEqual(["leb128", 0]);
    expect(errorOf([...long, 0x78], (reader) => reader.s32())).toBeUndefined();
    expect(errorOf([...long, 0x77], (reader) => reader.s32())).toEqual(["leb128", 0]);
    expect(errorOf([...long, 0x0f], (reader) => reader.s33())).toBeUndefined();
    expect(errorOf([...long, 0x10], (reader) => reader.s33())).toEqual(["leb128", 0]);
    expect(errorOf([...long, 0x70], (reader) => reader.s33())).toBeUndefined();
    expect(errorOf([...long, 0x6f], (reader) => reader.s33())).toEqual(["leb128", 0]);
    const longer = [...long, ...long, 0xff];
    expect(errorOf([...longer, 0x01], (reader) => reader.u64())).toBeUndefined();
    expect(errorOf([...longer, 0x02], (reader) => reader.u64())).toEqual(["leb128", 0]);
    expect(errorOf([...longer, 0x7f], (reader) => reader.s64())).toBeUndefined();
    expect(errorOf([...longer, 0x7e], (reader) => reader.s64())).toEqual(["leb128", 0]);
  });

  it("refuses a sixth or eleventh byte", () => {
    const zeros = (count: number) => [...new Array<number>(count).fill(0x80), 0];
    expect(errorOf(zeros(4), (reader) => reader.u32())).toBeUndefined();
    expect(errorOf(zeros(5), (reader) => reader.u32())).toEqual(["leb128", 0]);
    expect(errorOf(zeros(5), (reader) => reader.s32())).toEqual(["leb128", 0]);
    expect(errorOf(zeros(9), (reader) => reader.u64())).toBeUndefined();
    expect(errorOf(zeros(10), (reader) => reader.s64())).toEqual(["leb128", 0]);
  });

  it("names the place where the input ends", () => {
    expect(errorOf([0x80, 0x80], (reader) => reader.u32())).toEqual(["end", 2]);
    expect(errorOf([], (reader) => reader.u8())).toEqual(["end", 0]);
    expect(errorOf([1, 2, 3], (reader) => reader.u32le())).toEqual(["end", 3]);
    expect(errorOf([4, 0x61], (reader) => reader.name())).toEqual(["end", 2]);
  });
});

describe("ByteReader", () => {
  it("reads within its part and reports offsets of the whole", () => {
    const reader = new ByteReader(Uint8Array.of(9, 9, 1, 9), 2, 3);
    expect(reader.u8()).toBe(1);
    expect(reader.done).toBe(true);
    expect(() => reader.u8()).toThrow("0x3");
  });

  it("refuses a part that is not within the bytes", () => {
    expect(() => new ByteReader(new Uint8Array(2), 1, 3)).toThrow(RangeError);
    expect(() => new ByteReader(new Uint8Array(2), 2, 1)).toThrow(RangeError);
    expect(() => new ByteReader(new Uint8Array(2), -1)).toThrow(RangeError);
  });

  it("keeps every character of a name, a byte order mark too", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        expect(new ByteReader(written((out) => out.name(name))).name()).toBe(name);
      }),
    );
    expect(new ByteReader(Uint8Array.of(3, 0xef, 0xbb, 0xbf)).name()).toBe("\ufeff");
  });

  it("refuses names that are not UTF-8", () => {
    for (const bad of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
      expect(errorOf([bad.length, ...bad], (reader) => reader.name())).toEqual(["utf8", 1]);
    }
  });

  it("never fails with anything but a BytesError", () => {
    const reads = [
      (reader: ByteReader) => reader.u32(),
      (reader: ByteReader) => reader.s32(),
      (reader: ByteReader) => reader.s33(),
      (reader: ByteReader) => reader.u64(),
      (reader: ByteReader) => reader.s64(),
      (reader: ByteReader) => reader.name(),
      (reader: ByteReader) => reader.u64le(),
    ];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), fc.constantFrom(...reads), (bytes, read) => {
        const reader = new ByteReader(bytes);
        try {
          read(reader);
        } catch (error) {
          expect(error).toBeInstanceOf(BytesError);
        }
        expect(reader.position).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});

describe("ByteWriter", () => {
  it("keeps everything while it grows", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), (pieces) => {
        const out = written((writer) => {
          for (const piece of pieces) writer.bytes(piece);
        });
        expect([...out]).toEqual(pieces.flatMap((piece) => [...piece]));
      }),
    );
  });

  it("copies parts, short and long", () => {
    const source = Uint8Array.from({ length: 100 }, (_, i) => i);
    const out = written((writer) => {
      writer.bytes(source, 3, 5);
      writer.bytes(source, 10, 60);
    });
    expect([...out]).toEqual([3, 4, ...source.subarray(10, 60)]);
  });

  it("sets a reserved number afterwards", () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), (value) => {
        const out = written((writer) => {
          const place = writer.reserveU32();
          writer.u8(7);
          writer.setU32(place, value);
        });
        const reader = new ByteReader(out);
        expect(reader.u32()).toBe(value);
        expect(reader.u8()).toBe(7);
      }),
    );
    expect(() => new ByteWriter().setU32(0, 1)).toThrow(RangeError);
  });

  it("writes fixed sizes from low to high", () => {
    const bytes = written((out) => {
      out.u32le(0x89abcdef);
      out.u64le(0x0123456789abcdefn);
    });
    expect([...bytes.subarray(0, 4)]).toEqual([0xef, 0xcd, 0xab, 0x89]);
    const reader = new ByteReader(bytes);
    expect(reader.u32le()).toBe(0x89abcdef);
    expect(reader.u64le()).toBe(0x0123456789abcdefn);
  });

  it("forgets what it wrote, on demand, and returns copies that stay", () => {
    const out = new ByteWriter();
    out.u8(1);
    const copy = out.toBytes();
    out.clear();
    out.u8(2);
    expect([...copy]).toEqual([1]);
    expect([...out.view()]).toEqual([2]);
  });
});
