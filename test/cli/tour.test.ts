/**
 * The tour tells the truth about a program of the user's own, and says what is wrong with what is none.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { projectRoot } from "../support/sources.ts";

function tour(...args: readonly string[]): { readonly code: number | null; readonly text: string } {
  const script = join(projectRoot, "scripts/tour/main.ts");
  const env = { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0", INIT_CWD: projectRoot };
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    cwd: projectRoot,
    encoding: "utf8",
    env,
  });
  return { code: status, text: `${stdout}${stderr}` };
}

describe("the tour", () => {
  it("limits, refills, freezes and thaws a program that it is given, to the same end", () => {
    const { code, text } = tour("test/programs/trees.wasm", "6");
    expect(text.match(/The same final state, to the last bit/g)).toHaveLength(2);
    expect(text.match(/^ {2}trees 6 [0-9a-f]{8}$/gm)).toHaveLength(3);
    expect(text).toContain("out of gas: all");
    expect(text).toContain("frozen into frozen.caper");
    expect(code).toBe(0);
  });

  it("says what it can not run", () => {
    expect(tour("absent.wasm")).toMatchObject({ code: 1, text: expect.stringContaining("absent.wasm: no such file") });
    expect(tour("README.md")).toMatchObject({
      code: 1,
      text: expect.stringContaining("neither a WebAssembly module nor a script"),
    });
  });
});
