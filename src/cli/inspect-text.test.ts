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
  images: [],
  processes: [
    {
      index: 0,
      parent: null,
      module: "bafkmodule",
      guest: "wasi",
      status: "stopped: frozen",
      meter: { gasGranted: 50e6, gasUsed: 12_345_678, pagesMax: 1024 },
      started: true,
      memories: [{ bytes: 1_114_112, bytesUsed: 8192 }],
      tables: [{ elements: 3, elementsUsed: 2 }],
      globals: 2,
      pending: "none",
      clist: [{ position: 1, locator: "console" }],
      mailbox: 0,
      stack: [
        { func: 12, name: "sie\u001b[31mve", point: 3, values: 4 },
        { func: 7, name: null, point: 0, values: 1 },
      ],
    },
  ],
};

describe("renderImage", () => {
  it("says what it is, what it holds and where it stands, without control characters of the guest", () => {
    expect(renderImage(summary)).toBe(`image      bafyroot
file       1.06 MiB in 34 blocks
made by    rewriter 1, gas schedule 1
module     bafkmodule, 20 KiB

process 0: wasi
status     stopped: frozen
gas        12.3M used of 50M
memory     1.06 MiB of 64 MiB, 8 KiB of it not zero
state      2 globals, 3 table elements, 0 messages waiting
holds      1: console
stack      #0 sie\ufffd[31mve, safepoint 3, 4 values
           #1 function 7, safepoint 0, 1 values
`);
  });

  it("shortens a deep stack in its middle", () => {
    const [process] = summary.processes;
    const stack = Array.from({ length: 1000 }, (_, func) => ({ func, name: null, point: 0, values: 0 }));
    const text = renderImage({ ...summary, processes: [{ ...process!, stack, clist: [] }] });
    expect(text).toContain("… 976 frames more …");
    expect(text).toContain("#0 function 0,");
    expect(text).toContain("#999 function 999,");
    expect(text.split("\n").length).toBeLessThan(40);
    expect(text).toContain("holds      no capability");
  });
});
