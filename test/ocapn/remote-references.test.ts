/**
 * The example of docs/remote-references.md prints what its comments say.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { projectRoot } from "../support/sources.ts";

it("the example of docs/remote-references.md prints what its comments say", () => {
  const page = readFileSync(join(projectRoot, "docs/remote-references.md"), "utf8");
  const [, code = ""] = /```ts\n([\s\S]*?)```/.exec(page) ?? [];
  const promised = [...code.matchAll(/^console\.log\(.*\); \/\/ (.+)$/gm)].map((match) => match[1]);
  expect(promised).toHaveLength(6);
  mkdirSync(join(projectRoot, ".cache"), { recursive: true });
  const folder = mkdtempSync(join(projectRoot, ".cache/remote-references-"));
  try {
    writeFileSync(join(folder, "example.ts"), code);
    const printed = execFileSync(process.execPath, ["example.ts"], { cwd: folder, encoding: "utf8", timeout: 60_000 });
    expect(printed.trimEnd().split("\n")).toEqual(promised);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
