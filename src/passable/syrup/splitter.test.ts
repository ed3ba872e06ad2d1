import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anySyrup } from "../../../test/support/any-syrup.ts";
import {
  encodeSyrup,
  makeSelector,
  PassableError,
  SYRUP_BYTES_MAX,
  SYRUP_DEPTH_MAX,
  SYRUP_DIGITS_MAX,
  type SyrupLimits,
  SyrupReader,
  SyrupRecord,
  SyrupSplitter,
} from "../index.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder("latin1").decode(bytes);

interface Split {
  readonly messages: readonly string[];
  readonly error: string;
}

function split(chunks: readonly Uint8Array[], limits?: SyrupLimits): Split {
  const splitter = new SyrupSplitter(limits);
  const messages: string[] = [];
  try {
    for (const chunk of chunks) splitter.push(chunk, (message) => messages.push(textOf(message)));
  } catch (error) {
    if (!(error instanceof PassableError)) throw error;
    return { messages, error: `${error.code} ${error.message}` };
  }
  return { messages, error: "none" };
}

const splitText = (text: string, limits?: SyrupLimits): Split => split([bytesOf(text)], limits);

/** At each place of `cuts`, which are parts of the whole. */
function cutUp(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((cut) => Math.floor(cut * bytes.length))].sort((a, b) => a - b);
  return places.map((start, at) => bytes.subarray(start, places[at + 1] ?? bytes.length));
}

const anyCuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

