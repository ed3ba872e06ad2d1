import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { BARE, MODE, makeEcho, message, PAGE, text } from "../../test/support/bare-guest.ts";
import type { RemoteKernel, StopReport } from "../kernel/index.ts";
import { isWait, type Wait } from "../powers/index.ts";
import { makeOutputObject, startKernelWorker, workerPowerOptions } from "./worker.ts";
import { makeRemoteInput, makeRemoteOutput } from "./worker-powers.ts";

const program = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../test/programs/${name}.wasm`, import.meta.url)));

async function withWorker<T>(use: (kernel: RemoteKernel) => Promise<T>): Promise<T> {
  const kernel = startKernelWorker();
  try {
    return await use(kernel);
  } finally {
    kernel.close();
  }
}

const budget = { gas: 10_000_000, memoryBytes: 64 * PAGE };

describe("a kernel in a worker", () => {
  it("calls exports and delivers messages", () =>
    withWorker(async (kernel) => {
      const process = await kernel.spawn({ program: BARE, ...budget });
      expect(await process.call("add", [40, 2])).toEqual({ kind: "done", results: [42] });
      await process.call("set_mode", [MODE.echo]);
      const answer = await process.deliver(message("across", [process.root]));
      if (answer.status !== "fulfilled") throw new Error(answer.status);
      expect(text(answer.message.bytes)).toBe("across");
      // A reference that went there and back is the same object.
      expect(answer.message.capabilities[0]).toBe(process.root);
      expect((await process.state()).status).toEqual({ state: "idle" });
    }));

  it("lets guests call capabilities of the host's thread, synchronously for the guest", () =>
    withWorker(async (kernel) => {
      const echo = makeEcho();
      const process = await kernel.spawn({ program: BARE, ...budget, endowments: { echo } });
      await process.call("set_mode", [MODE.relay]);
      const answer = await process.deliver(message("from afar", [echo]));
      expect(answer.status === "fulfilled" && text(answer.message.bytes)).toBe("echo from afar");
      expect(echo.received).toEqual(["from afar"]);
    }));

  it("keeps an endless loop in reach: looked into, frozen, refilled, discarded", () =>
    withWorker(async (kernel) => {
      const process = await kernel.spawn({ program: BARE, ...budget, gas: 1e15 });
      const running = process.call("spin");
      const first = await process.state();
      const inspection = await process.inspect();
      expect(inspection.frames.map((frame) => frame.name)).toEqual(["spin"]);
      await process.refill({ gas: 1000 });
      const later = await process.state();
      expect(later.meter.gasGranted).toBe(1e15 + 1000);
      expect(later.meter.gasUsed).toBeGreaterThanOrEqual(first.meter.gasUsed);
      const image = await process.freeze();
      expect((await process.state()).status).toMatchObject({ stop: { kind: "frozen" } });
      const copy = await kernel.thaw({ image });
      expect((await copy.state()).meter.gasGranted).toBe(1e15 + 1000);
      await copy.discard();
      await process.discard();
      expect(await running).toEqual({ kind: "discarded" });
    }));

  it("asks the host's keeper", () =>
    withWorker(async (kernel) => {
      const stops: StopReport[] = [];
      const process = await kernel.spawn({
        program: BARE,
        ...budget,
        gas: 100,
        keeper(stop) {
          stops.push(stop);
          return stops.length < 3 ? { action: "resume", gas: 100_000 } : { action: "leave" };
        },
      });
      expect(await process.call("spin")).toEqual({ kind: "out-of-gas" });
      expect(stops.map((stop) => stop.kind)).toEqual(["out-of-gas", "out-of-gas", "out-of-gas"]);
      expect((await process.state()).meter.gasGranted).toBe(200_100);
    }));

  it("runs a WASI program with streams of the host's thread, and an image of it in another worker", async () => {
    let output = "";
    const stdout = makeOutputObject((bytes) => {
      output += text(bytes);
    });
    const options = workerPowerOptions({ args: ["sieve", "2000"] });
    const image = await withWorker(async (kernel) => {
      const process = await kernel.spawn({
        program: program("sieve"),
        ...budget,
        gas: 20_000,
        options,
        objects: { stdout },
      });
      expect(await process.run()).toEqual({ kind: "out-of-gas" });
      return process.freeze();
    });
    expect(output).toBe("");
    await withWorker(async (kernel) => {
      const process = await kernel.thaw({ image, options, objects: { stdout } });
      await process.refill({ gas: 100_000_000 });
      expect(await process.resume()).toMatchObject({ kind: "done" });
    });
    expect(output).toMatch(/^sieve 2000 /);
  });

  it("carries errors of the kernel over, without stacks", () =>
    withWorker(async (kernel) => {
      await expect(kernel.spawn({ program: new Uint8Array([1, 2, 3]), ...budget })).rejects.toMatchObject({
        name: "WasmError",
      });
      const process = await kernel.spawn({ program: BARE, ...budget });
      await expect(process.call("nothing")).rejects.toMatchObject({ name: "KernelError", code: "export" });
      await expect(process.readMemory(-1, 4)).rejects.toBeInstanceOf(RangeError);
    }));

  it("rejects what is under way when it is closed in the middle of an endless loop", async () => {
    const kernel = startKernelWorker();
    const process = await kernel.spawn({ program: BARE, ...budget, gas: 1e15 });
    const running = process.call("spin");
    kernel.close();
    await expect(running).rejects.toMatchObject({ code: "state" });
    await expect(process.state()).rejects.toMatchObject({ code: "state" });
  });
});

describe("streams of a guest in a worker", () => {
  it("ask for input when the guest reads, and give it in pieces", async () => {
    const pending = ["hello", ""];
    const asked: unknown[] = [];
    const input = makeRemoteInput({
      async call(method, ...args) {
        asked.push([method, ...args]);
        return message(pending.shift() ?? "").bytes;
      },
    });
    const first = input.read(3);
    if (!isWait(first as Wait)) throw new Error("expected to wait");
    await (first as Wait).wake;
    expect([input.read(3), input.read(3)]).toEqual([message("hel").bytes, message("lo").bytes]);
    await (input.read(3) as Wait).wake;
    expect([input.read(3), input.read(3)]).toEqual([undefined, undefined]);
    expect(asked).toEqual([
      ["read", 3],
      ["read", 3],
    ]);
  });

  it("let a guest wait while too much is on its way to the host", async () => {
    const written: Uint8Array[] = [];
    let release: () => void = () => {};
    const output = makeRemoteOutput({
      async call(_method, chunk) {
        written.push(chunk as Uint8Array);
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return null;
      },
    });
    const flood = new Uint8Array(3 << 20);
    expect(output.write(flood)).toBe(1 << 20);
    const full = output.write(flood);
    expect(full).toMatchObject({ wake: expect.any(Promise) });
    release();
    await (full as Wait).wake;
    expect(output.write(new Uint8Array(0))).toBe(0);
    expect(output.write(message("more").bytes)).toBe(4);
    expect(written.map((chunk) => chunk.length)).toEqual([1 << 20, 4]);
  });
});
