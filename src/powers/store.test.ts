import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeCapability, Tagged } from "../passable/index.ts";
import {
  type KeyValueStore,
  makeDirectoryStore,
  makeMemoryDirectory,
  makeMemoryStore,
  makeStorePower,
  powerErrorCode,
  STORE_ENTRIES_MAX,
  STORE_KEY_BYTES_MAX,
  type StoreLimits,
} from "./index.ts";

const bytes = (length: number): Uint8Array => new Uint8Array(length);

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    return powerErrorCode(error) ?? String(error);
  }
  return "none";
}

/** What every store must do. */
function testStore(name: string, make: (limits?: Partial<StoreLimits>) => KeyValueStore): void {
  describe(`a store ${name}`, () => {
    it("behaves like a map of copies", () => {
      const keys = fc.constantFrom("a", "b", "ä", "A", "\u{1f600}", "..", "a/b");
      const steps = fc.array(fc.tuple(keys, fc.option(fc.uint8Array({ maxLength: 9 }))), { maxLength: 30 });
      fc.assert(
        fc.property(steps, (changes) => {
          const store = make();
          const model = new Map<string, Uint8Array>();
          for (const [key, value] of changes) {
            if (value === null) expect(store.delete(key)).toBe(model.delete(key));
            else {
              const given = value.slice();
              store.set(key, given);
              given.fill(0);
              model.set(key, value);
            }
            expect([...store.keys()].sort()).toEqual([...model.keys()].sort());
            expect(store.get(key)).toEqual(model.get(key));
          }
        }),
        { verbose: 1 },
      );
    });

    it("is bounded in bytes and entries, and is as it was when something does not fit", () => {
      const store = make({ bytesMax: 10, entriesMax: 2 });
      store.set("a", bytes(4));
      store.set("b", bytes(4));
      expect(codeOf(() => store.set("a", bytes(5)))).toBe("no-space");
      expect(codeOf(() => store.set("c", bytes(0)))).toBe("no-space");
      expect(store.get("a")).toHaveLength(4);
      store.delete("b");
      store.set("a", bytes(9));
      expect(() => make({ entriesMax: STORE_ENTRIES_MAX })).not.toThrow();
      expect(() => make({ entriesMax: STORE_ENTRIES_MAX + 1 })).toThrow(RangeError);
      expect(codeOf(() => store.set("b", bytes(0)))).toBe("no-space");
    });
  });
}

testStore("in memory", makeMemoryStore);
testStore("in a folder", (limits) => makeDirectoryStore(makeMemoryDirectory(), limits));

describe("a store in a folder", () => {
  it("is there again later, and leaves other files alone", () => {
    const folder = makeMemoryDirectory({ files: { "notes.txt": "n", "zz.value": "", "e9.value": "" } });
    makeDirectoryStore(folder).set("ä/b", bytes(3));
    const again = makeDirectoryStore(folder, { bytesMax: 6 });
    expect(again.keys()).toEqual(["ä/b"]);
    expect(codeOf(() => again.set("c", bytes(0)))).toBe("no-space");
    expect(folder.list("").map(({ name }) => name)).toEqual(["c3a42f62.value", "e9.value", "notes.txt", "zz.value"]);
  });

  it("goes on after a write that was cut off", () => {
    const folder = makeMemoryDirectory({ files: { "new.tmp": "half" } });
    const store = makeDirectoryStore(folder);
    store.set("a", bytes(1));
    expect(folder.list("").map(({ name }) => name)).toEqual(["61.value"]);
  });

  it("names keys of the longest length", () => {
    const store = makeStorePower(makeDirectoryStore(makeMemoryDirectory()));
    store.set("ä".repeat(STORE_KEY_BYTES_MAX / 2), 1);
    for (const key of ["a".repeat(STORE_KEY_BYTES_MAX + 1), `a${"ä".repeat(STORE_KEY_BYTES_MAX / 2)}`, "", "\ud800"]) {
      expect(codeOf(() => store.set(key, 1))).toBe("invalid-path");
    }
  });
});

describe("a store power", () => {
  it("keeps passable values, and refuses capabilities", () => {
    const store = makeStorePower(makeMemoryStore());
    const value = { a: [1, -0, 2n, null, undefined], b: bytes(2), c: new Tagged("t", "x") };
    store.set("k", value);
    expect(store.get("k")).toEqual(value);
    expect(store.get("other")).toBeUndefined();
    expect(() => store.set("k", makeCapability({}))).toThrow("store.set: argument 2 (value): ");
    expect(() => store.set("k", { f: () => {} })).toThrow("store.set: argument 2 (value): a function cannot be passed");
  });

  it("can be a part of one", () => {
    const whole = makeMemoryStore();
    const [left, right] = ["left/", "right/"].map((prefix) => makeStorePower(whole, { prefix }));
    left?.set("a", 1);
    right?.set("a", 2);
    right?.set("b", 3);
    expect([left?.keys(), right?.keys(), right?.keys("b")]).toEqual([["a"], ["a", "b"], ["b"]]);
    left?.clear();
    expect([left?.has("a"), right?.get("a")]).toEqual([false, 2]);
  });
});
