import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anySyrup } from "../../../test/support/any-syrup.ts";
import {
  decodeSyrup,
  describeSyrup,
  encodeSyrup,
  makeSelector,
  PassableError,
  SYRUP_DEPTH_MAX,
  SyrupRecord,
  SyrupSet,
  SyrupStruct,
  type SyrupValue,
} from "../index.ts";

const VECTORS = new URL("../../../test/vectors/syrup/", import.meta.url);
const vectorBytes = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, VECTORS)));
const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));

function vectors<T>(name: string): readonly T[] {
  const list = JSON.parse(new TextDecoder().decode(vectorBytes(name))) as readonly T[];
  if (list.length === 0) throw new Error(`${name}: expected vectors, got none`);
  return list;
}

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof PassableError) return error.code;
    throw error;
  }
  return "none";
};

const canonical = { isCanonical: true };

describe("Syrup as values", () => {
  it("comes back as it went in, in one form only", () => {
    fc.assert(
      fc.property(anySyrup, (value) => {
        const bytes = encodeSyrup(value);
        const decoded = decodeSyrup(bytes, canonical);
        expect(Buffer.compare(encodeSyrup(decoded), bytes)).toBe(0);
        expect(Buffer.compare(encodeSyrup(decodeSyrup(bytes)), bytes)).toBe(0);
      }),
      { numRuns: 1_000 },
    );
  });

  it("is refused or canonical, and never crashed on, whatever the bytes", () => {
    const anyBytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .array(fc.constantFrom(..."0123+-:\"'<>[]{}#$tfDab"), { maxLength: 40 })
        .map((units) => new TextEncoder().encode(units.join(""))),
    );
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        let value: SyrupValue;
        try {
          value = decodeSyrup(bytes, canonical);
        } catch (error) {
          if (!(error instanceof PassableError)) throw error;
          codeOf(() => decodeSyrup(bytes));
          return;
        }
        expect(Buffer.compare(encodeSyrup(value), bytes)).toBe(0);
      }),
      { numRuns: 10_000 },
    );
  });

  it("is refused wherever it is cut, and mostly where a bit is turned", () => {
    fc.assert(
      fc.property(anySyrup, fc.nat(), (value, flip) => {
        const bytes = encodeSyrup(value);
        for (let end = 0; end < bytes.length; end++) {
          if (codeOf(() => decodeSyrup(bytes.subarray(0, end))) !== "malformed") throw new Error(`cut at ${end}`);
        }
        const at = flip % (bytes.length * 8);
        bytes[at >> 3]! ^= 1 << (at & 7);
        if (codeOf(() => decodeSyrup(bytes, canonical)) === "none") {
          expect(encodeSyrup(decodeSyrup(bytes, canonical))).toEqual(bytes);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("reads the draft's own zoo", () => {
    const bytes = vectorBytes("zoo.bin");
    const zoo = decodeSyrup(bytes, canonical);
    expect(encodeSyrup(zoo)).toEqual(bytes);
    if (!(zoo instanceof SyrupRecord)) throw new Error("expected a record");
    expect(new TextDecoder().decode(zoo.label as Uint8Array)).toBe("zoo");
    expect(zoo.fields[0]).toBe("The Grand Menagerie");
    const [tabatha, george, casper] = zoo.fields[1] as readonly SyrupStruct[];
    const animal = (struct: SyrupStruct): { [key: string]: SyrupValue } =>
      Object.fromEntries(struct.entries.map(([key, value]) => [(key as { name: string }).name, value]));
    expect(animal(tabatha!)).toMatchObject({ age: 12n, name: "Tabatha", "alive?": true, weight: 8.2 });
    expect(animal(george!)).toMatchObject({ age: 6n, name: "George", "alive?": false, weight: 17.24 });
    expect(animal(casper!)).toMatchObject({ age: -12n, name: "Casper", "alive?": false, weight: -34.5 });
    const foods = (struct: SyrupStruct): string[] =>
      (animal(struct).eats as SyrupSet).items.map((food) => new TextDecoder().decode(food as Uint8Array));
    expect(foods(tabatha!)).toEqual(["fish", "mice", "kibble"]);
    expect(foods(casper!)).toEqual([]);
  });

  it.each(vectors<{ hex: string; notation: string }>("values.json"))(
    "has the vector $notation",
    ({ hex, notation }) => {
      const bytes = fromHex(hex);
      const value = decodeSyrup(bytes, canonical);
      expect(encodeSyrup(value)).toEqual(bytes);
      expect(describeSyrup(bytes)).toBe(notation);
    },
  );

  it.each(vectors<{ hex: string; why: string }>("malformed.json"))("refuses $hex: $why", ({ hex }) => {
    expect(codeOf(() => decodeSyrup(fromHex(hex)))).toBe("malformed");
  });

  it.each(vectors<{ hex: string; why: string }>("not-canonical.json"))("takes $hex only if it may: $why", ({ hex }) => {
    const bytes = fromHex(hex);
    expect(codeOf(() => decodeSyrup(bytes, canonical))).toBe("malformed");
    expect(encodeSyrup(decodeSyrup(bytes))).not.toEqual(bytes);
  });

  it("orders keys and items itself, and refuses those that are there twice", () => {
    const text = (value: SyrupValue): string => new TextDecoder().decode(encodeSyrup(value));
    expect(text(new SyrupSet([10n, 2n, 1n]))).toBe("#1+10+2+$");
    const entries = [
      ["b", 1n],
      [makeSelector("a"), 2n],
      ["a", 3n],
      [10n, 4n],
    ] as const;
    expect(text(new SyrupStruct(entries))).toBe('{1"a3+1"b1+1\'a2+10+4+}');
    expect(codeOf(() => encodeSyrup(new SyrupSet([1n, 2n, 1n])))).toBe("unpassable");
    expect(
      codeOf(() =>
        encodeSyrup(
          new SyrupStruct([
            ["a", 1n],
            ["a", 2n],
          ]),
        ),
      ),
    ).toBe("unpassable");
  });

  it("has a depth", () => {
    const nest = (depth: number): SyrupValue => {
      let value: SyrupValue = 1n;
      for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : new SyrupSet([value]);
      return value;
    };
    const deepest = encodeSyrup(nest(SYRUP_DEPTH_MAX));
    expect(encodeSyrup(decodeSyrup(deepest))).toEqual(deepest);
    expect(codeOf(() => encodeSyrup(nest(SYRUP_DEPTH_MAX + 1)))).toBe("limit");
    expect(codeOf(() => decodeSyrup(new TextEncoder().encode("[".repeat(100_000))))).toBe("limit");
  });
});

describe("the notation", () => {
  it("shortens what is long and says how long it was", () => {
    expect(describeSyrup(encodeSyrup("x".repeat(80)))).toBe(`"${"x".repeat(80)}"`);
    expect(describeSyrup(encodeSyrup("x".repeat(81)))).toBe(`"${"x".repeat(80)}"… (81 units)`);
    expect(describeSyrup(encodeSyrup(new Uint8Array(32)))).toBe(`:${"00".repeat(32)}`);
    expect(describeSyrup(encodeSyrup(new Uint8Array(33)))).toBe(`:${"00".repeat(32)}… (33 bytes)`);
    expect(describeSyrup(Array.from({ length: 34 }, () => true))).toBe(`[${"t ".repeat(32)}… (2 more)]`);
    expect(describeSyrup(10n ** 80n)).toBe(`1${"0".repeat(79)}… (81 digits)`);
    expect(describeSyrup(makeSelector("x".repeat(81)))).toBe(`'${"x".repeat(80)}… (81 units)`);
    const record = new SyrupRecord(makeSelector("x".repeat(81)), []);
    expect(describeSyrup(record)).toBe(`<${"x".repeat(80)}… (81 units)>`);
  });

  it("shows as much as it is told to, for instance none of bytes that may be secret", () => {
    const secret = encodeSyrup(new SyrupRecord(makeSelector("fetch"), [new Uint8Array([0xca, 0xfe]), "abc", [1n, 2n]]));
    expect(describeSyrup(secret, { bytesShownMax: 0, textShownMax: 3, itemsShownMax: 1 })).toBe(
      "<fet… (5 units) :… (2 bytes) … (2 more)>",
    );
  });

  it("shows nothing that a terminal would obey or hide", () => {
    const nasty = "\u001b[2J\u0007\u009b\u202e\u200b\u2028\ud83d\ude00";
    expect(describeSyrup(encodeSyrup(nasty))).toBe('"\\u{1b}[2J\\u{7}\\u{9b}\\u{202e}\\u{200b}\\u{2028}😀"');
    expect(describeSyrup(makeSelector("a b"))).toBe('\'"a b"');
    expect(describeSyrup(new SyrupStruct([["\u001b", true]]))).toBe('{"\\u{1b}": t}');
  });

  it("refuses bytes that are no Syrup", () => {
    expect(codeOf(() => describeSyrup(new Uint8Array([0x5b])))).toBe("malformed");
  });
});
