/** @module Tests of the cache on disk: damage, limits, unusable folders. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cacheFolder, makeByteCache } from "./byte-cache.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "caper-cache-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (length: number, fill = 7) => new Uint8Array(length).fill(fill);

describe("makeByteCache", () => {
  it("gives back what was put, also to another process's cache", () => {
    makeByteCache({ folder }).put("a-1", bytes(100));
    expect(makeByteCache({ folder }).get("a-1")).toEqual(bytes(100));
    expect(makeByteCache({ folder }).get("a-2")).toBeUndefined();
  });

  it("forgets a file whose content was changed, wherever the change is", () => {
    const cache = makeByteCache({ folder });
    for (let position = 0; position < 42; position += 1) {
      cache.put("k", bytes(10));
      const file = join(folder, "k");
      const damaged = readFileSync(file);
      damaged[position] = damaged[position]! ^ 1;
      writeFileSync(file, damaged);
      expect(cache.get("k")).toBeUndefined();
      expect(readdirSync(folder)).toEqual([]);
    }
  });

  it("forgets a file that was cut off", () => {
    const cache = makeByteCache({ folder });
    for (const length of [0, 1, 31, 33, 41]) {
      cache.put("k", bytes(10));
      const file = join(folder, "k");
      writeFileSync(file, readFileSync(file).subarray(0, length));
      expect(cache.get("k")).toBeUndefined();
    }
  });

  it("removes what was used longest ago when the folder is full", () => {
    const cache = makeByteCache({ folder, bytesMax: 1000 });
    for (const [index, key] of ["old", "middle", "new"].entries()) {
      cache.put(key, bytes(200));
      utimesSync(join(folder, key), 1000 + index, 1000 + index);
    }
    expect(cache.get("old")).toBeDefined(); // used just now, so it stays
    cache.put("more", bytes(400));
    expect(readdirSync(folder).sort()).toEqual(["more", "old"]);
  });

  it("keeps below its limit over many files, those of another process among them", () => {
    const limit = { folder, bytesMax: 6400 };
    const caches = [makeByteCache(limit), makeByteCache(limit)];
    const filesBytes = () =>
      readdirSync(folder).reduce((sum, name) => sum + readFileSync(join(folder, name)).length, 0);
    for (let n = 0; n < 400; n += 1) caches[n % 2]?.put(`k-${n}`, bytes(8));
    // What the other has written since it looked may come on top.
    expect(filesBytes()).toBeLessThanOrEqual(6400 + 6400 / 64);
    expect(filesBytes()).toBeGreaterThan(6400 / 2);
  });

  it("does not keep what is larger than its limit", () => {
    const cache = makeByteCache({ folder, bytesMax: 100 });
    cache.put("k", bytes(100));
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is empty where the folder can not be used", () => {
    writeFileSync(join(folder, "file"), "");
    const cache = makeByteCache({ folder: join(folder, "file", "below") });
    cache.put("k", bytes(1));
    expect(cache.get("k")).toBeUndefined();
  });

  it("refuses keys that would leave the folder", () => {
    const cache = makeByteCache({ folder });
    for (const key of ["", "../x", "a/b", ".hidden", "A", "a".repeat(201)])
      expect(() => cache.get(key)).toThrow(RangeError);
  });
});

describe("cacheFolder", () => {
  it("prefers Caper's own variable, then XDG's", () => {
    expect(cacheFolder({ CAPER_CACHE: "/a", XDG_CACHE_HOME: "/b" })).toBe("/a");
    expect(cacheFolder({ XDG_CACHE_HOME: "/b" })).toBe("/b/caper");
    expect(cacheFolder({ XDG_CACHE_HOME: "" })).toMatch(/\.cache\/caper$/);
  });
});
