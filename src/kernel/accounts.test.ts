import { describe, expect, it } from "vitest";
import { assembleModule } from "../../test/support/assemble.ts";
import { makeTestKernel, message, PAGE } from "../../test/support/bare-guest.ts";
import type { Kernel, MeterReading, Process, SpawnInit, SyncResult } from "./index.ts";
import { CAPABILITY, fulfilled, ServiceError } from "./index.ts";

const SPAWN = "local.set 1 i32.const 0 local.get 1 i32.const 2 i32.const 0 i32.const 0 call 0";
const SEND = "local.get 0 i32.const 0";
const SENT = "i32.const 0 i32.const 0 call 7 drop";
const STEP = "local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0";

/** Parents that are in the middle of a slice while budgets change hands. */
const PARENT = assembleModule({
  imports: {
    "caper.spawn": "i32 i64 i32 i32 i32 -> i32",
    "caper.invoke": "i32 i32 i32 i32 i32 -> i32",
    "caper.wait": "i32 -> i32",
    "caper.drop": "i32 -> i32",
    "caper.log": "i32 i32 -> i32",
    "caper.call": "i32 i32 i32 i32 i32 -> i32",
    "caper.load": "i32 i32 -> i32",
    "caper.send_only": "i32 i32 i32 i32 i32 -> i32",
    "caper.freeze": "i32 -> i32",
  },
  memory: [1, 20],
  functions: [
    // What the host does in it is some 7,600 gas.
    { name: "over", code: "i32.const 0 i32.const 60000 call 4 drop loop br 0 end" },
    // So many children, one after the other, with 2,000 gas each. They run the function whose name is at 0.
    {
      name: "employ",
      type: "i32 ->",
      locals: "i64 i32",
      code: `loop i64.const 2000 ${SPAWN} local.tee 2 i32.const 0 i32.const 4 i32.const 0 i32.const 0 call 1 drop
        local.get 2 call 2 drop local.get 2 call 3 drop ${STEP} end`,
    },
    // A child, with 30,000 gas and a child of its own, that ends with it.
    {
      name: "pass",
      locals: "i32 i64",
      code: `i64.const 2000 ${SPAWN} i32.const 0 i32.const 4 i32.const 0 i32.const 0 call 1 call 2 drop loop br 0 end`,
    },
    { name: "burn", type: "i32 ->", code: `loop ${STEP} end` },
    {
      name: "hire",
      type: "i32 i32 ->",
      code: `loop ${STEP} end i32.const 1 i32.const 0 i32.const 0 i32.const 0 i32.const 0 call 5 drop
        local.get 1 local.set 0 loop ${STEP} end`,
    },
    {
      name: "grow and hire",
      type: "-> i32",
      code: "i32.const 9 memory.grow drop i32.const 1 i32.const 0 i32.const 0 i32.const 0 i32.const 0 call 5 drop i32.const 1 memory.grow",
    },
    // A child with as many bytes in its mailbox as it may hold, which with its memory are more pages than it has.
    {
      name: "fill and freeze",
      type: "-> i32",
      locals: "i32 i64",
      code: `i64.const 2000 ${SPAWN} local.set 0 ${SEND} i32.const 65536 ${SENT} ${SEND} i32.const 65536 ${SENT} local.get 0 call 8`,
    },
    // Takes for itself what a child, and a program that is none, had.
    {
      name: "regrow",
      type: "-> i32",
      locals: "i32 i64",
      code: `i64.const 2000 ${SPAWN} call 3 drop i32.const 0 i32.const 8 call 6 drop i32.const 7 memory.grow`,
    },
  ],
});

function spawn(kernel: Kernel, init: Partial<SpawnInit> = {}, name = "over"): Process {
  const process = kernel.spawn({ program: kernel.load(PARENT), gas: 10_000_000, memoryBytes: 8 * PAGE, ...init });
  process.memory().set(new TextEncoder().encode(name));
  return process;
}

/** To the end, or to the stop, in slices of so much gas. */
function run(process: Process, name: string, args: readonly number[], gas: number): SyncResult {
  let result = process.callSync(name, args, { gas });
  while (result.kind === "unfinished") result = process.finishSync({ gas });
  return result;
}

function treeGas(process: Process): number {
  const { counters } = process.freeze().kernel as { readonly counters: { readonly gasUsed: number } };
  return counters.gasUsed;
}

const used = ({ gasUsed, gasSpent }: MeterReading): number => gasUsed + gasSpent;

describe("what children overdraw", () => {
  it.each([1, 20])("their parent pays when they end, to the last gas: %i of them", (count) => {
    const process = spawn(makeTestKernel());
    expect(run(process, "employ", [count], 1e9)).toMatchObject({ kind: "done" });
    const { meter } = process;
    expect(meter).toMatchObject({ gasLent: 0, pagesLent: 0 });
    expect(meter.gasSpent).toBeGreaterThan(count * 7_500);
    expect(used(meter)).toBe(treeGas(process));
    expect(used(meter) + meter.gasLeft).toBe(meter.gasGranted);
  });

  it("goes up the tree", () => {
    const kernel = makeTestKernel();
    const root = spawn(kernel);
    const middle = spawn(kernel, { parent: root, gas: 30_000, memoryBytes: 4 * PAGE });
    expect(run(middle, "pass", [], 1e9)).toEqual({ kind: "out-of-gas" });
    expect(middle.children[0]?.meter.gasLeft).toBeLessThan(-5_000);
    middle.discard();
    expect(root.meter.gasSpent).toBeGreaterThan(30_000 + 5_000);
    expect(used(root.meter)).toBe(treeGas(root));
  });

  it("stops the parent that it overdraws, at the same gas in any slices, also through an image", () => {
    const runs = [1e9, 997, 50].map((gas) => {
      const kernel = makeTestKernel();
      const first = spawn(kernel, { gas: 70_000 });
      expect(run(first, "employ", [20], gas)).toEqual({ kind: "out-of-gas" });
      const image = first.freeze();
      const process = kernel.thaw(image);
      expect(process.meter).toEqual(first.meter);
      const stopped = process.meter;
      process.refill({ gas: 1_000_000 });
      void process.resume();
      let result = process.finishSync({ gas });
      while (result.kind === "unfinished") result = process.finishSync({ gas });
      expect(result).toMatchObject({ kind: "done" });
      expect(used(process.meter)).toBe(treeGas(process));
      return { stopped, end: process.meter };
    });
    expect(runs[0]?.stopped.gasLeft).toBeLessThan(-1_000);
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
  });
});

