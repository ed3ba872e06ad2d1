import { describe, expect, it } from "vitest";
import { codeOf, testDirectory } from "./directory.conformance.ts";
import { makeMemoryDirectory, makeMountedDirectory, makeSubdirectory } from "./index.ts";

testDirectory("subdirectory of a mounted directory", () => ({
  directory: makeSubdirectory(makeMountedDirectory({ "a/b": makeMemoryDirectory(), c: makeMemoryDirectory() }), "a/b"),
}));

describe("a mounted directory", () => {
  const directory = makeMountedDirectory({
    "a/b": makeMemoryDirectory({ files: { x: "1" } }),
    ab: makeMemoryDirectory(),
  });

  it("shows the mounts and the folders on the way to them", () => {
    expect(directory.list("").map(({ name }) => name)).toEqual(["a", "ab"]);
    expect(directory.list("a")).toEqual([{ name: "b", type: "directory" }]);
    expect(directory.list("a/b")).toEqual([{ name: "x", type: "file" }]);
    expect(directory.stat("a").type).toBe("directory");
  });

  it("lets nothing change outside of the mounts, nor move between them", () => {
    expect(codeOf(() => directory.create("new", { type: "file" }))).toBe("read-only");
    expect(codeOf(() => directory.create("a/new", { type: "directory" }))).toBe("read-only");
    expect(codeOf(() => directory.remove("ab", "directory"))).toBe("read-only");
    expect(codeOf(() => directory.rename("a/b/x", "ab/x"))).toBe("cross-device");
    expect(codeOf(() => directory.create("ab/x", { type: "link", existing: "a/b/x" }))).toBe("cross-device");
    expect(codeOf(() => directory.read("a", { offset: 0, length: 1 }))).toBe("is-directory");
    expect(codeOf(() => directory.stat("abc"))).toBe("not-found");
    expect(codeOf(() => directory.list("b"))).toBe("not-found");
  });

  it("refuses mounts inside of each other", () => {
    for (const names of [[""], ["a", "a/b"], ["a/b", "a"], ["../a"]]) {
      const mounts = Object.fromEntries(names.map((name) => [name, makeMemoryDirectory()]));
      expect(codeOf(() => makeMountedDirectory(mounts))).toBe("invalid-path");
    }
  });
});
