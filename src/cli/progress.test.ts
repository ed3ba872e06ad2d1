/** @module Tests of the progress line. */
import { describe, expect, it } from "vitest";
import { makeProgress, renderProgress } from "./progress.ts";

const reading = { gasUsed: 12_345_678, gasGranted: 50e6, memoryBytes: 1_114_112 };

describe("progress line", () => {
  it("shows gas, memory and speed", () => {
    expect(renderProgress(reading, 85_400_000)).toBe("12.3M of 50M gas (24 %), 1.06 MiB, 85.4M gas/s");
    expect(renderProgress({ gasUsed: 0, gasGranted: 0, memoryBytes: 0 }, 0)).toBe("0 of 0 gas (100 %), 0 B, 0 gas/s");
  });

  it("writes nothing where no terminal is", () => {
    const written: string[] = [];
    const progress = makeProgress({ terminal: { write: (text) => written.push(text) }, read: () => reading });
    progress.clear();
    progress[Symbol.dispose]();
    expect(written).toEqual([]);
  });

  it("draws on a terminal and takes the line away again", async () => {
    const written: string[] = [];
    const terminal = { isTTY: true, write: (text: string) => written.push(text) };
    const progress = makeProgress({ terminal, read: () => reading });
    await expect.poll(() => written.length, { timeout: 20_000 }).toBeGreaterThan(0);
    progress[Symbol.dispose]();
    expect(written[0]).toContain("12.3M of 50M gas");
    expect(written.at(-1)).toBe("\r\u001b[2K");
  });
});
