/**
 * What every implementation of the directory power must do: each one's test calls `testDirectory` with a maker of empty
 * directories.
 *
 * @module
 */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Directory, PowerErrorCode } from "./index.ts";
import { compareNames, makeMemoryDirectory, powerErrorCode } from "./index.ts";

export interface DirectoryUnderTest {
  readonly directory: Directory;
  dispose?(): void;
}

const text = new TextEncoder();

export function codeOf(work: () => unknown): PowerErrorCode | "none" {
  try {
    work();
  } catch (error) {
    const code = powerErrorCode(error);
    if (code === undefined) throw error;
    return code;
  }
  return "none";
}

function readText(directory: Directory, path: string): string {
  return new TextDecoder().decode(directory.read(path, { offset: 0, length: 1 << 20 }));
}

function writeText(directory: Directory, path: string, content: string): void {
  directory.create(path, { type: "file" });
  directory.write(path, { offset: 0, bytes: text.encode(content) });
}

/** Paths that are not canonical, or too long, or no text at all. */
const badPaths: readonly string[] = [
  "/",
  "/etc/passwd",
  "..",
  "a/../../b",
  "../etc",
  "./a",
  "a/.",
  "a//b",
  "a/",
  "a\0b",
  "\0",
  "\ud800",
  "x".repeat(256),
  "é".repeat(128),
  Array.from({ length: 2049 }, () => "a").join("/"),
];

type Step =
  | { readonly do: "file" | "folder" | "unlink" | "rmdir" | "list"; readonly at: string }
  | { readonly do: "write"; readonly at: string; readonly offset: number | "end"; readonly content: string }
  | { readonly do: "resize"; readonly at: string; readonly size: number }
  | { readonly do: "rename" | "link" | "symlink"; readonly at: string; readonly to: string };

const aPath = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));

const aStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom("file", "folder", "unlink", "rmdir", "list"), at: aPath }),
  fc.record({
    do: fc.constant("write"),
    at: aPath,
    offset: fc.oneof(fc.nat(20), fc.constant("end")),
    content: fc.string({ maxLength: 8 }),
  }),
  fc.record({ do: fc.constant("resize"), at: aPath, size: fc.nat(30) }),
  fc.record({ do: fc.constantFrom("rename", "link", "symlink"), at: aPath, to: aPath }),
) as fc.Arbitrary<Step>;

function runStep(directory: Directory, step: Step): unknown {
  switch (step.do) {
    case "file":
      return directory.create(step.at, { type: "file" });
    case "folder":
      return directory.create(step.at, { type: "directory" });
    case "unlink":
      return directory.remove(step.at, "file");
    case "rmdir":
      return directory.remove(step.at, "directory");
    case "list":
      return directory.list(step.at);
    case "write":
      return directory.write(step.at, { offset: step.offset, bytes: text.encode(step.content) });
    case "resize":
      return directory.update(step.at, { size: step.size });
    case "rename":
      return directory.rename(step.at, step.to);
    case "link":
      return directory.create(step.to, { type: "link", existing: step.at });
    case "symlink":
      return directory.create(step.to, { type: "symlink", target: step.at });
  }
}

/** Everything that a guest could see, but the times. */
function pictureOf(directory: Directory, path = ""): unknown {
  return directory.list(path).map((entry) => {
    const at = path === "" ? entry.name : `${path}/${entry.name}`;
    const { type, size, links, target } = directory.stat(at);
    const inside = type === "directory" ? pictureOf(directory, at) : type === "file" ? readText(directory, at) : target;
    return [entry.name, entry.type, type, size, links, inside];
  });
}

function testContent(subject: () => Directory): void {
  it("writes and reads by offset, fills gaps with zeros, appends", () => {
    const directory = subject();
    directory.create("f", { type: "file" });
    expect(directory.write("f", { offset: 3, bytes: text.encode("abc") })).toBe(6);
    expect(directory.write("f", { offset: "end", bytes: text.encode("de") })).toBe(8);
    expect(readText(directory, "f")).toBe("\0\0\0abcde");
    expect(directory.read("f", { offset: 4, length: 2 })).toEqual(text.encode("bc"));
    expect(directory.read("f", { offset: 7, length: 100 })).toEqual(text.encode("e"));
    expect(directory.read("f", { offset: 8, length: 1 })).toHaveLength(0);
    expect(directory.read("f", { offset: 2 ** 40, length: 1 })).toHaveLength(0);
    expect(directory.write("f", { offset: 20, bytes: new Uint8Array(0) })).toBe(20);
    expect(directory.stat("f").size).toBe(8);
  });

  it("keeps nothing of the bytes it was given and gives bytes that are the caller's", () => {
    const directory = subject();
    const bytes = text.encode("abc");
    directory.create("f", { type: "file" });
    directory.write("f", { offset: 0, bytes });
    bytes.fill(0);
    directory.read("f", { offset: 0, length: 3 }).fill(1);
    expect(readText(directory, "f")).toBe("abc");
  });

  it("cuts off and fills up", () => {
    const directory = subject();
    writeText(directory, "f", "abcdef");
    directory.update("f", { size: 2 });
    directory.update("f", { size: 4 });
    expect(readText(directory, "f")).toBe("ab\0\0");
  });
}

