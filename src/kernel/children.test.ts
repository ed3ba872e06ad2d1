import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BARE, BareGuest, MODE, makeEcho, makeTestKernel, PAGE, text } from "../../test/support/bare-guest.ts";
import type { Process } from "./index.ts";
import { limits, ServiceError, Status, StopCode } from "./index.ts";

function family(process: Process): Process[] {
  return [process, ...process.children.flatMap(family)];
}

/** For each meter in the tree: what was granted is used, spent, lent or left. */
function expectExactSums(root: Process): void {
  let accounted = 0;
  for (const process of family(root)) {
    const { gasGranted, gasUsed, gasSpent, gasLent, gasLeft } = process.meter;
    expect(gasUsed + gasSpent + gasLent + gasLeft).toBe(gasGranted);
    const open = process.children.filter((child) => child.status.state !== "ended");
    expect(gasLent).toBe(open.reduce((sum, child) => sum + child.meter.gasGranted, 0));
    if (process.status.state !== "ended" || process === root) accounted += gasUsed + gasSpent + gasLeft;
  }
  expect(accounted).toBe(root.meter.gasGranted);
}

function childOf(guest: BareGuest, index = 0): BareGuest {
  return new BareGuest(guest.process.children[index] as Process);
}

describe("children of guests", () => {
  it("run exports with their parent's gas, and give back what is left", () => {
    const guest = BareGuest.spawn(makeTestKernel());
    const child = guest.spawnChild({ gas: 500_000, pages: 4 });
    expect(guest.process.meter).toMatchObject({ gasLent: 500_000, pagesLent: 4 });
    const promise = guest.invoke(child, "add", 40, 2);
    expect(guest.do("wait", promise)).toBe(Status.fulfilled);
    expect(guest.readLongs()).toEqual([42n]);
    const used = childOf(guest).process.meter.gasUsed;
    expect(used).toBeGreaterThan(0);
    expectExactSums(guest.process);
    guest.do("drop", child);
    expect(guest.process.meter).toMatchObject({ gasLent: 0, gasSpent: used, pagesLent: 0 });
    expectExactSums(guest.process);
  });

  it("take messages at their position, and answer the parent", () => {
    const guest = BareGuest.spawn(makeTestKernel());
    const child = guest.spawnChild();
    guest.do("wait", guest.invoke(child, "set_mode", MODE.echo));
    expect(guest.call(child, "hello child", [-4])).toBe(Status.fulfilled);
    expect(guest.read()).toMatchObject({ text: "hello child", capabilities: [-4] });
  });

  it("hold nothing but their endowments", () => {
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { first: makeEcho(), second: makeEcho() } });
    guest.spawnChild({ endowments: [2, -6] });
    guest.spawnChild();
    const rich = childOf(guest, 0);
    const poor = childOf(guest, 1);
    expect([rich.find("0"), rich.find("1"), rich.find("2"), rich.find("second")]).toEqual([1, 2, 0, 0]);
    expect(poor.process.inspect().clistSize).toBe(0);
    expect(rich.call(1, "x")).toBe(Status.fulfilled);
    expect(rich.read().text).toBe("echo x");
  });

  it("that run out of gas interrupt a wait; the parent refills, resumes and gets its answer", () => {
    const guest = BareGuest.spawn(makeTestKernel());
    const child = guest.spawnChild({ gas: 200 });
    const promise = guest.invoke(child, "work", 1000);
    expect(guest.do("wait", promise)).toBe(Status.stopped);
    const stop = new DataView(guest.read().bytes.buffer);
    expect([stop.getInt32(0, true), stop.getInt32(4, true)]).toEqual([child, StopCode["out-of-gas"]]);
    const used = childOf(guest).process.meter.gasUsed;
    expect(used).toBeGreaterThan(200);
    expectExactSums(guest.process);
    expect(guest.do("refill", child, 100_000n, 0)).toBe(0);
    expect(guest.do("resume", child, 0)).toBe(0);
    expect(guest.do("wait", promise)).toBe(Status.fulfilled);
    const alone = BareGuest.spawn(makeTestKernel()).process.callSync("work", [1000]);
    expect(alone).toEqual({ kind: "done", results: guest.readLongs() });
    expectExactSums(guest.process);
  });

  it("that run out of memory are given more, or are refused", () => {
    const guest = BareGuest.spawn(makeTestKernel());
    const child = guest.spawnChild({ pages: 2 });
    const promise = guest.invoke(child, "grow", 3);
    expect(guest.do("wait", promise)).toBe(Status.stopped);
    const stop = new DataView(guest.read().bytes.buffer);
    expect(stop.getInt32(4, true)).toBe(StopCode["out-of-memory"]);
    expect(guest.do("refill", child, 0n, 2)).toBe(0);
    expect(guest.do("resume", child, 0)).toBe(0);
    expect(guest.do("wait", promise)).toBe(Status.fulfilled);
    expect(guest.readLongs()).toEqual([1n]);
    const second = guest.invoke(child, "grow", 1);
    expect(guest.do("wait", second)).toBe(Status.stopped);
    expect(guest.do("resume", child, 1)).toBe(0);
    expect(guest.do("wait", second)).toBe(Status.fulfilled);
    expect(guest.readLongs()).toEqual([-1n]);
  });

  it("that trap break the call and tell their keeper why, once or whenever it asks", () => {
    const guest = BareGuest.spawn(makeTestKernel());
    const child = guest.spawnChild();
    expect(guest.do("wait", guest.invoke(child, "trap"))).toBe(Status.broken);
    expect(guest.read().text).toContain("ended");
    guest.do("listen", child);
    guest.do("add", 0, 0);
    expect(guest.deliveries()).toMatchObject([{ target: child, resolver: 100 + Status.stopped }]);
    expect(guest.do("wait", child)).toBe(Status.stopped);
    const { bytes } = guest.read();
    expect(new DataView(bytes.buffer).getInt32(4, true)).toBe(StopCode.trap);
    expect(text(bytes.subarray(12))).toContain("unreachable");
    expect(guest.do("resume", child, 0)).toBe(ServiceError.state);
    expect(guest.do("refill", child, 1n, 0)).toBe(ServiceError.state);
  });

  it("that stop in a synchronous call break it", () => {
    const guest = BareGuest.spawn(makeTestKernel());
    const child = guest.spawnChild({ gas: 100_000 });
    guest.do("wait", guest.invoke(child, "set_mode", MODE.spin));
    expect(guest.call(child, "loop")).toBe(Status.broken);
    expect(guest.read().text).toContain("stopped");
    expect(guest.process.status).toEqual({ state: "idle" });
    expectExactSums(guest.process);
  });

  it("can be looked into by their keeper", () => {
    const guest = BareGuest.spawn(makeTestKernel());
    const child = guest.spawnChild({ gas: 300 });
    guest.do("wait", guest.invoke(child, "deep", 1000));
    expect(guest.do("inspect", child)).toBe(0);
    const inspection = JSON.parse(guest.read().text) as { frames: { name: string }[]; frameCount: number };
    expect(inspection.frameCount).toBeGreaterThan(5);
    expect(inspection.frames[0]?.name).toBe("deep");
    childOf(guest).write("secret of the child", 100);
    expect(guest.do("peek", child, 100, 0, 19)).toBe(0);
    expect(text(guest.process.memory().slice(0, 19))).toBe("secret of the child");
    expect(guest.do("peek", child, PAGE - 1, 0, 2)).toBe(ServiceError.pointer);
  });

  it("end with their parent", async () => {
    const guest = BareGuest.spawn(makeTestKernel());
    guest.spawnChild();
    const child = childOf(guest);
    child.spawnChild({ gas: 1000, pages: 2 });
    const grandchild = childOf(child);
    await guest.process.call("trap");
    for (const { process } of [child, grandchild]) expect(process.status).toMatchObject({ state: "ended" });
    expectExactSums(guest.process);
  });

  it("come from a program that the parent loads, charged by its size", () => {
    const guest = BareGuest.spawn(makeTestKernel());
    guest.process.memory().set(BARE, 0);
    const before = guest.process.meter;
    const source = guest.do("load", 0, BARE.length);
    expect(guest.process.meter.gasUsed - before.gasUsed).toBeGreaterThanOrEqual(
      BARE.length * limits.GAS_PER_PROGRAM_BYTE,
    );
    expect(guest.process.meter.pagesHeld).toBe(limits.PAGES_PER_PROGRAM_PAGE);
    const child = guest.spawnChild({ source });
    guest.do("wait", guest.invoke(child, "add", 1, 2));
    expect(guest.readLongs()).toEqual([3n]);
    expect(guest.do("drop", source)).toBe(0);
    expect(guest.process.meter.pagesHeld).toBe(0);
  });

  it("become images and go on from them, as often as wanted", () => {
    const guest = BareGuest.spawn(makeTestKernel());
    const child = guest.spawnChild({ gas: 1000, pages: 3 });
    guest.do("wait", guest.invoke(child, "work", 1000));
    const image = guest.do("freeze", child);
    expect(guest.process.children).toEqual([]);
    expect(guest.process.meter).toMatchObject({ gasLent: 0, pagesLent: 0, pagesHeld: 1 });
    expectExactSums(guest.process);
    for (let n = 0; n < 2; n++) {
      const copy = guest.spawnChild({ source: image, gas: 100_000, pages: 3 });
      expect(copy).toBeGreaterThan(0);
      const promise = guest.invoke(copy, "add", 20, n);
      // It is as it was, out of gas in the middle of its loop, and its new keeper is told.
      expect(guest.do("wait", promise)).toBe(Status.stopped);
      expect(childOf(guest, n).process.inspect().frames[0]?.name).toBe("work");
      expect(guest.do("resume", copy, 0)).toBe(0);
      expect(guest.do("wait", promise)).toBe(Status.fulfilled);
      expect(guest.readLongs()).toEqual([20n + BigInt(n)]);
      expectExactSums(guest.process);
    }
    expect(guest.do("drop", image)).toBe(0);
  });

  it("refuse to be thawed with less than their own children need", () => {
    const guest = BareGuest.spawn(makeTestKernel());
    const child = guest.spawnChild({ gas: 100_000, pages: 8 });
    childOf(guest).spawnChild({ gas: 50_000, pages: 2 });
    const image = guest.do("freeze", child);
    expect(guest.spawnChild({ source: image, gas: 49_999, pages: 8 })).toBe(ServiceError.budget);
    expect(guest.spawnChild({ source: image, gas: 50_000, pages: 2 })).toBe(ServiceError.budget);
    expectExactSums(guest.process);
    expect(guest.spawnChild({ source: image, gas: 50_000, pages: 8 })).toBeGreaterThan(0);
    expectExactSums(guest.process);
  });

  it("do not let the parent run on what it lent them", async () => {
    const guest = BareGuest.spawn(makeTestKernel(), { gas: 1_000_000 });
    // The spawn and an endless loop in one turn would be possible with a slice cut too late: nest spawns in mid-slice.
    const result = await guest.process.call("nest", [1, 1_000_000_000]);
    expect(result).toMatchObject({ kind: "done" });
    expectExactSums(guest.process);
    expect(guest.process.meter.gasGranted).toBe(1_000_000);
  });
});

