import { describe, expect, it } from "vitest";
import {
  BARE,
  BareGuest,
  MODE,
  makeEcho,
  makeTestKernel,
  message,
  PAGE,
  text,
  throughImage,
} from "../../test/support/bare-guest.ts";
import type { TreeState } from "../image/index.ts";
import { encodeImage } from "../image/index.ts";
import type { Answer, Capability, Kernel, Process, SyncResult, ThawInit } from "./index.ts";
import { CAPABILITY, fulfilled, KernelError, makeMessage, Status } from "./index.ts";

const root = (tree: TreeState): string => encodeImage(tree).root;

/** Runs a call with a freeze, an encoded image and a thaw into a new kernel after every `slice` of gas. */
function runThroughImages(start: BareGuest, init: { name: string; args: number[]; slice: number; thaw?: ThawInit }) {
  let process = start.process;
  let result: SyncResult = process.callSync(init.name, init.args, { gas: init.slice });
  let images = 0;
  while (result.kind === "unfinished") {
    const tree = throughImage(process.freeze({ copy: false }));
    process.discard();
    process = makeTestKernel().thaw(tree, init.thaw);
    images++;
    result = process.finishSync({ gas: init.slice });
  }
  return { process, result, images };
}

function fresh(kernel: Kernel = makeTestKernel()): BareGuest {
  return BareGuest.spawn(kernel, { gas: 5_000_000, memoryBytes: 60 * PAGE, endowments: { echo: makeEcho() } });
}

/** A parent of three: the first two pass messages on to the first capability in them, the third echoes. At 4 and 5 the second and third. */
function chain(): BareGuest {
  const guest = BareGuest.spawn(makeTestKernel(), { gas: 5_000_000, memoryBytes: 60 * PAGE });
  for (const mode of [MODE.relay, MODE.relay, MODE.echo]) {
    const child = guest.spawnChild({ gas: 100_000, pages: 2 });
    guest.do("wait", guest.invoke(child, "set_mode", mode));
  }
  const [, second, third] = guest.process.children;
  guest.process.deliverSync(message("these", [second?.root as Capability, third?.root as Capability]));
  expect(guest.process.inspect().clistSize).toBe(6);
  return guest;
}

