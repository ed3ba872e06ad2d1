import { describe, expect, it } from "vitest";
import { BareGuest, makeEcho, makeTestKernel, message } from "../../test/support/bare-guest.ts";
import type { PendingAnswer } from "../passable/index.ts";
import type { Answer, Capability, GuestKind, Keeper, KeeperAction, Kernel } from "./index.ts";
import { CAPABILITY, fulfilled, Status, Suspend } from "./index.ts";

/** (module (import "host" "f" (func $f)) (func (export "go") (call $f))) */
const CALLS_HOST = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 10, 1, 4, 104, 111, 115, 116, 1, 102, 0, 0, 3, 2, 1, 0, 7, 6, 1, 2,
  103, 111, 0, 1, 10, 6, 1, 4, 0, 16, 0, 11,
]);

function answering(receive: () => unknown): Capability {
  return { [CAPABILITY]: true, receive: receive as () => Answer | PendingAnswer };
}

/** The kernel still runs other processes. */
async function expectAlive(kernel: Kernel): Promise<void> {
  const other = BareGuest.spawn(kernel);
  expect(await other.process.call("add", [40, 2])).toEqual({ kind: "done", results: [42] });
}

const badActions: readonly (readonly [string, unknown, string])[] = [
  ["nothing", undefined, "expected an action"],
  ["null", null, "expected an action"],
  ["an unknown action", { action: "explode" }, "explode"],
  ["a fraction of gas", { action: "resume", gas: 1.5 }, "gas"],
  ["negative gas", { action: "resume", gas: -1 }, "gas"],
  ["negative memory", { action: "resume", gas: 1000, memoryBytes: -1 }, "memoryBytes"],
  ["memory that is no number", { action: "resume", gas: 1000, memoryBytes: Number.NaN }, "memoryBytes"],
];

describe("keepers", () => {
  const keepersOf = (answer: () => unknown): readonly (readonly [string, () => unknown])[] => [
    ["at once", answer],
    ["later", async () => answer()],
    // biome-ignore lint/suspicious/noThenProperty: a promise of another library
    ["in a promise of their own", () => ({ then: (take: (value: unknown) => void) => take(answer()) })],
  ];

  it.each(badActions)("that answer %s leave the process stopped, and the host learns why", async (_what, bad, text) => {
    for (const [when, keeper] of keepersOf(() => bad)) {
      const faults: unknown[] = [];
      const kernel = makeTestKernel({ onFault: (_process, error) => faults.push(error) });
      const guest = BareGuest.spawn(kernel, { gas: 100, keeper: keeper as Keeper });
      expect([when, await guest.process.call("spin")]).toEqual([when, { kind: "out-of-gas" }]);
      expect(guest.process.status.state).toBe("stopped");
      expect(faults.map(String)).toEqual([expect.stringContaining(text)]);
      await expectAlive(kernel);
    }
  });

  it("that fail leave it stopped whenever they do", async () => {
    const fail = (): never => {
      throw new Error("a bug in the keeper");
    };
    for (const [, keeper] of keepersOf(fail)) {
      const faults: unknown[] = [];
      const kernel = makeTestKernel({ onFault: (_process, error) => faults.push(error) });
      const guest = BareGuest.spawn(kernel, { gas: 100, keeper: keeper as Keeper });
      expect(await guest.process.call("spin")).toEqual({ kind: "out-of-gas" });
      expect(faults.map(String)).toEqual(["Error: a bug in the keeper"]);
    }
  });

  it("may answer with any promise", async () => {
    const discard: KeeperAction = { action: "discard" };
    for (const [, keeper] of keepersOf(() => discard)) {
      const guest = BareGuest.spawn(makeTestKernel(), { gas: 100, keeper: keeper as Keeper });
      expect(await guest.process.call("spin")).toEqual({ kind: "discarded" });
    }
  });
});

describe("answers of the host that are none", () => {
  it.each([
    ["nothing", undefined],
    ["no message", { status: "fulfilled" }],
    ["no capabilities", { status: "fulfilled", message: { bytes: new Uint8Array(1) } }],
  ])("break the call, told later: %s", async (_what, bad) => {
    const faults: unknown[] = [];
    const kernel = makeTestKernel({ onFault: (_process, error) => faults.push(error) });
    const guest = BareGuest.spawn(kernel, { endowments: { odd: answering(async () => bad) } });
    expect(await guest.process.call("call", guest.args(1))).toEqual({ kind: "done", results: [Status.broken] });
    expect(guest.read().text).toContain("the host failed");
    expect(faults).toHaveLength(1);
    await expectAlive(kernel);
  });
});

describe("callbacks of the host that fail", () => {
  const fail = (): never => {
    throw new Error("a bug in a callback");
  };
  const failLater = async (): Promise<void> => fail();

  it.each([
    ["at once", fail],
    ["later", failLater],
  ])("leave a call as it is: onFault, %s", async (_when, onFault) => {
    const kernel = makeTestKernel({ onFault });
    const guest = BareGuest.spawn(kernel, { endowments: { odd: answering(fail) } });
    expect(await guest.process.call("call", guest.args(1))).toEqual({ kind: "done", results: [Status.broken] });
    await expectAlive(kernel);
  });

  it.each([
    ["at once", fail],
    ["later", failLater],
  ])("leave a call as it is: onInput and onLog, %s", async (_when, callback) => {
    const faults: unknown[] = [];
    const kernel = makeTestKernel({
      onFault: (_process, error) => faults.push(error),
      onInput: callback,
      onLog: callback,
    });
    const later = answering(async () => fulfilled(message("later")));
    const guest = BareGuest.spawn(kernel, { endowments: { later } });
    expect(await guest.process.call("call", guest.args(1))).toEqual({
      kind: "done",
      results: [Status.fulfilled],
    });
    await guest.process.call("log", [0, 0]);
    await new Promise((resolve) => setImmediate(resolve));
    // The two calls, the answer, and the line of the log.
    expect(faults.map(String)).toEqual(Array(4).fill("Error: a bug in a callback"));
  });

  it("end their own tree and no other where they are a guest's driver", async () => {
    const faults: unknown[] = [];
    const kind: GuestKind = {
      name: "odd",
      provides: ["host"],
      make: () => ({
        modules: { host: { f: () => new Suspend(undefined as unknown as Promise<void>) } },
        save: () => null,
        driver: { deliver() {}, next: () => undefined, takeResult: fail },
      }),
    };
    const kernel = makeTestKernel({ guests: [kind], onFault: (_process, error) => faults.push(error) });
    const process = kernel.spawn({ program: kernel.load(CALLS_HOST), gas: 1000, memoryBytes: 0 });
    const echo = BareGuest.spawn(kernel, { endowments: { echo: makeEcho() } });
    const calls = Promise.all([process.direct(null), echo.process.call("call", echo.args(1))]);
    expect(await calls).toEqual([
      { kind: "fault", message: "the host failed while it ran this process" },
      { kind: "done", results: [Status.fulfilled] },
    ]);
    expect(faults.map(String)).toEqual(["Error: a bug in a callback"]);
    await expectAlive(kernel);
  });
});
