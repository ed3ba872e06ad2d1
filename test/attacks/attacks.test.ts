/**
 * Each case of the corpus: its look-alike scores all six points in Caper, and the benign twin does the package's honest work with the
 * same endowments. That the look-alikes do their harm in plain Node is in the long tests; here, that they do none where they lie.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runTwin } from "./harness/caper.ts";
import { CASES } from "./harness/cases.ts";
import { judgeCaper } from "./harness/judge.ts";
import { makeSandbox } from "./harness/sandbox.ts";
import { POINTS } from "./harness/score.ts";

const HERE = import.meta.dirname;

describe("attacks", () => {
  it.each(CASES)("$title: scores all points", async (one) => {
    const { score, problems } = await judgeCaper(one);
    expect(problems).toEqual([]);
    expect(POINTS.filter((point) => !score[point])).toEqual([]);
  });

  it.each(CASES)("$title: its twin works", async (one) => {
    expect(await runTwin(one)).toEqual([]);
  });
});

describe("look-alikes", () => {
  it("covers every folder", () => {
    const folders = readdirSync(HERE, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).filter((name) => name !== "harness")).toEqual(
      CASES.map(({ folder }) => folder).sort(),
    );
  });

  it("does not even load where it lies", () => {
    const files = readdirSync(HERE, { recursive: true, encoding: "utf8" }).filter((path) =>
      /^(?!harness).*\.js$/.test(path),
    );
    const hostile = files.filter((path) => readFileSync(join(HERE, path), "utf8").includes("/kit.cjs"));
    expect(hostile.length).toBeGreaterThan(CASES.length);
    for (const path of hostile) {
      const { status, stderr } = spawnSync(process.execPath, [join(HERE, path)], { encoding: "utf8" });
      expect([path, status, /Cannot find module '[^']*kit\.cjs'/.test(stderr)]).toEqual([path, 1, true]);
    }
  });

  it("refuses to act with another home, and in another folder", () => {
    const one = CASES.find(({ folder }) => folder === "event-stream")!;
    using sandbox = makeSandbox(one, "package", "http://127.0.0.1:9");
    const code = `require(${JSON.stringify(join(sandbox.packages, "package"))})`;
    const run = (cwd: string, home: string): string =>
      spawnSync(process.execPath, ["-e", code], { cwd, env: { ...sandbox.environment, HOME: home }, encoding: "utf8" })
        .stderr;
    expect(run(sandbox.project, "/nowhere")).toContain("acts only inside of the temporary sandbox");
    expect(run(HERE, sandbox.home)).toContain("acts only inside of the temporary sandbox");
    expect(run(sandbox.project, sandbox.home)).toBe("");
  });
});
