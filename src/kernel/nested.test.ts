import { describe, expect, it } from "vitest";
import { Random } from "../../test/random/random.ts";
import {
  BareGuest,
  MODE,
  makeEcho,
  makeTestKernel,
  message,
  PAGE,
  text,
  throughImage,
} from "../../test/support/bare-guest.ts";
import { encodeImage } from "../image/index.ts";
import type { Answer, Capability, Kernel, Process, SyncResult } from "./index.ts";
import { CAPABILITY, fulfilled, KernelError, limits, Status } from "./index.ts";

/** Guests of one tree, the first the parent of all others. */
function makeTree(kernel: Kernel, modes: readonly number[]): BareGuest[] {
  const root = BareGuest.spawn(kernel, { gas: 100_000_000, memoryBytes: 64 * PAGE });
  const children = modes.slice(1).map(() => {
    return BareGuest.spawn(kernel, { parent: root.process, gas: 5_000_000, memoryBytes: 4 * PAGE });
  });
  const guests = [root, ...children];
  for (const [index, guest] of guests.entries()) guest.do("set_mode", modes[index] as number);
  return guests;
}

/** Sends a guest the way that it and those on it shall relay the message. */
function relay(guests: readonly BareGuest[], [first = 0, ...way]: readonly number[], gas?: number): Answer | undefined {
  const capabilities = way.map((index) => (guests[index] as BareGuest).process.root);
  const options = gas === undefined ? {} : { gas };
  return (guests[first] as BareGuest).process.deliverSync(message("hello", capabilities), options);
}

const rootOf = (process: Process): string => encodeImage(process.freeze()).root;

/** The same, stopped after each so much gas, and frozen and thawed each time. */
function relayInterrupted(
  modes: readonly number[],
  way: readonly number[],
  gas: number,
): { root: string; stops: number } {
  const guests = makeTree(makeTestKernel(), modes);
  relay(guests, way, gas);
  let root = (guests[0] as BareGuest).process;
  for (let stops = 0; ; stops++) {
    root = makeTestKernel().thaw(throughImage(root.freeze()));
    const busy = [root, ...root.children].find((process) => process.status.state !== "idle");
    if (busy === undefined) return { root: rootOf(root), stops };
    expect(stops).toBeLessThan(STOPS_MAX);
    busy.finishSync({ gas });
  }
}

/** Far more than any way takes. */
const STOPS_MAX = 10_000;

const kindOf = (answer: Answer | undefined): string =>
  answer === undefined
    ? "none"
    : answer.status === "broken"
      ? `broken ${answer.code}`
      : `${answer.status} ${text(answer.message.bytes)}`;

