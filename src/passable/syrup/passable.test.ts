import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyText } from "../../../test/support/any-syrup.ts";
import {
  decodePassable,
  Far,
  GuestError,
  makeCapability,
  makeSelector,
  PASSABLE_DEPTH_MAX,
  type Passable,
  PassableError,
  readPassable,
  SYRUP_ERROR_NAME_LENGTH_MAX,
  SyrupReader,
  SyrupWriter,
  Tagged,
  writePassable,
} from "../index.ts";

const VECTORS = new URL("../../../test/vectors/syrup/", import.meta.url);
const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));

interface Vector {
  readonly hex: string;
  readonly passable: unknown;
}

const vectors = (name: string): readonly Vector[] => JSON.parse(readFileSync(new URL(name, VECTORS), "utf8"));

/** A session with one table for both directions. */
class Table {
  readonly objects: object[] = [];

  writeReference(value: object, writer: SyrupWriter): void {
    if (value instanceof Map) throw new PassableError("unpassable", "a Map cannot be passed");
    writer.beginRecord();
    writer.writeSymbol("desc:import-object");
    writer.writeInteger(this.objects.push(value) - 1);
    writer.endRecord();
  }

  readReference(label: string, reader: SyrupReader): unknown {
    if (label !== "desc:import-object") reader.fail(`unknown label ${label}`);
    const object = this.objects[reader.readPosition()];
    reader.endRecord();
    return object ?? reader.fail("no such object");
  }
}

function write(value: unknown, table: Table = new Table()): Uint8Array {
  const writer = new SyrupWriter();
  writePassable(writer, value, table, "args");
  return writer.take();
}

function read(bytes: Uint8Array | string, table: Table = new Table()): unknown {
  const reader = new SyrupReader(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
  const value = readPassable(reader, table, "args");
  if (!reader.isAtEnd) reader.fail("more than one value");
  return value;
}

const text = (value: unknown): string => new TextDecoder().decode(write(value));

function problem(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof PassableError) return `${error.code} ${error.message}`;
    throw error;
  }
  return "none";
}

const anyPassable: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(undefined, null, true, false),
    fc.double(),
    fc.bigInt(),
    anyText,
    anyText.map(makeSelector),
    fc.uint8Array(),
    fc.array(tie("value")),
    fc.dictionary(anyText, tie("value")),
    fc.tuple(anyText, tie("value")).map(([tag, payload]) => new Tagged(tag, payload as Passable)),
  ),
})).value;

