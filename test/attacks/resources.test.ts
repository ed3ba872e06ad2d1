/**
 * Guests that take all they can get. Each stops at a count of gas or memory that is the same every time, its host gets its turns
 * meanwhile, and it can be looked at, refilled and frozen where it stopped. Scripts: src/guests/javascript/attacks.test.ts.
 */
import { describe, expect, it } from "vitest";
import { C_PROGRAMS, readProgram } from "../../bench/programs.ts";
import { WASI_KIND } from "../../src/guests/wasi/index.ts";
import { type HostValue, type Kernel, makeKernel, type Process } from "../../src/kernel/index.ts";
import { nodeHasher } from "../../src/node/index.ts";
import { makeCollector } from "../../src/powers/index.ts";
import { rootOf, throughBytes } from "../interrupt/stepper.ts";
import { assembleModule } from "../support/assemble.ts";

const BOMBS = assembleModule({
  memory: [1],
  tags: [""],
  functions: [
    { name: "loop", code: "loop br 0 end" },
    {
      name: "work",
      type: "-> i32",
      locals: "i32",
      code: "loop local.get 0 i32.const 3 i32.add local.tee 0 i32.const 9000000 i32.lt_u br_if 0 end local.get 0",
    },
    { name: "recurse", code: "call 2 nop" },
    { name: "pages", code: "loop i32.const 1 memory.grow drop br 0 end" },
    { name: "fill", code: "loop i32.const 0 i32.const 7 i32.const 65536 memory.fill br 0 end" },
    { name: "elements", code: "loop ref.null funcref i32.const 100000 table.grow 0 drop br 0 end" },
    { name: "throws", code: "loop block try_table catch_all:0 throw 0 end end br 0 end" },
    { name: "tail", code: "return_call 7" },
    { name: "indirect", code: "i32.const 0 call_indirect [->] 0 nop" },
  ],
  more: {
    tables: [{ element: 0x70, limits: { min: 1, max: 300_000 } }],
    elements: [{ mode: "active", table: 0, type: 0x70, offset: [0x41, 0, 0x0b], items: [8] }],
  },
});
const GAS = 30_000_000;
const PAGE = 65_536;

interface Host {
  readonly kernel: Kernel;
  readonly turns: () => number;
}

function makeHost(): Host {
  let turns = 0;
  const kernel = makeKernel({
    yieldToHost: () => {
      turns++;
      return new Promise((resolve) => setImmediate(resolve));
    },
    hasher: nodeHasher,
    guests: [WASI_KIND],
  });
  return { kernel, turns: () => turns };
}

const host = makeHost();

function spawn(kernel: Kernel, budget: { gas?: number; memoryBytes?: number } = {}): Process {
  return kernel.spawn({ program: kernel.load(BOMBS), guest: "wasm", gas: GAS, memoryBytes: 16 * PAGE, ...budget });
}

/** Where a call gets with the budget, in the caller's own thread. */
function stopOf(name: string, args: readonly HostValue[] = []): unknown {
  const process = spawn(host.kernel);
  const result = process.callSync(name, args);
  const { gasUsed, pagesUsed } = process.meter;
  const { frameCount } = process.inspect();
  const end = { result, gasUsed, pagesUsed, frameCount, root: rootOf(process.freeze()) };
  process.discard();
  return end;
}

describe("a guest that takes all it can get", () => {
  it.each([
    ["loop", { result: { kind: "out-of-gas" }, pagesUsed: 1, frameCount: 1 }],
    ["throws", { result: { kind: "out-of-gas" }, pagesUsed: 1, frameCount: 1 }],
    ["tail", { result: { kind: "out-of-gas" }, pagesUsed: 1, frameCount: 1 }],
    ["fill", { result: { kind: "out-of-gas" }, pagesUsed: 1, frameCount: 1 }],
    ["elements", { result: { kind: "out-of-memory", pagesWanted: 49 }, pagesUsed: 1, frameCount: 1 }],
    ["pages", { result: { kind: "out-of-memory" }, pagesUsed: 16, frameCount: 1 }],
    ["recurse", { result: { kind: "trap", code: "stack-overflow" }, pagesUsed: 1, frameCount: 0 }],
    ["indirect", { result: { kind: "trap", code: "stack-overflow" }, pagesUsed: 1, frameCount: 0 }],
  ])("stops in %s at the same count each time", (name, expected) => {
    const first = stopOf(name);
    expect(first).toMatchObject(expected);
    expect(stopOf(name)).toEqual(first);
  });

  it("is stopped without the host losing its turns, at the count of a call in its own thread", async () => {
    const { kernel, turns } = makeHost();
    for (const name of ["loop", "fill", "recurse"]) {
      const process = spawn(kernel, { gas: 200_000_000 });
      const before = turns();
      const result = await process.call(name);
      const inThread = spawn(kernel, { gas: 200_000_000 });
      expect(inThread.callSync(name)).toEqual(result);
      expect(inThread.meter.gasUsed).toBe(process.meter.gasUsed);
      if (result.kind === "out-of-gas") expect(turns() - before).toBeGreaterThan(5);
    }
  });

  it("goes on where it stopped, with more gas, to the same end; also as another process", async () => {
    const whole = spawn(host.kernel, { gas: 10 * GAS });
    const expected = whole.callSync("work");
    expect(expected).toEqual({ kind: "done", results: [9_000_000] });
    for (const freezes of [false, true]) {
      let process = spawn(host.kernel, { gas: 1_000_000 });
      let result: unknown = await process.call("work");
      while ((result as { kind: string }).kind === "out-of-gas") {
        if (freezes) {
          const state = throughBytes(process.freeze(), undefined);
          process.discard();
          process = host.kernel.thaw(state, {});
        }
        process.refill({ gas: 7_000_003 });
        result = await process.resume();
      }
      expect(result).toEqual(expected);
      expect(process.meter.gasUsed).toBe(whole.meter.gasUsed);
    }
  });

  it("gets more memory from its host, or not", async () => {
    const process = spawn(host.kernel, { memoryBytes: 4 * PAGE });
    expect(await process.call("pages")).toMatchObject({ kind: "out-of-memory" });
    expect(process.meter.pagesUsed).toBe(4);
    process.refill({ memoryBytes: 4 * PAGE });
    expect(await process.resume()).toMatchObject({ kind: "out-of-memory" });
    expect(process.meter.pagesUsed).toBe(8);
  });
});

describe("a WASI program without the budget that it needs", () => {
  it.each(C_PROGRAMS.map(({ name }) => name))("%s stops at the same counts", (name) => {
    const program = C_PROGRAMS.find((item) => item.name === name);
    const stop = () => {
      const stdout = makeCollector();
      const powers = { args: [name, String(program?.benchSize)], stdout };
      const code = host.kernel.load(readProgram(name));
      const process = host.kernel.spawn({
        program: code,
        guest: WASI_KIND.name,
        powers,
        gas: 3_000_000,
        memoryBytes: 32 << 20,
      });
      const result = process.callSync("_start");
      const { gasUsed, pagesUsed } = process.meter;
      expect(process.inspect().frameCount).toBeGreaterThan(0);
      const end = { result, gasUsed, pagesUsed, output: stdout.text(), root: rootOf(process.freeze()) };
      process.discard();
      return end;
    };
    const first = stop();
    expect(first.result).toEqual({ kind: "out-of-gas" });
    expect(stop()).toEqual(first);
  });
});
