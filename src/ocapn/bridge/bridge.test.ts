/**
 * References as capabilities, capabilities as targets.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import {
  type Answer,
  broken,
  CAPABILITY,
  type Capability,
  callCapability,
  decodeMessage,
  encodeMessage,
  Far,
  fulfilled,
  isPromiseCapability,
  makeCapability,
  makeSelector,
  type PendingAnswer,
  Tagged,
} from "../../passable/index.ts";
import { makeLog, reasonOf, type TestPeer, turn, turns, usePeers } from "../client/fixture.conformance.ts";
import { E } from "../eventual/e.ts";
import { handlerOf } from "../eventual/handler.ts";
import { BRIDGE_BYTES_MAX, BRIDGE_TOLD_BYTES_MAX } from "../limits.ts";
import { formatSturdyrefUri, makePeerLocator } from "../locator.ts";
import { Flow, flowTo } from "./flow.ts";
import { capabilityOfReference, enlivenCapability, referenceOfCapability, resolveOcapnLocator } from "./sturdy.ts";

const makePeers = usePeers();

const THEN: string = ["th", "en"].join("");

interface Pair {
  readonly peers: ReturnType<typeof makePeers>;
  readonly near: TestPeer;
  readonly far: TestPeer;
  /** What the far peer serves, as a capability of the near one. */
  capability(object: object): Promise<Capability>;
}

function makePair(): Pair {
  const peers = makePeers();
  const [near, far] = [peers.make("near"), peers.make("far")];
  return {
    peers,
    near,
    far,
    capability: async (object) =>
      capabilityOfReference(await near.ocapn.enliven<object>(far.ocapn.serve(object))) as Capability,
  };
}

const send = (capability: Capability, ...body: readonly unknown[]): Answer | PendingAnswer =>
  capability.receive(encodeMessage(body));

const answered = async (answer: Answer | PendingAnswer): Promise<unknown> => {
  const settled = await answer;
  return settled.status === "broken" ? settled : [settled.status, decodeMessage(settled.message)];
};