describe("passable values as Syrup", () => {
  it("come back as they went in, and are written in one way", () => {
    fc.assert(
      fc.property(anyPassable, (value) => {
        const bytes = write(value);
        const back = read(bytes);
        expect(back).toEqual(value);
        expect(write(back)).toEqual(bytes);
      }),
      { numRuns: 1_000 },
    );
  });

  it("are refused, not crashed on, whatever the bytes", () => {
    const tokens = ["<4'void>", "<4'null>", "<11'desc:tagged", "<10'desc:error", '1"a', "1'a", "2+", "1:a", "t", "f"];
    const anyBytes = fc
      .array(fc.constantFrom(...tokens, ..."<>[]{}#$D"), { maxLength: 20 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        problem(() => read(bytes));
      }),
      { numRuns: 10_000 },
    );
  });

  it("have the forms that Endo gives them", () => {
    expect(text([undefined, null, true, 12n, -3n, "a", makeSelector("a"), new Uint8Array([0x61])])).toBe(
      "[<4'void><4'null>t12+3-1\"a1'a1:a]",
    );
    expect(text(new Tagged("date", "2000"))).toBe("<11'desc:tagged4'date4\"2000>");
    expect(text(new Error("no"))).toBe("<10'desc:error2\"no>");
    expect(text({ b: 1n, aa: 2n, "": 3n })).toBe('{0"3+2"aa2+1"b1+}');
    expect(text(Object.assign(Object.create(null), { a: true }))).toBe('{1"at}');
    expect(text(new Array(2))).toBe("[<4'void><4'void>]");
  });

  it.each(vectors("passable.json"))("has the vector $hex", ({ hex, passable }) => {
    const value = decodePassable(new TextEncoder().encode(JSON.stringify(passable)));
    expect(write(value)).toEqual(fromHex(hex));
    expect(read(fromHex(hex))).toEqual(value);
  });

  it.each(vectors("passable-read.json"))("reads also the form $hex", ({ hex, passable }) => {
    const value = decodePassable(new TextEncoder().encode(JSON.stringify(passable)));
    expect(read(fromHex(hex))).toEqual(value);
    expect(write(value)).not.toEqual(fromHex(hex));
  });

  it.each(vectors("not-passable.json"))("refuses $hex", ({ hex }) => {
    expect(problem(() => read(fromHex(hex)))).toContain("malformed args");
  });

  it("hand references to the session: functions, promises, far objects, capabilities and what it refuses", () => {
    const table = new Table();
    class Counter {}
    const sent = [
      () => 1,
      Promise.resolve(),
      Far("counter", {}),
      makeCapability({}),
      new Counter(),
      Far("c", new Counter()),
    ];
    const bytes = write([sent, { again: sent[0] }], table);
    expect(table.objects).toEqual([...sent, sent[0]]);
    const [list, struct] = read(bytes, table) as [unknown[], { again: unknown }];
    list.forEach((item, at) => {
      expect(item).toBe(sent[at]);
    });
    expect(struct.again).toBe(sent[0]);
    expect(problem(() => write([{ plugins: [1, 2, { render: new Map() }] }]))).toBe(
      "unpassable args[0].plugins[2].render: a Map cannot be passed",
    );
    expect(problem(() => read("[1+{1\"a<3'foo>}]"))).toBe("malformed args[1].a: syrup: byte 13: unknown label foo");
  });

  it("name the part that cannot be passed", () => {
    expect(problem(() => write([0, { "a b": Symbol("s") }]))).toBe(
      'unpassable args[1]["a b"]: a symbol of JavaScript cannot be passed; use makeSelector',
    );
    expect(problem(() => write(new Tagged("t", ["\ud800"])))).toContain(
      "unpassable args.payload[0]: a string with a lone surrogate",
    );
    expect(problem(() => write({ "\udc00": 1 }))).toContain("unpassable args");
    expect(problem(() => read('[1+{1"a[#$]}]'))).toBe("malformed args[1].a[0]: syrup: byte 8: a set cannot be passed");
    expect(problem(() => read("F\0\0\0\0"))).toBe("malformed args: syrup: byte 0: a float32 cannot be passed");
  });

  it("are written whole or not at all", () => {
    const writer = new SyrupWriter();
    writer.writeBoolean(true);
    expect(problem(() => writePassable(writer, ["much", ["more", Symbol("s")]], new Table()))).toContain("value[1][1]");
    expect(new TextDecoder().decode(writer.take())).toBe("t");
    const own = new RangeError("mine");
    const throwing = {
      get a(): unknown {
        throw own;
      },
    };
    expect(() => writePassable(writer, [throwing], new Table())).toThrow(own);
    expect(writer.length).toBe(0);
  });

  it("carry of an error its name and message, and nothing else", () => {
    const error = Object.assign(new TypeError("no"), { secret: 1, cause: new Error("inner") });
    expect(text(error)).toBe("<10'desc:error13\"TypeError: no>");
    const back = read(write(error)) as GuestError;
    expect([back.name, back.message, back.stack, back instanceof GuestError]).toEqual([
      "TypeError",
      "no",
      "TypeError: no",
      true,
    ]);
    for (const [name, message] of [
      ["Error", ""],
      ["Error", "two\nlines: and more"],
      ["RangeError", ""],
      ["DOMException", "x"],
      ["Error", "not a name: x"],
    ] as const) {
      expect(read(write(new GuestError({ name, message, stack: "secret" })))).toMatchObject({ name, message });
    }
    // A name of another kind stays in the message; so does one that is too long.
    const longestName = `${"E".repeat(59)}Error`;
    expect(read(write(new GuestError({ name: longestName, message: "m", stack: "" })))).toMatchObject({
      name: longestName,
    });
    const longName = `E${longestName}`;
    expect(longestName.length).toBe(SYRUP_ERROR_NAME_LENGTH_MAX);
    for (const name of ["lower", "Not A Name", longName, "TypeError: x"]) {
      const back = read(write(new GuestError({ name, message: "m", stack: "" }))) as Error;
      expect(`${back.name}: ${back.message}`).toBe(name === "TypeError: x" ? `${name}: m` : `Error: ${name}: m`);
    }
    // An error crosses whatever is in it.
    expect(read(write(new Error("\ud800")))).toMatchObject({ message: "\ufffd" });
    expect(text(Object.assign(new Error(), { message: 5, name: undefined }))).toBe("<10'desc:error12\"undefined: 5>");
  });

  it("make __proto__ an own property like any other", () => {
    const value = read('{9"__proto__{8"polluted1+}}') as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(text(value)).toBe('{9"__proto__{8"polluted1+}}');
    for (const label of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      expect(problem(() => read(`<${label.length}'${label}>`))).toContain(`unknown label ${label}`);
    }
    expect(read("9'__proto__")).toEqual(makeSelector("__proto__"));
    expect(read("<11'desc:tagged9'__proto__1+>")).toEqual(new Tagged("__proto__", 1n));
    expect(read("<10'desc:error23\"__proto__Error: nothing>")).toMatchObject({ name: "Error" });
  });

  it("have no reference under the key then, which would make promises of structs, but other values", () => {
    const table = new Table();
    const withKey = (key: string, value: unknown): object => Object.fromEntries([[key, value]]);
    const withThen = (value: unknown): object => withKey("then", value);
    expect(problem(() => write([withThen(() => 1)]))).toContain("unpassable args[0].then: ");
    write([() => 1], table);
    expect(problem(() => read("{4\"then<18'desc:import-object0+>}", table))).toContain("malformed args.then: ");
    expect(read(write(withThen([1n])))).toEqual(withThen([1n]));
    expect(read("4'then")).toEqual(makeSelector("then"));
  });

  it("leave out what is not an own enumerable property with a string as its key", () => {
    const value = Object.defineProperty({ a: 1n, [Symbol("s")]: 2n }, "hidden", { value: 3n, enumerable: false });
    expect(text(value)).toBe('{1"a1+}');
  });

  it("have a depth, both ways", () => {
    const nest = (depth: number): unknown => {
      let value: unknown = 1n;
      for (let i = 0; i < depth; i++) value = [[value], { a: value }, new Tagged("t", value as Passable)][i % 3];
      return value;
    };
    const lists = (depth: number): string => `${"[".repeat(depth)}t${"]".repeat(depth)}`;
    expect(read(write(nest(PASSABLE_DEPTH_MAX)))).toEqual(nest(PASSABLE_DEPTH_MAX));
    expect(problem(() => write(nest(PASSABLE_DEPTH_MAX + 1)))).toMatch(
      /^limit args\S+… \(\d+ steps more\): nested deeper than 256$/,
    );
    expect(problem(() => read(lists(PASSABLE_DEPTH_MAX)))).toBe("none");
    expect(problem(() => read(lists(PASSABLE_DEPTH_MAX + 1)))).toContain("limit");
    expect(problem(() => read(lists(100_000)))).toContain("limit");
    expect(problem(() => read("<11'desc:tagged1't".repeat(100_000)))).toContain("limit");
    expect(problem(() => read('{1"a'.repeat(100_000)))).toContain("limit");
  });

  it("say of a circle that it is one, and where it closes", () => {
    const circle: unknown[] = [1n];
    circle.push(circle);
    expect(problem(() => write(circle))).toBe("unpassable args[1]: contains itself, as it is args");
    const parent: { [key: string]: unknown } = { name: "p" };
    parent.children = [{ name: "c", parent }];
    expect(problem(() => write(["x", parent]))).toBe(
      "unpassable args[1].children[0].parent: contains itself, as it is args[1]",
    );
    // Twice in a value is not a circle.
    const twice = [1n];
    expect(read(write([twice, twice]))).toEqual([twice, twice]);
  });
});
