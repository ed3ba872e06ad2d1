import { describe, expect, it } from "vitest";
import { BareGuest, MODE, makeEcho, makeTestKernel, message, PAGE, text } from "../../test/support/bare-guest.ts";
import type { PendingAnswer } from "../passable/index.ts";
import { CAPABILITY, promiseOfCapability } from "../passable/index.ts";
import type { Answer, Capability, InputRecord, Message } from "./index.ts";
import { broken, fulfilled, limits, makeMessage, rejected, ServiceError, Status } from "./index.ts";
import { recordOf } from "./process.ts";
import { makeServices } from "./services.ts";

interface Later extends Capability {
  readonly calls: { readonly message: Message; resolve(answer: Answer): void }[];
}

/** A capability that answers when the test says so, and may take messages for its answers before. */
function makeLater(pipeline?: Capability): Later {
  const calls: Later["calls"] = [];
  const receive = (sent: Message): PendingAnswer => {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    calls.push({ message: makeMessage(sent.bytes.slice(), sent.capabilities), resolve });
    return pipeline === undefined ? promise : Object.assign(promise, { pipeline });
  };
  return { [CAPABILITY]: true, calls, receive };
}

/** An answer that is this capability, and nothing else. */
const itself = (capability: Capability): Answer => fulfilled(message('"$0"', [capability]));
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const words = (later: Later): string[] => later.calls.map((call) => text(call.message.bytes));

