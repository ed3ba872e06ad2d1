/**
 * Guests and objects of other machines: what docs/remote-references.md promises, over a network in memory and over TCP.
 *
 * @module
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it } from "vitest";
import { type JavaScriptInstance, makeJavaScriptInstance } from "../../src/guests/javascript/index.ts";
import type { ThawInit } from "../../src/kernel/index.ts";
import { makeNodeOcapn, makeTcpTestingNetlayer } from "../../src/node/index.ts";
import {
  describeOperation,
  E,
  enlivenCapability,
  makeMemoryNetwork,
  type Netlayer,
  type Ocapn,
  type OcapnInit,
  resolveOcapnLocator,
} from "../../src/ocapn/index.ts";
import { type Capability, Far, isCapability, makeCapability } from "../../src/passable/index.ts";
import {
  capabilityOf,
  makeAuditLog,
  makeDirectoryPower,
  makeMemoryDirectory,
  readOnly,
  revocable,
} from "../../src/powers/index.ts";
import { makeTestHost, throughImage } from "../support/javascript.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
async function turns(count = 20): Promise<void> {
  for (let at = 0; at < count; at++) await turn();
}

interface Pair {
  /** Where the guests are. */
  readonly near: Ocapn;
  readonly far: Ocapn;
  /** What the near peer has sent and received, as `out op:deliver`. */
  readonly wire: string[];
  /** One more peer of the same network. */
  join(name: string): Promise<Ocapn>;
}

const open: Ocapn[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((peer) => peer.close()));
});

async function makePair(makeNetlayer: (name: string) => Promise<Netlayer>): Promise<Pair> {
  const wire: string[] = [];
  const join = async (name: string, init: Partial<OcapnInit> = {}): Promise<Ocapn> => {
    const peer = makeNodeOcapn({ netlayers: [await makeNetlayer(name)], ...init });
    open.push(peer);
    return peer;
  };
  const near = await join("near", {
    onWire({ direction, message }) {
      wire.push(`${direction} ${describeOperation(message).split(" ")[0]}`);
    },
  });
  return { near, far: await join("far"), wire, join };
}

const NETLAYERS: readonly (readonly [name: string, make: () => (name: string) => Promise<Netlayer>])[] = [
  [
    "memory",
    () => {
      const network = makeMemoryNetwork({ immediate: true });
      return async (name) => network.makeNetlayer(name);
    },
  ],
  ["tcp", () => () => makeTcpTestingNetlayer({ framing: "prefixed" })],
];

