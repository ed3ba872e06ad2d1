/** @module Tests of writing files whole or not at all. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeFileAtomic } from "./files.ts";

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

  it("leaves the old content and nothing else when it can not finish", () => {
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
