/** @module Tests of the file that keeps who a peer is. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makePeerKeys } from "./key-file.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "caper-key-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("a key file", () => {
  it("is made for the user alone, and gives the same keys again", () => {
    const file = join(folder, "key");
    const first = makePeerKeys(file);
    const second = makePeerKeys(file);
    expect(readFileSync(file, "utf8")).toMatch(/^[0-9a-f]{64}\n$/);
    if (process.platform !== "win32") expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(hex(second.seed)).toBe(hex(first.seed));
    expect(hex(second.swissNumber("a"))).toBe(hex(first.swissNumber("a")));
    const all = [first.seed, ...["a", "b", ""].map(first.swissNumber)].map(hex);
    expect(new Set([...all, readFileSync(file, "utf8").trim()]).size).toBe(5);
    expect(all.every((text) => text.length === 64)).toBe(true);
  });

  it("is not needed: then all is new each time", () => {
    expect(hex(makePeerKeys(undefined).seed)).not.toBe(hex(makePeerKeys(undefined).seed));
  });

  it("is refused where others may read it, or where it is none", () => {
    const file = join(folder, "key");
    makePeerKeys(file);
    if (process.platform !== "win32") {
      chmodSync(file, 0o640);
      expect(() => makePeerKeys(file)).toThrow(`--seed-file ${file}: others may read it; change that with: chmod 600`);
    }
    for (const text of ["", "00", `${"0".repeat(64)}00`, "g".repeat(64)]) {
      writeFileSync(file, text);
      chmodSync(file, 0o600);
      expect(() => makePeerKeys(file)).toThrow("is no key");
    }
    expect(() => makePeerKeys(folder)).toThrow("--seed-file");
    expect(() => makePeerKeys(join(folder, "no/key"))).toThrow("cannot be written: no such file or folder");
  });
});