describe("open calls among the guests of a tree", () => {
  it("may lead back to who waits, to any depth", () => {
    const guests = makeTree(makeTestKernel(), [MODE.relayOpen, MODE.relayOpen]);
    for (const way of [
      [0, 1, 0],
      [0, 1, 0, 1],
      [0, 1, 0, 1, 0, 1, 0, 1, 0],
    ]) {
      expect(kindOf(relay(guests, way))).toBe("fulfilled hello");
    }
  });

  it("and strict ones may not", () => {
    const guests = makeTree(makeTestKernel(), [MODE.relay, MODE.relayOpen, MODE.relayOpen]);
    expect(kindOf(relay(guests, [0, 1, 0]))).toBe("rejected cycle: the call would wait for its own caller");
    // The way back is closed by any strict call on it; but what counts is who waits, so the last call may be strict.
    const other = makeTree(makeTestKernel(), [MODE.relayOpen, MODE.relay, MODE.relayOpen]);
    expect(kindOf(relay(other, [0, 1, 2, 0]))).toContain("cycle");
    const last = makeTree(makeTestKernel(), [MODE.echo, MODE.relayOpen, MODE.relay]);
    expect(kindOf(relay(last, [1, 2, 0]))).toBe("fulfilled hello");
    expect(kindOf(relay(other, [0, 2, 0]))).toBe("fulfilled hello");
    expect(kindOf(relay(other, [0, 0]))).toContain("cycle");
  });

  it("nest to the limit, and not deeper", () => {
    const way = (turns: number): number[] => Array.from({ length: turns * 2 + 1 }, (_, index) => index % 2);
    const guests = makeTree(makeTestKernel(), [MODE.relayOpen, MODE.relayOpen]);
    expect(kindOf(relay(guests, way(limits.NESTED_TURNS_MAX)))).toBe("fulfilled hello");
    const answer = kindOf(relay(guests, way(limits.NESTED_TURNS_MAX + 1)));
    expect(answer).toContain(`limit: ${limits.NESTED_TURNS_MAX} turns of the process are nested`);
  });

  it("come to the same when frozen at every stop", () => {
    const modes = [MODE.relayOpen, MODE.relayOpen, MODE.relayOpen];
    for (const way of [
      [0, 1, 0],
      [0, 1, 2, 1, 0, 2],
      [0, 2, 1, 0, 1, 2, 0],
    ]) {
      const guests = makeTree(makeTestKernel(), modes);
      expect(kindOf(relay(guests, way))).toBe("fulfilled hello");
      const expected = rootOf((guests[0] as BareGuest).process);
      for (const gas of [1, 50, 333]) {
        const { root, stops } = relayInterrupted(modes, way, gas);
        expect(root, `way ${way}, gas ${gas}`).toBe(expected);
        expect(stops).toBeGreaterThan(1);
      }
    }
  });

  it.each([1, 2, 3, 4, 5, 6])("come to the same on random ways (seed %i)", (seed) => {
    const random = new Random(seed);
    for (let round = 0; round < 4; round++) {
      const modes = Array.from({ length: 2 + random.below(3) }, () =>
        random.below(4) === 0 ? MODE.relay : MODE.relayOpen,
      );
      const way = [0, ...Array.from({ length: 1 + random.below(9) }, () => random.below(modes.length))];
      const guests = makeTree(makeTestKernel(), modes);
      relay(guests, way);
      const expected = rootOf((guests[0] as BareGuest).process);
      expect(relayInterrupted(modes, way, 40).root, `modes ${modes}, way ${way}`).toBe(expected);
    }
  });
});

/** A capability that does this when it is called. */
function makeHook(act: () => void): Capability {
  return {
    [CAPABILITY]: true,
    receive() {
      act();
      return fulfilled(message("back"));
    },
  };
}

