import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf } from "./directory.conformance.ts";
import type { Directory } from "./index.ts";
import { makeMemoryDirectory, NAMES_WALKED_MAX, resolvePath, SYMLINKS_FOLLOWED_MAX } from "./index.ts";

function makeTree(): Directory {
  const directory = makeMemoryDirectory({ files: { "in/d/f": "x", "in/e/": "", secret: "s" } });
  directory.create("in/to-d", { type: "symlink", target: "d" });
  directory.create("in/to-f", { type: "symlink", target: "d/f" });
  directory.create("in/d/up", { type: "symlink", target: "../e/./" });
  directory.create("in/out", { type: "symlink", target: "../secret" });
  directory.create("in/self", { type: "symlink", target: "self" });
  directory.create("in/dangling", { type: "symlink", target: "d/new" });
  return directory;
}

describe("resolvePath", () => {
  const directory = makeTree();
  const at = (path: string, follow = true, base = "in"): string => resolvePath(directory, { base, path, follow }).path;
  const errorAt = (path: string, follow = true): string => codeOf(() => at(path, follow));

  it("follows dots and links", () => {
    expect(at("d/f")).toBe("in/d/f");
    expect(at("./d/../d//f")).toBe("in/d/f");
    expect(at("to-d/f")).toBe("in/d/f");
    expect(at("to-f")).toBe("in/d/f");
    expect(at("to-f", false)).toBe("in/to-f");
    expect(at("d/up")).toBe("in/e");
    expect(at("to-d/up/../d")).toBe("in/d");
    expect(at(".")).toBe("in");
    expect(at("d/..")).toBe("in");
  });

  it("names what is not there yet, in a folder that is, also behind a link", () => {
    expect(resolvePath(directory, { base: "in", path: "to-d/new", follow: true })).toEqual({
      path: "in/d/new",
      stat: undefined,
      mustBeDirectory: false,
    });
    expect(resolvePath(directory, { base: "in", path: "new/", follow: true })).toMatchObject({ mustBeDirectory: true });
    expect(at("dangling")).toBe("in/d/new");
    expect(errorAt("no/new")).toBe("not-found");
    expect(errorAt("new/.")).toBe("not-found");
  });

  it("never leaves the folder where it starts", () => {
    for (const path of [
      "/",
      "/etc/passwd",
      "/in/d",
      "..",
      "../secret",
      "d/../../secret",
      "d/../..",
      "out",
      "to-d/../../in/d",
    ]) {
      expect(errorAt(path), path).toBe("outside");
    }
    expect(errorAt("out", false)).toBe("none");
    expect(codeOf(() => at("up", true, "in/d"))).toBe("outside");
  });

  it("says what is wrong on the way", () => {
    expect(errorAt("")).toBe("not-found");
    expect(errorAt("d/f/x")).toBe("not-directory");
    expect(errorAt("d/f/")).toBe("not-directory");
    expect(errorAt("d/f/..")).toBe("not-directory");
    expect(errorAt("d/f/.")).toBe("not-directory");
    expect(errorAt("no/../d")).toBe("not-found");
    expect(errorAt("self")).toBe("is-symlink");
    expect(errorAt("self/x")).toBe("is-symlink");
    expect(errorAt("d\0")).toBe("invalid-path");
    expect(errorAt("x".repeat(256))).toBe("name-too-long");
    expect(errorAt("x/".repeat(3000))).toBe("name-too-long");
  });

  it("follows as many links as it may and not one more", () => {
    const chain = makeMemoryDirectory({ files: { end: "" } });
    for (let number = 0; number <= SYMLINKS_FOLLOWED_MAX; number++) {
      chain.create(`l${number}`, { type: "symlink", target: number === 0 ? "end" : `l${number - 1}` });
    }
    const resolve = (path: string): unknown => resolvePath(chain, { base: "", path, follow: true });
    expect(codeOf(() => resolve(`l${SYMLINKS_FOLLOWED_MAX - 1}`))).toBe("none");
    expect(codeOf(() => resolve(`l${SYMLINKS_FOLLOWED_MAX}`))).toBe("is-symlink");
  });

  it("walks 4096 names and not one more, however links multiply them", () => {
    const directory = makeMemoryDirectory({ files: { "d/": "" } });
    directory.create("l", { type: "symlink", target: `${"./".repeat(2000)}d` });
    const resolve = (path: string): unknown => resolvePath(directory, { base: "", path, follow: true });
    expect(codeOf(() => resolve("l/../l"))).toBe("none");
    expect(codeOf(() => resolve("l/../l/../l"))).toBe("is-symlink");
    const rest = NAMES_WALKED_MAX - (1 + 2001);
    expect(codeOf(() => resolve(`l${"/".repeat(rest)}`))).toBe("none");
    expect(codeOf(() => resolve(`l${"/".repeat(rest + 1)}`))).toBe("is-symlink");
  });

  it("stays inside whatever it is asked", () => {
    const piece = fc.constantFrom("..", ".", "", "d", "e", "to-d", "to-f", "up", "out", "f", "self", "secret", "in");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.boolean(), (pieces, follow) => {
        const path = pieces.join("/");
        let found = "in";
        if (codeOf(() => (found = at(path, follow))) === "none") expect(`${found}/`.startsWith("in/")).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
