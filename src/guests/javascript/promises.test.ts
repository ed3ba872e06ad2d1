import { describe, expect, it } from "vitest";
import { failureOf, makeTestHost, type TestHost, throughImage } from "../../../test/support/javascript.ts";
import { type Answer, type Capability, fulfilled, limits, type Message } from "../../kernel/index.ts";
import {
  CAPABILITY,
  decodeMessage,
  encodeMessage,
  makeCapability,
  makeSelector,
  type PendingAnswer,
  Selector,
} from "../../passable/index.ts";
import { makeJavaScriptInstance } from "./index.ts";

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Answers when it is told to, and takes messages for its answers before; `said` is what it was sent, in order. */
function makeFar(): {
  readonly far: Capability;
  readonly said: unknown[];
  answer(index: number, value: unknown): void;
} {
  const said: unknown[] = [];
  const pending: ((answer: Answer) => void)[] = [];
  const makeEnd = (path: string): Capability => ({
    [CAPABILITY]: true,
    receive(message: Message): PendingAnswer {
      const [method, ...args] = decodeMessage(message) as unknown[];
      said.push([path, method, ...args]);
      const { promise, resolve } = Promise.withResolvers<Answer>();
      pending.push(resolve);
      return Object.assign(promise, { pipeline: makeEnd(`${path}.${String(method)}`) });
    },
    receiveOnly: (message: Message) => void said.push([path, "only", ...(decodeMessage(message) as unknown[])]),
  });
  const answer = (index: number, value: unknown): void => pending[index]?.(fulfilled(encodeMessage(value)));
  return { far: makeEnd("far"), said, answer };
}

