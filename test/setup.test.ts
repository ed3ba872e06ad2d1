/**
 * Setting up a machine: what is missing is installed where that can be done, and said where it can not. PATH is a folder of ours, with
 * stand-ins for apt's commands.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { projectRoot } from "./support/sources.ts";

const isRoot = process.getuid?.() === 0;
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "caper-setup-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, lines: readonly string[] = []): void {
  writeFileSync(join(folder, name), ["#!/bin/sh", ...lines, ""].join("\n"));
  chmodSync(join(folder, name), 0o755);
}

/** apt-get that notes what it is asked for and then does that; apt-cache that knows these packages. */
function putApt(init: { readonly install: string; readonly known: readonly string[] }): void {
  put("apt-get", [`echo "$@" >> ${folder}/asked`, `[ "$1" != install ] || { ${init.install}; }`]);
  put(
    "apt-cache",
    init.known.map((name) => `echo "Package: ${name}"`),
  );
}

function asked(): readonly string[] {
  return existsSync(join(folder, "asked")) ? readFileSync(join(folder, "asked"), "utf8").trimEnd().split("\n") : [];
}

function run(args: readonly string[], more: { readonly [name: string]: string } = {}) {
  const env = { PATH: folder, CAPER_NEWEST_NODE: process.execPath, ...more };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: projectRoot, env, encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("npm run setup", () => {
  it("fails with what is missing and how to get it, where it can not install", () => {
    put("chromium-browser");
    const { status, stdout, stderr } = run(["scripts/setup.mjs"]);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^setup: missing clang \(Debian: clang\), .*; it takes root and apt-get, or .* by hand\n$/);
    expect(stderr).not.toContain("chromium");
  });

  it.skipIf(!isRoot)("installs what is missing and known, and nothing else (needs root)", () => {
    put("chromium");
    const install = `for tool in clang wasm-ld jsc; do : > ${folder}/$tool; done`;
    putApt({ install, known: ["chromium", "clang", "lld", "libjavascriptcoregtk-4.0-bin"] });
    const { status, stdout, stderr } = run(["scripts/setup.mjs"]);
    expect(asked()).toEqual([
      "update -qq",
      "install -y -qq --no-install-recommends clang lld libjavascriptcoregtk-4.0-bin",
    ]);
    expect([status, stdout]).toEqual([1, "setup: installed clang, wasm-ld, jsc\n"]);
    expect(stderr).toMatch(/^setup: missing .*wasm-opt \(Debian: binaryen\).*; see the messages above\n$/);
  });
});

describe("npm test", () => {
  const script = "script.mjs";
  beforeEach(() => writeFileSync(join(folder, script), 'console.log("the tests run");'));
  const launch = (flags: readonly string[], env = {}) =>
    run(["scripts/launch.mjs", ...flags, join(folder, script)], env);

  it.skipIf(!isRoot)("sets up first, says so, and runs the tests also where that fails (needs root)", () => {
    putApt({ install: "echo no network >&2; exit 100", known: ["clang"] });
    const { status, stdout, stderr } = launch(["--set-up"]);
    expect(asked()).toEqual(["update -qq", "install -y -qq --no-install-recommends clang"]);
    expect([status, stdout]).toEqual([0, "the tests run\n"]);
    const [before, message, after] = stderr.split("\n");
    expect(before).toMatch(
      /^Installing what tests need \(once, some minutes; not with CAPER_NO_SETUP=1\): chromium, clang/,
    );
    expect(message).toBe("no network");
    expect(after).toMatch(/^Not installed: chromium, clang, .*\. The tests that need it are skipped by name\.$/);
  });

  it("installs nothing where that is not wanted, nor do other commands", () => {
    putApt({ install: "exit 0", known: ["clang"] });
    for (const started of [launch(["--set-up"], { CAPER_NO_SETUP: "1" }), launch([])]) {
      expect(started).toEqual({ status: 0, stdout: "the tests run\n", stderr: "" });
    }
    expect(asked()).toEqual([]);
  });
});
