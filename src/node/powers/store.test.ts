import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { makeStorePower } from "../../powers/index.ts";
import { makeNodeStore } from "./index.ts";

const folders: string[] = [];

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "caper-store-"));
  folders.push(folder);
  return join(folder, "store");
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describe("a store on disk", () => {
  it("is there again when it is opened again", () => {
    const path = makeFolder();
    {
      using disk = makeNodeStore(path);
      makeStorePower(disk).set("settings/a", { depth: 3n });
      makeStorePower(disk).set("settings/A", 2);
      makeStorePower(disk).set("gone", 1);
      makeStorePower(disk).delete("gone");
    }
    using again = makeNodeStore(path);
    const store = makeStorePower(again, { prefix: "settings/" });
    expect(store.keys()).toEqual(["A", "a"]);
    expect(store.get("a")).toEqual({ depth: 3n });
    expect(readdirSync(path)).toHaveLength(2);
  });

  it("is bounded", () => {
    using disk = makeNodeStore(makeFolder(), { bytesMax: 10 });
    const store = makeStorePower(disk);
    store.set("a", 12345678);
    expect(() => store.set("b", 1)).toThrow("store.set: no-space: the store holds 10 bytes at most");
    expect(() => store.set("a", 1234567890)).toThrow("no-space");
    expect(store.get("a")).toBe(12345678);
  });
});