function testEntries(subject: () => Directory): void {
  it("sets times on its own entries, links included", () => {
    const directory = subject();
    writeText(directory, "f", "");
    directory.create("l", { type: "symlink", target: "f" });
    const before = directory.stat("f");
    directory.update("l", { accessed: 1_000_000_000n, modified: 2_000_000_000n });
    expect(directory.stat("f")).toEqual(before);
    expect(directory.stat("l")).toMatchObject({ accessed: 1_000_000_000n, modified: 2_000_000_000n });
    directory.update("f", { modified: 3_000_000_000n });
    expect(directory.stat("f").modified).toBe(3_000_000_000n);
    directory.update("f", { durable: true });
    directory.update("", { durable: true });
  });

  it("lists by the bytes of the names", () => {
    const directory = subject();
    const names = ["b", "a", "B", "é", "\u{1f600}", "\uffee", "a.b", "a b", "0"];
    for (const entry of names) directory.create(entry, { type: "file" });
    expect(directory.list("").map((entry) => entry.name)).toEqual([...names].sort(compareNames));
  });

  it("tells what entries are", () => {
    const directory = subject();
    directory.create("d", { type: "directory" });
    writeText(directory, "d/f", "xyz");
    directory.create("d/l", { type: "symlink", target: "f" });
    expect(directory.stat("d")).toMatchObject({ type: "directory", size: 0, target: undefined });
    expect(directory.stat("d/f")).toMatchObject({ type: "file", size: 3, links: 1, identity: undefined });
    expect(directory.stat("d/l")).toMatchObject({ type: "symlink", size: 1, target: "f" });
    expect(directory.list("d")).toEqual([
      { name: "f", type: "file" },
      { name: "l", type: "symlink" },
    ]);
    expect(directory.stat("").type).toBe("directory");
  });

  it("gives a file several names with one content", () => {
    const directory = subject();
    writeText(directory, "a", "1");
    writeText(directory, "other", "1");
    directory.create("b", { type: "link", existing: "a" });
    directory.create("another", { type: "link", existing: "other" });
    directory.write("b", { offset: 0, bytes: text.encode("2") });
    expect(readText(directory, "a")).toBe("2");
    expect(directory.stat("a").links).toBe(2);
    expect(directory.stat("a").identity).toBe(directory.stat("b").identity);
    expect(directory.stat("a").identity).not.toBe(directory.stat("other").identity);
    directory.remove("a", "file");
    expect(directory.stat("b").links).toBe(1);
    expect(readText(directory, "b")).toBe("2");
  });
}

function testBorders(subject: () => Directory): void {
  it("never goes through a symbolic link", () => {
    const directory = subject();
    directory.create("d", { type: "directory" });
    writeText(directory, "d/f", "x");
    directory.create("l", { type: "symlink", target: "d" });
    directory.create("lf", { type: "symlink", target: "d/f" });
    expect(codeOf(() => directory.stat("l/f"))).toBe("not-directory");
    expect(codeOf(() => directory.list("l"))).toBe("not-directory");
    expect(codeOf(() => directory.create("l/g", { type: "file" }))).toBe("not-directory");
    expect(codeOf(() => directory.read("lf", { offset: 0, length: 1 }))).toBe("is-symlink");
    expect(codeOf(() => directory.write("lf", { offset: 0, bytes: text.encode("y") }))).toBe("is-symlink");
    expect(codeOf(() => directory.update("lf", { size: 0 }))).toBe("is-symlink");
    expect(codeOf(() => directory.create("lf", { type: "file" }))).toBe("exists");
    directory.remove("lf", "file");
    directory.rename("l", "m");
    expect(directory.stat("m").target).toBe("d");
    expect(readText(directory, "d/f")).toBe("x");
  });

  it("makes no link that leads out, and moves none to where it would", () => {
    const directory = subject();
    directory.create("d", { type: "directory" });
    for (const target of ["/etc", "..", "../x", "a/../../x", "d/../..", "C:/x", "..\\x"]) {
      expect(codeOf(() => directory.create("l", { type: "symlink", target }))).toBe("outside");
    }
    expect(codeOf(() => directory.create("l", { type: "symlink", target: "" }))).toBe("not-found");
    expect(codeOf(() => directory.create("l", { type: "symlink", target: "a\0" }))).toBe("invalid-path");
    directory.create("d/l", { type: "symlink", target: "../x" });
    expect(codeOf(() => directory.rename("d/l", "l"))).toBe("outside");
    expect(codeOf(() => directory.create("l", { type: "link", existing: "d/l" }))).toBe("outside");
    expect(directory.list("")).toHaveLength(1);
  });

  it("takes canonical paths only", () => {
    const directory = subject();
    for (const path of badPaths) {
      for (const work of [
        () => directory.stat(path),
        () => directory.list(path),
        () => directory.read(path, { offset: 0, length: 1 }),
        () => directory.write(path, { offset: 0, bytes: text.encode("x") }),
        () => directory.create(path, { type: "file" }),
        () => directory.create("x", { type: "link", existing: path }),
        () => directory.update(path, { size: 0 }),
        () => directory.rename(path, "y"),
        () => directory.remove(path, "file"),
      ]) {
        expect(["invalid-path", "name-too-long"], JSON.stringify(path.slice(0, 20))).toContain(codeOf(work));
      }
    }
    directory.create("x".repeat(255), { type: "file" });
    expect(directory.list("")).toHaveLength(1);
  });
}

