import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it } from "vitest";
import { BARE, makeTestKernel, message, text } from "../../../test/support/bare-guest.ts";
import { CAPABILITY, type PendingAnswer } from "../../passable/index.ts";
import type { Answer, Capability, Message } from "../index.ts";
import { connectKernel, fulfilled, KernelError, makeMessage, makeWebPort, Status, serveKernel } from "../index.ts";
import { Link } from "./link.ts";
import { WireCapabilities } from "./wire-capabilities.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

const opened: Link[] = [];
afterEach(() => {
  for (const link of opened.splice(0)) link.close(new KernelError("state", "closed"));
});

/** Two ends of a real channel, so that everything is cloned on its way. */
function makePair(): { readonly left: WireCapabilities; readonly right: WireCapabilities } {
  const { port1, port2 } = new MessageChannel();
  const links = [port1, port2].map((port) => new Link(makeWebPort(port), {})) as [Link, Link];
  opened.push(...links);
  return { left: new WireCapabilities(links[0]), right: new WireCapabilities(links[1]) };
}

/** As the left end knows it, at the right end. */
function send(capability: Capability, { left, right } = makePair()): Capability {
  return right.capabilityFromWire(left.capabilityToWire(capability));
}

describe("capabilities over a link", () => {
  it("keep their identity over both directions", async () => {
    const received: Message[] = [];
    const echo: Capability = {
      [CAPABILITY]: true,
      receive(sent) {
        received.push(sent);
        return fulfilled(sent);
      },
    };
    const pair = makePair();
    const remote = send(echo, pair);
    expect(send(echo, pair)).toBe(remote);
    const own: Capability = { [CAPABILITY]: true, receive: (sent) => fulfilled(sent) };
    const answer = await remote.receive(makeMessage(new Uint8Array([7]), [own, remote]));
    expect(received[0]?.capabilities[1]).toBe(echo);
    if (answer.status === "broken") throw new Error(answer.reason);
    expect(answer.message.capabilities).toEqual([own, remote]);
    expect(answer.message.capabilities[0]).toBe(own);
    expect(answer.message.capabilities[1]).toBe(remote);
  });

  it("may be promises, keep their locators, and take messages without an answer", async () => {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const told: string[] = [];
    const capability: Capability = {
      [CAPABILITY]: true,
      receive: () => fulfilled(message("")),
      receiveOnly: (sent) => void told.push(text(sent.bytes)),
      settled: () => promise,
      locator: { ocapn: "somewhere", at: 3n },
    };
    const remote = send(capability);
    expect(remote.locator).toEqual({ ocapn: "somewhere", at: 3n });
    expect(send({ [CAPABILITY]: true, receive: () => fulfilled(message("")) }).settled).toBeUndefined();
    const settled = remote.settled?.();
    expect(remote.settled?.()).toBe(settled);
    remote.receiveOnly?.(message("a"));
    resolve(fulfilled(message("in the end")));
    const answer = await settled;
    expect(answer?.status === "fulfilled" && text(answer.message.bytes)).toBe("in the end");
    expect(told).toEqual(["a"]);
  });

  it("take messages for their answers before these are there", async () => {
    const said: string[] = [];
    const makeEnd = (path: string): Capability => ({
      [CAPABILITY]: true,
      receive(sent) {
        said.push(`${path} ${text(sent.bytes)}`);
        return Object.assign(new Promise<Answer>(() => {}), { pipeline: makeEnd(`${path}.${text(sent.bytes)}`) });
      },
      receiveOnly: (sent) => void said.push(`${path} only ${text(sent.bytes)}`),
    });
    const first = send(makeEnd("far")).receive(message("a")) as PendingAnswer;
    const second = first.pipeline?.receive(message("b")) as PendingAnswer;
    second.pipeline?.receiveOnly?.(message("c"));
    while (said.length < 3) await turn();
    expect(said).toEqual(["far a", "far.a b", "far.a.b only c"]);
  });

  it("hand messages on to what an answer is, in their order, also where nothing takes them earlier", async () => {
    const said: string[] = [];
    const target: Capability = {
      [CAPABILITY]: true,
      receive: (sent) => fulfilled(message(String(said.push(text(sent.bytes))))),
    };
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const remote = send({ [CAPABILITY]: true, receive: () => promise }).receive(message("")) as PendingAnswer;
    const early = ["a", "b"].map((word) => remote.pipeline?.receive(message(word)));
    await turn();
    resolve(fulfilled(message('"$0"', [target])));
    const crossing = remote.pipeline?.receive(message("c"));
    await remote;
    const late = await remote.pipeline?.receive(message("d"));
    for (const answer of [...early, crossing]) expect(await answer).toMatchObject({ status: "fulfilled" });
    expect(late).toMatchObject({ status: "fulfilled" });
    expect(said).toEqual(["a", "b", "c", "d"]);
  });

  it("are let go by one side when the other has dropped them, as often as it got them", async () => {
    const pair = makePair();
    let collected = 0;
    const registry = new FinalizationRegistry(() => collected++);
    const offer = (count: number): void => {
      for (let at = 0; at < count; at++) {
        const capability: Capability = { [CAPABILITY]: true, receive: () => fulfilled(message("")) };
        registry.register(capability, at);
        send(capability, pair);
        send(capability, pair);
      }
    };
    offer(100);
    const kept: Capability = { [CAPABILITY]: true, receive: () => fulfilled(message("still there")) };
    const remote = send(kept, pair);
    for (let round = 0; round < 100 && collected < 100; round++) {
      collectGarbage();
      await turn();
    }
    expect(collected).toBe(100);
    expect(await remote.receive(message(""))).toMatchObject({ status: "fulfilled" });
  });
});

describe("a kernel at the other end", () => {
  it("asks for what an image names, when it is first used, and names it so again", async () => {
    const { port1, port2 } = new MessageChannel();
    serveKernel({ port: makeWebPort(port1), kernel: makeTestKernel() });
    using remote = connectKernel(makeWebPort(port2));
    const asked: unknown[] = [];
    const located: Capability = {
      [CAPABILITY]: true,
      receive: (sent) => fulfilled(makeMessage(sent.bytes.slice())),
      locator: { ocapn: "a sturdyref" },
    };
    const first = await remote.spawn({ program: BARE, gas: 1e6, memoryBytes: 1 << 20, endowments: { located } });
    const image = await first.freeze();
    const thaw = (resolve: boolean) =>
      remote.thaw({
        image,
        resolveLocator(locator) {
          asked.push(locator);
          return resolve ? located : undefined;
        },
      });
    const [found, lost] = [await thaw(true), await thaw(false)];
    expect(asked).toEqual([]);
    const args = [1, 0, 4, 0, 0];
    await Promise.all([found.resume(), lost.resume()]);
    expect(await found.call("call", args)).toEqual({ kind: "done", results: [Status.fulfilled] });
    expect(await lost.call("call", args)).toEqual({ kind: "done", results: [Status.broken] });
    expect(asked).toEqual([{ ocapn: "a sturdyref" }, { ocapn: "a sturdyref" }]);
    await found.call("call", args);
    expect(asked).toHaveLength(2);
    expect((await found.freeze()).root).not.toBe(image.root);
  });
});