describe("freeze and thaw", () => {
  it.each([
    ["work", [40], 1],
    ["work", [40], 2],
    ["work", [40], 3],
    ["work", [300], 7],
    ["deep", [50], 1],
    ["deep", [200], 7],
    ["grow", [3], 1],
  ] as const)("interrupt %s%j after every %i gas without a trace", (name, args, slice) => {
    const whole = fresh();
    const expected = whole.process.callSync(name, args);
    const { process, result, images } = runThroughImages(fresh(), { name, args: [...args], slice });
    expect(result).toEqual(expected);
    expect(images).toBeGreaterThan(name === "grow" ? 0 : 20);
    expect(process.meter).toEqual(whole.process.meter);
    expect(root(process.freeze())).toBe(root(whole.process.freeze()));
  });

  it.each([
    [1, 1],
    [2, 3],
    [3, 7],
    [4, 100],
  ])("take a whole tree with them: sandboxes %i deep, frozen after every %i gas", (depth, slice) => {
    const whole = fresh();
    const expected = whole.process.callSync("nest", [depth, 30]);
    const { process, result, images } = runThroughImages(fresh(), { name: "nest", args: [depth, 30], slice });
    expect(result).toEqual(expected);
    expect(images).toBeGreaterThan(depth);
    expect(process.meter).toEqual(whole.process.meter);
    expect(root(process.freeze())).toBe(root(whole.process.freeze()));
  });

  it.each([1, 2, 5, 50])(
    "keep a chain of synchronous calls between three children, frozen after every %i gas",
    (slice) => {
      const whole = chain();
      const expected = whole.process.callSync("call", whole.args(1, "to the end", [4, 5]));
      expect(expected).toEqual({ kind: "done", results: [Status.fulfilled] });
      const start = chain();
      const { process, result, images } = runThroughImages(start, {
        name: "call",
        args: start.args(1, "to the end", [4, 5]),
        slice,
      });
      expect(result).toEqual(expected);
      expect(images).toBeGreaterThan(3);
      expect(root(process.freeze())).toBe(root(whole.process.freeze()));
      expect(process.callSync("add", [1, 1])).toEqual({ kind: "frozen" });
      void process.resume();
      expect(new BareGuest(process).call(3, "x")).toBe(Status.fulfilled);
      expect(new BareGuest(process).read().text).toBe("x");
    },
  );

  it("does not change a process that is frozen and resumed", async () => {
    const guest = fresh();
    const before = guest.process.freeze();
    expect(guest.process.status).toEqual({ state: "stopped", stop: { kind: "frozen" } });
    expect(await guest.process.resume()).toEqual({ kind: "done", results: [] });
    expect(guest.do("add", 1, 2)).toBe(3);
    const other = makeTestKernel().thaw(throughImage(before), { resolveLocator: () => makeEcho() });
    expect(other.callSync("add", [1, 2])).toEqual({ kind: "done", results: [3] });
    expect(root(other.freeze())).toBe(root(guest.process.freeze()));
  });

  it("gives an image that does not depend on when a parked process looked again", () => {
    const guest = fresh();
    const child = guest.spawnChild();
    const promise = guest.send(child, "x");
    guest.process.callSync("wait", [promise]);
    const tree = throughImage(guest.process.freeze());
    const thawed = makeTestKernel().thaw(tree, { resolveLocator: () => makeEcho() });
    expect(root(thawed.freeze())).toBe(root(tree));
  });

  it("keeps messages in the mailbox, in their order", async () => {
    const guest = fresh();
    guest.do("set_mode", MODE.record);
    guest.process.pause();
    for (const word of ["a", "bb", "ccc"]) void guest.process.deliver(message(word));
    const thawed = new BareGuest(makeTestKernel().thaw(throughImage(guest.process.freeze())));
    await thawed.process.call("add", [0, 0]);
    expect(thawed.deliveries().map((delivery) => delivery.bytes)).toEqual([1, 2, 3]);
  });

  it("keeps an answer that has come and was not fetched", () => {
    const guest = fresh();
    guest.call(guest.find("echo"), "kept");
    const promise = guest.send(guest.find("echo"), "settled");
    const thawed = new BareGuest(makeTestKernel().thaw(throughImage(guest.process.freeze())));
    expect(thawed.read().text).toBe("echo kept");
    expect(thawed.do("wait", promise)).toBe(Status.fulfilled);
    expect(thawed.read().text).toBe("echo settled");
  });

  it("keeps a child out of gas for its parent to refill", () => {
    const guest = fresh();
    const child = guest.spawnChild({ gas: 100 });
    const promise = guest.invoke(child, "work", 500);
    expect(guest.do("wait", promise)).toBe(Status.stopped);
    const thawed = new BareGuest(makeTestKernel().thaw(throughImage(guest.process.freeze())));
    expect(thawed.do("refill", child, 100_000n, 0)).toBe(0);
    expect(thawed.do("resume", child, 0)).toBe(0);
    expect(thawed.do("wait", promise)).toBe(Status.fulfilled);
  });

  it("keeps images that a guest holds", () => {
    const guest = fresh();
    const child = guest.spawnChild({ gas: 1000, pages: 2 });
    guest.do("wait", guest.invoke(child, "set_mode", MODE.echo));
    const image = guest.do("freeze", child);
    const thawed = new BareGuest(makeTestKernel().thaw(throughImage(guest.process.freeze())));
    expect(thawed.process.meter.pagesHeld).toBe(1);
    const copy = thawed.spawnChild({ source: image, gas: 10_000, pages: 2 });
    expect(thawed.call(copy, "still echoing")).toBe(Status.fulfilled);
    expect(thawed.read().text).toBe("still echoing");
  });
});

