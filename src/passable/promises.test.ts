import { describe, expect, it } from "vitest";
import type { Answer, Capability, Message } from "./index.ts";
import {
  broken,
  CAPABILITY,
  callCapability,
  capabilityOfAnswer,
  capabilityOfPromise,
  decodeMessage,
  encodeMessage,
  fulfilled,
  isPromiseCapability,
  makeCapability,
  makeMessage,
  NO_TARGET,
  passOn,
  promiseOfCapability,
  rejected,
} from "./index.ts";

const text = (message: Message): string => new TextDecoder().decode(message.bytes);
const say = (words: string, capabilities: readonly Capability[] = []): Message =>
  makeMessage(new TextEncoder().encode(words), capabilities);

describe("promises in messages", () => {
  it("are references, the same one for the same promise, and come back as themselves", () => {
    const promise = Promise.resolve(1);
    const message = encodeMessage([promise, { again: promise }, Promise.resolve(2)]);
    expect(text(message)).toBe('["&0",{"again":"&0"},"&1"]');
    expect(message.capabilities.map(isPromiseCapability)).toEqual([true, true]);
    const [first, { again }] = decodeMessage(message) as [unknown, { again: unknown }];
    expect([first, again]).toEqual([promise, promise]);
    expect(first).toBe(promise);
  });

  it("come from others as promises of JavaScript, and go back as what they were", async () => {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const theirs: Capability = { [CAPABILITY]: true, receive: () => NO_TARGET, settled: () => promise };
    const [value] = decodeMessage(say('["&0"]', [theirs])) as [Promise<unknown>];
    expect(value).toBeInstanceOf(Promise);
    expect(encodeMessage(value).capabilities).toEqual([theirs]);
    expect(promiseOfCapability(theirs as never)).toBe(value);
    resolve(fulfilled(say("[1,2]")));
    expect(await value).toEqual([1, 2]);
  });

  it("that are rejected are no unhandled rejection of the host's", async () => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", listener);
    const bad: Capability = {
      [CAPABILITY]: true,
      receive: () => NO_TARGET,
      settled: async () => broken("ended", "gone"),
    };
    const [value] = decodeMessage(say('["&0"]', [bad])) as [Promise<unknown>];
    encodeMessage([Promise.reject(new Error("mine"))]);
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", listener);
    expect(unhandled).toEqual([]);
    await expect(value).rejects.toMatchObject({ name: "BrokenError", code: "ended" });
  });

  it("say what they come to: a value, an error, or that it cannot be passed", async () => {
    const answerTo = async (promise: Promise<unknown>): Promise<string> => {
      const answer = await capabilityOfPromise(promise).settled?.();
      return answer === undefined || answer.status === "broken" ? "broken" : `${answer.status} ${text(answer.message)}`;
    };
    expect(await answerTo(Promise.resolve("yes"))).toBe('fulfilled "yes"');
    expect(await answerTo(Promise.reject(new RangeError("no")))).toBe('rejected {"#error":"no","name":"RangeError"}');
    expect(await answerTo(Promise.resolve(new Map()))).toMatch(/^rejected .*cannot be passed/);
  });

  it.each([
    ["a reference that is no promise", say('["&0"]', [makeCapability({})])],
    ["a reference to nothing", say('["&1"]', [capabilityOfPromise(Promise.resolve(1))])],
  ])("refuse %s", (_what, message) => {
    expect(() => decodeMessage(message)).toThrow("passable value: a reference to nothing");
  });
});

describe("messages to promises", () => {
  it("wait, in their order, for what the promise comes to, with bytes of their own", async () => {
    const said: unknown[] = [];
    const target = makeCapability({ say: (word) => void said.push(word) });
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const capability = capabilityOfPromise(promise);
    const message = encodeMessage(["say", "one"]);
    const first = capability.receive(message);
    message.bytes.fill(0);
    const second = callCapability(capability, "say", "two");
    resolve(target);
    expect(await first).toMatchObject({ status: "fulfilled" });
    await second;
    expect(said).toEqual(["one", "two"]);
  });

  it.each([
    ['"$0"', 1, true],
    ['"&0"', 1, true],
    ['"$1023"', 1_024, true],
    ['"$1"', 1, false],
    ['"$01"', 2, false],
    ['"$0" ', 1, false],
    ['["$0"]', 1, false],
    ['"!$0"', 1, false],
    ['"$10000"', 1_024, false],
    ["", 1, false],
  ])("go on where the answer is %s with %i capabilities: %s", async (words, count, goesOn) => {
    const target: Capability = { [CAPABILITY]: true, receive: () => fulfilled(say("here")) };
    const answer = say(
      words,
      Array.from({ length: count }, () => target),
    );
    expect(capabilityOfAnswer(answer)).toBe(goesOn ? target : undefined);
    expect(await passOn(fulfilled(answer), say(""))).toEqual(goesOn ? fulfilled(say("here")) : NO_TARGET);
  });

  it("get the answer of a promise that failed", () => {
    for (const answer of [rejected(say("no")), broken("lost", "gone")]) expect(passOn(answer, say(""))).toBe(answer);
  });
});
