import { describe, expect, it } from "vitest";
import { BareGuest, MODE, makeEcho, makeTestKernel, message, text } from "../../test/support/bare-guest.ts";
import type { Answer, Capability, Message } from "./index.ts";
import { broken, CAPABILITY, fulfilled, limits, makeMessage, ServiceError, Status } from "./index.ts";

/** A capability that answers when the test says so. */
function makeLater(): Capability & { readonly calls: { message: Message; resolve(answer: Answer): void }[] } {
  const calls: { message: Message; resolve(answer: Answer): void }[] = [];
  return {
    [CAPABILITY]: true,
    calls,
    receive: (sent) => new Promise((resolve) => calls.push({ message: sent, resolve })),
  };
}

describe("capabilities of the host", () => {
  it("are found by the names under which they were endowed, and by nothing else", () => {
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { first: makeEcho(), second: makeEcho() } });
    expect([guest.find("first"), guest.find("second"), guest.find("third")]).toEqual([1, 2, 0]);
    const poor = BareGuest.spawn(makeTestKernel());
    for (const position of [0, 1, 2, 65_535, 2 ** 31 - 1]) expect(poor.send(position)).toBe(ServiceError.noEntry);
  });

  it("answer a synchronous call at once where they can, without parking", () => {
    const echo = makeEcho();
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { echo } });
    expect(guest.call(1, "hello")).toBe(Status.fulfilled);
    expect(guest.read()).toMatchObject({ text: "echo hello", capabilities: [] });
    expect(echo.received).toEqual(["hello"]);
    expect(guest.do("read", 0, 32_768)).toBe(ServiceError.state);
  });

  it("park the caller until they answer, and a parked process takes no other message", async () => {
    const later = makeLater();
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { later } });
    const args = guest.args(1, "wait for me");
    const call = guest.process.call("call", args);
    const other = guest.process.call("add", [1, 2]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(guest.process.status).toEqual({ state: "parked" });
    expect(guest.process.inspect().mailboxLength).toBe(1);
    later.calls[0]?.resolve(fulfilled(message("done")));
    expect(await call).toEqual({ kind: "done", results: [Status.fulfilled] });
    expect(await other).toEqual({ kind: "done", results: [3] });
    expect(guest.read().text).toBe("done");
  });

  it("say parked to a call in the caller's thread that has to wait", async () => {
    const later = makeLater();
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { later } });
    expect(guest.process.callSync("call", guest.args(1))).toEqual({ kind: "parked" });
    later.calls[0]?.resolve(fulfilled(message("")));
    await Promise.resolve();
    await Promise.resolve();
    expect(guest.process.finishSync()).toEqual({ kind: "done", results: [Status.fulfilled] });
  });

  it("answer sends with a promise, for wait and for listen", async () => {
    const later = makeLater();
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { later } });
    const [first, second] = [guest.send(1, "first"), guest.send(1, "second")];
    expect([first, second]).toEqual([2, 3]);
    expect(guest.do("listen", second)).toBe(0);
    const waiting = guest.process.call("wait", [first]);
    later.calls[0]?.resolve(fulfilled(message("yes")));
    expect(await waiting).toEqual({ kind: "done", results: [Status.fulfilled] });
    expect(guest.read().text).toBe("yes");
    later.calls[1]?.resolve({ status: "rejected", message: message("no") });
    await Promise.resolve();
    await guest.process.call("add", [0, 0]);
    expect(guest.deliveries()).toEqual([
      { target: second, resolver: 100 + Status.rejected, bytes: 2, capabilities: 0 },
    ]);
    // Both promises are used up, and their positions free.
    expect(guest.do("wait", first)).toBe(ServiceError.noEntry);
    expect(guest.do("listen", second)).toBe(ServiceError.noEntry);
  });

  it("do not deliver an answer that nobody holds a promise for any more", async () => {
    const later = makeLater();
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { later } });
    const promise = guest.send(1);
    guest.do("listen", promise);
    guest.do("drop", promise);
    later.calls[0]?.resolve(fulfilled(message("late")));
    await guest.process.call("add", [0, 0]);
    expect(guest.deliveries()).toEqual([]);
  });

  it("that throw are a fault of the host, and tell the guest nothing", async () => {
    const faults: unknown[] = [];
    const kernel = makeTestKernel({ onFault: (_process, error) => faults.push(error) });
    const secret = new Error("/home/somebody/secret");
    const bad: Capability = {
      [CAPABILITY]: true,
      receive() {
        throw secret;
      },
    };
    const worse: Capability = { [CAPABILITY]: true, receive: () => Promise.reject(secret) };
    const guest = BareGuest.spawn(kernel, { endowments: { bad, worse } });
    expect(guest.call(1)).toBe(Status.broken);
    expect(guest.read().text).toBe("fault: the host failed while it answered");
    expect(await guest.process.call("call", guest.args(2))).toEqual({ kind: "done", results: [Status.broken] });
    expect(guest.read().text).not.toContain("secret");
    expect(faults).toEqual([secret, secret]);
  });

  it.each<readonly [string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["a string", "fulfilled"],
    ["another status", { status: "done" }],
    ["no message", { status: "fulfilled" }],
    ["a message without bytes", { status: "rejected", message: { capabilities: [] } }],
    ["a message without a list", { status: "fulfilled", message: { bytes: new Uint8Array(1) } }],
    ["data for a capability", fulfilled(makeMessage(new Uint8Array(1), [{ receive() {} } as never]))],
    ["no reason", { status: "broken", code: "ended" }],
  ])("that answer with %s are a fault of the host, at once and later", async (_name, answer) => {
    const faults: unknown[] = [];
    const kernel = makeTestKernel({ onFault: (_process, error) => faults.push(error) });
    const bad: Capability = { [CAPABILITY]: true, receive: () => answer as Answer };
    const later: Capability = { [CAPABILITY]: true, receive: () => Promise.resolve(answer as Answer) };
    const guest = BareGuest.spawn(kernel, { endowments: { bad, later } });
    expect(guest.call(1)).toBe(Status.broken);
    expect(guest.read().text).toBe("fault: the host failed while it answered");
    expect(await guest.process.call("call", guest.args(2))).toEqual({ kind: "done", results: [Status.broken] });
    expect(guest.read().text).toBe("fault: the host failed while it answered");
    expect(faults.map(String)).toEqual(Array(2).fill(expect.stringContaining("expected one that")));
  });

  it("are marked as such: what only looks like one is not endowed", () => {
    const endowments = { vault: { receive: () => broken("refused", "") } as unknown as Capability };
    expect(() => BareGuest.spawn(makeTestKernel(), { endowments })).toThrow("endowments.vault: expected a capability");
  });

  it("travel in messages and keep their identity", () => {
    const echo = makeEcho();
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { echo } });
    expect(guest.call(1, "", [1, 1])).toBe(Status.fulfilled);
    expect(guest.read().capabilities).toEqual([1, 1]);
    const seen: Message[] = [];
    const other: Capability = {
      [CAPABILITY]: true,
      receive(sent) {
        seen.push(sent);
        return fulfilled(makeMessage(new Uint8Array(0), [...sent.capabilities, other]));
      },
    };
    const second = BareGuest.spawn(makeTestKernel(), { endowments: { other, echo } });
    second.call(1, "", [2, -1, -8, 1]);
    expect(seen[0]?.capabilities[0]).toBe(echo);
    expect(seen[0]?.capabilities[1]).toBe(second.process.root);
    expect(seen[0]?.capabilities[2]).toBe(second.process.reference(7));
    expect(second.read().capabilities).toEqual([2, -1, -8, 1, 1]);
  });

  it("get promises of the guest as promises", async () => {
    const later = makeLater();
    let promised: Capability | undefined;
    const taker: Capability = {
      [CAPABILITY]: true,
      receive(sent) {
        promised = sent.capabilities[0];
        return fulfilled(message(""));
      },
    };
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { later, taker } });
    const promise = guest.send(1);
    guest.call(2, "", [promise]);
    const settlement = promised?.settled?.();
    later.calls[0]?.resolve(fulfilled(message("settled")));
    const answer = await settlement;
    expect(answer?.status === "fulfilled" && text(answer.message.bytes)).toBe("settled");
    expect(await promised?.receive(message(""))).toMatchObject({ status: "broken", code: "no-target" });
  });
});

