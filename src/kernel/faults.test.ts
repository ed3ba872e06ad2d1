import { describe, expect, it } from "vitest";
import { BARE, BareGuest, MODE, makeEcho, makeTestKernel, message, PAGE } from "../../test/support/bare-guest.ts";
import type { GuestKind, HostFunction, InputRecord, Process } from "./index.ts";
import { CAPABILITY, fulfilled, limits, ServiceError, Status, Suspend } from "./index.ts";

/** (module (import "host" "f" (func $f)) (func (export "go") (call $f))) */
const CALLS_HOST = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 10, 1, 4, 104, 111, 115, 116, 1, 102, 0, 0, 3, 2, 1, 0, 7, 6, 1, 2,
  103, 111, 0, 1, 10, 6, 1, 4, 0, 16, 0, 11,
]);

function makeKind(f: HostFunction): GuestKind {
  return { name: "host", provides: ["host"], make: () => ({ modules: { host: { f } }, save: () => null }) };
}

describe("faults of the host", () => {
  it("end the process without blaming or telling the guest, and reach the host's log", async () => {
    const faults: unknown[] = [];
    const kernel = makeTestKernel({
      guests: [
        makeKind(() => {
          throw new Error("a bug with a /secret/path");
        }),
      ],
      onFault: (_process, error) => faults.push(error),
    });
    const process = kernel.spawn({ program: kernel.load(CALLS_HOST), gas: 1000, memoryBytes: 0 });
    const result = await process.call("go");
    expect(result).toEqual({ kind: "fault", message: "the host failed while it ran this process" });
    expect(process.status).toMatchObject({ state: "ended", stop: { kind: "fault" } });
    expect(String((faults[0] as Error).cause)).toContain("/secret/path");
  });

  it("in a keeper leave the process stopped", async () => {
    const faults: unknown[] = [];
    const kernel = makeTestKernel({ onFault: (_process, error) => faults.push(error) });
    const guest = BareGuest.spawn(kernel, {
      gas: 100,
      keeper() {
        throw new Error("keeper");
      },
    });
    expect(await guest.process.call("spin")).toEqual({ kind: "out-of-gas" });
    expect(faults).toHaveLength(1);
  });
});

describe("host functions", () => {
  it("park and wake a process with what they wait for", async () => {
    let wake: () => void = () => {};
    const states: unknown[] = [];
    const kernel = makeTestKernel({
      guests: [
        makeKind((context) => {
          states.push(context.suspended);
          if (context.suspended !== undefined) return undefined;
          return new Suspend(
            new Promise<void>((resolve) => {
              wake = resolve;
            }),
            { at: 5n },
          );
        }),
      ],
    });
    const process = kernel.spawn({ program: kernel.load(CALLS_HOST), gas: 1000, memoryBytes: 0 });
    const call = process.call("go");
    await new Promise((resolve) => setImmediate(resolve));
    expect(process.status).toEqual({ state: "parked" });
    const image = process.freeze();
    wake();
    await process.resume();
    expect(await call).toEqual({ kind: "done", results: [] });
    expect(states).toEqual([undefined, { at: 5n }]);
    // The image goes on too: its host function is asked again at once.
    const thawed = kernel.thaw(image);
    expect(await thawed.resume()).toEqual({ kind: "done", results: [] });
    expect(states).toEqual([undefined, { at: 5n }, { at: 5n }]);
    expect(thawed.meter.gasUsed).toBe(process.meter.gasUsed);
  });

  it("must not freeze, refill or discard the tree that runs them", () => {
    const errors: unknown[] = [];
    const guest = BareGuest.spawn(makeTestKernel(), {
      endowments: {
        meddler: {
          [CAPABILITY]: true,
          receive(sent) {
            for (const meddle of [
              () => guest.process.freeze(),
              () => guest.process.discard(),
              () => guest.process.refill({ gas: 1 }),
              () => guest.process.callSync("add", [1, 1]),
            ]) {
              try {
                meddle();
              } catch (error) {
                errors.push((error as { code?: string }).code);
              }
            }
            return fulfilled(sent);
          },
        },
      },
    });
    expect(guest.call(1, "x")).toBe(Status.fulfilled);
    expect(errors).toEqual(["state", "state", "state", "state"]);
  });
});

describe("the order of inputs", () => {
  it("is recorded for each tree, with the gas that the tree had used", async () => {
    const inputs: InputRecord[] = [];
    const kernel = makeTestKernel({ onInput: (input) => inputs.push(input) });
    const guest = BareGuest.spawn(kernel, {
      endowments: {
        later: { [CAPABILITY]: true, receive: (sent) => Promise.resolve(fulfilled(sent)) },
        echo: makeEcho(),
      },
    });
    guest.do("set_mode", MODE.echo);
    await guest.process.deliver(message("a"));
    await guest.process.call("call", guest.args(1));
    expect(inputs.map(({ sequence, kind }) => [sequence, kind])).toEqual([
      [0, "invoke"],
      [1, "deliver"],
      [2, "invoke"],
      [3, "answer"],
    ]);
    const gas = inputs.map((input) => input.treeGas);
    expect(gas).toEqual([...gas].sort((a, b) => a - b));
    expect(gas[3]).toBeGreaterThan(gas[2] as number);
  });
});

describe("a tree", () => {
  it("holds so many processes and not one more", () => {
    const kernel = makeTestKernel();
    const { PROCESSES_PER_TREE_MAX, CHILDREN_PER_PROCESS_MAX } = limits;
    const guest = BareGuest.spawn(kernel, { gas: 1e9, memoryBytes: 9000 * PAGE });
    const program = kernel.load(BARE);
    const spawn = (parent: Process, pages: number): Process =>
      kernel.spawn({ program, parent, gas: 0, memoryBytes: pages * PAGE });
    const middle = Array.from({ length: 3 }, () => spawn(guest.process, 2000));
    let count = 4;
    for (const parent of middle) {
      for (let n = 0; n < CHILDREN_PER_PROCESS_MAX; n++, count++) spawn(parent, 1);
      expect(() => spawn(parent, 1)).toThrow("as many processes as they may");
    }
    for (; count < PROCESSES_PER_TREE_MAX; count++) spawn(guest.process, 1);
    expect(guest.spawnChild({ gas: 0, pages: 1 })).toBe(ServiceError.limit);
    guest.process.discard();
  });
});