describe("what leads out of a frozen tree", () => {
  it("is resolved by the names under which it was endowed", () => {
    const guest = fresh();
    const asked: unknown[] = [];
    const process = makeTestKernel().thaw(throughImage(guest.process.freeze()), {
      resolveLocator(locator) {
        asked.push(locator);
        return makeEcho();
      },
    });
    expect(asked).toEqual([{ endowment: "echo", process: 0 }]);
    const thawed = new BareGuest(process);
    expect(thawed.call(thawed.find("echo"), "again")).toBe(Status.fulfilled);
  });

  it("is resolved by its own locator where it has one", () => {
    const located: Capability = { ...makeEcho(), locator: { store: "books", path: ["a", "b"] } };
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { located } });
    const asked: unknown[] = [];
    makeTestKernel().thaw(throughImage(guest.process.freeze()), {
      resolveLocator: (locator) => void asked.push(locator),
    });
    expect(asked).toEqual([{ path: ["a", "b"], store: "books" }]);
  });

  it("answers lost where nothing stands for it", () => {
    const guest = fresh();
    const thawed = new BareGuest(makeTestKernel().thaw(throughImage(guest.process.freeze())));
    expect(thawed.call(1, "?")).toBe(Status.broken);
    expect(thawed.read().text).toContain("lost");
  });

  function parkedOutside(): { guest: BareGuest; answer(answer: Answer): void; calls(): number } {
    let calls = 0;
    let answer: (answer: Answer) => void = () => {};
    const later: Capability = {
      [CAPABILITY]: true,
      receive() {
        calls++;
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
    };
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { later } });
    expect(guest.process.callSync("call", guest.args(1, "once"))).toEqual({ kind: "parked" });
    return { guest, answer: (settled) => answer(settled), calls: () => calls };
  }

  it("is never called twice by itself: a call under way answers lost", () => {
    const { guest, calls } = parkedOutside();
    let resolved = 0;
    const again: Capability = {
      [CAPABILITY]: true,
      receive() {
        resolved++;
        return fulfilled(makeMessage(new Uint8Array(0)));
      },
    };
    const thawed = new BareGuest(
      makeTestKernel().thaw(throughImage(guest.process.freeze()), { resolveLocator: () => again }),
    );
    expect(thawed.process.finishSync()).toEqual({ kind: "done", results: [Status.broken] });
    expect(thawed.read().text).toContain("lost");
    expect([calls(), resolved]).toEqual([1, 0]);
  });

  it("passes an answer that came late to where the process went", async () => {
    const { guest, answer, calls } = parkedOutside();
    const tree = throughImage(guest.process.freeze());
    const waiting = guest.process.outstanding;
    const process = makeTestKernel().thaw(tree, {
      resolveCall: ({ callId }) => waiting.find((call) => call.callId === callId)?.answer,
    });
    const thawed = new BareGuest(process);
    const done = process.resume();
    answer(fulfilled(message("late, but not lost")));
    expect(await done).toEqual({ kind: "done", results: [Status.fulfilled] });
    expect(thawed.read().text).toBe("late, but not lost");
    expect(calls()).toBe(1);
  });

  it("gets no authority from an image that a guest thaws: endowments must be given again", () => {
    const guest = fresh();
    const child = guest.spawnChild({ endowments: [guest.find("echo")] });
    const image = guest.do("freeze", child);
    const poor = guest.spawnChild({ source: image });
    const rich = guest.spawnChild({ source: image, endowments: [guest.find("echo")] });
    const [first, second] = guest.process.children.map((process: Process) => new BareGuest(process));
    expect(poor).not.toBe(rich);
    expect(first?.call(1, "?")).toBe(Status.broken);
    expect(second?.call(1, "!")).toBe(Status.fulfilled);
    expect(second?.read().text).toBe("echo !");
  });
});

