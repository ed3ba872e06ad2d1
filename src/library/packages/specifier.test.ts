import { describe, expect, it } from "vitest";
import { builtinNameOf, powerOfMissing } from "../builtins/index.ts";
import { packageNameOf, parseSpecifier, SPECIFIER_LENGTH_MAX } from "./specifier.ts";

describe("parseSpecifier", () => {
  it("tells names, ranges, paths inside, tarballs, folders and files apart", () => {
    const registry = (name: string, range = "", subpath = "."): object => ({ kind: "registry", name, range, subpath });
    expect(parseSpecifier("marked")).toEqual(registry("marked"));
    expect(parseSpecifier("chart.js")).toEqual(registry("chart.js"));
    expect(parseSpecifier("marked@^18.1")).toEqual(registry("marked", "^18.1"));
    expect(parseSpecifier("a@>=1 <2 || 3.x")).toEqual(registry("a", ">=1 <2 || 3.x"));
    expect(parseSpecifier("@scope/name@next")).toEqual(registry("@scope/name", "next"));
    expect(parseSpecifier("prettier/standalone")).toEqual(registry("prettier", "", "./standalone"));
    expect(parseSpecifier("@scope/name@1/lib/x.js")).toEqual(registry("@scope/name", "1", "./lib/x.js"));
    for (const path of ["./a", "../a.ts", "/x/y", ".", "file:./a", "C:\\x"])
      expect(parseSpecifier(path).kind).toBe("file");
    for (const path of ["./a.tgz", "a-1.0.0.tgz", "/x/a.tar.gz", "https://example.com/a.tgz"]) {
      expect(parseSpecifier(path).kind).toBe("tarball");
    }
  });

  it("refuses what names nothing", () => {
    for (const wrong of [
      "",
      "a b",
      "@scope",
      "@/x",
      "a\0b",
      "node:fs",
      "git+ssh://x/y",
      "a".repeat(SPECIFIER_LENGTH_MAX + 1),
    ]) {
      expect(() => parseSpecifier(wrong)).toThrow(expect.objectContaining({ name: "LibraryError", code: "not-found" }));
    }
    expect(parseSpecifier("a".repeat(SPECIFIER_LENGTH_MAX)).kind).toBe("registry");
    expect(() => parseSpecifier(5 as never)).toThrow(TypeError);
  });
});

describe("packageNameOf", () => {
  it("is the part that a registry knows", () => {
    const names = ["a", "a/b/c.js", "@s/a", "@s/a/b", "a.b", "@s", "./a", "#a", "..", "a b/c"].map(packageNameOf);
    expect(names).toEqual(["a", "a", "@s/a", "@s/a", "a.b", undefined, undefined, undefined, undefined, undefined]);
  });
});

describe("built-ins", () => {
  it("are known by name, with and without node:, and not with a slash at the end", () => {
    const names = ["fs", "node:fs", "fs/promises", "node:sqlite", "node:anything", "buffer/", "marked", "zlib"];
    expect(names.map(builtinNameOf)).toEqual([
      "fs",
      "fs",
      "fs/promises",
      "sqlite",
      "anything",
      undefined,
      undefined,
      "zlib",
    ]);
    expect([powerOfMissing("https"), powerOfMissing("zlib")]).toEqual(["http", undefined]);
  });
});
