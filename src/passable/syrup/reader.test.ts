import { describe, expect, it } from "vitest";
import { PassableError, SYRUP_DEPTH_MAX, SYRUP_DIGITS_MAX, SyrupReader, type SyrupReaderOptions } from "../index.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const open = (text: string, options?: SyrupReaderOptions): SyrupReader => new SyrupReader(bytesOf(text), options);

function problem(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof PassableError) return `${error.code} ${error.message}`;
    throw error;
  }
  return "none";
}

const skipped = (text: string, options?: SyrupReaderOptions): string =>
  problem(() => {
    const reader = open(text, options);
    reader.skip();
    if (!reader.isAtEnd) throw new Error(`more after ${reader.position}`);
  });

describe("the reader", () => {
  it("reads a message in the caller's order", () => {
    const reader = open(
      "<10'op:deliver<11'desc:export5+>[3'add1+\"2]3+<18'desc:import-object17+>>".replace('"2', '2"hi'),
    );
    reader.beginRecord();
    expect(reader.peek()).toBe("symbol");
    expect(reader.readSymbol()).toBe("op:deliver");
    expect(reader.peek()).toBe("record");
    reader.beginRecord();
    expect(reader.readSymbol()).toBe("desc:export");
    expect(reader.readPosition()).toBe(5);
    expect(reader.isEnd()).toBe(true);
    expect(reader.peek()).toBe("end");
    reader.endRecord();
    expect(reader.peek()).toBe("list");
    reader.beginList();
    expect(reader.readSymbol()).toBe("add");
    expect(reader.peek()).toBe("integer");
    expect(reader.readInteger()).toBe(1n);
    expect(reader.peek()).toBe("string");
    expect(reader.isEnd()).toBe(false);
    expect(reader.readString()).toBe("hi");
    reader.endList();
    expect(reader.readInteger()).toBe(3n);
    const at = reader.position;
    reader.skip();
    expect(reader.position).toBeGreaterThan(at);
    reader.endRecord();
    expect(reader.isAtEnd).toBe(true);
    expect(problem(() => reader.peek())).toBe("malformed syrup: byte 74: the bytes end in the middle of a value");
  });

  it("knows each kind by its first bytes", () => {
    const kinds = { t: "boolean", f: "boolean", D: "float64", F: "float32", "[": "list", "{": "struct", "<": "record" };
    const more = { "#": "set", "]": "end", "}": "end", ">": "end", $: "end", "12+": "integer", "12-": "integer" };
    const lengths = { '1"a': "string", "1'a": "symbol", "1:a": "bytes" };
    for (const [text, kind] of Object.entries({ ...kinds, ...more, ...lengths })) expect(open(text).peek()).toBe(kind);
  });

  it("says what it expected, what there is, and where", () => {
    expect(problem(() => open("5+").readString())).toBe("malformed syrup: byte 0: expected a string, got an integer");
    expect(problem(() => open("1'a").readString())).toBe("malformed syrup: byte 0: expected a string, got a symbol");
    expect(problem(() => open("[").readSymbol())).toBe("malformed syrup: byte 0: expected a symbol, got a list");
    expect(problem(() => open("x").readBytes())).toBe("malformed syrup: byte 0: expected bytes, got byte 0x78");
    expect(problem(() => open("]").beginList())).toBe(
      "malformed syrup: byte 0: expected a list, got a closing bracket",
    );
    expect(problem(() => open("t").beginRecord())).toBe("malformed syrup: byte 0: expected a record, got a boolean");
    expect(problem(() => open("t").readFloat64())).toContain("expected a float64, got a boolean");
    expect(problem(() => open("1+").readBoolean())).toContain("expected a boolean");
    expect(problem(() => open("9:cat").readBytes())).toBe(
      "malformed syrup: byte 0: bytes of 9 bytes, of which only 3 are there",
    );
    expect(problem(() => open("[1+").skip())).toBe("malformed syrup: byte 3: the bytes end in the middle of a value");
    const record = open("<1'a1+>");
    record.beginRecord();
    record.readSymbol();
    expect(problem(() => record.endRecord())).toBe(
      "malformed syrup: byte 4: expected the end of the record, got an integer",
    );
    expect(problem(() => record.fail("no such thing"))).toBe("malformed syrup: byte 4: no such thing");
  });

  it("reads positions that a table can have", () => {
    expect(open("0+").readPosition()).toBe(0);
    expect(open("9007199254740991+").readPosition()).toBe(Number.MAX_SAFE_INTEGER);
    for (const wrong of [
      "9007199254740992+",
      "9007199254740993+",
      "99999999999999999999+",
      "1-",
      "0-",
      "1:a",
      "t",
      "01+",
    ]) {
      expect(problem(() => open(wrong).readPosition())).toContain("malformed");
    }
  });

  it("reads integers of any size", () => {
    for (const sample of [
      0n,
      7n,
      999_999_999_999_999n,
      1_000_000_000_000_000n,
      2n ** 53n,
      2n ** 53n + 1n,
      10n ** 100n,
    ]) {
      expect(open(`${sample}+`).readInteger()).toBe(sample);
      if (sample !== 0n) expect(open(`${sample}-`).readInteger()).toBe(-sample);
    }
  });

  it("gives copies of bytes, not parts of the message", () => {
    const message = bytesOf("3:cat");
    const bytes = new SyrupReader(message).readBytes();
    message[2] = 0x78;
    expect(new TextDecoder().decode(bytes)).toBe("cat");
    expect(bytes.buffer.byteLength).toBe(3);
  });

  it("reads a part of a larger buffer", () => {
    const larger = bytesOf('xxD\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u00003"cat5+xx');
    const reader = new SyrupReader(larger.subarray(2, larger.length - 2));
    expect([reader.readFloat64(), reader.readString(), reader.readPosition()]).toEqual([0, "cat", 5]);
    expect(reader.isAtEnd).toBe(true);
    expect(problem(() => new SyrupReader(larger.subarray(2, 8)).readFloat64())).toContain("end in the middle");
  });

  it("reads text of every length, and remembers names without mixing them up", () => {
    for (let length = 0; length < 70; length++) {
      for (const unit of ["a", "é", "熊", "😀"]) {
        const sample = `${"b".repeat(length)}${unit}`;
        const size = bytesOf(sample).length;
        for (let again = 0; again < 2; again++) {
          expect(open(`${size}"${sample}`).readString()).toBe(sample);
          expect(open(`${size}'${sample}`).readSymbol()).toBe(sample);
        }
      }
    }
    // More names than are remembered.
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 5_000; i++)
        expect(open(`6'${String(i).padStart(6, "k")}`).readSymbol()).toBe(String(i).padStart(6, "k"));
    }
  });

  it("keeps a byte order mark", () => {
    expect(open('4"\ufeffx').readString()).toBe("\ufeffx");
    expect(open('30"\ufeffxxxxxxxxxxxxxxxxxxxxxxxxxxx').readString().length).toBe(28);
  });

  it("takes keys in the order of their bytes or of their text, and each once", () => {
    for (const fine of [
      "{}",
      '{1"a1+}',
      '{1"a1+1"b2+}',
      '{1"b1+2"aa2+}',
      '{2"aa2+1"b1+}',
      '{0"1+1"a2+}',
      '{3"\ue0001+4"😀2+}',
      '{4"😀1+3"\ue0002+}',
      "{1'b1+1\"a2+}".replace("1'b1+1\"a2+", "1\"a2+1'b1+"),
      '{1"a{1"b1+1"c2+}1"b{1"b1+1"c2+}}',
      '{1"a[{1"z1+}{1"a1+}]1"b#1+2+$}',
      '{1"a<1\'x1"z1"a>1"b1+}',
    ]) {
      expect([fine, skipped(fine)]).toEqual([fine, "none"]);
    }
    for (const wrong of [
      '{1"a1+1"a2+}',
      '{1"b1+1"a2+}',
      '{1"b1+2"aa2+1"c3+}',
      '{2"aa1+1"b2+2"ab3+}',
      '{1"a1+0"2+}',
      '{2"aa1+1"a2+}',
      "{1'a1+1'a2+}",
      "{1'b1+1'a2+}",
      '{1"a{1"b1+1"b2+}}',
      "{[1+]1+[1+]2+}",
      "{2+1+10+2+}",
    ]) {
      expect([wrong, skipped(wrong).slice(0, 9)]).toEqual([wrong, "malformed"]);
    }
    expect(skipped('{1"a1+1"a2+}')).toBe(
      "malformed syrup: byte 9: the key before this byte is not after the one before it, or there twice",
    );
  });

  it("takes only one form where that is wanted", () => {
    const canonical = { isCanonical: true };
    expect(skipped('{1"b1+2"aa2+}', canonical)).toBe("none");
    expect(skipped('{2"aa2+1"b1+}', canonical)).toContain("malformed");
    const nan = (...bytes: number[]): string =>
      problem(() => new SyrupReader(new Uint8Array([0x44, ...bytes]), canonical).skip());
    expect(nan(0x7f, 0xf8, 0, 0, 0, 0, 0, 0)).toBe("none");
    expect(nan(0xff, 0xf8, 0, 0, 0, 0, 0, 0)).toContain("NaN of another form");
    expect(nan(0x7f, 0xf8, 0, 0, 0, 0, 0, 1)).toContain("NaN of another form");
    expect(nan(0x7f, 0xf0, 0, 0, 0, 0, 0, 0)).toBe("none");
    const odd = new SyrupReader(new Uint8Array([0x44, 0xff, 0xf8, 0, 0, 0, 0, 0, 1]));
    expect(odd.readFloat64()).toBeNaN();
  });

  it("has items of sets in the order of their bytes only", () => {
    expect(skipped("#1+10+2+$")).toBe("none");
    expect(skipped('#1"b2"aa$')).toBe("none");
    expect(skipped('#2"aa1"b$')).toContain("malformed");
    expect(skipped("#[#1+$][#2+$]$")).toBe("none");
    expect(skipped("#[#2+$][#1+$]$")).toContain("malformed");
  });

  it("skips whole values, and checks them", () => {
    for (const fine of ["t", "5+", '3"cat', "3:cat", "3'cat", "[[[]]]", "<1'a[#$]{}>", "<[]>"]) {
      expect([fine, skipped(fine)]).toEqual([fine, "none"]);
    }
    for (const wrong of ["]", "[}", "<>", "[<>]", '{1"a}', "F\0\0\0\0", "[0-]", "[01+]", "#1+1+$", "[", "<1'a", "x"]) {
      expect([wrong, skipped(wrong).slice(0, 9)]).toEqual([wrong, "malformed"]);
    }
    expect(problem(() => new SyrupReader(new Uint8Array([0x31, 0x22, 0x80])).skip())).toContain("not UTF-8");
    // The end of the container that the caller is in is not a value.
    const reader = open("[]");
    reader.beginList();
    expect(problem(() => reader.skip())).toContain("expected a value, got a closing bracket");
    reader.endList();
  });

  it("tells callers who close what they did not open", () => {
    const reader = open("[]");
    reader.beginList();
    expect(() => reader.endRecord()).toThrow(TypeError);
    expect(() => open("]").endList()).toThrow(TypeError);
    expect(open("]").isEnd()).toBe(false);
  });

  it("has a depth and a number of digits", () => {
    const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
    expect(skipped(nested(SYRUP_DEPTH_MAX))).toBe("none");
    expect(skipped(nested(SYRUP_DEPTH_MAX + 1))).toBe(
      `limit syrup: byte ${SYRUP_DEPTH_MAX}: nested deeper than ${SYRUP_DEPTH_MAX}`,
    );
    expect(skipped(nested(100_000))).toContain("limit");
    expect(skipped("<".repeat(100_000))).toContain("limit");
    expect(skipped("{".repeat(100_000))).toContain("limit");
    expect(skipped("#".repeat(100_000))).toContain("limit");
    expect(skipped(nested(3), { limits: { depthMax: 3 } })).toBe("none");
    expect(skipped(nested(4), { limits: { depthMax: 3 } })).toContain("limit");
    expect(skipped(`${"9".repeat(SYRUP_DIGITS_MAX)}+`)).toBe("none");
    expect(skipped(`${"9".repeat(SYRUP_DIGITS_MAX + 1)}+`)).toBe(
      `limit syrup: byte 0: a number of more than ${SYRUP_DIGITS_MAX} digits`,
    );
    expect(skipped("9".repeat(SYRUP_DIGITS_MAX + 1))).toContain("limit");
    expect(skipped("9".repeat(SYRUP_DIGITS_MAX))).toContain("end in the middle");
    expect(skipped("999+", { limits: { digitsMax: 3 } })).toBe("none");
    expect(skipped("1000+", { limits: { digitsMax: 3 } })).toContain("limit");
  });
});
