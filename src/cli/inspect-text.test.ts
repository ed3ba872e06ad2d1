/** @module Tests of how an image is shown to people. */
import { describe, expect, it } from "vitest";
import type { ImageSummary } from "./inspect-data.ts";
import { renderImage } from "./inspect-text.ts";

const summary: ImageSummary = {
  root: "bafyroot",
  base: null,
  fileBytes: 1_114_112,
  blocks: 34,
  rewriter: "1",
  gasSchedule: 1,
  modules: [{ cid: "bafkmodule", bytes: 20_480 }],
  heldImages: [],
  processes: [
    {
      parent: null,
      kind: "wasi",
      module: 0,
      status: { state: "stopped", stop: { kind: "frozen" } },
      gasGranted: 50e6,
      gasUsed: 12_345_678,
      memoryBytesMax: 2 ** 26,
      memoryBytes: 1_114_112,
      memoryBytesNotZero: 8192,
      tableElements: 3,
      globals: 2,
      stack: [
        { func: 12, name: "sie\u001b[31mve", point: 3, values: 4 },
        { func: 7, name: null, point: 0, values: 1 },
      ],
      holds: ["1: console"],
      messagesWaiting: 0,
    },
  ],
};

describe("renderImage", () => {
  it("says what it is, what it holds and where it stands, without control characters of the guest", () => {
    expect(renderImage(summary)).toBe(`image      bafyroot
file       1.06 MiB in 34 blocks
made by    rewriter 1, gas schedule 1
module 0   bafkmodule, 20 KiB

process 0: wasi
status     frozen
gas        12.3M used of 50M, 37.7M left
memory     1.06 MiB of 64 MiB, 8 KiB of it not zero
state      2 globals, 3 table elements, 0 messages waiting
holds      1: console
stack      #0 sie\ufffd[31mve at point 3, 4 values
           #1 function 7 at point 0, 1 values
`);
  });

  it("shortens a deep stack in its middle", () => {
    const [process] = summary.processes;
    const deep = Array.from({ length: 1000 }, (_, func) => ({ func, name: null, point: 0, values: 0 }));
    const text = renderImage({ ...summary, processes: [{ ...process!, stack: deep, holds: [] }] });
    expect(text).toContain("… 976 frames more …");
    expect(text).toContain("#0 function 0 ");
    expect(text).toContain("#999 function 999 ");
    expect(text.split("\n").length).toBeLessThan(40);
    expect(text).toContain("holds      no capability");
  });
});
