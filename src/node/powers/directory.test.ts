import { execFileSync } from "node:child_process";
import { once } from "node:events";
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { codeOf, testDirectory } from "../../powers/directory.conformance.ts";
import { makeSubdirectory, PowerError } from "../../powers/index.ts";
import { makeNodeDirectory } from "./index.ts";

function makeTemporary(): string {
  return mkdtempSync(join(tmpdir(), "caper-directory-"));
}

for (const platform of [process.platform, "other"]) {
  testDirectory(`node directory (walk for ${platform})`, () => {
    const path = makeTemporary();
    const directory = makeNodeDirectory(path, { platform });
    return {
      directory,
      dispose() {
        directory[Symbol.dispose]();
        rmSync(path, { recursive: true });
      },
    };
  });
}

testDirectory("subdirectory of a node directory", () => {
  const path = makeTemporary();
  mkdirSync(join(path, "in"));
  const directory = makeNodeDirectory(path);
  return {
    directory: makeSubdirectory(directory, "in"),
    dispose() {
      directory[Symbol.dispose]();
      rmSync(path, { recursive: true });
    },
  };
});

for (const platform of [process.platform, "other"]) {
  describe(`node directory (walk for ${platform}) keeps guests in`, () => {
    let base: string;
    let root: string;
    beforeEach(() => {
      base = makeTemporary();
      root = join(base, "root");
      mkdirSync(join(root, "d"), { recursive: true });
      mkdirSync(join(base, "outside"));
      writeFileSync(join(base, "outside/secret"), "secret");
    });
    afterEach(() => rmSync(base, { recursive: true }));

    it("does not follow links that the host has put there", () => {
      symlinkSync(join(base, "outside"), join(root, "absolute"));
      symlinkSync("../outside", join(root, "relative"));
      symlinkSync("../../outside/secret", join(root, "d/file"));
      symlinkSync("../outside/new", join(root, "dangling"));
      using directory = makeNodeDirectory(root, { platform });
      for (const link of ["absolute", "relative"]) {
        expect(codeOf(() => directory.list(link))).toBe("not-directory");
        expect(codeOf(() => directory.stat(`${link}/secret`))).toBe("not-directory");
        expect(codeOf(() => directory.read(`${link}/secret`, { offset: 0, length: 9 }))).toBe("not-directory");
        expect(codeOf(() => directory.create(`${link}/new`, { type: "file" }))).toBe("not-directory");
        expect(codeOf(() => directory.rename(`${link}/secret`, "mine"))).toBe("not-directory");
        expect(codeOf(() => directory.create("mine", { type: "link", existing: `${link}/secret` }))).toBe(
          "not-directory",
        );
      }
      expect(codeOf(() => directory.read("d/file", { offset: 0, length: 9 }))).toBe("is-symlink");
      expect(codeOf(() => directory.update("d/file", { size: 0 }))).toBe("is-symlink");
      expect(codeOf(() => directory.create("dangling", { type: "file" }))).toBe("exists");
      expect(codeOf(() => directory.write("dangling", { offset: 0, bytes: new Uint8Array(1) }))).toBe("is-symlink");
      directory.update("d/file", { durable: true });
      expect(readdirSync(join(base, "outside"))).toEqual(["secret"]);
      expect(readFileSync(join(base, "outside/secret"), "utf8")).toBe("secret");
    });

    it("looks anew each time: a folder that becomes a link is no folder any more", () => {
      writeFileSync(join(root, "d/secret"), "inside");
      using directory = makeNodeDirectory(root, { platform });
      expect(directory.read("d/secret", { offset: 0, length: 9 })).toHaveLength(6);
      renameSync(join(root, "d"), join(root, "e"));
      symlinkSync("../outside", join(root, "d"));
      expect(codeOf(() => directory.read("d/secret", { offset: 0, length: 9 }))).toBe("not-directory");
      expect(codeOf(() => directory.list("d"))).toBe("not-directory");
    });

    it("opens nothing but files: a pipe does not make it wait, a device is not touched", () => {
      execFileSync("mkfifo", [join(root, "pipe")]);
      using directory = makeNodeDirectory(root, { platform });
      expect(directory.stat("pipe").type).toBe("other");
      expect(codeOf(() => directory.read("pipe", { offset: 0, length: 1 }))).toBe("denied");
      expect(codeOf(() => directory.write("pipe", { offset: 0, bytes: new Uint8Array(1) }))).toBe("denied");
      expect(codeOf(() => directory.create("x", { type: "link", existing: "pipe" }))).toBe("denied");
    });

    it("hides names that are not text", () => {
      writeFileSync(Buffer.concat([Buffer.from(`${root}/bad`), Buffer.from([0xff, 0xfe])]), "");
      writeFileSync(join(root, "good"), "");
      using directory = makeNodeDirectory(root, { platform });
      expect(directory.list("").map((entry) => entry.name)).toEqual(["d", "good"]);
    });

    it("is read-only where that was asked for", () => {
      writeFileSync(join(root, "f"), "x");
      linkSync(join(root, "f"), join(root, "g"));
      using directory = makeNodeDirectory(root, { platform, readOnly: true });
      expect(codeOf(() => directory.write("f", { offset: 0, bytes: new Uint8Array(1) }))).toBe("read-only");
      expect(codeOf(() => directory.create("h", { type: "directory" }))).toBe("read-only");
      expect(codeOf(() => directory.remove("g", "file"))).toBe("read-only");
      expect(directory.read("f", { offset: 0, length: 9 })).toHaveLength(1);
      expect(readdirSync(root)).toEqual(["d", "f", "g"]);
    });
  });
}

