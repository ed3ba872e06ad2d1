import { describe, expect, it } from "vitest";
import { BARE, BareGuest, makeTestKernel, PAGE } from "../../test/support/bare-guest.ts";
import { limits, type Process, ServiceError } from "./index.ts";
import { inspectionGas } from "./inspect.ts";
import { exportedFunction, nameOfFunction } from "./module-names.ts";
import { copyGas, messageGas } from "./prices.ts";
import { recordOf } from "./process.ts";

/** What the guest used for one call of an export, whose own instructions are fewer than 20. */
function gasOf(guest: BareGuest, name: string, ...args: (number | bigint)[]): { result: number; gas: number } {
  const before = guest.process.meter.gasUsed;
  const result = guest.do(name, ...args);
  return { result, gas: guest.process.meter.gasUsed - before };
}

const INSTRUCTIONS_MAX = 20;

function expectPrice(gas: number, price: number): void {
  expect(gas).toBeGreaterThanOrEqual(price);
  expect(gas).toBeLessThan(price + INSTRUCTIONS_MAX);
}

const roomy = (): BareGuest => {
  const guest = BareGuest.spawn(makeTestKernel(), { gas: 1e9, memoryBytes: 2000 * PAGE });
  guest.do("grow", 31);
  return guest;
};

describe("what the kernel does for a guest", () => {
  it("is paid for messages that are refused after they were read", () => {
    const guest = roomy();
    const bytes = 30 * PAGE;
    const message = [0, bytes, 0, 1000] as const;
    for (const name of ["send", "send_only", "call", "call_open"]) {
      const { result, gas } = gasOf(guest, name, 999, ...message);
      expect(result).toBe(ServiceError.noEntry);
      expectPrice(gas, messageGas(bytes, 1000));
    }
    const answered = gasOf(guest, "answer", 999, 0, ...message);
    expect(answered.result).toBe(ServiceError.noEntry);
    expectPrice(answered.gas, messageGas(bytes, 1000));
  });

  it("is nothing for messages that are not read", () => {
    const guest = roomy();
    expectPrice(gasOf(guest, "send", 999, 0, 30 * PAGE, 32 * PAGE, 1).gas, 0);
    expectPrice(gasOf(guest, "send", 999, 32 * PAGE, 1, 0, 1000).gas, 0);
  });

  it("is paid for waits that would close a circle", () => {
    const guest = roomy();
    const { promise } = guest.promise();
    const { result, gas } = gasOf(guest, "wait", promise);
    expect(result).toBe(ServiceError.cycle);
    expectPrice(gas, limits.GAS_PER_CIRCLE);
    expectPrice(gasOf(guest, "call", -1, 0, 80, 0, 0).gas, messageGas(80, 0) + limits.GAS_PER_CIRCLE);
  });

  it("is paid for names, promises and calls of exports, whether there are such or not", () => {
    const guest = roomy();
    const child = guest.spawnChild();
    expectPrice(gasOf(guest, "find", 0, 1024).gas, copyGas(1024));
    expectPrice(gasOf(guest, "promise", 0).gas, limits.GAS_PER_MESSAGE);
    const { result, gas } = gasOf(guest, "invoke", child, 0, 800, 0, 1000);
    expect(result).toBe(ServiceError.export);
    expectPrice(gas, copyGas(800) + messageGas(8000, 0));
    expectPrice(gasOf(guest, "invoke", 999, 0, 800, 0, 1000).gas, copyGas(800) + messageGas(8000, 0));
  });

  it("is paid for each byte of a child's memory, of which one look copies so many", () => {
    const guest = BareGuest.spawn(makeTestKernel(), { gas: 1e9, memoryBytes: 100 * PAGE });
    guest.do("grow", 31);
    const child = guest.spawnChild({ pages: 40 });
    guest.do("wait", guest.invoke(child, "grow", 31));
    expectPrice(gasOf(guest, "peek", child, 0, 0, 32 * PAGE).gas, copyGas(32 * PAGE));
    expect(guest.do("peek", child, 0, 0, limits.PEEK_BYTES_MAX)).toBe(ServiceError.pointer);
    expect(guest.do("peek", child, 0, 0, limits.PEEK_BYTES_MAX + 1)).toBe(ServiceError.limit);
  });

  it("is paid for each frame and value that a look shows", () => {
    const guest = roomy();
    const child = guest.spawnChild({ gas: 2000 });
    guest.do("wait", guest.invoke(child, "deep", 10_000));
    const shown = (guest.process.children[0] as Process).inspect();
    expect(shown.frames).toHaveLength(Math.min(200, shown.frameCount));
    expectPrice(gasOf(guest, "inspect", child).gas, inspectionGas(shown));
  });

  it("is paid for each process that is frozen or thawed, its entries and its pages", () => {
    const kernel = makeTestKernel();
    const price = (grandchildren: number, entries: number): { freeze: number; spawn: number } => {
      const guest = BareGuest.spawn(kernel, { gas: 1e9, memoryBytes: 2000 * PAGE });
      const child = guest.spawnChild({ gas: 100_000_000, pages: 1000 });
      const inner = new BareGuest(guest.process.children[0] as Process);
      for (let count = 0; count < grandchildren; count++) inner.spawnChild({ gas: 1000, pages: 1 });
      for (let count = 0; count < entries; count += 2) inner.promise();
      const frozen = gasOf(guest, "freeze", child);
      expect(frozen.result).toBeGreaterThan(0);
      const made = gasOf(guest, "spawn", frozen.result, 100_000_000n, 1000, 0, 0);
      expect(made.result).toBeGreaterThan(0);
      return { freeze: frozen.gas, spawn: made.gas };
    };
    const one = price(0, 0);
    const more = price(10, 100);
    // Each process has a page of memory and holds nothing; its parent has it in the c-list.
    const each = limits.GAS_PER_SPAWN + limits.GAS_PER_FROZEN_PAGE;
    for (const what of ["freeze", "spawn"] as const) {
      expect(one[what]).toBeGreaterThan(each);
      expect(more[what]).toBeGreaterThanOrEqual(one[what] + 10 * each + 110 * limits.GAS_PER_ENTRY);
    }
  });
});

