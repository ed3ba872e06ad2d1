/**
 * The tour tells the truth about a program of the user's own, and says what is wrong with what is none.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { showRemote } from "../../scripts/tour/remote.ts";
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

  it("calls an object of another process in one round trip, and hands it on to a third", async () => {
    const said: string[] = [];
    const stdout = vi.spyOn(process.stdout, "write").mockImplementation((text) => said.push(String(text)) > 0);
    try {
      await showRemote((text) => said.push(`${text}\n`));
    } finally {
      stdout.mockRestore();
    }
    const text = stripVTControlCharacters(said.join(""));
    const [out, back] = ["->", "<-"].map((arrow) => text.indexOf(`${arrow} `)) as [number, number];
    for (const call of ["['order", "['build]", "['drive"]) {
      expect(text.indexOf(call)).toBeGreaterThan(out);
      expect(text.indexOf(call)).toBeLessThan(back);
    }
    expect(text).toMatch(/^ {2}the red car has driven 100 km$/m);
    expect(text).toContain("['test <desc:sig-envelope <desc:handoff-give <key>");
    expect(text).toMatch(/^ {2}the driver says that the red car has driven 105 km$/m);
    expect(text).not.toMatch(/\/s\/[\w-]{8}/);
  });

  it("says what it cannot run", () => {
    expect(tour("absent.wasm")).toMatchObject({ code: 1, text: expect.stringContaining("absent.wasm: no such file") });
    expect(tour("README.md")).toMatchObject({
      code: 1,
      text: expect.stringContaining("neither a WebAssembly module nor a script"),
    });
  });
});