describe("messages to promises", () => {
  it("wait for the answer, and go to what it is, in their order and before what is sent to that afterwards", async () => {
    const [later, echo] = [makeLater(), makeEcho()];
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { later } });
    const promise = guest.send(1, "who?");
    const answers = ["a", "b", "c"].map((word) => guest.send(promise, word));
    expect([echo.received, later.calls.length]).toEqual([[], 1]);
    later.calls[0]?.resolve(itself(echo));
    await settle();
    guest.send(promise, "d");
    expect(echo.received).toEqual(["a", "b", "c", "d"]);
    for (const [index, word] of ["a", "b", "c"].entries()) {
      expect(guest.do("wait", answers[index] as number)).toBe(Status.fulfilled);
      expect(guest.read().text).toBe(`echo ${word}`);
    }
  });

  it("are handed on at once where the answer has a pipeline, and so are those to their answers", async () => {
    const inner = makeLater();
    const outer: Later = makeLater(inner);
    const deeper: Later = makeLater(outer);
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { deeper } });
    const first = guest.send(1, "a");
    const second = guest.send(first, "b");
    const third = guest.send(second, "c");
    expect([words(deeper), words(outer), words(inner)]).toEqual([["a"], ["b"], ["c"]]);
    inner.calls[0]?.resolve(fulfilled(message("all the way")));
    expect(await guest.process.call("wait", [third])).toMatchObject({ results: [Status.fulfilled] });
    expect(guest.read().text).toBe("all the way");
  });

  it.each([
    ["is a value", fulfilled(message('["$0"]', [makeEcho()])), Status.broken, "no-target"],
    ["is a value without references", fulfilled(message("5")), Status.broken, "no-target"],
    ["names a capability that it does not bring", fulfilled(message('"$1"', [makeEcho()])), Status.broken, "no-target"],
    ["is an error", rejected(message("no")), Status.rejected, "no"],
    ["is broken", broken("ended", "gone"), Status.broken, "ended: gone"],
  ])("are answered where the promise %s", async (_what, answer, status, words) => {
    const later = makeLater();
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { later } });
    const promise = guest.send(1);
    const [before, alone] = [guest.send(promise, "x"), guest.sendOnly(promise, "y")];
    later.calls[0]?.resolve(answer);
    await settle();
    const after = guest.send(promise, "z");
    expect(alone).toBe(0);
    for (const position of [before, after]) {
      expect(guest.do("wait", position)).toBe(status);
      expect(guest.read().text).toContain(words);
    }
  });

  it("follow promises that are fulfilled with promises, but not in a circle", async () => {
    const [later, echo] = [makeLater(), makeEcho()];
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { later } });
    const outside = guest.send(1);
    const own = guest.promise();
    const early = guest.send(own.promise, "early");
    expect(guest.answer(own.resolver, '"&0"', [outside])).toBe(0);
    const late = guest.send(own.promise, "late");
    later.calls[0]?.resolve(itself(echo));
    await settle();
    expect(echo.received).toEqual(["early", "late"]);
    for (const position of [early, late]) expect(guest.do("wait", position)).toBe(Status.fulfilled);

    const circle = guest.promise();
    guest.answer(circle.resolver, '"&0"', [circle.promise]);
    expect(guest.do("wait", guest.send(circle.promise, "round"))).toBe(Status.broken);
    expect(guest.read().text).toContain("to itself");
  });

  it("follow promises so far, and no further", () => {
    const echo = makeEcho();
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { echo }, gas: 1e9 });
    const end = guest.promise();
    guest.answer(end.resolver, '"$0"', [1]);
    let last = end.promise;
    const lengthen = (): void => {
      const next = guest.promise();
      guest.answer(next.resolver, '"&0"', [last]);
      last = next.promise;
    };
    for (let length = 0; length < limits.PROMISES_PASSED_MAX; length++) lengthen();
    expect(guest.do("wait", guest.send(last, "far"))).toBe(Status.fulfilled);
    lengthen();
    expect(guest.do("wait", guest.send(last, "too far"))).toBe(Status.broken);
    expect(echo.received).toEqual(["far"]);
  });

  it("may make chains that are longer than the host's stack is deep", async () => {
    const later = makeLater();
    const chain: Capability = { [CAPABILITY]: true, receive: () => itself(chain) };
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { later }, gas: 1e9 });
    let last = guest.send(1);
    for (let length = 1; length <= limits.MAILBOX_TURNS_MAX; length++) last = guest.send(last);
    expect(last).toBeGreaterThan(0);
    later.calls[0]?.resolve(itself(chain));
    await settle();
    expect(guest.do("wait", last)).toBe(Status.fulfilled);
  });

  it("are limited in number and in bytes, and the guest learns so before they are sent", async () => {
    const later = makeLater();
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { later }, gas: 1e9 });
    const promise = guest.send(1);
    for (let count = 0; count < limits.MAILBOX_TURNS_MAX; count++) expect(guest.sendOnly(promise)).toBe(0);
    expect(guest.sendOnly(promise)).toBe(ServiceError.limit);
    expect(guest.send(promise)).toBe(ServiceError.limit);
    later.calls[0]?.resolve(fulfilled(message("")));
    await settle();
    expect(guest.sendOnly(guest.send(1))).toBe(0);

    const small = BareGuest.spawn(makeTestKernel(), { endowments: { later }, memoryBytes: PAGE });
    const target = small.send(1);
    expect(small.do("send_only", target, 0, PAGE, 0, 0)).toBe(0);
    expect(small.sendOnly(target, "1")).toBe(ServiceError.limit);
    later.calls.at(-1)?.resolve(fulfilled(message("")));
    await settle();
    expect(small.do("send_only", small.send(1), 0, PAGE, 0, 0)).toBe(0);
  });

  it("reach the process that answers with one of its exports", () => {
    const guest = BareGuest.spawn(makeTestKernel());
    const child = guest.spawnChild();
    const [who, other] = [guest.send(child, "who are you?"), guest.promise()];
    const said = guest.send(who, "hello");
    guest.do("add", 0, 0);
    const sandbox = new BareGuest(guest.process.children[0] as never);
    expect(sandbox.deliveries()).toHaveLength(1);
    // Its export 4 takes what was meant for the answer.
    expect(sandbox.answer(sandbox.deliveries()[0]?.resolver as number, '"$0"', [-5])).toBe(0);
    sandbox.do("add", 0, 0);
    expect(sandbox.deliveries()[1]).toMatchObject({ target: 4, bytes: 5 });
    sandbox.answer(sandbox.deliveries()[1]?.resolver as number, "and to you");
    expect(guest.do("wait", said)).toBe(Status.fulfilled);
    expect(guest.read().text).toBe("and to you");
    expect(guest.do("wait", other.promise)).toBe(ServiceError.cycle);
  });

  it("park a synchronous caller, and break it where the promise comes to one who waits for it", async () => {
    const [later, echo] = [makeLater(), makeEcho()];
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { later } });
    const call = (): Promise<unknown> => guest.process.call("call", guest.args(guest.send(1), "now"));
    const first = call();
    later.calls[0]?.resolve(itself(echo));
    expect(await first).toMatchObject({ results: [Status.fulfilled] });
    expect(guest.read().text).toBe("echo now");
    const second = call();
    later.calls[1]?.resolve(itself(guest.process.root));
    expect(await second).toMatchObject({ results: [Status.broken] });
    expect(guest.read().text).toContain("cycle");
    // Its own promise only it could settle.
    expect(guest.call(guest.promise().promise)).toBe(Status.broken);
    expect(guest.deliveries()).toEqual([]);
  });

  it("find a circle through other processes, too", async () => {
    const later = makeLater();
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { later } });
    const child = guest.spawnChild();
    guest.do("wait", guest.invoke(child, "set_mode", MODE.relay));
    // The child calls the promise and waits; the promise comes to the guest, which waits for the child.
    const call = guest.process.call("call", guest.args(child, "round", [guest.send(1)]));
    await settle();
    later.calls[0]?.resolve(itself(guest.process.root));
    expect(await call).toMatchObject({ results: [Status.rejected] });
    expect(guest.read().text).toContain("cycle");
  });
});