function testRefusals(subject: () => Directory): void {
  it("answers what is wrong", () => {
    const directory = subject();
    directory.create("d", { type: "directory" });
    directory.create("full", { type: "directory" });
    writeText(directory, "full/f", "");
    writeText(directory, "f", "");
    const codes: readonly (readonly [PowerErrorCode, () => unknown])[] = [
      ["not-found", () => directory.stat("no")],
      ["not-found", () => directory.stat("no/x")],
      ["not-directory", () => directory.stat("f/x")],
      ["not-directory", () => directory.list("f")],
      ["is-directory", () => directory.read("d", { offset: 0, length: 1 })],
      ["is-directory", () => directory.write("d", { offset: 0, bytes: text.encode("x") })],
      ["is-directory", () => directory.update("d", {})],
      ["exists", () => directory.create("d", { type: "directory" })],
      ["exists", () => directory.create("f", { type: "file" })],
      ["exists", () => directory.create("f", { type: "link", existing: "full/f" })],
      ["not-found", () => directory.create("no/x", { type: "file" })],
      ["denied", () => directory.create("x", { type: "link", existing: "d" })],
      ["is-directory", () => directory.remove("d", "file")],
      ["not-directory", () => directory.remove("f", "directory")],
      ["not-empty", () => directory.remove("full", "directory")],
      ["not-empty", () => directory.rename("d", "full")],
      ["is-directory", () => directory.rename("f", "d")],
      ["not-directory", () => directory.rename("d", "f")],
      ["invalid-path", () => directory.rename("d", "d/x")],
      ["not-found", () => directory.rename("no", "x")],
      ["busy", () => directory.create("", { type: "directory" })],
      ["busy", () => directory.remove("", "directory")],
      ["busy", () => directory.rename("", "x")],
      ["busy", () => directory.rename("d", "")],
    ];
    const before = pictureOf(directory);
    for (const [code, work] of codes) expect(codeOf(work), work.toString()).toBe(code);
    expect(pictureOf(directory)).toEqual(before);
  });
}

function testRenames(subject: () => Directory): void {
  it("renames over files and empty folders", () => {
    const directory = subject();
    writeText(directory, "a", "new");
    writeText(directory, "b", "old");
    directory.create("d", { type: "directory" });
    writeText(directory, "d/x", "in");
    directory.create("e", { type: "directory" });
    directory.rename("a", "b");
    directory.rename("d", "e");
    expect(readText(directory, "b")).toBe("new");
    expect(readText(directory, "e/x")).toBe("in");
    expect(directory.list("").map((entry) => entry.name)).toEqual(["b", "e"]);
    directory.create("c", { type: "link", existing: "b" });
    directory.rename("b", "c");
    expect(directory.list("").map((entry) => entry.name)).toEqual(["b", "c", "e"]);
  });
}

/** The directory in memory is the model: the same steps end in the same errors and the same picture. */
function testAgainstModel(make: () => DirectoryUnderTest): void {
  it("does what the directory in memory does, step by step", { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(fc.array(aStep, { maxLength: 25 }), (steps) => {
        const fresh = make();
        const model = makeMemoryDirectory();
        try {
          for (const step of steps) {
            const expected = codeOf(() => runStep(model, step));
            expect(
              codeOf(() => runStep(fresh.directory, step)),
              JSON.stringify(step),
            ).toBe(expected);
          }
          expect(pictureOf(fresh.directory)).toEqual(pictureOf(model));
        } finally {
          fresh.dispose?.();
        }
      }),
      { numRuns: 200 },
    );
  });
}

export function testDirectory(name: string, make: () => DirectoryUnderTest): void {
  describe(`${name} is a directory`, () => {
    let made: DirectoryUnderTest;
    beforeEach(() => {
      made = make();
    });
    afterEach(() => made.dispose?.());
    const subject = (): Directory => made.directory;
    testContent(subject);
    testEntries(subject);
    testBorders(subject);
    testRefusals(subject);
    testRenames(subject);
    testAgainstModel(make);
  });
}