describe("messages between guests", () => {
  it("reach an export that was passed on, and are answered", () => {
    const kernel = makeTestKernel();
    const target = BareGuest.spawn(kernel);
    target.do("set_mode", MODE.echo);
    const guest = BareGuest.spawn(kernel, { endowments: { target: target.process.reference(3) } });
    const call = guest.process.callSync("call", guest.args(1, "over there", [-2]));
    // The other tree runs when its turn comes, not inside this call.
    expect(call).toEqual({ kind: "parked" });
  });

  it("across trees are answered by the kernel's own loop", async () => {
    const kernel = makeTestKernel();
    const target = BareGuest.spawn(kernel);
    target.do("set_mode", MODE.echo);
    const guest = BareGuest.spawn(kernel, { endowments: { target: target.process.reference(3) } });
    expect(await guest.process.call("call", guest.args(1, "over there", [-2]))).toEqual({ kind: "done", results: [0] });
    expect(guest.read()).toMatchObject({ text: "over there", capabilities: [-2] });
  });

  it("park a whole chain of callers, without nesting on the host's stack", async () => {
    const kernel = makeTestKernel();
    const last = BareGuest.spawn(kernel);
    last.do("set_mode", MODE.echo);
    // Each relays to the capability in its message; the innermost message has none left but the last.
    const relays = Array.from({ length: 20 }, () => BareGuest.spawn(kernel));
    for (const relay of relays) relay.do("set_mode", MODE.relay);
    const chain = [...relays.map((relay) => relay.process.root), last.process.root];
    const first = chain[0] as Capability;
    const answer = await first.receive(message("through all", chain.slice(1)));
    expect(answer.status === "fulfilled" && text(answer.message.bytes)).toBe("through all");
  });

  it("break a circle of synchronous calls with an error", async () => {
    const kernel = makeTestKernel();
    const relays = [BareGuest.spawn(kernel), BareGuest.spawn(kernel), BareGuest.spawn(kernel)];
    for (const relay of relays) relay.do("set_mode", MODE.relay);
    const [a, b, c] = relays.map((relay) => relay.process.root) as [Capability, Capability, Capability];
    const answer = await a.receive(message("round", [b, c, a]));
    // c's call of a is refused, and the refusal travels back as an answer.
    expect(answer.status === "rejected" && text(answer.message.bytes)).toContain("cycle");
    for (const relay of relays) expect(relay.process.status).toEqual({ state: "idle" });
  });

  it("refuse a process that would wait for itself", () => {
    const guest = BareGuest.spawn(makeTestKernel());
    expect(guest.call(-1)).toBe(Status.broken);
    expect(guest.read().text).toContain("cycle");
    // The message of the refused call never arrives.
    expect(guest.deliveries()).toEqual([]);
    const promise = guest.send(-1);
    expect(guest.do("wait", promise)).toBe(ServiceError.cycle);
  });

  it("report a wait that nobody can end as a deadlock", async () => {
    const guest = BareGuest.spawn(makeTestKernel());
    // The guest takes the message and keeps its resolver, in record mode: nobody will use it.
    const child = guest.spawnChild();
    const promise = guest.send(child, "never answered");
    expect(await guest.process.call("wait", [promise])).toEqual({ kind: "deadlock" });
    expect(guest.process.status).toMatchObject({ state: "stopped", stop: { kind: "deadlock" } });
  });
});