describe("messages without an answer", () => {
  it("leave no promise, and reach a process without a resolver", () => {
    const guest = BareGuest.spawn(makeTestKernel());
    const child = guest.spawnChild();
    const before = guest.process.inspect().clistSize;
    expect(guest.sendOnly(child, "take it")).toBe(0);
    guest.do("add", 0, 0);
    const sandbox = new BareGuest(guest.process.children[0] as never);
    expect(sandbox.deliveries()).toEqual([{ target: 0, resolver: 0, bytes: 7, capabilities: 0 }]);
    expect(guest.process.inspect().clistSize).toBe(before);
    expect(guest.sendOnly(99)).toBe(ServiceError.noEntry);
  });

  it("go to the host by receiveOnly where it has that, and are no call under way", () => {
    const faults: unknown[] = [];
    const told: string[] = [];
    const teller: Capability = {
      [CAPABILITY]: true,
      receive: () => broken("refused", "only tells"),
      receiveOnly(sent) {
        told.push(text(sent.bytes));
        if (told.length > 1) throw new Error("enough");
      },
    };
    const later = makeLater();
    const kernel = makeTestKernel({ onFault: (_process, error) => faults.push(error) });
    const guest = BareGuest.spawn(kernel, { endowments: { teller, later } });
    expect([guest.sendOnly(1, "a"), guest.sendOnly(1, "b")]).toEqual([0, 0]);
    expect([told, guest.process.outstanding.length]).toEqual([["a", "b"], 0]);
    expect(faults).toMatchObject([{ message: "enough" }]);
    guest.sendOnly(2, "c");
    expect([words(later), guest.process.outstanding.length]).toEqual([["c"], 1]);
  });
});