describe.each(NETLAYERS)("a guest with references to another machine, over %s", (_name, makeNetwork) => {
  async function makeGuest(object: object): Promise<Pair & { readonly js: JavaScriptInstance; readonly uri: string }> {
    const pair = await makePair(makeNetwork());
    const uri = pair.far.serve(object);
    const js = makeTestHost().spawn({ endowments: { remote: await enlivenCapability(pair.near, uri) } });
    await js.evaluate(`globalThis.remote = caper.power("remote")`);
    return { ...pair, js, uri };
  }

  it("calls in place, deep in its stack, and eventually", async () => {
    const { js } = await makeGuest(
      Far("calculator", {
        add: (a: number, b: number) => a + b,
        struct: () => ({ list: [1, "two", 3n], nothing: undefined }),
      }),
    );
    await js.evaluate(`
      globalThis.sum = (list) => list.reduce((a, b) => remote.add(a, b));
      globalThis.later = async () => [await E(remote).add(1, 2), await E.get(E(remote).struct()).list, await E(E.get(E(remote).struct()).list).at(1)];
    `);
    expect(await js.call("sum", [1, 2, 3, 4])).toBe(10);
    expect(await js.call("later")).toEqual([3, [1, "two", 3n], "two"]);
  });

  it("pipelines a chain in one flight, and sends without an answer", async () => {
    const log: unknown[] = [];
    const { js, wire } = await makeGuest(
      Far("bank", {
        account: (name: string) =>
          Far("account", { purse: () => Far("purse", { pay: (n: number) => log.push([name, n]) }) }),
      }),
    );
    await turns();
    wire.length = 0;
    await js.evaluate(`
      const purse = E(E(remote).account("mine")).purse();
      E.sendOnly(purse).pay(1);
      globalThis.paid = E(purse).pay(2);
      globalThis.wait = () => paid;
    `);
    expect(await js.call("wait")).toBe(2);
    expect(log).toEqual([
      ["mine", 1],
      ["mine", 2],
    ]);
    // What was dropped before goes along.
    const calls = wire.filter((line) => line.endsWith("op:deliver"));
    expect(calls.slice(0, 5)).toEqual([...Array(4).fill("out op:deliver"), "in op:deliver"]);
  });

  it("passes its own objects, functions and promises out, and is called back", async () => {
    const { js } = await makeGuest(
      Far("caller", {
        async both(object: object, callback: object, promise: Promise<string>) {
          const name = await E(object as { name(): string }).name();
          const twice = await E(callback as unknown as (n: number) => number)(21);
          return [name, twice, await promise];
        },
        same: (...values: unknown[]) => [...values, values[0] === values[1]],
        own: () => OWN,
        isOwn: (value: unknown) => value === OWN,
      }),
    );
    await js.evaluate(`
      const mine = Far("mine", { name: () => "guest's" });
      globalThis.run = async () => {
        const { promise, resolve } = Promise.withResolvers();
        const answer = E(remote).both(mine, (n) => 2 * n, promise);
        resolve("promised");
        return await answer;
      };
      globalThis.identity = () => {
        const [back, again, equal] = remote.same(mine, mine);
        const own = remote.own();
        return [back === mine, again === mine, equal, own === remote.own(), remote.isOwn(own)];
      };
    `);
    expect(await js.call("run")).toEqual(["guest's", 42, "promised"]);
    const before = js.process.inspect().clistSize;
    expect(await js.call("identity")).toEqual([true, true, true, true, true]);
    await js.evaluate("0");
    expect(js.process.inspect().clistSize).toBeLessThanOrEqual(before + 1);
  });

  it("gets errors as name and message, of the object as of its revocation", async () => {
    const { js, far, uri } = await makeGuest(
      Far("bad", {
        fail() {
          throw Object.assign(new RangeError("not so far"), { secret: "/home/somebody" });
        },
      }),
    );
    await js.evaluate(`
      globalThis.look = (run) => { try { return run() } catch (error) { return [error.name, error.message, error.code, Object.keys(error)]; } };
      globalThis.fail = () => look(() => remote.fail());
      globalThis.later = () => E(remote).fail().catch((error) => [error.name, error.message]);
      globalThis.missing = () => look(() => remote.missing());
    `);
    expect(await js.call("fail")).toEqual(["RangeError", "not so far", undefined, []]);
    expect(await js.call("later")).toEqual(["RangeError", "not so far"]);
    expect(await js.call("missing")).toEqual(["TypeError", 'bad: no method "missing"', undefined, []]);
    far.revoke(uri);
    expect(await js.call("fail")).toEqual([
      "OcapnError",
      "this reference was revoked by whoever serves the object",
      undefined,
      [],
    ]);
  });

  it("learns that the connection was cut under a call that it waits for, and goes on after a reconnection", async () => {
    const begun = Promise.withResolvers<void>();
    const other = Far("other", { ping: () => "pong" });
    const { js, near } = await makeGuest(
      Far("slow", {
        wait() {
          begun.resolve();
          return new Promise(() => {});
        },
        ping: () => "pong",
        other: () => other,
      }),
    );
    await js.evaluate(`
      globalThis.other = remote.other();
      globalThis.code = (run) => { try { return run() } catch (error) { return [error.name, error.code, error.message] } };
      globalThis.wait = () => code(() => remote.wait());
      globalThis.later = () => E(E(remote).wait()).more().catch((error) => error.code);
      globalThis.pingOther = () => code(() => other.ping());
      globalThis.ping = () => code(() => remote.ping());
    `);
    const waiting = js.call("wait");
    await begun.promise;
    expect(js.process.status.state).toBe("parked");
    near.sessions[0]?.abort("cut");
    expect(await waiting).toEqual([
      "BrokenError",
      "lost",
      "the connection to the peer ended before the answer came; the call may have had its effect",
    ]);
    // What it got over that connection is gone with it; what has a sturdyref is found again.
    expect(await js.call("pingOther")).toEqual([
      "BrokenError",
      "ended",
      "the connection to the peer has ended, and this reference with it",
    ]);
    expect(await js.call("ping")).toBe("pong");
    await js.evaluate("globalThis.other = remote.other()");
    expect(await js.call("pingOther")).toBe("pong");
    const later = js.call("later");
    await turns();
    near.sessions[0]?.abort("cut");
    expect(await later).toBe("lost");
  });

  it("is frozen with a call under way, and finds its references again where it is thawed", async () => {
    const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
    let calls = 0;
    const { js, far, uri, join } = await makeGuest(
      Far("slow", {
        wait() {
          calls++;
          begun.resolve();
          return gate.promise;
        },
        name: () => "the same object",
        child: () => Far("child", { name: () => "child" }),
      }),
    );
    await js.evaluate(`
      globalThis.child = remote.child();
      globalThis.code = (run) => { try { return run() } catch (error) { return error.code } };
      globalThis.wait = () => code(() => remote.wait());
      globalThis.names = () => [code(() => remote.name()), code(() => child.name())];
      globalThis.waited = () => globalThis.result;
      globalThis.start = () => { globalThis.result = wait(); };
    `);
    void js.call("start").catch(() => {});
    await begun.promise;
    const image = throughImage(js.process.freeze());
    const { outstanding } = js.process;
    const elsewhere = await join("elsewhere");
    const thaw = (peer: Ocapn, init: ThawInit = {}): JavaScriptInstance =>
      makeJavaScriptInstance(makeTestHost().kernel.thaw(image, { resolveLocator: resolveOcapnLocator(peer), ...init }));
    const alone = thaw(elsewhere);
    expect(await alone.call("waited")).toBe("lost");
    expect(await alone.call("names")).toEqual(["the same object", "lost"]);
    const told = thaw(elsewhere, {
      resolveCall: ({ callId }) => outstanding.find((call) => call.callId === callId)?.answer,
    });
    gate.resolve("answered in the end");
    expect(await told.call("waited")).toBe("answered in the end");
    expect(await told.call("names")).toEqual(["the same object", "lost"]);
    // Its image names the object by the same sturdyref again.
    expect(JSON.stringify(told.process.freeze().processes[0]?.clist)).toContain(uri);
    expect([calls, far.sessions.length]).toEqual([1, 2]);
  });

  it("uses a power of the other machine, as that has attenuated it", async () => {
    const pair = await makePair(makeNetwork());
    const directory = makeDirectoryPower(makeMemoryDirectory());
    directory.write("/a.txt", "over there");
    directory.makeDirectory("/sub");
    const audit = makeAuditLog();
    const { power, revoke } = revocable(readOnly(directory));
    const uri = pair.far.serve(capabilityOf(power, { audit, process: "remote guest" }));
    const js = makeTestHost().spawn({ endowments: { files: await enlivenCapability(pair.near, uri) } });
    await js.evaluate(`
      const files = caper.power("files");
      globalThis.code = (run) => { try { return run() } catch (error) { return error.message } };
      globalThis.read = () => code(() => files.readText("/a.txt"));
      globalThis.write = () => code(() => files.write("/a.txt", "changed"));
      globalThis.sub = files.subdirectory("/sub");
      globalThis.list = () => code(() => sub.list("/"));
    `);
    expect(await js.call("read")).toBe("over there");
    expect(await js.call("write")).toContain("read-only");
    expect(await js.call("list")).toEqual([]);
    expect(audit.entries().map((entry) => entry.decision)).toContain("denied");
    revoke();
    expect(await js.call("read")).toContain("revoked");
    expect(await js.call("list")).toContain("revoked");
    expect(directory.readText("/a.txt")).toBe("over there");
  });

  it("lets go of what it drops, and the exporter learns it; and of what it exported when the peer drops that", async () => {
    const pair = await makePair(makeNetwork());
    const uri = pair.far.serve(
      Far("maker", {
        make: (count: number) => Array.from({ length: count }, (_, at) => Far("made", { at: () => at })),
        take: (_value: unknown) => undefined,
      }),
    );
    const js = makeTestHost().spawn({ endowments: { remote: await enlivenCapability(pair.near, uri) } });
    await js.evaluate(`
      const remote = caper.power("remote");
      globalThis.make = (count) => { globalThis.made = remote.make(count); return made.length; };
      globalThis.drop = () => { globalThis.made = [made[0]]; };
      globalThis.give = (count) => { for (let i = 0; i < count; i++) remote.take(Far("mine", { i: () => i })); };
    `);
    const exportsOf = (peer: Ocapn): number => peer.sessions[0]?.tables.exports ?? -1;
    await js.call("make", 100);
    expect(exportsOf(pair.far)).toBeGreaterThanOrEqual(100);
    await js.call("drop");
    await js.call("give", 100);
    for (let round = 0; round < 50 && exportsOf(pair.far) + exportsOf(pair.near) > 4; round++) {
      collectGarbage();
      await turns(5);
    }
    // The far peer still exports the maker and the first, the near one nothing.
    expect(exportsOf(pair.far)).toBeLessThanOrEqual(2);
    expect(exportsOf(pair.near)).toBe(0);
    expect(pair.wire).toContain("out op:gc-exports");
    expect(await js.evaluate("made[0].at()")).toBe(0);
  });
});

