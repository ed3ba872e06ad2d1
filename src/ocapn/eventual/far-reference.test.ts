/**
 * What can be done with a far reference without a message, and without a failure.
 *
 * @module
 */
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { Far, passStyleOf } from "../../passable/index.ts";
import { reasonOf, usePeers } from "../client/fixture.conformance.ts";
import { E } from "./e.ts";

const makePeers = usePeers();

interface Door {
  open(): string;
  inspect(): string;
  call(value: number): number;
  name(): string;
  length(): number;
}

async function makeDoor() {
  const peers = makePeers();
  const [alice, bob] = [peers.make("alice"), peers.make("bob")];
  const object = Far("door", {
    open: () => "opened",
    inspect: () => "by name",
    call: (value: number) => value + 1,
    name: () => "door",
    length: () => 2,
  });
  const door = await alice.ocapn.enliven<Door>(bob.ocapn.serve(object));
  await peers.settle();
  peers.takeWire("alice");
  return { peers, door, value: door as unknown as object };
}

describe("a far reference", () => {
  it("has its methods by name, whatever a function has of that name", async () => {
    const { door } = await makeDoor();
    expect(await door.open()).toBe("opened");
    expect(await door.call(1)).toBe(2);
    expect(await door.name()).toBe("door");
    expect(await door.length()).toBe(2);
    const { open } = door;
    expect(await open()).toBe("opened");
  });

  it.each<readonly [string, (value: object) => unknown, unknown]>([
    ["await", async (value) => (await value) === value, true],
    ["Promise.resolve", async (value) => (await Promise.resolve(value)) === value, true],
    ["then", (value) => (value as { then?: unknown }).then, undefined],
    ["JSON.stringify", (value) => JSON.stringify({ value, list: [value] }), '{"list":[null]}'],
    ["String", (value) => `${String(value)} ${value as unknown as string}`, "[far object 1] [far object 1]"],
    ["typeof", (value) => typeof value, "function"],
    ["instanceof Function", (value) => value instanceof Function, false],
    ["instanceof Object", (value) => value instanceof Object, false],
    ["instanceof Promise", (value) => value instanceof Promise, false],
    ["its prototype", (value) => Object.getPrototypeOf(value) as unknown, null],
    ["Object.keys", (value) => Object.keys(value), []],
    ["Reflect.ownKeys", (value) => Reflect.ownKeys(value), []],
    ["spreading", (value) => ({ ...value }), {}],
    ["Object.entries", (value) => Object.entries(value), []],
    ["in", (value) => "open" in value, false],
    ["own properties", (value) => Object.getOwnPropertyDescriptor(value, "open"), undefined],
    [
      "symbols",
      (value) =>
        [Symbol.iterator, Symbol.asyncIterator, Symbol.toStringTag, Symbol.toPrimitive].map(
          (symbol) => Reflect.get(value, symbol) as unknown,
        ),
      Array(4).fill(undefined),
    ],
    ["comparing", (value) => [Object.is(value, value), new Set([value, value]).size], [true, 1]],
    ["Array.isArray", (value) => Array.isArray(value), false],
    [
      "structuredClone",
      (value) => {
        try {
          return structuredClone(value) as unknown;
        } catch (error) {
          return (error as Error).name;
        }
      },
      "DataCloneError",
    ],
    ["its style", (value) => passStyleOf(value), "remotable"],
    ["setting", (value) => Reflect.set(value, "open", 1), false],
    ["defining", (value) => Reflect.defineProperty(value, "open", { value: 1 }), false],
    ["deleting", (value) => Reflect.deleteProperty(value, "open"), true],
    ["changing the prototype", (value) => Reflect.setPrototypeOf(value, {}), false],
    ["freezing", (value) => Object.freeze(value) === value, true],
    ["whether it is frozen", (value) => Object.isFrozen(value), true],
  ])("sends no message for %s", async (_, use, result) => {
    const { peers, value } = await makeDoor();
    expect(await use(value)).toEqual(result);
    await peers.settle();
    expect(peers.takeWire("alice")).toEqual([]);
  });

  it("sends no message when it is printed, in whichever way", async () => {
    const { peers, value } = await makeDoor();
    for (const showProxy of [false, true])
      expect(inspect({ value, list: [value] }, { showProxy, depth: 5, getters: true })).not.toBe("");
    expect(() => new (value as unknown as new () => unknown)()).toThrow(TypeError);
    await peers.settle();
    expect(peers.takeWire("alice")).toEqual([]);
  });

  it("can be sent the names that the language asks for, by E", async () => {
    const { door } = await makeDoor();
    expect(await E(door).inspect()).toBe("by name");
    const any = E(door) as unknown as { valueOf(): Promise<unknown> };
    expect((await reasonOf(any.valueOf())).message).toBe('door: no method "valueOf"');
  });

  it("cannot be made by anybody else: an object with the same looks is data or a function", async () => {
    const { door, peers } = await makeDoor();
    const fake = new Proxy(door as unknown as () => void, {});
    peers.takeWire("alice");
    await expect(E(door).call(fake as unknown as number)).resolves.toBeDefined();
    // It went out as an object of this side's, not as the peer's own.
    const [deliver] = peers.wire.filter(({ label, direction }) => label === "op:deliver" && direction === "out");
    expect(new TextDecoder("latin1").decode(deliver?.message)).toContain("desc:import-object");
  });
});
