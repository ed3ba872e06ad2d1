/**
 * Gas, output and final image of the C programs are the same on every engine: this Node's V8, the newest Node's, JavaScriptCore.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { beforeAll, describe, expect, it } from "vitest";
import { C_PROGRAMS } from "../../bench/programs.ts";
import { describeWith, toolPath } from "../support/needs.ts";
import { writeBundle } from "./bundle.ts";
import type { Outcome } from "./journeys.ts";

const OUTPUT_BYTES_MAX = 16 << 20;
let bundle = "";
let here: Outcome[] = [];

function runIn(engine: string, flags: readonly string[]): Outcome[] {
  const output = execFileSync(engine, [...flags, bundle], { encoding: "utf8", maxBuffer: OUTPUT_BYTES_MAX });
  return JSON.parse(output) as Outcome[];
}

beforeAll(async () => {
  bundle = await writeBundle();
  here = runIn(process.execPath, []);
});

describe("this Node", () => {
  it("gives each program's line, and the same end with and without journeys", () => {
    for (const [index, { name, testLine }] of C_PROGRAMS.entries()) {
      const [whole, interrupted] = here.slice(2 * index, 2 * index + 2);
      expect(whole).toMatchObject({ name, output: `${testLine}\n`, journeys: 0 });
      expect(interrupted).toEqual({ ...whole, journeys: interrupted?.journeys });
      expect(interrupted?.journeys).toBeGreaterThan(3);
    }
  });
});

describeWith(["jsc"], "JavaScriptCore", () => {
  it("agrees in gas, output and final image", () => {
    expect(runIn(toolPath("jsc"), ["-m"])).toEqual(here);
  });
});

describeWith(["newest-node"], "the newest Node", () => {
  it("agrees in gas, output and final image", () => {
    expect(runIn(toolPath("newest-node"), [])).toEqual(here);
  });
});
