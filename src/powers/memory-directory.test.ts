import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf, testDirectory } from "./directory.conformance.ts";
import { MEMORY_EPOCH, makeMemoryDirectory, makeReadOnlyDirectory, makeSubdirectory } from "./index.ts";

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(7);

testDirectory("memory directory", () => ({ directory: makeMemoryDirectory() }));
testDirectory("subdirectory of a memory directory", () => {
  const outer = makeMemoryDirectory({ files: { "x/y/": "", "x/secret": "s" } });
  return { directory: makeSubdirectory(outer, "x/y") };
});
testDirectory("memory directory that was saved and loaded", () => ({
  directory: makeMemoryDirectory({ saved: makeMemoryDirectory().save() }),
}));

describe("memory directory", () => {
  it("is made with files and the folders on the way", () => {
    const directory = makeMemoryDirectory({ files: { "a/b/c": "text", "a/d": bytes(3), "e/f/": "" } });
    expect(directory.list("a").map((entry) => entry.name)).toEqual(["b", "d"]);
    expect(directory.stat("e/f").type).toBe("directory");
    expect(directory.stat("a/d")).toMatchObject({ size: 3, accessed: MEMORY_EPOCH, modified: MEMORY_EPOCH });
  });

  it("holds as many bytes as it may and not one more", () => {
    const directory = makeMemoryDirectory({ bytesMax: 100 });
    directory.create("a", { type: "file" });
    directory.create("b", { type: "file" });
    directory.write("a", { offset: 0, bytes: bytes(60) });
    directory.write("b", { offset: 0, bytes: bytes(40) });
    expect(codeOf(() => directory.write("b", { offset: 40, bytes: bytes(1) }))).toBe("no-space");
    expect(codeOf(() => directory.update("b", { size: 41 }))).toBe("no-space");
    expect(codeOf(() => directory.update("b", { size: 2 ** 52 }))).toBe("no-space");
    expect(codeOf(() => directory.write("b", { offset: 2 ** 52, bytes: bytes(1) }))).toBe("no-space");
    directory.remove("a", "file");
    directory.update("b", { size: 100 });
    expect(directory.read("b", { offset: 38, length: 4 })).toEqual(new Uint8Array([7, 7, 0, 0]));
  });

  it("holds as many entries as it may and not one more", () => {
    const directory = makeMemoryDirectory({ entriesMax: 2 });
    directory.create("a", { type: "file" });
    directory.create("b", { type: "directory" });
    expect(codeOf(() => directory.create("c", { type: "file" }))).toBe("no-space");
    directory.remove("b", "directory");
    directory.create("c", { type: "link", existing: "a" });
    expect(codeOf(() => directory.create("d", { type: "link", existing: "a" }))).toBe("no-space");
  });

  it("moves no tree to where its paths would be too long or its links lead out", () => {
    const long = "x".repeat(200);
    const deep = Array.from({ length: 10 }, () => long).join("/");
    const directory = makeMemoryDirectory({ files: { [`a/${deep}/f`]: "", [`b/${deep}/`]: "", "c/d/": "" } });
    expect(codeOf(() => directory.rename("a", `b/${deep}/a`))).toBe("none");
    expect(codeOf(() => directory.rename("b", "c/b"))).toBe("none");
    directory.create(`more`, { type: "directory" });
    directory.create(`more/${long}`, { type: "directory" });
    expect(codeOf(() => directory.rename("c", `more/${long}/c`))).toBe("name-too-long");
    directory.create("more/l", { type: "symlink", target: "../y" });
    directory.create("n", { type: "directory" });
    directory.rename("more", "n/more");
    directory.create("n/more/m", { type: "symlink", target: "../../y" });
    expect(codeOf(() => directory.rename("n/more", "more"))).toBe("outside");
  });

  it("saves plain data that loads to the same, whatever the order it was made in", () => {
    const files = { "a/b": "1", "a/c": "2", d: "3" };
    const one = makeMemoryDirectory({ files });
    one.create("l", { type: "link", existing: "d" });
    one.create("s", { type: "symlink", target: "a/b" });
    const two = makeMemoryDirectory({ saved: structuredClone(one.save()) });
    expect(two.save()).toEqual(one.save());
    two.write("l", { offset: 0, bytes: bytes(1) });
    expect(two.read("d", { offset: 0, length: 9 })).toEqual(bytes(1));
    expect(one.read("d", { offset: 0, length: 9 })).toEqual(new TextEncoder().encode("3"));
  });

  it("refuses data that no directory saved", () => {
    const times = [0n, 0n, 0n];
    const root = (entries: unknown): unknown => ({ id: 0, times, entries });
    const forged: readonly unknown[] = [
      null,
      {},
      { nextId: 1, nodes: [] },
      { nextId: 1, nodes: [{ id: 0, times, bytes: bytes(1) }] },
      { nextId: 1, nodes: [root([]), root([])] },
      { nextId: 0, nodes: [root([])] },
      { nextId: 1, nodes: [{ id: 0, times: [0n], entries: [] }] },
      { nextId: 1, nodes: [root([["a", 0]])] },
      { nextId: 2, nodes: [root([["a", 1]])] },
      { nextId: 2, nodes: [root([]), { id: 1, times, bytes: bytes(1) }] },
      { nextId: 2, nodes: [root([["..", 1]]), { id: 1, times, bytes: bytes(1) }] },
      { nextId: 2, nodes: [root([["a/b", 1]]), { id: 1, times, bytes: bytes(1) }] },
      { nextId: 2, nodes: [root([["", 1]]), { id: 1, times, bytes: bytes(1) }] },
      {
        nextId: 2,
        nodes: [
          root([
            ["a", 1],
            ["a", 1],
          ]),
          { id: 1, times, bytes: bytes(1) },
        ],
      },
      { nextId: 2, nodes: [root([["a", 1]]), { id: 1, times, target: "/etc" }] },
      { nextId: 2, nodes: [root([["a", 1]]), { id: 1, times, entries: [["b", 1]] }] },
      {
        nextId: 2,
        nodes: [
          root([
            ["a", 1],
            ["b", 1],
          ]),
          { id: 1, times, entries: [] },
        ],
      },
      { nextId: 2, nodes: [root([["a", 1]]), { id: 1, times, bytes: bytes(101) }] },
    ];
    for (const saved of forged) {
      expect(
        codeOf(() => makeMemoryDirectory({ saved, bytesMax: 100 })),
        JSON.stringify(saved, (_, v) => String(v)),
      ).not.toBe("none");
    }
  });

  it("survives any plain data", () => {
    fc.assert(
      fc.property(fc.anything(), (saved) => {
        codeOf(() => makeMemoryDirectory({ saved: { nextId: 3, nodes: saved } }));
      }),
    );
  });
});

