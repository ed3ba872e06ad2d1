/**
 * Yosys, thirty megabytes of somebody else's WebAssembly: it synthesises a small design, at home and on journeys.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { makeMemoryDirectory } from "../../src/powers/index.ts";
import { isPresent, REAL_PROGRAMS, REAL_REMEDY } from "./setup.ts";
import { type Travel, travel } from "./travel.ts";

const DESIGN = `
module top(input clk, input [3:0] a, b, output reg [7:0] y, output reg parity);
  always @(posedge clk) begin
    y <= a * b + y;
    parity <= ^y;
  end
endmodule
`;
const COMMANDS = "read_verilog /work/top.v; synth -top top -noabc; stat; write_json /work/out.json";

/** What the package gives its program to read: cell libraries and such, the small ones as text. */
async function shareFiles(): Promise<Record<string, string>> {
  const resources = (await import(`${dirname(REAL_PROGRAMS.yosys)}/resources-yosys.js`)) as {
    filesystem: { share: Record<string, unknown> };
  };
  const files = Object.entries(resources.filesystem.share).filter(([, content]) => typeof content === "string");
  return Object.fromEntries(files) as Record<string, string>;
}

function init(share: Record<string, string>): Travel {
  return {
    bytes: new Uint8Array(readFileSync(REAL_PROGRAMS.yosys)),
    powers: () => ({
      args: ["yosys", "-Q", "-T", "-p", COMMANDS],
      directories: {
        "/work": makeMemoryDirectory({ files: { "top.v": DESIGN } }),
        "/share": makeMemoryDirectory({ files: share }),
      },
    }),
    gas: 1e12,
    memoryBytes: 1024 << 20,
  };
}

describe.skipIf(!isPresent("yosys"))(`Yosys (${REAL_REMEDY})`, () => {
  it("synthesises the same design, with the same gas and image, when it travels on the way", {
    timeout: 900_000,
  }, async () => {
    const share = await shareFiles();
    const whole = travel(init(share));
    expect(whole.errors).toBe("");
    expect(whole.result).toEqual({ kind: "done", results: [] });
    expect(whole.output).toContain("Number of cells");
    const gasBetween = [10_000, ...Array.from({ length: 4 }, () => Math.ceil(whole.gasUsed / 6))];
    const interrupted = travel(init(share), gasBetween);
    expect(interrupted.journeys).toBe(gasBetween.length);
    expect({ ...interrupted, journeys: 0, imageBytes: 0 }).toEqual(whole);
  });
});