describe("a child of the host's, made in a host function of its parent", () => {
  /** Spawns in it what `budgets` say; what came of each. */
  function hiring(init: Partial<SpawnInit>, budgets: readonly { gas: number; memoryBytes: number }[]) {
    const kernel = makeTestKernel();
    const outcomes: unknown[] = [];
    const hire = (): void => {
      for (const budget of budgets) {
        try {
          outcomes.push(kernel.spawn({ program: kernel.load(PARENT), parent: process, ...budget }).status.state);
        } catch (error) {
          outcomes.push((error as { code?: string }).code);
        }
      }
    };
    const office = {
      [CAPABILITY]: true as const,
      receive() {
        hire();
        return fulfilled(message(""));
      },
    };
    const process: Process = spawn(kernel, { endowments: { office }, ...init });
    return { process, outcomes };
  }

  it("gets no gas that the parent has used in this slice, and the parent none that it has lent", async () => {
    const { process, outcomes } = hiring({ gas: 200_000 }, [
      { gas: 150_000, memoryBytes: PAGE },
      { gas: 60_000, memoryBytes: PAGE },
    ]);
    expect(run(process, "hire", [10_000, 1_000_000], 1e9)).toEqual({ kind: "out-of-gas" });
    expect(outcomes).toEqual(["budget", "idle"]);
    const { gasUsed, gasLeft } = process.meter;
    expect([gasLeft < 0, gasLeft > -20, gasUsed + gasLeft]).toEqual([true, true, 140_000]);
    const [child] = process.children;
    expect(await child?.call("burn", [1_000_000])).toEqual({ kind: "out-of-gas" });
    child?.discard();
    expect(used(process.meter)).toBe(treeGas(process));
    expect(used(process.meter)).toBeLessThan(200_000 + 40);
  });

  it("gets no memory that the parent has taken in this slice, and the parent none that it has lent", () => {
    const { process, outcomes } = hiring({ memoryBytes: 12 * PAGE }, [
      { gas: 10, memoryBytes: 3 * PAGE },
      { gas: 10, memoryBytes: 2 * PAGE },
    ]);
    expect(run(process, "grow and hire", [], 1e9)).toMatchObject({ kind: "out-of-memory", pagesWanted: 11 });
    expect(outcomes).toEqual(["budget", "idle"]);
    expect(process.meter).toMatchObject({ pagesMax: 12, pagesUsed: 10, pagesLent: 2 });
  });
});

describe("memory that comes back in the middle of a slice", () => {
  it.each([1e9, 50])("can be used in the same slice as in any other: %i gas each", (gas) => {
    const process = spawn(makeTestKernel());
    expect(run(process, "regrow", [], gas)).toEqual({ kind: "done", results: [1] });
  });
});

describe("a freeze of a child that the parent cannot keep", () => {
  it("does nothing to it", () => {
    const process = spawn(makeTestKernel(), { memoryBytes: 3 * PAGE });
    expect(run(process, "fill and freeze", [], 1e9)).toEqual({ kind: "done", results: [ServiceError.budget] });
    expect(process.children).toHaveLength(1);
    expect(process.children[0]?.inspect().mailboxLength).toBe(2);
    expect(process.meter).toMatchObject({ gasLent: 2000, pagesLent: 2, pagesHeld: 0 });
    process.children[0]?.discard();
    process.refill({ memoryBytes: PAGE });
    expect(run(process, "fill and freeze", [], 1e9)).toEqual({ kind: "done", results: [2] });
    expect(process.children).toEqual([]);
    expect(process.meter).toMatchObject({ gasLent: 0, pagesLent: 0, pagesHeld: 3 });
  });
});

describe("a kernel that is closed in a host function", () => {
  it("ends all processes, the caller as soon as the function returns", async () => {
    const kernel = makeTestKernel();
    let calls = 0;
    const closer = {
      [CAPABILITY]: true as const,
      receive() {
        calls += 1;
        kernel.close();
        return fulfilled(message(""));
      },
    };
    const others = [spawn(kernel, { gas: 1e12 }), spawn(kernel, { gas: 1e12 })];
    const caller = spawn(kernel, { gas: 1e12, endowments: { closer } });
    const ends = [
      others[0]?.call("burn", [2 ** 31 - 1]),
      caller.call("hire", [100, 2 ** 31 - 1]),
      others[1]?.call("over"),
    ];
    expect(await Promise.all(ends)).toEqual(Array(3).fill({ kind: "discarded" }));
    for (const process of [...others, caller]) expect(process.status.state).toBe("ended");
    expect(calls).toBe(1);
    const { gasUsed } = caller.meter;
    expect(gasUsed).toBeGreaterThan(500);
    await new Promise((resolve) => setImmediate(resolve));
    expect(caller.meter.gasUsed).toBe(gasUsed);
    expect(() => spawn(kernel)).toThrow("the kernel is closed");
  });
});
