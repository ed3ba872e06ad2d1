import { describe, expect, it } from "vitest";
import { BareGuest, MODE, makeTestKernel, message, PAGE, text } from "../../test/support/bare-guest.ts";
import type { StopReport } from "./index.ts";
import { KernelError } from "./index.ts";

describe("a process and its host", () => {
  it("calls exports with arguments and results of each type", async () => {
    const { process } = BareGuest.spawn(makeTestKernel());
    expect(process.callSync("add", [2, 40])).toEqual({ kind: "done", results: [42] });
    expect(process.callSync("half", [5])).toEqual({ kind: "done", results: [2.5] });
    expect(process.callSync("work", [10])).toMatchObject({ kind: "done", results: [expect.any(BigInt)] });
    expect(await process.call("add", [-1, 1])).toEqual({ kind: "done", results: [0] });
    expect(process.status).toEqual({ state: "idle" });
  });

  it("refuses exports that do not exist and arguments that do not fit", () => {
    const { process } = BareGuest.spawn(makeTestKernel());
    expect(() => process.callSync("nothing")).toThrow(KernelError);
    expect(() => process.callSync("add", [1])).toThrow("add: expected 2 arguments, got 1");
    expect(() => process.callSync("add", [1, 2n])).toThrow("argument 1: expected a number for i32, got a bigint");
  });

  it("stops an endless loop at the same gas in every slicing, and goes on after a refill", async () => {
    const counts = [1, 7, 1000, undefined].map((gas) => {
      const { process } = BareGuest.spawn(makeTestKernel(), { gas: 12_345 });
      let result = process.callSync("spin", [], gas === undefined ? {} : { gas });
      while (result.kind === "unfinished") result = process.finishSync(gas === undefined ? {} : { gas });
      expect(result).toEqual({ kind: "out-of-gas" });
      return process.meter.gasUsed;
    });
    expect(new Set(counts).size).toBe(1);
    expect(counts[0]).toBeGreaterThan(12_345);
    const { process } = BareGuest.spawn(makeTestKernel(), { gas: 12_345 });
    expect(await process.call("spin")).toEqual({ kind: "out-of-gas" });
    expect(process.meter).toMatchObject({ gasUsed: counts[0], gasLeft: 12_345 - (counts[0] as number) });
    process.refill({ gas: 1000 });
    expect(process.meter.gasLeft).toBe(13_345 - (counts[0] as number));
    expect(await process.resume()).toEqual({ kind: "out-of-gas" });
    expect(process.meter.gasUsed).toBeGreaterThan(13_345);
  });

  it("finishes a computation over many refills with the result and the gas of an uninterrupted one", () => {
    const whole = BareGuest.spawn(makeTestKernel());
    const expected = whole.process.callSync("work", [5000]);
    const { process } = BareGuest.spawn(makeTestKernel(), {
      gas: 100,
      keeper: () => ({ action: "resume", gas: 777 }),
    });
    expect(process.callSync("work", [5000])).toEqual(expected);
    expect(process.meter.gasUsed).toBe(whole.process.meter.gasUsed);
  });

  it("lets the keeper answer out-of-memory with memory or with a refusal", () => {
    const stops: StopReport[] = [];
    const { process } = BareGuest.spawn(makeTestKernel(), {
      memoryBytes: 2 * PAGE,
      keeper(stop) {
        stops.push(stop);
        return stops.length === 1 ? { action: "resume", memoryBytes: 10 * PAGE } : { action: "refuse" };
      },
    });
    expect(process.callSync("grow", [5])).toEqual({ kind: "done", results: [1] });
    expect(process.meter).toMatchObject({ pagesUsed: 6, pagesMax: 12 });
    expect(process.callSync("grow", [7])).toEqual({ kind: "done", results: [-1] });
    expect(stops.map((stop) => stop.kind)).toEqual(["out-of-memory", "out-of-memory"]);
  });

  it("leaves a process out of memory for a later resume", async () => {
    const { process } = BareGuest.spawn(makeTestKernel(), { memoryBytes: PAGE });
    expect(await process.call("grow", [1])).toMatchObject({ kind: "out-of-memory" });
    expect(process.status).toMatchObject({ state: "stopped" });
    expect(await process.resume({ refuse: true })).toEqual({ kind: "done", results: [-1] });
  });

  it("reports a trap as a value, and keeps what is needed to look at it", async () => {
    const { process } = BareGuest.spawn(makeTestKernel());
    expect(await process.call("trap")).toMatchObject({ kind: "trap", code: "unreachable" });
    expect(process.status).toMatchObject({ state: "ended", stop: { kind: "trap" } });
    expect(process.memory().length).toBe(PAGE);
    expect(await process.call("add", [1, 2])).toMatchObject({ kind: "trap" });
    expect(await process.deliver(message("x"))).toMatchObject({ status: "broken", code: "ended" });
  });

  it("names the functions on the stack of a stopped process", async () => {
    const { process } = BareGuest.spawn(makeTestKernel(), { gas: 500 });
    await process.call("work", [1000]);
    const { frames, status, meter } = process.inspect();
    expect(status).toMatchObject({ state: "stopped", stop: { kind: "out-of-gas" } });
    expect(frames.map((frame) => frame.name)).toEqual(["work"]);
    expect(meter.gasUsed).toBe(process.meter.gasUsed);
  });

  it("bounds a call in the caller's thread by its gas, and finishes it later", () => {
    const { process } = BareGuest.spawn(makeTestKernel());
    expect(process.callSync("work", [1000], { gas: 100 })).toEqual({ kind: "unfinished" });
    expect(process.finishSync({ gas: 1_000_000 })).toMatchObject({ kind: "done" });
  });

  it("keeps the host's thread responsive during an endless loop", async () => {
    const { process } = BareGuest.spawn(makeTestKernel(), { gas: Number.MAX_SAFE_INTEGER });
    const call = process.call("spin");
    // If slices did not give the thread back, this timer would never fire.
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(process.meter.gasUsed).toBeGreaterThan(0);
    process.pause();
    const used = process.meter.gasUsed;
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(process.meter.gasUsed).toBe(used);
    expect(process.status).toEqual({ state: "stopped", stop: { kind: "paused" } });
    process.discard();
    expect(await call).toEqual({ kind: "discarded" });
  });

  it("delivers messages as turns in order, and answers them", async () => {
    const guest = BareGuest.spawn(makeTestKernel());
    guest.do("set_mode", MODE.echo);
    const answers = await Promise.all(["one", "two", "three"].map((word) => guest.process.deliver(message(word))));
    expect(answers.map((answer) => (answer.status === "broken" ? answer.reason : text(answer.message.bytes)))).toEqual([
      "one",
      "two",
      "three",
    ]);
    guest.do("set_mode", MODE.reject);
    expect(await guest.process.deliver(message("no"))).toMatchObject({ status: "rejected" });
    expect(guest.process.deliverSync(message("no"))).toMatchObject({ status: "rejected" });
  });

  it("breaks the promises that an ended process had to answer", async () => {
    const guest = BareGuest.spawn(makeTestKernel());
    const kept = guest.process.deliver(message("kept"));
    await guest.process.call("add", [1, 1]);
    guest.do("set_mode", MODE.trap);
    const trapped = guest.process.deliver(message("trapped"));
    const queued = guest.process.deliver(message("queued"));
    for (const answer of [await kept, await trapped, await queued]) {
      expect(answer).toMatchObject({ status: "broken", code: "ended" });
    }
  });

  it("refuses programs with imports that nobody provides, by name", () => {
    const kernel = makeTestKernel();
    // (module (import "env" "evil" (func)))
    const bytes = new Uint8Array([
      0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 12, 1, 3, 101, 110, 118, 4, 101, 118, 105, 108, 0, 0,
    ]);
    expect(() => kernel.spawn({ program: kernel.load(bytes), gas: 1, memoryBytes: 0 })).toThrow("import env.evil");
  });

  it("refuses to spawn with less memory than the program begins with", () => {
    const kernel = makeTestKernel();
    expect(() => BareGuest.spawn(kernel, { memoryBytes: PAGE - 1 })).toThrow("the program starts with 1 pages");
    expect(BareGuest.spawn(kernel, { memoryBytes: PAGE }).process.meter.pagesUsed).toBe(1);
  });
});