describe("errors of the guest ABI", () => {
  it.each([
    ["a pointer beyond the memory", (guest: BareGuest) => guest.do("send", 1, 65_536, 1, 0, 0), ServiceError.pointer],
    ["a length beyond the memory", (guest: BareGuest) => guest.do("send", 1, 65_000, 1000, 0, 0), ServiceError.pointer],
    ["a negative pointer", (guest: BareGuest) => guest.do("send", 1, -1, 4, 0, 0), ServiceError.pointer],
    ["a list beyond the memory", (guest: BareGuest) => guest.do("send", 1, 0, 0, 65_533, 1), ServiceError.pointer],
    ["a capability that it does not hold", (guest: BareGuest) => guest.send(1, "", [9]), ServiceError.noEntry],
    ["a wait for a capability", (guest: BareGuest) => guest.do("wait", 1), ServiceError.wrongKind],
    [
      "an answer to what is no resolver",
      (guest: BareGuest) => guest.do("answer", 1, 0, 0, 0, 0, 0),
      ServiceError.wrongKind,
    ],
    [
      "an answer with a status that it cannot give",
      (guest: BareGuest) => guest.do("answer", 1, 2, 0, 0, 0, 0),
      ServiceError.wrongKind,
    ],
    ["a drop of nothing", (guest: BareGuest) => guest.do("drop", 55), ServiceError.noEntry],
    ["a child in a message", (guest: BareGuest) => guest.send(1, "", [guest.spawnChild()]), ServiceError.cannotTravel],
    ["a refill of what is no child", (guest: BareGuest) => guest.do("refill", 1, 1n, 0), ServiceError.wrongKind],
    [
      "a name that is not UTF-8",
      (guest: BareGuest) => {
        guest.process.memory()[40_000] = 0xff;
        return guest.do("find", 40_000, 1);
      },
      ServiceError.pointer,
    ],
    ["a module that is none", (guest: BareGuest) => guest.do("load", 0, 100), ServiceError.program],
    [
      "a spawn for gas that it does not have",
      (guest: BareGuest) => guest.spawnChild({ gas: 20_000_000 }),
      ServiceError.budget,
    ],
    ["a spawn for negative gas", (guest: BareGuest) => guest.spawnChild({ gas: -1 }), ServiceError.budget],
    [
      "a spawn with less memory than the program begins with",
      (guest: BareGuest) => guest.spawnChild({ pages: 0 }),
      ServiceError.budget,
    ],
  ] as const)("answers %s by a number", (_what, run, expected) => {
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { echo: makeEcho() } });
    expect(run(guest)).toBe(expected);
    expect(guest.do("add", 1, 1)).toBe(2);
  });
});