describe("attenuated directories", () => {
  it("read-only: shows everything and changes nothing", () => {
    const outer = makeMemoryDirectory({ files: { "a/f": "x" } });
    const directory = makeReadOnlyDirectory(outer);
    const before = outer.save();
    expect(directory.read("a/f", { offset: 0, length: 9 })).toHaveLength(1);
    expect(directory.list("a")).toHaveLength(1);
    for (const work of [
      () => directory.write("a/f", { offset: 0, bytes: bytes(1) }),
      () => directory.write("a/f", { offset: 0, bytes: bytes(0) }),
      () => directory.create("b", { type: "file" }),
      () => directory.update("a/f", { size: 0 }),
      () => directory.update("a/f", { modified: 1n, durable: true }),
      () => directory.update("a/f", {}),
      () => directory.rename("a/f", "g"),
      () => directory.remove("a/f", "file"),
    ]) {
      expect(codeOf(work)).toBe("read-only");
    }
    directory.update("a/f", { durable: true });
    expect(outer.save()).toEqual(before);
  });

  it("subdirectory: cannot name what lies beside it, nor link to it", () => {
    const outer = makeMemoryDirectory({ files: { "in/f": "x", secret: "s" } });
    const directory = makeSubdirectory(outer, "in");
    for (const path of ["../secret", "/secret", "f/../../secret", "secret"]) {
      expect(codeOf(() => directory.read(path, { offset: 0, length: 9 }))).not.toBe("none");
    }
    expect(codeOf(() => directory.create("l", { type: "symlink", target: "../secret" }))).toBe("outside");
    expect(codeOf(() => directory.create("l", { type: "link", existing: "../secret" }))).toBe("invalid-path");
    expect(codeOf(() => directory.rename("f", "../f"))).toBe("invalid-path");
    expect(codeOf(() => makeSubdirectory(outer, "secret"))).toBe("not-directory");
    expect(codeOf(() => makeSubdirectory(outer, "../in"))).toBe("invalid-path");
  });
});
