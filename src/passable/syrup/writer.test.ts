import { describe, expect, it } from "vitest";
import { PassableError, SYRUP_BUFFER_BYTES_MAX, SYRUP_DIGITS_MAX, SyrupReader, SyrupWriter } from "../index.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function written(write: (writer: SyrupWriter) => void): string {
  const writer = new SyrupWriter();
  write(writer);
  expect(writer.length).toBe(writer.slice(0, writer.length).length);
  return text(writer.take());
}

function writtenFloat(value: number): Uint8Array {
  const writer = new SyrupWriter();
  writer.writeFloat64(value);
  return writer.take();
}

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return error instanceof PassableError ? error.code : (error as Error).name;
  }
  return "none";
};

describe("the writer", () => {
  it("writes each kind in its form", () => {
    expect(written((w) => w.writeBoolean(true))).toBe("t");
    expect(written((w) => w.writeBoolean(false))).toBe("f");
    expect(written((w) => w.writeString("héllo"))).toBe('6"héllo');
    expect(written((w) => w.writeSymbol("op:deliver"))).toBe("10'op:deliver");
    expect(written((w) => w.writeBytes(new TextEncoder().encode("cat")))).toBe("3:cat");
    expect(written((w) => w.writeRaw(new TextEncoder().encode("[1+]")))).toBe("[1+]");
    const brackets = written((w) => {
      w.beginRecord();
      w.writeSymbol("a");
      w.beginList();
      w.endList();
      w.beginStruct();
      w.endStruct();
      w.beginSet();
      w.endSet();
      w.endRecord();
    });
    expect(brackets).toBe("<1'a[]{}#$>");
  });

  it("writes integers of any size, as numbers or bigints", () => {
    const samples = [0, 1, 9, 10, 11, 99, 100, 999, 1000, 2 ** 31, 2 ** 32, 2 ** 52, Number.MAX_SAFE_INTEGER];
    for (let digits = 1; digits < 16; digits++) samples.push(10 ** digits, 10 ** digits - 1);
    for (const sample of samples) {
      expect(written((w) => w.writeInteger(sample))).toBe(`${sample}+`);
      expect(written((w) => w.writeInteger(BigInt(sample)))).toBe(`${sample}+`);
      if (sample === 0) continue;
      expect(written((w) => w.writeInteger(-sample))).toBe(`${sample}-`);
      expect(written((w) => w.writeInteger(BigInt(-sample)))).toBe(`${sample}-`);
    }
    // There is no negative zero among integers.
    expect(written((w) => w.writeInteger(-0))).toBe("0+");
    for (const beyond of [2n ** 53n, 2n ** 64n, 10n ** 40n]) {
      expect(written((w) => w.writeInteger(beyond))).toBe(`${beyond}+`);
      expect(written((w) => w.writeInteger(-beyond))).toBe(`${beyond}-`);
    }
    for (const wrong of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -(2 ** 53)]) {
      expect(codeOf(() => new SyrupWriter().writeInteger(wrong))).toBe("RangeError");
    }
  });

  it("writes one NaN and two zeros", () => {
    const hex = (value: number): string => {
      const writer = new SyrupWriter();
      writer.writeFloat64(value);
      return Array.from(writer.take(), (byte) => byte.toString(16).padStart(2, "0")).join("");
    };
    const odd = new Float64Array(new BigUint64Array([0xfff8_0000_0000_0001n]).buffer)[0]!;
    expect(hex(Number.NaN)).toBe("447ff8000000000000");
    expect(hex(odd)).toBe("447ff8000000000000");
    expect(hex(0)).toBe("440000000000000000");
    expect(hex(-0)).toBe("448000000000000000");
    expect(hex(32.2)).toBe("44404019999999999a");
  });

  it("writes text of every length, ASCII or not, with the length of its bytes", () => {
    for (let length = 0; length < 130; length++) {
      for (const unit of ["a", "é", "熊", "😀"]) {
        for (const sample of [unit.repeat(length), `${"a".repeat(length)}${unit}`, `${unit}${"a".repeat(length)}`]) {
          const bytes = new TextEncoder().encode(sample);
          expect(written((w) => w.writeString(sample))).toBe(`${bytes.length}"${sample}`);
          expect(written((w) => w.writeSymbol(sample))).toBe(`${bytes.length}'${sample}`);
        }
      }
    }
    const long = "é".repeat(400_000);
    expect(written((w) => w.writeString(long))).toBe(`800000"${long}`);
  });

  it("refuses lone surrogates wherever they are, and writes nothing of them", () => {
    for (const sample of ["\ud800", "a\udc00", "\ud800a", "\udc00\ud800", `${"a".repeat(100)}\ud83d`, "\ude00😀"]) {
      const writer = new SyrupWriter();
      writer.beginList();
      expect(codeOf(() => writer.writeString(sample))).toBe("unpassable");
      expect(codeOf(() => writer.writeSymbol(sample))).toBe("unpassable");
      expect(text(writer.take())).toBe("[");
    }
  });

  it("grows, goes back, and begins anew", () => {
    const writer = new SyrupWriter();
    for (let i = 0; i < 10_000; i++) writer.writeInteger(i);
    const mark = writer.length;
    writer.writeString("not to be kept");
    writer.truncate(mark);
    expect(writer.length).toBe(mark);
    expect(text(writer.slice(0, 4))).toBe("0+1+");
    // Not further than what was written.
    expect(writer.slice(0, mark + 100).length).toBe(mark);
    expect(codeOf(() => writer.truncate(mark + 1))).toBe("RangeError");
    expect(codeOf(() => writer.truncate(-1))).toBe("RangeError");
    expect(codeOf(() => writer.truncate(0.5))).toBe("RangeError");
    const first = writer.take();
    expect(first.length).toBe(mark);
    expect(writer.length).toBe(0);
    writer.writeString("x");
    expect(text(writer.take())).toBe('1"x');
    expect(text(first.subarray(0, 6))).toBe("0+1+2+");
  });

  it("hands out bytes with a buffer of their own", () => {
    const writer = new SyrupWriter();
    for (const length of [3, 1_000, 70_000]) {
      writer.writeBytes(new Uint8Array(length).fill(0xaa));
      const first = writer.take();
      writer.writeBytes(new Uint8Array(length).fill(0xbb));
      const second = writer.take();
      expect(first.buffer).not.toBe(second.buffer);
      expect(new Uint8Array(first.buffer).includes(0xbb)).toBe(false);
    }
  });

  it("hands out parts of a buffer that stay as they are, and lets go of a buffer that is large", () => {
    const writer = new SyrupWriter();
    const parts: [Uint8Array, number][] = [];
    const lengths = [3, 0, 900, 200, 40, 9_000, 9_000, 70_000, 5, 1_000, ...new Array<number>(300).fill(170)];
    for (const [at, length] of lengths.entries()) {
      writer.writeString("taken back");
      writer.truncate(0);
      writer.writeFloat64(at);
      writer.writeRaw(new Uint8Array(length).fill(at));
      expect([writer.length, writer.slice(9, 10)[0]]).toEqual([9 + length, length === 0 ? undefined : at & 0xff]);
      parts.push([writer.takePart(), at]);
      expect(writer.length).toBe(0);
    }
    for (const [part, at] of parts) {
      expect(part).toEqual(Uint8Array.of(...writtenFloat(at), ...new Array<number>(lengths[at]!).fill(at & 0xff)));
      expect(part.buffer.byteLength).toBeLessThan(part.length > 10_000 ? 4 * part.length : 40_000);
    }
    // After parts were taken, what is taken as a whole still has its own.
    writer.writeBoolean(true);
    const own = writer.take();
    expect([text(own), own.buffer.byteLength, writer.length]).toEqual(["t", 1, 0]);
  });

  it("has a number of digits", () => {
    const at = 10n ** BigInt(SYRUP_DIGITS_MAX - 1);
    expect(written((w) => w.writeInteger(-at)).length).toBe(SYRUP_DIGITS_MAX + 1);
    expect(codeOf(() => new SyrupWriter().writeInteger(at * 10n))).toBe("limit");
    expect(codeOf(() => new SyrupWriter().writeInteger(-at * 10n))).toBe("limit");
  });

  it("holds a number of bytes", () => {
    const writer = new SyrupWriter();
    const piece = new Uint8Array(SYRUP_BUFFER_BYTES_MAX / 4);
    for (let i = 0; i < 4; i++) writer.writeRaw(piece);
    expect(writer.length).toBe(SYRUP_BUFFER_BYTES_MAX);
    expect(codeOf(() => writer.writeBoolean(true))).toBe("limit");
    expect(codeOf(() => writer.writeRaw(piece))).toBe("limit");
    expect(writer.take().length).toBe(SYRUP_BUFFER_BYTES_MAX);
  });

  it("writes what a reader reads", () => {
    const writer = new SyrupWriter();
    writer.beginRecord();
    writer.writeSymbol("a");
    writer.writeInteger(-5n);
    writer.writeFloat64(-0);
    writer.writeBytes(new Uint8Array([1, 2]));
    writer.endRecord();
    const reader = new SyrupReader(writer.take());
    reader.beginRecord();
    expect([reader.readSymbol(), reader.readInteger(), reader.readFloat64(), reader.readBytes()]).toEqual([
      "a",
      -5n,
      -0,
      new Uint8Array([1, 2]),
    ]);
    reader.endRecord();
    expect(reader.isAtEnd).toBe(true);
  });
});