describe("limits of messages", () => {
  it("are kept at the limit and refused one past it", () => {
    const echo: Capability = { [CAPABILITY]: true, receive: () => broken("refused", "takes nothing") };
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { echo }, gas: 1e9, memoryBytes: 600 * 65_536 });
    const { MESSAGE_CAPABILITIES_MAX, NAME_BYTES_MAX } = limits;
    expect(guest.send(1, "", Array(MESSAGE_CAPABILITIES_MAX).fill(1))).toBeGreaterThan(0);
    expect(guest.send(1, "", Array(MESSAGE_CAPABILITIES_MAX + 1).fill(1))).toBe(ServiceError.limit);
    expect(guest.do("find", 0, NAME_BYTES_MAX)).toBe(0);
    expect(guest.do("find", 0, NAME_BYTES_MAX + 1)).toBe(ServiceError.limit);
  });

  it("bound the mailbox by messages and by bytes", () => {
    const { MAILBOX_TURNS_MAX, MESSAGES_BYTES_MAX, MESSAGE_BYTES_MAX, PAGE_BYTES } = limits;
    const guest = BareGuest.spawn(makeTestKernel(), { gas: 0 });
    const small = Array.from({ length: MAILBOX_TURNS_MAX }, () => guest.process.root.receive(message("")));
    expect(small.every((answer) => answer instanceof Promise)).toBe(true);
    expect(guest.process.root.receive(message(""))).toMatchObject({ status: "broken", code: "limit" });

    const big = BareGuest.spawn(makeTestKernel(), { gas: 0, memoryBytes: MESSAGES_BYTES_MAX + PAGE_BYTES });
    const bytes = new Uint8Array(MESSAGE_BYTES_MAX);
    for (let total = 0; total < MESSAGES_BYTES_MAX; total += bytes.length) {
      expect(big.process.root.receive(makeMessage(bytes))).toBeInstanceOf(Promise);
    }
    expect(big.process.root.receive(makeMessage(new Uint8Array(1)))).toMatchObject({ status: "broken", code: "limit" });
    expect(big.process.root.receive(makeMessage(new Uint8Array(MESSAGE_BYTES_MAX + 1)))).toMatchObject({
      code: "limit",
    });
  });

  it("bound what waits for a process by the memory that it was granted", () => {
    const big: Capability = {
      [CAPABILITY]: true,
      receive: () => fulfilled(makeMessage(new Uint8Array(limits.PAGE_BYTES - 100))),
    };
    const guest = BareGuest.spawn(makeTestKernel(), { memoryBytes: 3 * limits.PAGE_BYTES, endowments: { big } });
    const promises = [1, 2, 3, 4].map(() => guest.send(1));
    expect(guest.do("wait", promises[3] as number)).toBe(Status.broken);
    expect(guest.read().text).toContain("limit");
    // What is fetched or dropped makes room again, but not what somebody else holds.
    guest.do("drop", promises[0] as number);
    const again = guest.send(1);
    expect(guest.do("wait", again)).toBe(Status.fulfilled);
    const { promise, resolver } = guest.promise();
    guest.answer(resolver, "", [promises[1] as number]);
    for (const position of [1, 2]) guest.do("drop", promises[position] as number);
    const [first, second, third] = [guest.send(1), guest.send(1), guest.send(1)] as [number, number, number];
    expect(guest.do("wait", third)).toBe(Status.broken);
    for (const position of [first, second]) expect(guest.do("wait", position)).toBe(Status.fulfilled);
    // The one that was passed on is in the answer of another, and goes with it.
    guest.do("drop", promise);
    const all = [1, 2, 3].map(() => guest.send(1));
    for (const position of all) expect(guest.do("wait", position)).toBe(Status.fulfilled);
    expect(guest.process.root.receive(makeMessage(new Uint8Array(3 * limits.PAGE_BYTES + 1)))).toMatchObject({
      code: "limit",
    });
  });

  it("bound the calls to the outside that are not answered", () => {
    const later = makeLater();
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { later }, gas: 1e9 });
    const args = guest.args(1);
    for (let n = 0; n < limits.OUTSTANDING_CALLS_MAX; n++) guest.do("drop", guest.do("send", ...args));
    expect(later.calls.length).toBe(limits.OUTSTANDING_CALLS_MAX);
    expect(guest.call(1)).toBe(Status.broken);
    expect(guest.read().text).toContain("limit");
  });

  it("cut a log entry, and charge for all of it", () => {
    const logs: number[] = [];
    const guest = BareGuest.spawn(makeTestKernel({ onLog: (_process, bytes) => logs.push(bytes.length) }), {
      memoryBytes: 65_536 * 4,
      gas: 1e6,
    });
    guest.do("grow", 2);
    expect(guest.do("log", 0, limits.LOG_BYTES_MAX)).toBe(0);
    const before = guest.process.meter.gasUsed;
    expect(guest.do("log", 0, limits.LOG_BYTES_MAX + 1)).toBe(0);
    expect(logs).toEqual([limits.LOG_BYTES_MAX, limits.LOG_BYTES_MAX]);
    expect(guest.process.meter.gasUsed - before).toBeGreaterThan(limits.LOG_BYTES_MAX / limits.MESSAGE_BYTES_PER_GAS);
  });
});