/** Swaps the folder d and the link l, over and over, until told to stop. */
const SWAPPER = `
  const { renameSync } = require("node:fs");
  const { workerData, parentPort } = require("node:worker_threads");
  const { root, stop } = workerData;
  let swaps = 0;
  while (Atomics.load(stop, 0) === 0) {
    for (const [from, to] of [["d", "x"], ["l", "d"], ["d", "l"], ["x", "d"]]) renameSync(root + "/" + from, root + "/" + to);
    if (++swaps === 1) parentPort.postMessage("swapping");
  }
`;

// Elsewhere this race can be lost: docs/spec/wasi.md says so.
describe.runIf(process.platform === "linux")("node directory on Linux", () => {
  it("reads nothing from outside while another thread swaps a folder for a link", async () => {
    const base = makeTemporary();
    const root = join(base, "root");
    mkdirSync(join(root, "d"), { recursive: true });
    mkdirSync(join(base, "outside"));
    writeFileSync(join(root, "d/f"), "inside");
    writeFileSync(join(base, "outside/f"), "secret");
    symlinkSync("../outside", join(root, "l"));
    const stop = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(SWAPPER, { eval: true, workerData: { root, stop } });
    await once(worker, "message");
    using directory = makeNodeDirectory(root);
    const seen = new Set<string>();
    for (let tries = 0; tries < 20_000; tries++) {
      const code = codeOf(() => seen.add(new TextDecoder().decode(directory.read("d/f", { offset: 0, length: 9 }))));
      if (code !== "none") seen.add(code);
    }
    Atomics.store(stop, 0, 1);
    await once(worker, "exit");
    rmSync(base, { recursive: true });
    for (const what of seen) expect(["inside", "not-found", "not-directory"]).toContain(what);
    expect(seen).toContain("inside");
  });
});

describe("node directory", () => {
  it("says which power failed and nothing of the host's paths", () => {
    for (const path of ["/no/such/folder", "/etc/hostname"]) {
      expect(() => makeNodeDirectory(path)).toThrow(PowerError);
      expect(() => makeNodeDirectory(path)).not.toThrow(path);
    }
  });

  it("refuses what means more than a name on Windows", () => {
    const root = makeTemporary();
    using directory = makeNodeDirectory(root, { platform: "win32" });
    for (const path of ["..\\x", "a:b", "C:"]) {
      expect(codeOf(() => directory.create(path, { type: "file" }))).toBe("invalid-path");
    }
    rmSync(root, { recursive: true });
  });

  it("is of no use once disposed of", () => {
    const root = makeTemporary();
    const directory = makeNodeDirectory(root);
    directory[Symbol.dispose]();
    directory[Symbol.dispose]();
    if (process.platform === "linux") expect(codeOf(() => directory.list(""))).toBe("io");
    rmSync(root, { recursive: true });
  });
});
