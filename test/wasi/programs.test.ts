/**
 * C programs built with clang and wasi-libc, which between them call every WASI function: on the plain engine, on the
 * machine, and on the machine with a freeze after every slice. All must see the same.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { WasiInit } from "../../src/guests/wasi/index.ts";
import { makeWasi } from "../../src/guests/wasi/index.ts";
import { makeNodeDirectory } from "../../src/node/powers/index.ts";
import type { Collector } from "../../src/powers/index.ts";
import {
  makeBytesInput,
  makeCollector,
  makeManualClock,
  makeMemoryDirectory,
  makeQueueInput,
} from "../../src/powers/index.ts";
import { describeWith, toolPath } from "../support/needs.ts";
import type { MachineRun } from "../support/wasi-machine.ts";
import { compileProgram, runOnMachine } from "../support/wasi-machine.ts";
import { runPlain } from "../support/wasi-plain.ts";

const PROGRAMS = ["files", "process", "raw"] as const;
type ProgramName = (typeof PROGRAMS)[number];
const SLICE_MAX = 2 ** 30;
/** Some hundred freezes for each. */
const SLICES: { readonly [name in ProgramName]: readonly number[] } = {
  files: [20_011],
  process: [97, 1009],
  raw: [1009, 10_007],
};

interface World {
  readonly init: WasiInit;
  readonly stdout: Collector;
}

function makeWorld(name: ProgramName, more: WasiInit = {}): World {
  const stdout = makeCollector();
  const stdin = makeBytesInput("one\ntwo\nthree");
  const directories = { "/": makeMemoryDirectory() };
  return { stdout, init: { args: [name, "x"], env: { A: "1", B: "" }, stdin, stdout, directories, ...more } };
}

/** Everything about the end of a run that must not depend on how often it was frozen. */
function endOf(run: MachineRun, world: World): unknown {
  const memory = createHash("sha256").update(run.memory).digest("hex");
  return { stop: run.stop, gas: run.gasUsed, memory, saved: run.saved, output: world.stdout.text() };
}

describeWith(["clang", "wasm-ld", "wasi-libc"], "C programs on WASI", () => {
  let folder: string;
  const binaries = new Map<ProgramName, Uint8Array>();
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "caper-wasi-"));
    for (const name of PROGRAMS) {
      const output = join(folder, `${name}.wasm`);
      const source = join(import.meta.dirname, `${name}.c`);
      execFileSync(toolPath("clang"), ["--target=wasm32-wasi", "--sysroot=/usr", "-O2", "-o", output, source]);
      binaries.set(name, new Uint8Array(readFileSync(output)));
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  for (const name of PROGRAMS) {
    const expectedFile = join(import.meta.dirname, `${name}.out`);

    it(`${name}: prints what it should on the plain engine`, async () => {
      const world = makeWorld(name);
      const result = runPlain(binaries.get(name)!, makeWasi(world.init));
      expect(result.exitCode).toBe(name === "process" ? 42 : 0);
      await expect(world.stdout.text()).toMatchFileSnapshot(expectedFile);
    });

    it(`${name}: sees the same in a real folder`, async () => {
      const root = mkdtempSync(join(tmpdir(), "caper-wasi-"));
      using directory = makeNodeDirectory(root);
      const world = makeWorld(name, { directories: { "/": directory } });
      runPlain(binaries.get(name)!, makeWasi(world.init));
      expect(world.stdout.text()).toBe(readFileSync(expectedFile, "utf8"));
      rmSync(root, { recursive: true });
    });

    it(`${name}: ends the same on the machine, frozen after every slice or never`, async () => {
      const program = compileProgram(binaries.get(name)!);
      const whole = makeWorld(name);
      const expected = endOf(
        await runOnMachine(program, { init: whole.init, slice: SLICE_MAX, freezeEvery: 0 }),
        whole,
      );
      expect(whole.stdout.text()).toBe(readFileSync(expectedFile, "utf8"));
      for (const slice of SLICES[name]) {
        const world = makeWorld(name);
        const run = await runOnMachine(program, { init: world.init, slice, freezeEvery: 1 });
        expect(run.freezes).toBeGreaterThan(1);
        expect(endOf(run, world)).toEqual(expected);
      }
    });
  }

  it("process: is parked by quiet input and a pause, and goes on after a freeze in each", async () => {
    const program = compileProgram(binaries.get("process")!);
    for (const freezeEvery of [0, 1]) {
      const stdin = makeQueueInput();
      const clock = makeManualClock();
      const world = makeWorld("process", { stdin, clock });
      let parkings = 0;
      const lines = ["one\ntw", "o\nthree"];
      const run = await runOnMachine(program, {
        init: world.init,
        slice: SLICE_MAX,
        freezeEvery,
        onParked() {
          parkings++;
          if (parkings === 1) {
            clock.advance(3_000_000_000n);
            return;
          }
          const line = lines.shift();
          if (line === undefined) stdin.end();
          else stdin.push(line);
        },
      });
      expect(run.stop).toEqual({ kind: "exit", code: 42 });
      expect(parkings).toBeGreaterThan(2);
      expect(run.freezes > 0).toBe(freezeEvery > 0);
      expect(world.stdout.text()).toContain("slept 1\n");
      expect(world.stdout.text()).toContain("lines 3 bytes 13\n");
    }
  });
});