describe("a far reference as a capability", () => {
  it("is called by messages: methods, the object itself, data both ways", async () => {
    const { capability } = makePair();
    const calculator = await capability(
      Far("calculator", {
        add: (a: number, b: number) => a + b,
        echo: (...args: unknown[]) => args,
      }),
    );
    expect(await callCapability(calculator, "add", 20, 22)).toBe(42);
    const data = [
      undefined,
      null,
      1.5,
      2n,
      "text",
      new Uint8Array([1]),
      [{ a: [] }],
      makeSelector("s"),
      new Tagged("t", 1),
    ];
    expect(await callCapability(calculator, "echo", ...data)).toEqual(data);
    const twice = await capability(Far("twice", (n: number) => 2 * n));
    expect(await callCapability(twice, null, 21)).toBe(42);
  });

  it("is the same capability whichever way it comes, and goes home as itself", async () => {
    const { capability } = makePair();
    const own = Far("own", {});
    const given: unknown[] = [];
    const keeper = await capability(
      Far("keeper", {
        own: () => own,
        take: (...values: unknown[]) => given.push(...values),
        back: (value: unknown) => value,
      }),
    );
    const first = (await callCapability(keeper, "own")) as Capability;
    expect(await callCapability(keeper, "own")).toBe(first);
    await callCapability(keeper, "take", first, [first]);
    expect(given[0]).toBe(own);
    expect((given[1] as unknown[])[0]).toBe(own);
    const mine = makeCapability({ name: () => "mine" });
    await callCapability(keeper, "take", mine);
    expect(await callCapability(keeper, "back", mine)).toBe(mine);
    expect(referenceOfCapability(mine)).toBe(mine);
    expect(capabilityOfReference(referenceOfCapability(first))).toBe(first);
  });

  it("answers with promises that can be sent to before they are there: one flight for a chain", async () => {
    const { peers, capability } = makePair();
    const { log, far: noted } = makeLog();
    const root = await capability(Far("root", { child: (name: string) => Far(name, { child: () => noted }) }));
    await peers.settle();
    peers.takeWire("near");
    const one = send(root, "child", "a") as PendingAnswer;
    const two = one.pipeline?.receive(encodeMessage(["child"])) as PendingAnswer;
    const three = two.pipeline?.receive(encodeMessage(["note", "here"])) as PendingAnswer;
    two.pipeline?.receiveOnly?.(encodeMessage(["note", "and here"]));
    expect(await answered(three)).toEqual(["fulfilled", 1]);
    // All four went out before anything came back.
    const lines = peers.wire
      .filter(({ peer }) => peer === "near")
      .map(({ direction, label }) => `${direction} ${label}`);
    expect(lines.slice(0, 5)).toEqual([...Array(4).fill("out op:deliver"), "in op:deliver"]);
    await turn();
    expect(log).toEqual(["here", "and here"]);
  });

  it("gives fields and items of what a promise comes to without fetching it", async () => {
    const { capability } = makePair();
    const { far: noted } = makeLog();
    const root = await capability(Far("root", { struct: () => ({ list: [1, noted] }) }));
    const struct = send(root, "struct") as PendingAnswer;
    const list = struct.pipeline?.receive(encodeMessage([new Tagged("get", "list")])) as PendingAnswer;
    const item = list.pipeline?.receive(encodeMessage([new Tagged("get", "1")])) as PendingAnswer;
    expect(await answered(item.pipeline?.receive(encodeMessage(["note", "in"])) as PendingAnswer)).toEqual([
      "fulfilled",
      1,
    ]);
    expect(
      await answered(list.pipeline?.receive(encodeMessage([new Tagged("get", "7")])) as PendingAnswer),
    ).toMatchObject({ code: "no-target" });
  });

  it("says where a message was for a promise that came to data: nobody can take it there", async () => {
    const { capability } = makePair();
    const root = await capability(
      Far("root", {
        list: () => [1, 2],
        fail: () => Far("failing", { join: () => Promise.reject(new Error("its own")) }),
      }),
    );
    const join = encodeMessage(["join", "-"]);
    expect(await (send(root, "list") as PendingAnswer).pipeline?.receive(join)).toMatchObject({ code: "no-target" });
    expect(
      await answered((send(root, "fail") as PendingAnswer).pipeline?.receive(join) as PendingAnswer),
    ).toMatchObject(["rejected", { message: "its own" }]);
  });

  it("carries promises both ways, as promises, and each stays the same one", async () => {
    const { capability } = makePair();
    const gate = Promise.withResolvers<unknown>();
    const given: unknown[] = [];
    const keeper = await capability(
      Far("keeper", {
        promises: () => [gate.promise, gate.promise],
        take: (...values: unknown[]) => given.push(...values),
        back: (list: unknown) => list,
      }),
    );
    const [theirs, again] = (await callCapability(keeper, "promises")) as [Promise<unknown>, Promise<unknown>];
    expect(again).toBe(theirs);
    const { promise, resolve } = Promise.withResolvers<unknown>();
    await callCapability(keeper, "take", [promise], theirs);
    expect(given[1]).toBe(gate.promise);
    const [back] = (await callCapability(keeper, "back", [promise])) as [Promise<unknown>];
    expect(back).toBe(promise);
    resolve("mine is settled");
    gate.resolve(Far("end", { name: () => "theirs is settled" }));
    expect(await (given[0] as Promise<unknown>[])[0]).toBe("mine is settled");
    expect(await callCapability((await theirs) as Capability, "name")).toBe("theirs is settled");
  });

  it("hands on errors as name and message, and what was thrown as a value", async () => {
    const { capability } = makePair();
    const bad = await capability(
      Far("bad", {
        error() {
          throw new RangeError("too far");
        },
        value() {
          throw { why: "not an error" };
        },
      }),
    );
    expect(await answered(send(bad, "error"))).toMatchObject(["rejected", { name: "RangeError", message: "too far" }]);
    expect(await answered(send(bad, "value"))).toEqual(["rejected", { why: "not an error" }]);
    expect(await answered(send(bad, "nothing"))).toMatchObject(["rejected", { name: "TypeError" }]);
    expect(await answered(send(bad, 5))).toMatchObject({ code: "refused" });
    expect(await answered(bad.receive(encodeMessage("no list")))).toMatchObject({ code: "refused" });
    expect(await answered(send(bad, "error", "\ud800"))).toMatchObject(["rejected", { name: "PassableError" }]);
  });

  it("says when it was revoked", async () => {
    const { near, far } = makePair();
    const uri = far.ocapn.serve(Far("object", { ping: () => "pong" }));
    const capability = await enlivenCapability(near.ocapn, uri);
    expect(await callCapability(capability, "ping")).toBe("pong");
    far.ocapn.revoke(uri);
    expect(await answered(send(capability, "ping"))).toMatchObject([
      "rejected",
      { name: "OcapnError", message: "this reference was revoked by whoever serves the object" },
    ]);
  });

  it("is lost with the connection while a call is under way, and ended afterwards", async () => {
    const { near, capability } = makePair();
    const never = await capability(Far("never", { answer: () => new Promise(() => {}) }));
    const call = send(never, "answer") as PendingAnswer;
    const chained = call.pipeline?.receive(encodeMessage(["more"])) as PendingAnswer;
    await turns();
    near.ocapn.sessions[0]?.abort("cut");
    expect(await call).toMatchObject({ status: "broken", code: "lost" });
    expect(await chained).toMatchObject({ status: "broken", code: "lost" });
    expect(send(never, "answer")).toMatchObject({ status: "broken", code: "ended" });
    never.receiveOnly?.(encodeMessage(["answer"]));
  });

  it("does not pass a reference under the key then", async () => {
    const { capability } = makePair();
    const object = await capability(Far("object", { take: () => "taken" }));
    for (const value of [{ deep: [{ [THEN]: object }] }, new Tagged("t", { [THEN]: object })]) {
      expect(await answered(send(object, "take", value))).toMatchObject(["rejected", { name: "PassableError" }]);
    }
    expect(await answered(send(object, "take", { [THEN]: 1 }, object))).toEqual(["fulfilled", "taken"]);
  });

  it("is passed beside objects of this side, of which nothing is looked at", async () => {
    const { capability } = makePair();
    const object = await capability(Far("object", { take: (...values: unknown[]) => values.length }));
    const own: { self?: object; readonly lazy: never } = {
      get lazy(): never {
        throw new Error("an accessor of the host's has run");
      },
    };
    own.self = own;
    expect(await callCapability(object, "take", object, capabilityOfReference(Far("own", own)))).toBe(2);
  });
});