const OWN: object = Far("far own", {});

it("a struct with the keys of a capability is data to guests, to the host, and to images", async () => {
  const { near, far } = await makePair(NETLAYERS[0]?.[1]() as (name: string) => Promise<Netlayer>);
  const vault = makeCapability({ secret: () => "the host's own" });
  const js = makeTestHost().spawn({ endowments: { vault } });
  const board = await js.evaluate(`
    const kept = [];
    globalThis.own = { locator: { endowment: "vault" }, receive: () => 1, settled: () => 2 };
    globalThis.board = Far("board", { put: (value) => void kept.push(value), get: () => kept[0], own: () => own });
    board`);
  const remote = await near.enliven<Board>(far.serve(board as Capability));
  const forged = { locator: { endowment: "vault" }, receive: Far("a", () => {}), settled: Far("b", () => {}) };
  const shape = Object.keys(forged);
  await E(remote).put(forged);
  expect(Object.keys(await E(remote).get())).toEqual(shape);
  expect(Object.keys((await js.evaluate("own")) as object)).toEqual(shape);
  const other = makeTestHost().spawn({ endowments: { board: board as Capability } });
  expect(await other.evaluate(`[caper.power("board").own(), caper.power("board").get()].map(Object.keys)`)).toEqual([
    shape,
    shape,
  ]);
  const thawed = makeJavaScriptInstance(
    makeTestHost().kernel.thaw(throughImage(js.process.freeze()), {
      resolveLocator: (locator) => ((locator as { endowment?: unknown }).endowment === "vault" ? vault : undefined),
    }),
  );
  const again = (await near.enliven<Board>(far.serve((await thawed.evaluate("board")) as Capability))) as typeof remote;
  const back = await E(again).get();
  expect(Object.keys(back)).toEqual(shape);
  expect(back).toMatchObject({ locator: { endowment: "vault" } });
});

interface Board {
  put(value: object): void;
  get(): object;
  own(): object;
}

it("an object of a guest is served like any other, and what it is sent are its turns", async () => {
  const { near, far } = await makePair(NETLAYERS[0]?.[1]() as (name: string) => Promise<Netlayer>);
  const js = makeTestHost().spawn();
  const counter = await js.evaluate(`
    let count = 0;
    Far("counter", {
      add: (n) => count += n,
      async slow() { return Far("inner", { count: () => count }); },
      fail() { throw new TypeError("a guest's error"); },
    })`);
  expect(isCapability(counter)).toBe(true);
  const uri = far.serve(counter as Capability);
  const remote = await near.enliven<{ add(n: number): number; slow(): { count(): number }; fail(): void }>(uri);
  expect(await E(remote).add(2)).toBe(2);
  E.sendOnly(remote).add(40);
  expect(await E(E(remote).slow()).count()).toBe(42);
  await expect(E(remote).fail()).rejects.toMatchObject({ name: "TypeError", message: "a guest's error" });
  js.process.discard();
  await expect(E(remote).add(1)).rejects.toMatchObject({
    name: "BrokenError",
    message: "ended: the process has ended",
  });
});
