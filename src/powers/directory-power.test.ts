import { describe, expect, it } from "vitest";
import {
  type DirectoryPower,
  type DirectoryPowerOptions,
  LIST_ENTRIES_MAX,
  MEMORY_EPOCH,
  type MemoryDirectoryInit,
  makeDirectoryPower,
  makeMemoryDirectory,
  makeQuotaDirectory,
  PATH_BYTES_MAX,
  powerErrorCode,
  READ_BYTES_MAX,
} from "./index.ts";

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

function make(files: MemoryDirectoryInit["files"] = {}, options: DirectoryPowerOptions = {}): DirectoryPower {
  return makeDirectoryPower(makeMemoryDirectory({ files }), options);
}

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    return powerErrorCode(error) ?? String(error);
  }
  return "none";
}

describe("a directory power", () => {
  it("reads, writes and appends", () => {
    const folder = make({ "a.txt": "hello" });
    expect(folder.readText("a.txt")).toBe("hello");
    expect(folder.read("a.txt", { offset: 1, length: 3 })).toEqual(bytes(101, 108, 108));
    expect(folder.read("a.txt", { offset: 9 })).toEqual(bytes());
    folder.write("a.txt", "hé");
    folder.append("a.txt", bytes(33));
    folder.append("new", "n");
    expect([folder.readText("a.txt"), folder.readText("new")]).toEqual(["hé!", "n"]);
    expect(folder.stat("a.txt")).toMatchObject({ type: "file", size: 4, modified: Number(MEMORY_EPOCH) / 1e6 });
    expect(folder.list("/")).toEqual([
      { name: "a.txt", type: "file" },
      { name: "new", type: "file" },
    ]);
  });

  it("takes paths as people write them", () => {
    const folder = make({ "a/b/c.txt": "c" });
    for (const path of ["a/b/c.txt", "/a/b/c.txt", "./a//b/../b/c.txt"]) expect(folder.readText(path)).toBe("c");
    for (const path of ["/", ".", "//", "a/.."]) expect(folder.list(path)).toEqual([{ name: "a", type: "directory" }]);
    for (const path of ["..", "/../a", "a/../../a"]) {
      expect(codeOf(() => folder.exists(path))).toBe("outside");
    }
    expect(codeOf(() => folder.list(""))).toBe("not-found");
    expect(codeOf(() => folder.exists("a".repeat(PATH_BYTES_MAX)))).toBe("name-too-long");
    expect(codeOf(() => folder.exists("a".repeat(PATH_BYTES_MAX + 1)))).toContain("expected at most 4096 characters");
  });

  it("says which power, method and code", () => {
    expect(() => make().read("a")).toThrow("directory.read: not-found");
    expect(() => make().write("/", "")).toThrow("directory.write: is-directory");
    expect(() => make({}, { readOnly: true }).write("a", "")).toThrow("directory.write: read-only");
  });

  it("tells what there is", () => {
    const folder = make({ "a/b": "" });
    expect(["a", "a/b", "c", "a/b/c"].map((path) => folder.exists(path))).toEqual([true, true, false, false]);
    expect(codeOf(() => folder.stat("c"))).toBe("not-found");
  });

  it("makes and removes folders, one or all", () => {
    const folder = make({ file: "" });
    expect(codeOf(() => folder.makeDirectory("a/b"))).toBe("not-found");
    folder.makeDirectory("/a/b/c", { recursive: true });
    folder.makeDirectory("a/b", { recursive: true });
    expect(codeOf(() => folder.makeDirectory("a"))).toBe("exists");
    expect(codeOf(() => folder.makeDirectory("file/a", { recursive: true }))).toBe("not-directory");
    expect(codeOf(() => folder.makeDirectory("file", { recursive: true }))).toBe("exists");
    folder.write("a/b/d.txt", "d");
    expect(codeOf(() => folder.remove("a"))).toBe("not-empty");
    folder.remove("a", { recursive: true });
    folder.remove("file");
    expect(folder.list("/")).toEqual([]);
    expect(codeOf(() => folder.remove("a"))).toBe("not-found");
    expect(codeOf(() => folder.remove("/", { recursive: true }))).toBe("busy");
  });

  it("moves and copies", () => {
    const folder = make({ a: "long content", b: "b" });
    folder.copy("b", "a");
    folder.copy("a", "/a");
    folder.rename("b", "c");
    expect(folder.readText("a")).toBe("b");
    expect(folder.exists("b")).toBe(false);
    expect(codeOf(() => folder.copy("/", "d"))).toBe("is-directory");
    expect(codeOf(() => folder.copy("nothing", "d"))).toBe("not-found");
    expect(folder.exists("d")).toBe(false);
  });

  it("follows links inside, and removes the links themselves", () => {
    const directory = makeMemoryDirectory({ files: { "a/target": "t" } });
    directory.create("link", { type: "symlink", target: "a/target" });
    directory.create("folder", { type: "symlink", target: "a" });
    const folder = makeDirectoryPower(directory);
    expect(folder.readText("link")).toBe("t");
    expect([folder.stat("link").type, folder.stat("link", { follow: false }).type]).toEqual(["file", "symlink"]);
    folder.write("link", "u");
    folder.remove("folder", { recursive: true });
    expect(folder.readText("a/target")).toBe("u");
  });

  it("reads at most so much at once", () => {
    const folder = make({ big: new Uint8Array(READ_BYTES_MAX + 1) });
    expect(folder.read("big", { offset: 1 })).toHaveLength(READ_BYTES_MAX);
    expect(codeOf(() => folder.read("big"))).toBe("too-big");
    expect(codeOf(() => folder.readText("big"))).toBe("too-big");
  });

  it("lists at most so many entries at once", () => {
    const directory = makeMemoryDirectory({ entriesMax: LIST_ENTRIES_MAX + 1 });
    const folder = makeDirectoryPower(directory);
    for (let count = 0; count < LIST_ENTRIES_MAX; count++) directory.create(`${count}`, { type: "file" });
    expect(folder.list("/")).toHaveLength(LIST_ENTRIES_MAX);
    directory.create("one more", { type: "file" });
    expect(codeOf(() => folder.list("/"))).toBe("too-big");
  });

  it("can be of one folder, from which nothing leads out", () => {
    const part = make({ "inside/a": "a", secret: "s" }, { path: "inside" });
    const handed = make({ "inside/a": "a", secret: "s" }).subdirectory("/inside");
    for (const folder of [part, handed]) {
      expect(folder.list("/")).toEqual([{ name: "a", type: "file" }]);
      expect(codeOf(() => folder.read("../secret"))).toBe("outside");
    }
    expect(codeOf(() => make({ a: "" }).subdirectory("a"))).toBe("not-directory");
  });
});