describe("children of the host", () => {
  it("take their budget from a parent and are kept by the host", async () => {
    const kernel = makeTestKernel();
    const guest = BareGuest.spawn(kernel, { gas: 1_000_000 });
    const child = kernel.spawn({ program: kernel.load(BARE), parent: guest.process, gas: 400, memoryBytes: PAGE });
    expect(guest.process.meter).toMatchObject({ gasLent: 400, pagesLent: 1 });
    expect(await child.call("spin")).toEqual({ kind: "out-of-gas" });
    child.refill({ gas: 600 });
    expect(guest.process.meter.gasLent).toBe(1000);
    expect(() => child.refill({ gas: 1_000_000 })).toThrow("the parent cannot afford it");
    expectExactSums(guest.process);
    child.discard();
    expectExactSums(guest.process);
    expect(() =>
      kernel.spawn({ program: kernel.load(BARE), parent: guest.process, gas: 1e9, memoryBytes: PAGE }),
    ).toThrow("cannot afford");
  });
});

describe("sandboxes in sandboxes", () => {
  it.each([1, 2, 4, 8, 16])("run %i deep with the result, the steps and the sums of one at the top", (depth) => {
    const expected = BareGuest.spawn(makeTestKernel()).process.callSync("work", [20_000]);
    const totalAt = (levels: number): number => {
      const guest = BareGuest.spawn(makeTestKernel(), { gas: 50_000_000, memoryBytes: 100 * PAGE });
      expect(guest.process.callSync("nest", [levels, 20_000])).toEqual(expected);
      expectExactSums(guest.process);
      const { gasUsed, gasSpent, gasLeft, gasLent } = guest.process.meter;
      expect([gasLent, gasUsed + gasSpent + gasLeft]).toEqual([0, 50_000_000]);
      return gasUsed + gasSpent;
    };
    // Each level costs the same, and the work at the bottom costs what it costs at the top.
    const [first, second] = [totalAt(1), totalAt(2)];
    expect(totalAt(depth)).toBe(first + (depth - 1) * (second - first));
  });

  it("nest to the limit and not one deeper", () => {
    const guest = BareGuest.spawn(makeTestKernel(), { gas: 1e9, memoryBytes: 600 * PAGE });
    expect(guest.process.callSync("nest", [limits.NESTING_DEPTH_MAX, 1])).toEqual({ kind: "done", results: [1n] });
    const deeper = BareGuest.spawn(makeTestKernel(), { gas: 1e9, memoryBytes: 600 * PAGE });
    expect(deeper.process.callSync("nest", [limits.NESTING_DEPTH_MAX + 1, 1])).toEqual({
      kind: "done",
      results: [BigInt(ServiceError.limit)],
    });
  });

  it("stop at the limit of children", () => {
    const guest = BareGuest.spawn(makeTestKernel(), { gas: 1e9, memoryBytes: 3000 * PAGE });
    const args = [0, 0n, 1, 0, 0];
    for (let n = 0; n < limits.CHILDREN_PER_PROCESS_MAX; n++) guest.do("spawn", ...args);
    expect(guest.do("spawn", ...args)).toBe(ServiceError.limit);
    guest.do("drop", 1);
    expect(guest.do("spawn", ...args)).toBe(1);
  });
});

describe("trees under random operations", () => {
  it("keep their sums exact, whatever guests do with their children", () => {
    const step = fc.record({ what: fc.nat(5), at: fc.nat(20), gas: fc.nat(60_000), pages: fc.nat(4) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const guest = BareGuest.spawn(makeTestKernel(), { gas: 3_000_000, memoryBytes: 40 * PAGE });
        for (const { what, at, gas, pages } of steps) {
          const all = family(guest.process).filter(
            (process) => process.status.state === "idle" && process.meter.gasLeft > 30_000,
          );
          const chosen = new BareGuest(all[at % all.length] ?? guest.process);
          if (chosen.process.meter.gasLeft <= 30_000) break;
          const child = (at % 3) + 1;
          if (what === 0) chosen.spawnChild({ gas, pages });
          else if (what === 1) chosen.do("refill", child, BigInt(gas), pages);
          else if (what === 2) chosen.do("drop", child);
          else if (what === 3) chosen.spawnChild({ source: chosen.do("freeze", child), gas, pages });
          else if (what === 4) chosen.process.callSync("work", [gas % 500]);
          else chosen.invoke(child, "work", gas);
          expectExactSums(guest.process);
        }
      }),
      { numRuns: 60 },
    );
  });
});
