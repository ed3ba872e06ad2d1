/**
 * WASI programs as processes of the kernel: frozen into encoded images while they compute, and while they wait.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { WasiInit } from "../../src/guests/wasi/index.ts";
import { WASI_KIND } from "../../src/guests/wasi/index.ts";
import { encodeImage } from "../../src/image/index.ts";
import type { Kernel, Process, SyncResult } from "../../src/kernel/index.ts";
import { KernelError, makeKernel } from "../../src/kernel/index.ts";
import { makeCollector } from "../../src/powers/index.ts";
import { throughImage } from "../support/bare-guest.ts";

const program = new Uint8Array(readFileSync(join(import.meta.dirname, "../programs/json.wasm")));

function makeTestKernel(): Kernel {
  return makeKernel({ yieldToHost: () => new Promise((resolve) => setImmediate(resolve)), guests: [WASI_KIND] });
}

function spawn(powers: WasiInit): Process {
  const kernel = makeTestKernel();
  return kernel.spawn({ program: kernel.load(program), powers, gas: 10 ** 9, memoryBytes: 64 << 20 });
}

const rootOf = (process: Process): string => encodeImage(process.freeze()).root;

/** A module whose only content is one import: `fd_close` with so many i32 parameters and these results. */
function importing(params: number, results: readonly number[]): Uint8Array<ArrayBuffer> {
  const text = (words: string): number[] => [words.length, ...new TextEncoder().encode(words)];
  const section = (id: number, content: readonly number[]): number[] => [id, content.length, ...content];
  const type = [0x60, params, ...Array<number>(params).fill(0x7f), results.length, ...results];
  const item = [...text("wasi_snapshot_preview1"), ...text("fd_close"), 0, 0];
  return new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...section(1, [1, ...type]), ...section(2, [1, ...item])]);
}

describe("a WASI program in the kernel", () => {
  it("runs with what it was given, and ends with the same image however often it was frozen", () => {
    const stdout = makeCollector();
    const whole = spawn({ args: ["json", "3"], stdout });
    expect(whole.guest).toBe("wasi");
    const expected = whole.callSync("_start");
    const output = makeCollector();
    const powers = { args: ["json", "3"], stdout: output };
    let process = spawn(powers);
    const slice = Math.floor(whole.meter.gasUsed / 20);
    let result: SyncResult = process.callSync("_start", [], { gas: slice });
    let images = 0;
    while (result.kind === "unfinished") {
      const image = throughImage(process.freeze({ copy: false }));
      process.discard();
      process = makeTestKernel().thaw(image, { powers });
      images++;
      result = process.finishSync({ gas: slice });
    }
    expect(result).toEqual(expected);
    expect(images).toBeGreaterThan(10);
    expect(output.text()).toBe(stdout.text());
    expect(output.text()).not.toBe("");
    expect(process.meter).toEqual(whole.meter);
    expect(rootOf(process)).toBe(rootOf(whole));
  });

  it("refuses powers that are none", () => {
    expect(() => spawn(7 as WasiInit)).toThrow(TypeError);
    const kernel = makeTestKernel();
    expect(() => kernel.spawn({ program: kernel.load(program), guest: "wasm", gas: 1, memoryBytes: 64 << 20 })).toThrow(
      KernelError,
    );
  });

  it("is refused before it runs where it imports a function with another type", () => {
    const kernel = makeTestKernel();
    const spawn = (params: number, results: readonly number[]) =>
      kernel.spawn({ program: kernel.load(importing(params, results)), guest: "wasi", gas: 1000, memoryBytes: 65_536 });
    spawn(1, [0x7f]).discard();
    for (const [params, results] of [
      [2, [0x7f]],
      [1, []],
      [1, [0x7e]],
    ] as const) {
      expect(() => spawn(params, results)).toThrow(
        "import wasi_snapshot_preview1.fd_close: expected the type (i32) -> (i32)",
      );
    }
  });
});