describe("the host, called openly", () => {
  it("may call the process again, in its own thread", () => {
    const results: unknown[] = [];
    const hook = makeHook(() => {
      results.push(guest.process.callSync("add", [1, 2]));
      const answer = guest.process.deliverSync(message("inner"));
      results.push(answer?.status === "fulfilled" && text(answer.message.bytes));
    });
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { hook } });
    guest.do("set_mode", MODE.echo);
    expect(guest.process.callSync("call_open", guest.args(1))).toEqual({ kind: "done", results: [Status.fulfilled] });
    expect(guest.read().text).toBe("back");
    expect(results).toEqual([{ kind: "done", results: [3] }, "inner"]);
    const { meter } = guest.process;
    expect(meter.gasUsed + meter.gasLeft).toBe(meter.gasGranted);
  });

  it("but not in a strict call, nor another process", () => {
    const codes: unknown[] = [];
    const hook = makeHook(() => {
      for (const process of [guest.process, other.process]) {
        try {
          process.callSync("add", [1, 2]);
        } catch (error) {
          codes.push(error instanceof KernelError && error.code);
        }
      }
    });
    const kernel = makeTestKernel();
    const guest = BareGuest.spawn(kernel, { endowments: { hook } });
    const other = BareGuest.spawn(kernel, { parent: guest.process, gas: 1_000_000, memoryBytes: 2 * PAGE });
    expect(guest.call(1)).toBe(Status.fulfilled);
    expect(codes).toEqual(["state", "state"]);
    expect(guest.do("call_open", ...guest.args(1))).toBe(Status.fulfilled);
    expect(codes).toEqual(["state", "state", "state"]);
  });

  it("until the engine's stack is full", () => {
    let depth = 0;
    const errors: unknown[] = [];
    const hook = makeHook(() => {
      depth++;
      try {
        guest.process.callSync("call_open", args);
      } catch (error) {
        errors.push(error);
      }
    });
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { hook } });
    const args = guest.args(1);
    expect(guest.process.callSync("call_open", args)).toEqual({ kind: "done", results: [Status.fulfilled] });
    expect(depth).toBeGreaterThan(20);
    expect(errors).toMatchObject([{ code: "limit", message: expect.stringContaining("nested too deeply") }]);
    expect(guest.process.status.state).toBe("idle");
  });

  it("hears of a nested call that needs more gas than it gave, and the process goes on with it", () => {
    const nested: SyncResult[] = [];
    const hook = makeHook(() => void nested.push(guest.process.callSync("work", [1000], { gas: 2000 })));
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { hook } });
    const outer = guest.process.callSync("call_open", guest.args(1));
    expect(nested).toEqual([{ kind: "unfinished" }]);
    // The nested call has been finished before, and its result was nobody's.
    expect(outer).toEqual({ kind: "done", results: [Status.fulfilled] });
    expect(guest.process.meter.gasUsed).toBeGreaterThan(10_000);
    const again = makeHook(() => {
      const result = second.process.callSync("work", [1000], { gas: 2000 });
      expect(result.kind).toBe("unfinished");
      expect(second.process.finishSync({ gas: 100 })).toEqual({ kind: "unfinished" });
      nested.push(second.process.finishSync());
    });
    const second = BareGuest.spawn(makeTestKernel(), { endowments: { again } });
    expect(second.do("call_open", ...second.args(1))).toBe(Status.fulfilled);
    expect(nested[1]?.kind).toBe("done");
  });

  it("leaves a process that is out of gas in a nested call to whoever refills it", async () => {
    const nested: SyncResult[] = [];
    const hook = makeHook(() => void nested.push(guest.process.callSync("work", [5000])));
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { hook }, gas: 20_000 });
    const stop = { kind: "out-of-gas" };
    expect(guest.process.callSync("call_open", guest.args(1))).toEqual(stop);
    expect(nested).toEqual([stop]);
    expect(guest.process.status).toEqual({ state: "stopped", stop });
    const used = guest.process.meter.gasUsed;
    const thawed = makeTestKernel().thaw(throughImage(guest.process.freeze()), { resolveLocator: () => makeEcho() });
    for (const process of [guest.process, thawed]) {
      process.refill({ gas: 1_000_000 });
      expect(await process.resume()).toEqual({ kind: "done", results: [Status.fulfilled] });
      expect(process.meter.gasUsed).toBeGreaterThan(used + 1000);
    }
    expect(thawed.meter.gasUsed).toBe(guest.process.meter.gasUsed);
    expect(rootOf(thawed)).toBe(rootOf(guest.process));
  });

  it("may be its keeper meanwhile", () => {
    for (const action of ["resume", "discard"] as const) {
      const nested: SyncResult[] = [];
      const hook = makeHook(() => void nested.push(guest.process.callSync("work", [5000])));
      const guest = BareGuest.spawn(makeTestKernel(), {
        endowments: { hook },
        gas: 20_000,
        keeper: () => (action === "resume" ? { action, gas: 1_000_000 } : { action }),
      });
      const outer = guest.process.callSync("call_open", guest.args(1));
      expect(nested[0]?.kind).toBe(action === "resume" ? "done" : "discarded");
      expect(outer.kind).toBe(action === "resume" ? "done" : "discarded");
    }
  });

  it("sees a trap in a nested call end the process, with all its calls", () => {
    const nested: SyncResult[] = [];
    const hook = makeHook(() => void nested.push(guest.process.callSync("trap")));
    const faults: unknown[] = [];
    const kernel = makeTestKernel({ onFault: (_process, error) => faults.push(error) });
    const guest = BareGuest.spawn(kernel, { endowments: { hook } });
    const outer = guest.process.callSync("call_open", guest.args(1));
    expect(nested[0]).toMatchObject({ kind: "trap", code: "unreachable" });
    expect(outer).toEqual(nested[0]);
    expect(guest.process.status.state).toBe("ended");
    expect(faults).toEqual([]);
  });

  it("that throws is a fault for the guest, after whatever it has begun", () => {
    const faults: unknown[] = [];
    const kernel = makeTestKernel({ onFault: (_process, error) => faults.push(error) });
    const hook = makeHook(() => {
      guest.process.callSync("work", [1000], { gas: 100 });
      throw new Error("no");
    });
    const guest = BareGuest.spawn(kernel, { endowments: { hook } });
    expect(guest.do("call_open", ...guest.args(1))).toBe(Status.broken);
    expect(guest.read().text).toContain("fault");
    expect(faults).toHaveLength(1);
  });

  it("finds a nested call parked that waits for something outside, and the answer in place when it has come", async () => {
    const nested: SyncResult[] = [];
    let answer: (answer: Answer) => void = () => {};
    const later: Capability = { [CAPABILITY]: true, receive: () => new Promise((resolve) => (answer = resolve)) };
    const hook = makeHook(() => void nested.push(guest.process.callSync("call", args2)));
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { hook, later } });
    const args = guest.args(1);
    const args2 = [2, ...args.slice(1)];
    expect(guest.process.callSync("call_open", args)).toEqual({ kind: "parked" });
    expect(nested).toEqual([{ kind: "parked" }]);
    expect(guest.process.inspect().frameCount).toBe(2);
    answer(fulfilled(message("late")));
    expect(await guest.process.call("add", [0, 0])).toMatchObject({ kind: "done" });
    expect(guest.process.status.state).toBe("idle");
    expect(guest.read().text).toBe("back");
  });

  it("may call while the process is parked in the call, and what it sends waits", async () => {
    let answer: (answer: Answer) => void = () => {};
    const later: Capability = { [CAPABILITY]: true, receive: () => new Promise((resolve) => (answer = resolve)) };
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { later } });
    const args = guest.args(1);
    const outer = guest.process.call("call_open", args);
    await new Promise((resolve) => setImmediate(resolve));
    const sent = guest.process.call("add", [20, 1]);
    for (const n of [1, 2, 3])
      expect(guest.process.callSync("add", [n, 2])).toEqual({ kind: "done", results: [n + 2] });
    expect(guest.process.status).toEqual({ state: "parked" });
    expect(guest.process.inspect().mailboxLength).toBe(1);
    answer(fulfilled(message("at last")));
    expect(await outer).toEqual({ kind: "done", results: [Status.fulfilled] });
    expect(await sent).toEqual({ kind: "done", results: [21] });
    expect(guest.read().text).toBe("at last");
    const strict = guest.process.call("call", guest.args(1));
    await new Promise((resolve) => setImmediate(resolve));
    expect(guest.process.callSync("add", [1, 1])).toEqual({ kind: "parked" });
    answer(fulfilled(message("")));
    await strict;
  });

  it("called by a child may call the parent, which waits for the child", () => {
    const kernel = makeTestKernel();
    const results: SyncResult[] = [];
    const hook = makeHook(() => void results.push(parent.process.callSync("add", [4, 5])));
    const [parent, child] = makeTree(kernel, [MODE.relayOpen, MODE.relayOpen]) as [BareGuest, BareGuest];
    const answer = parent.process.deliverSync(message("down", [child.process.root, hook]));
    expect(kindOf(answer)).toBe("fulfilled back");
    expect(results).toEqual([{ kind: "done", results: [9] }]);
  });
});