describe("images that lie", () => {
  const tree = (() => {
    const guest = fresh();
    guest.spawnChild({ gas: 1000, pages: 2, endowments: [1] });
    const promise = guest.send(1, "x");
    guest.do("listen", promise);
    guest.process.callSync("work", [1000], { gas: 500 });
    return guest.process.freeze();
  })();
  type Loose = { [key: string]: unknown };
  const broken = (
    change: (tree: {
      processes: Loose[];
      kernel: { queue: unknown; cells: unknown; counters?: unknown };
      modules: Loose[];
    }) => void,
  ): TreeState => {
    const copy = structuredClone(tree) as unknown as {
      processes: Loose[];
      kernel: { queue: unknown; cells: unknown; counters?: unknown };
      modules: Loose[];
    };
    change(copy);
    return copy as unknown as TreeState;
  };
  const process = (at: number, field: string, value: unknown) =>
    broken((copy) => {
      (copy.processes[at] as Loose)[field] = value;
    });

  it("thaws as it is", () => {
    expect(makeTestKernel().thaw(tree).inspect().children).toBe(1);
  });

  it.each([
    [
      "no process",
      broken((copy) => {
        copy.processes = [];
      }),
    ],
    ["a parent that comes later", process(1, "parent", 1)],
    ["a parent that does not exist", process(1, "parent", 7)],
    ["a module that does not exist", process(0, "module", 3)],
    ["an unknown kind of guest", process(0, "guest", { kind: "martian", state: null })],
    ["negative gas", process(1, "meter", { gasGranted: -5, gasUsed: 0, gasSpent: 0, pagesMax: 2 })],
    ["a meter without its fields", process(1, "meter", { gasGranted: 5 })],
    [
      "a child with more gas than its parent",
      process(1, "meter", { gasGranted: 1e15, gasUsed: 0, gasSpent: 0, pagesMax: 2 }),
    ],
    [
      "a child with more memory than its parent",
      process(1, "meter", { gasGranted: 1000, gasUsed: 0, gasSpent: 0, pagesMax: 600 }),
    ],
    ["memory beyond its own limit", process(1, "meter", { gasGranted: 1000, gasUsed: 0, gasSpent: 0, pagesMax: 0 })],
    ["an entry at position 0", process(0, "clist", [{ kind: "capability", to: "lost", endowment: null }])],
    ["an entry of no kind", process(0, "clist", [null, { kind: "godmode" }])],
    [
      "a reference to a process that does not exist",
      process(0, "clist", [null, { kind: "capability", to: "export", process: 9, target: 0, endowment: null }]),
    ],
    [
      "a reference to a negative export",
      process(0, "clist", [null, { kind: "capability", to: "export", process: 0, target: -1, endowment: null }]),
    ],
    ["a child that is the parent's own", process(1, "clist", [null, { kind: "child", process: 0, listening: false }])],
    ["a promise that does not exist", process(0, "clist", [null, { kind: "promise", cell: 44, listening: false }])],
    ["an image that does not exist", process(0, "clist", [null, { kind: "image", image: 0 }])],
    ["a turn of no kind", process(0, "mailbox", [{ kind: "sudo" }])],
    ["a call with wrong values", process(0, "mailbox", [{ kind: "invoke", func: 1, args: [{}], cell: -1 }])],
    [
      "a call with too many values",
      process(0, "mailbox", [{ kind: "invoke", func: 30, args: [1, 2, 3, 4, 5, 6, 7], cell: -1 }]),
    ],
    ["a call of no function", process(0, "mailbox", [{ kind: "invoke", func: 3000, args: [], cell: -1 }])],
    [
      "a queue that names a process twice",
      broken((copy) => {
        copy.kernel.queue = [0, 0];
      }),
    ],
    [
      "a queue without the process that is ready",
      broken((copy) => {
        copy.kernel.queue = [];
      }),
    ],
    ["no counters", broken((copy) => void delete copy.kernel.counters)],
    [
      "cells that are none",
      broken((copy) => {
        copy.kernel.cells = 5;
      }),
    ],
    [
      "a module that is left out and not known",
      broken((copy) => {
        copy.modules[0] = { cid: "bafkreinothing", bytes: undefined };
      }),
    ],
  ])("with %s are refused as a whole", (_what, bad) => {
    const kernel = makeTestKernel();
    expect(() => kernel.thaw(bad)).toThrow(KernelError);
  });
});

it("an image names its program by content, and a kernel that knows it needs no copy", () => {
  const kernel = makeTestKernel();
  const tree = fresh(kernel).process.freeze();
  const bare: TreeState = { ...tree, modules: tree.modules.map(({ cid }) => ({ cid, bytes: undefined })) };
  expect(kernel.thaw(bare).callSync("add", [1, 1])).toEqual({ kind: "done", results: [2] });
  expect(text(BARE.subarray(1, 4))).toBe("asm");
});
