/**
 * What a session waits for, and what is left of that on promises which outlive it.
 *
 * @module
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { Tagged } from "../../passable/index.ts";
import { turn } from "../client/fixture.conformance.ts";
import { quiet } from "../eventual/reactions.ts";
import { Waits } from "./waits.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** A promise that counts what reacts to it. */
function makeCounted() {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const counted = { promise, resolve, reject, reactions: 0 };
  const { then } = promise;
  // biome-ignore lint/suspicious/noThenProperty: it counts
  Object.defineProperty(promise, "then", {
    value(...args: Parameters<typeof then>) {
      counted.reactions += 1;
      return then.apply(promise, args);
    },
  });
  return counted;
}

describe("what waits", () => {
  it("is told in its order, by one reaction for each promise", async () => {
    const counted = makeCounted();
    const [waits, log] = [new Waits(), [] as unknown[]];
    for (const at of [1, 2, 3]) waits.add(counted.promise, (name, value) => log.push([at, name, value]));
    expect(counted.reactions).toBe(1);
    counted.reject("no");
    await turn();
    expect(log).toEqual([1, 2, 3].map((at) => [at, "break", "no"]));
    waits.add(counted.promise, (name, value) => log.push([name, value]));
    await turn();
    expect(log.at(-1)).toEqual(["break", "no"]);
  });

  it("is told that the session is over, once, and is not held any more", async () => {
    const counted = makeCounted();
    const waits = new Waits();
    const log: unknown[] = [];
    const add = (): WeakRef<object> => {
      const waiter = (name: string, value: unknown): void => {
        log.push([name, value]);
      };
      waits.add(counted.promise, waiter);
      return new WeakRef(waiter);
    };
    const before = add();
    waits.end("over");
    const after = add();
    await turn();
    collectGarbage();
    expect([before.deref(), after.deref()]).toEqual([undefined, undefined]);
    counted.reject(new Error("nobody looks"));
    await turn();
    expect(log).toEqual([["break", "over"]]);
  });

  it("leaves no more reactions than there were sessions at once, however many come", async () => {
    const counted = makeCounted();
    const log: number[] = [];
    for (let at = 0; at < 10; at += 1) {
      const two = [new Waits(), new Waits()];
      for (const waits of two) waits.add(counted.promise, (name) => name === "fulfill" && log.push(at));
      if (at < 9) for (const waits of two) waits.end("over");
    }
    expect(counted.reactions).toBe(2);
    counted.resolve(undefined);
    await turn();
    expect(log).toEqual([9, 9]);
  });
});

describe("values that reach nobody", () => {
  it("stop nobody by promises in them that break, at whatever depth, also in what these come to", async () => {
    const late = Promise.withResolvers<unknown>();
    const reject = () => Promise.reject(new Error("nobody looks"));
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const circle: unknown[] = [proxy, late.promise];
    circle.push(circle, { field: [reject()] }, new Tagged("tag", reject()), Promise.resolve({ later: reject() }));
    quiet(circle);
    quiet(reject());
    late.resolve([reject()]);
    // An unhandled rejection fails the run.
    await turn();
    await turn();
  });

  it("may lead back to a promise that came to them: that is looked at once", async () => {
    const counted = makeCounted();
    const list: unknown[] = [counted.promise];
    counted.resolve(list);
    quiet(list);
    await turn();
    quiet(list);
    await turn();
    expect(counted.reactions).toBe(1);
  });

  it("have one reaction for each of their promises, and are not asked for what they make up", () => {
    const counted = makeCounted();
    const value = {
      get field(): never {
        throw new Error("it was asked");
      },
      promise: counted.promise,
    };
    for (let at = 0; at < 3; at += 1) quiet([value, value]);
    expect(counted.reactions).toBe(1);
    const waits = new Waits();
    waits.add(counted.promise, () => {});
    expect(counted.reactions).toBe(1);
  });
});
