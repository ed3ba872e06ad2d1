/** @module Tests of writing files whole or not at all. */
import {
  closeSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { checkUserFile, writeFileAtomic, writeUserFile } from "./files.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "caper-files-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("writeFileAtomic", () => {
  it("writes a new file and replaces an old one", () => {
    const file = join(folder, "a");
    writeFileAtomic(file, new Uint8Array([1, 2, 3]));
    expect([...readFileSync(file)]).toEqual([1, 2, 3]);
    writeFileAtomic(file, new Uint8Array([4]));
    expect([...readFileSync(file)]).toEqual([4]);
    expect(readdirSync(folder)).toEqual(["a"]);
  });

  it("leaves the old content and nothing else when it cannot finish", () => {
    const target = join(folder, "busy");
    mkdirSync(target);
    writeFileSync(join(target, "kept"), "kept");
    expect(() => writeFileAtomic(target, new Uint8Array([1]))).toThrow();
    expect(readdirSync(folder)).toEqual(["busy"]);
    expect(readFileSync(join(target, "kept"), "utf8")).toBe("kept");
  });

  it("names the folder that is missing", () => {
    expect(() => writeFileAtomic(join(folder, "none", "a"), new Uint8Array())).toThrow(/ENOENT/);
  });
});

describe("writeUserFile", () => {
  const bytes = new Uint8Array([1, 2]);

  it("replaces the file behind links, which stay", () => {
    mkdirSync(join(folder, "other"));
    writeFileSync(join(folder, "other/file"), "a longer text");
    symlinkSync("other/file", join(folder, "one"));
    symlinkSync("one", join(folder, "two"));
    symlinkSync("other/new", join(folder, "dangling"));
    writeUserFile(join(folder, "two"), bytes);
    writeUserFile(join(folder, "dangling"), bytes);
    for (const name of ["other/file", "other/new"]) expect([...readFileSync(join(folder, name))]).toEqual([1, 2]);
    for (const name of ["one", "two", "dangling"]) expect(lstatSync(join(folder, name)).isSymbolicLink()).toBe(true);
    expect(readdirSync(join(folder, "other")).sort()).toEqual(["file", "new"]);
  });

  it("adds to what is open, by a descriptor's name", () => {
    const descriptor = openSync(join(folder, "out"), "w");
    onTestFinished(() => closeSync(descriptor));
    writeSync(descriptor, "before ");
    writeUserFile(`/dev/fd/${descriptor}`, new TextEncoder().encode("after"));
    expect(readFileSync(join(folder, "out"), "utf8")).toBe("before after");
    expect(readdirSync(folder)).toEqual(["out"]);
  });

  it("is refused before anything is written where it would fail, and leaves nothing", () => {
    for (const name of ["none/a", "."]) {
      const file = join(folder, name);
      expect(() => checkUserFile(file), name).toThrow(/ENOENT|is a folder/);
      expect(() => writeUserFile(file, bytes), name).toThrow(/ENOENT|EISDIR/);
    }
    checkUserFile(join(folder, "a"));
    expect(readdirSync(folder)).toEqual([]);
  });
});