describe("a reference by its sturdyref", () => {
  it("is known by it, and outlives the connection", async () => {
    const { near, far } = makePair();
    let count = 0;
    const uri = far.ocapn.serve(Far("counter", { next: () => ++count, self: () => Far("other", {}) }));
    const capability = await enlivenCapability(near.ocapn, uri);
    expect(capability.locator).toEqual({ ocapn: uri });
    expect(await enlivenCapability(near.ocapn, uri)).toBe(capability);
    expect(await callCapability(capability, "next")).toBe(1);
    near.ocapn.sessions[0]?.abort("cut");
    await turns();
    // The messages wait for the new connection together, in their order.
    expect(await Promise.all([2, 3, 4].map(() => callCapability(capability, "next")))).toEqual([2, 3, 4]);
    expect(near.ocapn.sessions).toHaveLength(1);
    expect(await enlivenCapability(near.ocapn, uri)).toBe(capability);
  });

  it("is found again by its locator, at the first message, and is then the same as by any other way", async () => {
    const { near, far } = makePair();
    const object = Far("object", { me: () => object, name: () => "found" });
    const uri = far.ocapn.serve(object);
    const resolve = resolveOcapnLocator(near.ocapn);
    const capability = resolve({ ocapn: uri }) as Capability;
    expect([near.ocapn.sessions.length, capability.locator]).toEqual([0, { ocapn: uri }]);
    const [name, me] = [callCapability(capability, "name"), callCapability(capability, "me")];
    expect(await name).toBe("found");
    expect(await me).toBe(capability);
    for (const other of [
      null,
      "ocapn",
      [uri],
      {},
      { ocapn: 1 },
      { ocapn: "http://x" },
      { endowment: "a", process: 0 },
    ]) {
      expect(resolve(other)).toBeUndefined();
    }
  });

  it("that cannot be reached rejects each call, and is found when it can be", async () => {
    const peers = makePeers();
    const near = peers.make("near");
    const swissNumber = new Uint8Array([1, 2, 3]);
    const peer = makePeerLocator({
      transport: near.ocapn.locations[0]?.transport ?? "",
      designator: "far",
      hints: false,
    });
    const capability = resolveOcapnLocator(near.ocapn)({ ocapn: formatSturdyrefUri({ peer, swissNumber }) });
    expect(await answered(send(capability as Capability, "x"))).toMatchObject(["rejected", { name: "OcapnError" }]);
    const far = peers.make("far");
    far.ocapn.serve(Far("late", { x: () => "here" }), { swissNumber });
    expect(await answered(send(capability as Capability, "x"))).toEqual(["fulfilled", "here"]);
  });
});