describe("a quota", () => {
  it("counts what is there, and lets go what is removed", () => {
    const folder = make({ a: "12345", "f/b": "678" }, { quota: { bytesMax: 10, entriesMax: 4 } });
    folder.write("c", "90");
    expect(codeOf(() => folder.append("c", "1"))).toBe("no-space");
    expect(folder.readText("c")).toBe("90");
    expect(codeOf(() => folder.makeDirectory("d"))).toBe("no-space");
    folder.remove("a");
    folder.write("d", "12345");
    expect(codeOf(() => folder.append("d", "6"))).toBe("no-space");
    folder.rename("c", "d");
    folder.append("d", "12345");
    folder.write("e", "");
    expect(codeOf(() => folder.append("e", "1"))).toBe("no-space");
  });

  it("counts holes, cuts, links and rewriting in place", () => {
    const directory = makeQuotaDirectory(makeMemoryDirectory({ files: { a: "1234" } }), { bytesMax: 8 });
    directory.write("a", { offset: 0, bytes: bytes(1, 2, 3, 4) });
    expect(codeOf(() => directory.write("a", { offset: 8, bytes: bytes(1) }))).toBe("no-space");
    directory.write("a", { offset: 7, bytes: bytes(1) });
    expect(codeOf(() => directory.update("a", { size: 9 }))).toBe("no-space");
    directory.update("a", { size: 4 });
    directory.create("b", { type: "link", existing: "a" });
    expect(codeOf(() => directory.create("c", { type: "link", existing: "a" }))).toBe("no-space");
    expect(codeOf(() => directory.update("a", { size: 5 }))).toBe("no-space");
    directory.rename("b", "a");
    directory.remove("b", "file");
    directory.update("a", { size: 8 });
    expect(codeOf(() => directory.update("a", { size: 9 }))).toBe("no-space");
  });
});
