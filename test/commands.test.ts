/**
 * The checkout's own commands say what they take, and refuse what they do not.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { USAGE_CODE } from "../scripts/usage.ts";
import { projectRoot } from "./support/sources.ts";

const { scripts } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as {
  readonly scripts: { readonly [name: string]: string };
};

describe.each(["bench", "attacks", "compat", "ocapn-suite"])("npm run %s", (name) => {
  function run(...args: readonly string[]) {
    const file = /(\S+\.ts)$/.exec(scripts[name] ?? "")?.[1] ?? "";
    const options = { cwd: projectRoot, encoding: "utf8" } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], options);
    return { status, stdout, stderr };
  }

  it("explains itself", () => {
    const usage = expect.stringContaining(`Usage: npm run ${name} -- [options] [`);
    expect(run("--help")).toEqual({ status: 0, stdout: usage, stderr: "" });
  });

  it("does nothing but refuse an option that it does not know", () => {
    const stderr = "error: unknown option '--nonsense'\n";
    expect(run("--nonsense")).toEqual({ status: USAGE_CODE, stdout: "", stderr });
  });

  it("refuses arguments that it does not know", () => {
    const { status, stdout, stderr } = run("nonsense", "more");
    expect([status, stdout]).toEqual([USAGE_CODE, ""]);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});