describe("a capability as a target", () => {
  it("is called by peers, served or passed, and passes capabilities itself", async () => {
    const { near, far } = makePair();
    const inner = makeCapability({ name: () => "inner" });
    const outer = makeCapability({
      inner: () => inner,
      call: (f: unknown) => callCapability(f as Capability, null, "called"),
    });
    const remote = await near.ocapn.enliven<{ inner(): object; call(f: (word: string) => string): string }>(
      far.ocapn.serve(outer),
    );
    const passed = await E(remote).inner();
    expect(await E(passed as unknown as { name(): string }).name()).toBe("inner");
    expect(await E(E(remote).inner() as never as Promise<{ name(): string }>).name()).toBe("inner");
    expect(await E(remote).call((word) => `${word} back`)).toBe("called back");
  });

  it("that is a function gets all arguments; one with methods those after the name", async () => {
    const { near, far } = makePair();
    const seen: unknown[] = [];
    const raw: Capability = {
      [CAPABILITY]: true,
      receive(message) {
        seen.push(decodeMessage(message));
        return fulfilled(encodeMessage("ok"));
      },
      receiveOnly: (message) => void seen.push(["only", decodeMessage(message)]),
    };
    const remote = await near.ocapn.enliven<{ (...args: unknown[]): string; method(n: number): string }>(
      far.ocapn.serve(raw),
    );
    await E(remote)("a", 1);
    await E(remote)();
    await E(remote).method(2);
    E.sendOnly(remote).method(3);
    await turns();
    expect(seen).toEqual([[null, "a", 1], [null], ["method", 2], ["method", 3]]);
    seen.length = 0;
    E.sendOnly(raw as unknown as { method(n: number): void }).method(4);
    await turns();
    expect(seen).toEqual([["only", ["method", 4]]]);
  });

  it("breaks with the code in the message, and a fault of the host says nothing of it", async () => {
    const { near, far } = makePair();
    const answers: (() => Answer | Promise<Answer>)[] = [
      () => broken("ended", "the process has ended"),
      () => {
        throw new Error("/home/somebody");
      },
      async () => {
        throw new Error("/home/somebody");
      },
    ];
    const remote = await near.ocapn.enliven<() => void>(
      far.ocapn.serve({ [CAPABILITY]: true, receive: () => (answers.shift() as () => Answer)() }),
    );
    expect(await reasonOf(E(remote)())).toMatchObject({
      name: "BrokenError",
      message: "ended: the process has ended",
    });
    for (let at = 0; at < 2; at++) {
      expect(await reasonOf(E(remote)())).toMatchObject({
        message: "fault: the host failed while it answered",
      });
    }
  });

  it("of this side comes home as itself through a peer, by a promise as well", async () => {
    const { near, far } = makePair();
    const own = makeCapability({});
    const remote = await near.ocapn.enliven<{ echo<T>(x: T): T }>(
      far.ocapn.serve(Far("echo", { echo: (x: unknown) => x })),
    );
    expect(await E(remote).echo(own)).toBe(own);
    const capability = capabilityOfReference(remote as unknown as object);
    const [promise] = (await callCapability(capability, "echo", [Promise.resolve(own)])) as [Promise<unknown>];
    expect(await promise).toBe(own);
    const message = encodeMessage([Promise.resolve(1)]);
    expect(message.capabilities.map(isPromiseCapability)).toEqual([true]);
  });
});

describe("what goes to one peer through the bridge", () => {
  it("is limited: calls by number and bytes, and messages without an answer become calls now and then", () => {
    const flow = new Flow();
    expect(flow.enter(BRIDGE_BYTES_MAX)).toBe(true);
    expect(flow.enter(1)).toBe(false);
    flow.leave(BRIDGE_BYTES_MAX);
    expect(flow.enter(1)).toBe(true);
    let told = 0;
    while (flow.tell(1_000)) told += 1_064;
    expect(told).toBeLessThanOrEqual(BRIDGE_TOLD_BYTES_MAX);
    expect(told).toBeGreaterThan(BRIDGE_TOLD_BYTES_MAX - 2_000);
    flow.leave(1);
    expect(flow.tell(1_000)).toBe(true);
  });

  it("is refused beyond the limit, and the session goes on", async () => {
    const { near, capability } = makePair();
    const slow = await capability(Far("slow", { wait: () => new Promise(() => {}), ping: () => "pong" }));
    const flow = flowTo(handlerOf(referenceOfCapability(slow))?.sender);
    flow.enter(BRIDGE_BYTES_MAX);
    expect(send(slow, "ping")).toMatchObject({ status: "broken", code: "limit" });
    // With that, no message without an answer can become a call, and all after the first few are dropped.
    for (let at = 0; at < 2_000; at++) slow.receiveOnly?.(encodeMessage(["wait", new Uint8Array(1_000)]));
    flow.leave(BRIDGE_BYTES_MAX);
    expect(await callCapability(slow, "ping")).toBe("pong");
    expect(near.ocapn.sessions).toHaveLength(1);
  });
});