describe("eventual sends of a guest", () => {
  it("to a promise that is not settled are sent at once, however long the chain", async () => {
    const { far, said, answer } = makeFar();
    const js = makeTestHost().spawn({ endowments: { far } });
    const result = js.evaluate(`
      globalThis.far = caper.power("far");
      const end = E(E(E(far).a(1)).b(2)).c(3);
      E.sendOnly(E(far).d()).e({ f: 4 });
      E.sendOnly(far).g();
      globalThis.result = async () => await end;
    `);
    await result;
    expect(said).toEqual([
      ["far", "a", 1],
      ["far.a", "b", 2],
      ["far.a.b", "c", 3],
      ["far", "d"],
      ["far.d", "e", { f: 4 }],
      ["far", "only", "g"],
    ]);
    answer(2, "the end");
    expect(await js.call("result")).toBe("the end");
  });

  it("to a promise that comes to a value do locally what they would do later", async () => {
    const host = makeTestHost();
    const lists = makeCapability({
      list: async () => ["b", "a"],
      struct: async () => ({ name: "n", items: [5, 6] }),
      none: async () => undefined,
      fails: async () => {
        throw new RangeError("out of lists");
      },
    });
    const js = host.spawn({ endowments: { lists } });
    await js.evaluate(`
      const lists = caper.power("lists");
      globalThis.run = async () => {
        const list = E(lists).list(), struct = E(lists).struct();
        const early = [E(list).join("-"), E.get(struct).name, E(E.get(struct).items).at(1), E.get(E.get(struct).items)[0]];
        await list;
        const late = [E(list).join("-"), E.get(struct).name, E(E.get(struct).items).at(1), E.get(E.get(struct).items)[0]];
        return [await Promise.all(early), await Promise.all(late)];
      };
      globalThis.bad = async (how) => {
        const none = E(lists).none();
        if (how === "method") return E(none).x();
        if (how === "field") return E.get(none).x;
        if (how === "missing") return E.get(E(lists).struct()).other;
        return E(E(lists).fails()).x();
      };
      globalThis.when = () => E.when(E(lists).list(), (list) => list.length);
    `);
    const expected = ["b-a", "n", 6, 5];
    expect(await js.call("run")).toEqual([expected, expected]);
    expect((await failureOf(js.call("bad", "method"))).message).toBe('no method "x"');
    expect((await failureOf(js.call("bad", "field"))).message).toBe('get: no field "x"');
    expect((await failureOf(js.call("bad", "missing"))).message).toBe('get: no field "other"');
    expect(await failureOf(js.call("bad", "broken"))).toMatchObject({ name: "RangeError", message: "out of lists" });
    expect(await js.call("when")).toBe(2);
  });

  it("to one promise arrive in their order, whatever it comes to and however early somebody waits for it", async () => {
    const { promise: gate, resolve: openGate } = Promise.withResolvers<void>();
    const said: unknown[] = [];
    const js = makeTestHost().spawn({
      endowments: {
        host: makeCapability({
          async mirror(value: unknown) {
            await gate;
            return value;
          },
          say: (...words: unknown[]) => void said.push(words),
        }),
      },
    });
    await js.evaluate(`
      const host = caper.power("host");
      const log = [];
      const own = Far("own", { say: (word) => log.push(word) });
      const send = async (promise) => { await promise; E(promise).say("late"); };
      const targets = [E(host).mirror(own), E.get(E(host).mirror([own]))[0], E.get(E.get(E(host).mirror([[host]]))[0])[0]];
      for (const target of targets) {
        void send(target);
        E(target).say("one");
        E.sendOnly(target).say("only");
        E(target).say("two");
      }
      globalThis.read = () => log;
    `);
    openGate();
    await settle();
    const own = (await js.call("read")) as string[];
    expect(own.join()).toBe("one,only,two,late,one,only,two,late");
    expect(said.flat().join()).toBe("one,only,two,late");
  });

  it("stay in order when more of them wait than may wait in the kernel", async () => {
    const { promise, resolve } = Promise.withResolvers<Capability>();
    const said: unknown[] = [];
    const js = makeTestHost().spawn({ endowments: { later: makeCapability(() => promise) } });
    const count = limits.MAILBOX_TURNS_MAX + 500;
    await js.evaluate(`
      const target = E(caper.power("later"))();
      const all = [];
      for (let i = 0; i < ${count}; i++) all.push(E(target).say(i));
      globalThis.all = () => Promise.all(all);
    `);
    resolve(makeCapability({ say: (number) => said.push(number) }));
    const answers = (await js.call("all")) as number[];
    expect(answers).toHaveLength(count);
    expect(said).toEqual(Array.from({ length: count }, (_, index) => index));
  });

  it("without an answer go anywhere, and tell of no failure that is the callee's", async () => {
    const said: unknown[] = [];
    const host = makeTestHost();
    const js = host.spawn({
      endowments: {
        ear: makeCapability({
          say: (word) => void said.push(word),
          fail() {
            throw new Error("nobody hears");
          },
        }),
      },
    });
    await js.evaluate(`
      const ear = caper.power("ear");
      E.sendOnly(ear).say("one");
      E.sendOnly(Promise.resolve(ear)).say("two");
      E.sendOnly(ear).fail();
      E.sendOnly({}).fail();
      globalThis.heard = [];
      E.sendOnly(Far("own", { say: (word) => heard.push(word) })).say("three");
      globalThis.bad = () => E.sendOnly(ear).say(new Map());
    `);
    expect(said).toEqual(["one", "two"]);
    expect(await js.evaluate("heard")).toEqual(["three"]);
    expect((await failureOf(js.call("bad"))).message).toContain("instance of Map");
    expect(host.logged).toEqual([]);
  });
});