describe("the splitter", () => {
  it("gives each value of a stream, as it is", () => {
    const values = ["t", "f", "5+", "0-", '3"cat', '0"', "3'cat", "2::]", "[1+[]]", '{1"at}', "#1+$", "<1'a>"];
    expect(splitText(values.join(""))).toEqual({ messages: values, error: "none" });
    const float = "D\0\0\0[]<>\0";
    expect(splitText(`${float}t${float}`)).toEqual({ messages: [float, "t", float], error: "none" });
  });

  it("gives the same whatever the chunks are", () => {
    fc.assert(
      fc.property(fc.array(anySyrup, { maxLength: 4 }), anyCuts, (values, cuts) => {
        const messages = values.map(encodeSyrup);
        const stream = new Uint8Array(messages.flatMap((message) => [...message]));
        expect(split(cutUp(stream, cuts))).toEqual({ messages: messages.map(textOf), error: "none" });
      }),
      { numRuns: 500 },
    );
  });

  it("finds the same messages and the same errors in any bytes, whatever the chunks are", () => {
    const anyBytes = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc.array(fc.constantFrom(..."0129+-:\"'<>[]{}#$tfD"), { maxLength: 40 }).map((units) => bytesOf(units.join(""))),
    );
    fc.assert(
      fc.property(anyBytes, anyCuts, (bytes, cuts) => {
        const limits = { bytesMax: 20, depthMax: 4, digitsMax: 3 };
        const whole = split([bytes], limits);
        const single = split(
          Array.from(bytes, (byte) => new Uint8Array([byte])),
          limits,
        );
        const some = split(cutUp(bytes, cuts), limits);
        for (const other of [single, some]) {
          expect(other.messages).toEqual(whole.messages);
          expect(other.error.slice(0, 5)).toBe(whole.error.slice(0, 5));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("agrees with the reader on where a value ends", () => {
    fc.assert(
      fc.property(anySyrup, (value) => {
        const message = encodeSyrup(value);
        const reader = new SyrupReader(message);
        reader.skip();
        expect(reader.isAtEnd).toBe(true);
        expect(split([message]).messages).toEqual([textOf(message)]);
      }),
    );
  });

  it("hands over what lies in one chunk without copying it, and copies of what does not", () => {
    const splitter = new SyrupSplitter();
    const seen: Uint8Array[] = [];
    const chunk = bytesOf('[1+]3"cat5');
    splitter.push(chunk, (message) => seen.push(message));
    expect(seen.map((message) => message.buffer === chunk.buffer)).toEqual([true, true]);
    expect(splitter.heldBytes).toBe(1);
    chunk.fill(0);
    splitter.push(bytesOf("+t"), (message) => seen.push(message));
    expect(seen.slice(2).map(textOf)).toEqual(["5+", "t"]);
    expect(splitter.heldBytes).toBe(0);
  });

  it("takes a large value in small chunks", () => {
    const large = encodeSyrup(new SyrupRecord(makeSelector("a"), [new Uint8Array(1 << 20), "é".repeat(1 << 18)]));
    const splitter = new SyrupSplitter();
    const seen: Uint8Array[] = [];
    for (const size of [1, 1_000]) {
      for (let at = 0; at < large.length; at += size) {
        splitter.push(large.subarray(at, at + size), (message) => seen.push(message));
      }
    }
    expect(seen.length).toBe(2);
    for (const message of seen) expect(Buffer.compare(message, large)).toBe(0);
  });

  it("refuses at once what cannot become a value, and says where in the stream", () => {
    for (const wrong of ["x", " ", "]", "[}", "<]", "5x", "F", "+", "[1+ 2+]"]) {
      expect([wrong, splitText(wrong).error.slice(0, 9)]).toEqual([wrong, "malformed"]);
    }
    expect(split([bytesOf("t[1"), bytesOf("+x")]).error).toBe(
      "malformed syrup: byte 4 of the stream: expected a value, got byte 0x78",
    );
    expect(splitText("[1+}").error).toBe(
      "malformed syrup: byte 3 of the stream: a closing bracket without its opening one",
    );
  });

  it("takes nothing after an error, its own or that of who takes the messages", () => {
    const splitter = new SyrupSplitter();
    const seen: string[] = [];
    const push = (text: string): void => splitter.push(bytesOf(text), (message) => seen.push(textOf(message)));
    expect(() => push("t]t")).toThrow(PassableError);
    expect(splitter.heldBytes).toBe(0);
    expect(() => push("t")).toThrow("nothing is taken after an error");
    expect(seen).toEqual(["t"]);
    const other = new SyrupSplitter();
    const failing = (): void => {
      throw new RangeError("no");
    };
    expect(() => other.push(bytesOf("tt"), failing)).toThrow(RangeError);
    expect(() => other.push(bytesOf("t"), failing)).toThrow(PassableError);
  });

  it("gives up what it holds when it is closed, also by what it calls, and takes nothing more", () => {
    const splitter = new SyrupSplitter();
    splitter.push(bytesOf("5:ab"), () => {});
    expect(splitter.heldBytes).toBe(4);
    splitter.close();
    expect(splitter.heldBytes).toBe(0);
    expect(() => splitter.push(bytesOf("cde"), () => {})).toThrow(PassableError);
    const other = new SyrupSplitter();
    other.push(bytesOf("t5:ab"), () => other.close());
    expect(other.heldBytes).toBe(0);
    expect(() => other.push(bytesOf("cde"), () => {})).toThrow(PassableError);
  });

  it("is not to be called by what it calls", () => {
    const splitter = new SyrupSplitter();
    expect(() => splitter.push(bytesOf("t"), () => splitter.push(bytesOf("t"), () => {}))).toThrow(TypeError);
  });

  it("has a depth, a number of digits and a number of bytes", () => {
    const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
    expect(splitText(nested(SYRUP_DEPTH_MAX)).error).toBe("none");
    expect(splitText(nested(SYRUP_DEPTH_MAX + 1)).error).toBe(
      `limit syrup: byte ${SYRUP_DEPTH_MAX} of the stream: nested deeper than ${SYRUP_DEPTH_MAX}`,
    );
    expect(splitText("<".repeat(100_000)).error).toContain("limit");
    const digits = (count: number): Split => splitText("9".repeat(count));
    expect(digits(SYRUP_DIGITS_MAX).error).toBe("none");
    expect(digits(SYRUP_DIGITS_MAX + 1).error).toBe(
      `limit syrup: byte ${SYRUP_DIGITS_MAX} of the stream: a number of more than ${SYRUP_DIGITS_MAX} digits`,
    );
    const half = bytesOf("9".repeat(SYRUP_DIGITS_MAX / 2));
    expect(split([half, half]).error).toBe("none");
    expect(split([half, half, bytesOf("9")]).error).toContain(`syrup: byte ${SYRUP_DIGITS_MAX} of the stream`);
  });

  it.each([1, 7, 100])("holds at its number of bytes and refuses one past it, in chunks of %d", (size) => {
    const limits = { bytesMax: 100 };
    const inChunks = (text: string): Split => {
      const bytes = bytesOf(text);
      return split(
        Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size)),
        limits,
      );
    };
    const at = `[${"t".repeat(98)}]`;
    expect(inChunks(at + at)).toEqual({ messages: [at, at], error: "none" });
    expect(inChunks(`${at}[${"t".repeat(99)}]`).error).toContain("limit syrup: byte ");
    expect(inChunks(`${at}[${"t".repeat(99)}]`).error).toContain("a message of more than 100 bytes");
    const string = `97:${"x".repeat(97)}`;
    expect(inChunks(string + string)).toEqual({ messages: [string, string], error: "none" });
    expect(inChunks(`98:${"x".repeat(98)}`)).toEqual({
      messages: [],
      error: expect.stringContaining("a message of more than 100 bytes"),
    });
  });

  it("refuses a length that is too large before its bytes come", () => {
    expect(splitText("1000000000:").error).toBe(
      `limit syrup: byte 10 of the stream: a message of more than ${SYRUP_BYTES_MAX} bytes`,
    );
    expect(splitText(`${"9".repeat(400)}:`).error).toContain("limit");
    // Also where it is only together with what came before that it is too much.
    expect(splitText("[ttttt95:", { bytesMax: 100 }).error).toContain("a message of more than 100 bytes");
    expect(splitText("[ttttt90:", { bytesMax: 100 }).error).toBe("none");
    expect(splitText(`${SYRUP_BYTES_MAX - 9}:`).error).toBe("none");
    expect(splitText(`${SYRUP_BYTES_MAX - 8}:`).error).toContain("limit");
  });
});