describe("promises between host and guests", () => {
  /** A promise of the host's. */
  function makePromise(): { readonly capability: Capability; readonly promised: Later; resolve(answer: Answer): void } {
    const promised = makeLater();
    const { promise, resolve } = Promise.withResolvers<Answer>();
    return {
      promised,
      resolve,
      capability: { [CAPABILITY]: true, receive: (sent) => promised.receive(sent), settled: () => promise },
    };
  }

  it("come in as promises, in messages and in answers, and go home as what they were", async () => {
    const { capability, promised, resolve } = makePromise();
    const seen: Capability[] = [];
    const mirror: Capability = {
      [CAPABILITY]: true,
      receive(sent) {
        seen.push(...sent.capabilities);
        return fulfilled(message("here", [capability]));
      },
    };
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { mirror } });
    void guest.process.deliver(message("take this", [capability]));
    guest.do("add", 0, 0);
    expect(guest.call(1, "", [2])).toBe(Status.fulfilled);
    const [position] = guest.read().capabilities as [number];
    // The same promise again, so the same position: that under which the message brought it.
    expect(seen[0]).toBe(capability);
    guest.call(1, "", [position]);
    expect(seen[1]).toBe(capability);
    guest.read();
    // What is sent to it pipelines, and what it comes to is an answer.
    const said = guest.send(position, "early");
    expect(words(promised)).toEqual(["early"]);
    promised.calls[0]?.resolve(fulfilled(message("yes")));
    resolve(fulfilled(message("settled")));
    expect(await guest.process.call("wait", [position])).toMatchObject({ results: [Status.fulfilled] });
    expect(guest.read().text).toBe("settled");
    expect(guest.do("wait", said)).toBe(Status.fulfilled);
  });

  it("are an input of the process when they are settled, and may be passed to a thaw as calls are", async () => {
    const inputs: InputRecord[] = [];
    const { capability, resolve } = makePromise();
    const kernel = makeTestKernel({ onInput: (input) => inputs.push(input) });
    const guest = BareGuest.spawn(kernel);
    void guest.process.deliver(message("take this", [capability]));
    guest.do("add", 0, 0);
    expect(guest.process.outstanding).toMatchObject([{ callId: 1, capability }]);
    const image = guest.process.freeze();
    const { outstanding } = guest.process;
    const thawed = new BareGuest(
      makeTestKernel().thaw(image, {
        resolveCall: ({ callId }) => outstanding.find((call) => call.callId === callId)?.answer,
      }),
    );
    const alone = new BareGuest(makeTestKernel().thaw(image));
    resolve(fulfilled(message("late")));
    await settle();
    expect(inputs.at(-1)).toMatchObject({ kind: "answer", callId: 1 });
    expect(thawed.do("wait", 1)).toBe(Status.fulfilled);
    expect(thawed.read().text).toBe("late");
    expect(alone.do("wait", 1)).toBe(Status.broken);
    expect(alone.read().text).toContain("lost");
  });

  it("of a guest take messages of the host for what they come to", async () => {
    const held: Capability[] = [];
    const taker: Capability = {
      [CAPABILITY]: true,
      receive(sent) {
        held.push(...sent.capabilities);
        return fulfilled(message(""));
      },
    };
    const echo = makeEcho();
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { taker, echo } });
    const { promise, resolver } = guest.promise();
    guest.call(1, "", [promise, promise]);
    const [capability, again] = held as [Capability, Capability];
    expect(again).toBe(capability);
    const settled = capability.settled?.();
    const answer = capability.receive(message("from the host"));
    expect(echo.received).toEqual([]);
    guest.answer(resolver, '"$0"', [2]);
    expect(echo.received).toEqual(["from the host"]);
    expect(await answer).toMatchObject({ status: "fulfilled" });
    expect(await settled).toMatchObject({ status: "fulfilled", message: { capabilities: [echo] } });
    expect(await promiseOfCapability(capability as never)).toBe(echo);
    expect(capability.receive(makeMessage(new Uint8Array(limits.MESSAGE_BYTES_MAX + 1)))).toMatchObject({
      code: "limit",
    });
  });

  it("that fail to say what they come to are faults of the host", () => {
    const faults: unknown[] = [];
    const kernel = makeTestKernel({ onFault: (_process, error) => faults.push(error) });
    const guest = BareGuest.spawn(kernel);
    const bad: Capability = {
      [CAPABILITY]: true,
      receive: () => broken("refused", "no"),
      settled() {
        throw new Error("secret");
      },
    };
    void guest.process.deliver(message("", [bad]));
    guest.do("add", 0, 0);
    expect(guest.do("wait", 1)).toBe(Status.broken);
    expect(guest.read().text).toBe("fault: the host failed while it answered");
    expect(faults).toMatchObject([{ message: "secret" }]);
  });

  it("between trees are inputs of both", async () => {
    const inputs: InputRecord[] = [];
    const kernel = makeTestKernel({ onInput: (input) => inputs.push(input) });
    const echo = makeEcho();
    const right = BareGuest.spawn(kernel);
    const left = BareGuest.spawn(kernel, { endowments: { right: right.process.root, echo } });
    const { promise, resolver } = left.promise();
    left.send(1, "a promise", [promise]);
    right.do("add", 0, 0);
    const taken = 1;
    const said = right.send(taken, "over there");
    inputs.length = 0;
    left.answer(resolver, '"$0"', [2]);
    expect(echo.received).toEqual(["over there"]);
    await settle();
    // The right one learns of the answer to its message, and of what the promise came to.
    expect(inputs.filter(({ kind }) => kind === "answer")).toHaveLength(2);
    expect(right.do("wait", said)).toBe(Status.fulfilled);
    expect(right.read().text).toBe("echo over there");
    expect(right.do("wait", taken)).toBe(Status.fulfilled);
    expect(right.read().capabilities).toHaveLength(1);
  });

  it("that go round by another tree come home as themselves", async () => {
    const kernel = makeTestKernel();
    const right = BareGuest.spawn(kernel);
    right.do("set_mode", MODE.echo);
    const left = BareGuest.spawn(kernel, { endowments: { right: right.process.root } });
    const { promise } = left.promise();
    expect(await left.process.call("call", left.args(1, "back, please", [promise]))).toMatchObject({ results: [0] });
    expect(left.read().capabilities).toEqual([promise]);
  });
});