describe("promises of a guest", () => {
  async function withMirror(host: TestHost, memoryBytes = 64 << 20) {
    const seen: unknown[] = [];
    const mirror = makeCapability({
      take: (...values) => void seen.push(...values),
      same: (value) => [value],
    });
    const js = host.spawn({ endowments: { mirror }, memoryBytes });
    await js.evaluate(`globalThis.mirror = caper.power("mirror")`);
    return { js, seen };
  }

  it("cross as promises, settled or not, and settle there", async () => {
    const { js, seen } = await withMirror(makeTestHost());
    await js.evaluate(`
      const { promise, resolve, reject } = Promise.withResolvers();
      const other = Promise.withResolvers();
      Object.assign(globalThis, { resolve, fail: other.reject });
      mirror.take(promise, { inside: [promise] }, Promise.resolve({ a: 1 }), other.promise);
    `);
    const [promise, { inside }, done, failing] = seen as [unknown, { inside: unknown[] }, unknown, unknown];
    expect(inside[0]).toBe(promise);
    expect(promise).toBeInstanceOf(Promise);
    expect(await done).toEqual({ a: 1 });
    await js.call("resolve", "late");
    await js.call("fail", "no");
    expect(await promise).toBe("late");
    expect((await failureOf(failing as Promise<unknown>)).message).toBe("no");
  });

  it("stay themselves on their way out and back, and are no place in the c-list once they are gone", async () => {
    const { js } = await withMirror(makeTestHost(), 6 << 20);
    await js.evaluate(`
      globalThis.same = () => {
        const { promise } = Promise.withResolvers();
        const [back] = mirror.same(promise), [again] = mirror.same(promise);
        return back === promise && again === promise;
      };
      globalThis.many = async (count) => {
        for (let i = 0; i < count; i++) mirror.take(Promise.resolve("x".repeat(1000)));
        await null;
      };
    `);
    expect(await js.call("same")).toBe(true);
    const before = js.process.inspect().clistSize;
    // 8 MB of answers, in a process that may have 6 MiB waiting.
    for (let round = 0; round < 8; round++) await js.call("many", 1_000);
    await js.evaluate("0");
    expect(js.process.inspect().clistSize).toBeLessThanOrEqual(before + 2);
  });

  it("that the host gives are settled by the host, and go home as themselves", async () => {
    const host = makeTestHost();
    const { js, seen } = await withMirror(host);
    const { promise, resolve } = Promise.withResolvers<unknown>();
    await js.evaluate(`
      globalThis.keep = (list) => { globalThis.kept = list[0]; mirror.take(kept, list[0]); };
      globalThis.value = async () => "got " + await kept;
    `);
    await js.call("keep", [promise]);
    expect(seen).toEqual([promise, promise]);
    const value = js.call("value");
    resolve("it");
    expect(await value).toBe("got it");
    // A promise that nobody looks at is no failure of the guest.
    await js.call("keep", [Promise.reject(new Error("ignored"))]);
    await settle();
    await js.evaluate("0");
    expect([host.logged, host.faults]).toEqual([[], []]);
  });

  it("go from guest to guest: to children and back, and to processes of other trees", async () => {
    const host = makeTestHost();
    const [left, right] = [host.spawn(), host.spawn()];
    await right.evaluate(`globalThis.service = Far("service", {
      async twice(promise) { return 2 * await promise; },
      later() { globalThis.gate ??= Promise.withResolvers(); return [gate.promise]; },
      open() { gate.resolve(Far("room", { name: () => "inner" })); },
    });`);
    await left.set({ service: await right.evaluate("service") });
    await left.evaluate(`
      const child = caper.spawn(\`
        let kept;
        function keep(list) { kept = list[0]; }
        async function read() { return "child has " + await kept; }
        function give() { globalThis.own = Promise.withResolvers(); return { own: own.promise }; }
        function settle(value) { own.resolve(value); }
      \`, { gas: 1e9, memoryBytes: 8e6 });
      globalThis.childRound = async () => {
        const { promise, resolve } = Promise.withResolvers();
        child.call("keep", [promise]);
        const reading = child.send("read");
        resolve("my value");
        const { own } = child.call("give");
        const twice = E(own).map((x) => x * 2);
        child.call("settle", [1, 2]);
        return [await reading, await own, await twice];
      };
      globalThis.farRound = async () => {
        const { promise, resolve } = Promise.withResolvers();
        const twice = E(service).twice(promise);
        resolve(21);
        const [room] = await E(service).later();
        const name = E(room).name();
        await E(service).open();
        return [await twice, await name];
      };
    `);
    expect(await left.call("childRound")).toEqual(["child has my value", [1, 2], [2, 4]]);
    expect(await left.call("farRound")).toEqual([42, "inner"]);
    expect(host.faults).toEqual([]);
  });

  it("are in images, both those that it gave and those that it got", async () => {
    const host = makeTestHost();
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const given: unknown[] = [];
    const taker = makeCapability({ take: (value) => void given.push(value) });
    const js = host.spawn({ endowments: { taker } });
    await js.evaluate(`
      const gate = Promise.withResolvers();
      const child = caper.spawn("let kept; function keep(list) { kept = list[0] } async function read() { return 'child: ' + await kept }", { gas: 1e9, memoryBytes: 8e6 });
      child.call("keep", [gate.promise]);
      const reading = child.send("read");
      globalThis.take = (list) => { globalThis.got = list[0]; globalThis.said = E(got).name(); };
      globalThis.finish = async () => { gate.resolve("opened"); return [await reading, await said, await got === null]; };
    `);
    await js.call("take", [promise]);
    const image = throughImage(js.process.freeze());
    const { outstanding } = js.process;
    const thawed = makeJavaScriptInstance(
      makeTestHost().kernel.thaw(image, {
        resolveCall: ({ callId }) => outstanding.find((call) => call.callId === callId)?.answer,
        resolveLocator: () => taker,
      }),
    );
    const finished = thawed.call("finish");
    resolve(makeCapability({ name: () => "named after the thaw" }));
    // The one who froze it has handed on the answers, and that to the message that was under way.
    expect(await finished).toEqual(["child: opened", "named after the thaw", false]);
    const alone = makeJavaScriptInstance(makeTestHost().kernel.thaw(image, { resolveLocator: () => taker }));
    expect((await failureOf(alone.call("finish"))).message).toContain("under way when its caller was frozen");
    await alone.evaluate("globalThis.reread = () => reading");
    expect(await alone.call("reread")).toBe("child: opened");
  });

  it("end a program when they are all that it waits for, once they are settled", async () => {
    const { far, answer } = makeFar();
    const js = makeTestHost().spawn({ endowments: { far } });
    await js.import("main.js", {
      "main.js": `
        export const chain = E(E(caper.power("far")).a()).b();
        export async function end() { return E.get(chain).length }`,
    });
    const length = js.call("end");
    await settle();
    answer(2, 7);
    expect(await length).toBe(7);
  });
});

describe("symbols", () => {
  it("cross both ways as values with a name, and are strings nowhere", async () => {
    const js = makeTestHost().spawn();
    await js.evaluate(`
      globalThis.look = (value) => [caper.isSymbol(value), value.name, Object.isFrozen(value), typeof value];
      globalThis.make = (name) => [caper.symbol(name), { in: caper.symbol(name) }, name, "'" + name];
      globalThis.echo = (value) => value;
    `);
    expect(await js.call("look", makeSelector("fetch"))).toEqual([true, "fetch", true, "object"]);
    expect(await js.call("look", { name: "fetch" })).toEqual([false, "fetch", false, "object"]);
    for (const name of ["", "a", "'", "!x", "#undefined", "grün 😀"]) {
      const [symbol, { in: inner }, ...texts] = (await js.call("make", name)) as [Selector, { in: Selector }, string];
      expect([symbol, inner]).toEqual([makeSelector(name), makeSelector(name)]);
      expect(symbol).toBeInstanceOf(Selector);
      expect(texts).toEqual([name, `'${name}`]);
      expect(js.callSync("echo", [[symbol, name]])).toEqual([symbol, name]);
    }
  });
});