describe("a look into a process", () => {
  it("shows as many frames and values as it may, and says how many frames there are", () => {
    const guest = BareGuest.spawn(makeTestKernel(), { gas: 2000 });
    expect(guest.process.callSync("deep", [10_000])).toMatchObject({ kind: "out-of-gas" });
    const { machine } = recordOf(guest.process);
    const look = (frames: number, values: number) => machine?.look({ frames, values });
    const whole = look(1000, 100_000);
    expect(whole?.frames.length).toBe(whole?.frameCount);
    expect(whole?.frameCount).toBeGreaterThan(3);
    expect(machine?.freeze().frames.toReversed()).toEqual(whole?.frames);
    expect(look(3, 100_000)).toEqual({ ...whole, frames: whole?.frames.slice(0, 3) });
    const two = (whole?.frames ?? []).slice(0, 2).reduce((sum, { values }) => sum + values.length, 0);
    expect(look(1000, two)?.frames.slice(0, 2)).toEqual(whole?.frames.slice(0, 2));
    expect(look(1000, two - 1)?.frames).toHaveLength(1);
    expect(look(1000, 1)?.globals).toHaveLength(1);
  });

  it("names functions by the name section, by an export, or by number", () => {
    const { module } = makeTestKernel().load(BARE);
    const func = exportedFunction(module, "half") as number;
    expect(nameOfFunction(module, func)).toBe("half");
    expect(nameOfFunction(module, 9999)).toBe("function 9999");
    expect(exportedFunction(module, "memory")).toBeUndefined();
  });
});

describe("a family that is made from an image", () => {
  it("has in each process what it had left", () => {
    const kernel = makeTestKernel();
    const guest = BareGuest.spawn(kernel, { gas: 1e9, memoryBytes: 2000 * PAGE });
    const child = guest.spawnChild({ gas: 100_000_000, pages: 1000 });
    const left = (process: Process): unknown => [process.meter.gasLeft, process.children.map(left)];
    const inner = new BareGuest(guest.process.children[0] as Process);
    for (const gas of [1000, 2000]) inner.spawnChild({ gas: 1_000_000 + gas, pages: 30 });
    const innermost = new BareGuest(inner.process.children[1] as Process);
    innermost.spawnChild({ gas: 500, pages: 1 });
    innermost.do("drop", innermost.spawnChild({ gas: 600, pages: 1 }));
    const before = inner.process.children.map(left);
    const image = guest.do("freeze", child);
    guest.spawnChild({ source: image, gas: 100_000_000, pages: 1000 });
    expect((guest.process.children[0] as Process).children.map(left)).toEqual(before);
  });
});