describe("what promises hold", () => {
  it("counts against whoever asked for it, until nobody in the tree can fetch it any more", () => {
    const big: Capability = { [CAPABILITY]: true, receive: () => fulfilled(makeMessage(new Uint8Array(PAGE))) };
    const guest = BareGuest.spawn(makeTestKernel(), { memoryBytes: 12 * PAGE, endowments: { big } });
    const room = (): number => {
      const promises = Array.from({ length: 14 }, () => guest.send(1));
      return promises.map((promise) => guest.do("wait", promise)).filter((status) => status === Status.fulfilled)
        .length;
    };
    expect(room()).toBe(12);
    const child = guest.spawnChild({ pages: 2 });
    const sandbox = new BareGuest(guest.process.children[0] as never);
    const rounds = 200;
    for (let round = 0; round < rounds; round++) {
      const promise = guest.send(1);
      expect(guest.sendOnly(child, "", [promise])).toBe(0);
      guest.do("drop", promise);
      guest.do("add", 0, 0);
      expect(sandbox.do("drop", 1)).toBe(0);
    }
    expect(room()).toBe(12);
    guest.sendOnly(child, "", [guest.send(1)]);
    guest.do("drop", 3);
    guest.do("add", 0, 0);
    expect(room()).toBe(11);
    // A sandbox that has ended holds nothing.
    guest.do("wait", guest.invoke(child, "trap"));
    expect(room()).toBe(12);
  });

  it("is let go with long chains of answers in answers", () => {
    const guest = BareGuest.spawn(makeTestKernel(), { gas: 1e9 });
    let last = guest.promise();
    const first = last.promise;
    for (let length = 0; length < 20_000; length++) {
      const next = guest.promise();
      guest.answer(last.resolver, "", [next.promise]);
      if (next.promise !== first) guest.do("drop", next.promise);
      last = next;
    }
    expect(guest.process.inspect().clistSize).toBe(2);
    expect(guest.do("drop", first)).toBe(0);
  });

  it("may be shown to the host, however long the chain is", () => {
    const shown: Capability[] = [];
    const taker: Capability = {
      [CAPABILITY]: true,
      receive(sent) {
        shown.push(...sent.capabilities);
        return fulfilled(message(""));
      },
    };
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { taker }, gas: 1e9 });
    let last = guest.promise();
    const first = last.promise;
    for (let length = 0; length < 20_000; length++) {
      const next = guest.promise();
      guest.answer(last.resolver, "", [next.promise]);
      if (next.promise !== first) guest.do("drop", next.promise);
      last = next;
    }
    expect(guest.call(1, "", [first])).toBe(Status.fulfilled);
    expect(shown).toHaveLength(1);
    expect(guest.process.freeze().processes).toHaveLength(1);
  });

  it("does not grow by answers that were listened to and dropped before the process took them", async () => {
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { echo: makeEcho() } });
    const services = makeServices(recordOf(guest.process));
    const listen = (): number => {
      const promise = services.send(1, { bytes: new Uint8Array(0), capabilities: [] });
      const result = services.listen(promise);
      services.drop(promise);
      return result;
    };
    const most = limits.MAILBOX_TURNS_MAX + limits.CLIST_ENTRIES_MAX;
    for (let count = 0; count < most; count++) if (listen() !== 0) expect(count).toBe(most);
    expect(listen()).toBe(ServiceError.limit);
    while (guest.process.inspect().mailboxLength > 0) await settle();
    expect(listen()).toBe(0);
  });
});
