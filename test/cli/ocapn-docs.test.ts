/**
 * The examples of objects on other machines, in the README and in docs/ocapn.md, must work when they are pasted.
 *
 * @module
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OcapnErrorCode } from "../../src/ocapn/index.ts";
import { projectRoot } from "../support/sources.ts";

let folder = "";
beforeEach(() => {
  mkdirSync(join(projectRoot, ".cache"), { recursive: true });
  folder = mkdtempSync(join(projectRoot, ".cache/ocapn-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The examples of a document, in order, and what their comments say that they print. */
function examplesOf(file: string): readonly { readonly code: string; readonly promised: readonly string[] }[] {
  const text = readFileSync(join(projectRoot, file), "utf8");
  return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""]) => ({
    code,
    promised: [...code.matchAll(/^console\.log\(.*\); \/\/ (.+)$/gm)].map(([, line = ""]) => line),
  }));
}

function run(file: string, ...args: readonly string[]): readonly string[] {
  const printed = execFileSync(process.execPath, [file, ...args], { cwd: folder, encoding: "utf8", timeout: 60_000 });
  return printed.trimEnd().split("\n");
}

describe("objects on other machines", () => {
  it("work as the README says", () => {
    const [example] = examplesOf("README.md").filter(({ code }) => code.includes('"caper/ocapn"'));
    expect(example?.promised).toHaveLength(2);
    writeFileSync(join(folder, "example.ts"), example?.code ?? "");
    expect(run("example.ts")).toEqual(example?.promised);
  });

  it("work as docs/ocapn.md says, in two programs", async () => {
    const [room, visitor] = examplesOf("docs/ocapn.md");
    writeFileSync(join(folder, "room.ts"), room?.code ?? "");
    writeFileSync(join(folder, "visitor.ts"), visitor?.code ?? "");
    const server = spawn(process.execPath, ["room.ts"], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
    try {
      const [line] = (await once(server.stdout.setEncoding("utf8"), "data")) as [string];
      expect(visitor?.promised).toHaveLength(5);
      expect(run("visitor.ts", line.trim())).toEqual(visitor?.promised);
    } finally {
      server.kill();
      await once(server, "close");
    }
  });

  it("has each code of an error in the table", () => {
    const codes: { readonly [code in OcapnErrorCode]: true } = {
      malformed: true,
      limit: true,
      unreachable: true,
      handshake: true,
      disconnected: true,
      aborted: true,
      revoked: true,
      "unknown-object": true,
      handoff: true,
      closed: true,
    };
    const text = readFileSync(join(projectRoot, "docs/ocapn.md"), "utf8");
    const table = [...text.matchAll(/^\| `([a-z-]+)` \| /gm)].map(([, code = ""]) => code);
    expect(table).toEqual(expect.arrayContaining(Object.keys(codes)));
  });
});