describe("an image of nested turns that does not fit", () => {
  it("is refused", async () => {
    const later: Capability = { [CAPABILITY]: true, receive: () => new Promise(() => {}) };
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { later } });
    const args = guest.args(1);
    for (const _ of [0, 1]) expect(guest.process.callSync("call_open", args)).toEqual({ kind: "parked" });
    const image = guest.process.freeze();
    const [process] = image.processes;
    if (process === undefined || process.machine === null) throw new Error("no process");
    expect(process.machine.nested).toHaveLength(1);
    const kernel = process.kernel as { readonly nested: readonly unknown[] };
    const { nested, ...without } = kernel;
    const thaw = (kernel: object): unknown =>
      makeTestKernel().thaw({ ...image, processes: [{ ...process, kernel: kernel as never }] });
    expect(() => thaw(kernel)).not.toThrow();
    expect(() => thaw(without)).toThrow("has 0 nested turns where the machine has 1 nested calls");
    expect(() => thaw({ ...without, nested: [...nested, ...nested] })).toThrow("has 2 nested turns");
    expect(() => thaw({ ...kernel, turn: null })).toThrow("nested turns");
    expect(() => thaw({ ...without, nested: new Array(limits.NESTED_TURNS_MAX + 1).fill(null) })).toThrow(
      "a list of at most",
    );
  });
});
