/**
 * What the README says must work when it is pasted.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { projectRoot } from "./support/sources.ts";

function documents(): readonly string[] {
  const top = readdirSync(projectRoot).filter((name) => name.endsWith(".md"));
  const docs = readdirSync(join(projectRoot, "docs"), { recursive: true }).map((name) => join("docs", String(name)));
  return [...top, ...docs.filter((name) => name.endsWith(".md"))];
}

describe("README", () => {
  it("has a first example that prints what its comments say", () => {
    const readme = readFileSync(join(projectRoot, "README.md"), "utf8");
    const [, code = ""] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
    const promised = [...code.matchAll(/^console\.log\(.*\); \/\/ ([^:\n]+)/gm)].map((match) => match[1]);
    expect(promised.length).toBeGreaterThan(2);
    mkdirSync(join(projectRoot, ".cache"), { recursive: true });
    const folder = mkdtempSync(join(projectRoot, ".cache/readme-"));
    try {
      writeFileSync(join(folder, "example.ts"), code);
      const printed = execFileSync(process.execPath, ["example.ts"], { cwd: folder, encoding: "utf8" });
      expect(printed.trimEnd().split("\n")).toEqual(promised);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("links to files that are there, as do the other documents", () => {
    const broken = documents().flatMap((file) => {
      const text = readFileSync(join(projectRoot, file), "utf8");
      const targets = [...text.matchAll(/\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? "");
      return targets
        .filter((target) => !existsSync(resolve(projectRoot, dirname(file), target)))
        .map((target) => `${file}: ${target}`);
    });
    expect(broken).toEqual([]);
  });
});
