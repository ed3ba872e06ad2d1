/**
 * The tables of a session, each at its limit and one past it.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import { Far, GuestError, makeSelector, SYRUP_VALUES_MAX, Tagged } from "../../passable/index.ts";
import { ManualCollector } from "../client/fixture.conformance.ts";
import { OcapnError } from "../errors.ts";
import { VALUE_BYTES, WEIGHED_ONCE_MAX } from "../limits.ts";
import { makePeerLocator } from "../locator.ts";
import { SturdyRef } from "../sturdyref.ts";
import { Answer, AnswerTable } from "./answers.ts";
import { ExportTable } from "./export-table.ts";
import { ImportTable } from "./import-table.ts";
import { answerPosition, exportPosition, importPosition } from "./positions.ts";
import type { Sender } from "./sender.ts";
import { Served } from "./served.ts";
import { weightOf } from "./weight.ts";

/** Nothing is sent in these tests. */
const sender = { isOver: false } as Sender;

describe("exports", () => {
  const makeTable = (entriesMax = 3) => new ExportTable({ bootstrap: {}, entriesMax });

  it("have one position for an object while the peer holds it, and never the same for another", () => {
    const table = makeTable();
    const [one, other] = [Far("one", {}), Far("other", {})];
    expect([table.send(one), table.send(other), table.send(one)]).toEqual([1, 2, 1]);
    table.commit();
    table.drop(exportPosition(1), 1);
    expect(table.valueAt(exportPosition(1))).toBe(one);
    table.drop(exportPosition(1), 1);
    expect(table.valueAt(exportPosition(1))).toBeUndefined();
    expect(table.send(one)).toBe(3);
    expect(table.size).toBe(2);
  });

  it("are as before when the message cannot be sent", () => {
    const table = makeTable();
    const one = Far("one", {});
    table.send(one);
    table.commit();
    table.send(one);
    table.send(Far("other", {}));
    table.sendOnce({});
    table.undo();
    expect(table.size).toBe(1);
    table.drop(exportPosition(1), 1);
    expect(table.size).toBe(0);
  });

  it("are so many, and not one more", () => {
    const table = makeTable();
    const objects = [1, 2, 3].map((at) => Far(`object ${at}`, {}));
    for (const object of objects) table.send(object);
    table.commit();
    expect(() => table.send(Far("one more", {}))).toThrow("the peer holds 3 objects of this side, which is the limit");
    expect(() => table.sendOnce({})).toThrow(OcapnError);
    // One that is there can be sent again.
    expect(table.send(objects[0] as object)).toBe(1);
  });

  it("stand for what is served, until it is revoked", () => {
    const table = makeTable();
    const object = Far("object", {});
    const served = new Served(object);
    expect(table.send(served.current, served)).toBe(1);
    expect(table.servedOf(object)).toBe(served);
    served.revoke();
    expect(table.valueAt(exportPosition(1))).toBe(served.revoked);
    expect(table.send(object)).toBe(2);
    expect(table.valueAt(exportPosition(2))).toBe(object);
  });

  it("stay what is served where an object of this side gives back what it got from the peer, also when it was dropped and revoked", () => {
    const table = makeTable();
    const object = Far("object", {});
    const served = new Served(object);
    table.send(object, served);
    table.commit();
    expect(table.argumentAt(exportPosition(1))).toBe(object);
    expect(table.send(object)).toBe(1);
    table.commit();
    table.drop(exportPosition(1), 2);
    expect(table.servedOf(object)).toBe(served);
    expect(table.send(object)).toBe(2);
    served.revoke();
    expect(table.valueAt(exportPosition(2))).toBe(served.revoked);
    expect(table.send(object)).toBe(2);
    expect(table.argumentAt(exportPosition(2))).toBe(served.revoked);
    // By another sturdyref it is there again.
    const again = new Served(object);
    expect(table.send(object, again)).toBe(3);
    expect(table.valueAt(exportPosition(3))).toBe(object);
  });

  it("are none when the session is over", () => {
    const table = makeTable();
    table.send(Far("one", {}));
    table.clear();
    expect(table.size).toBe(0);
    expect(table.valueAt(exportPosition(0))).toBeUndefined();
  });
});

describe("imports", () => {
  function makeTable(entriesMax = 3) {
    const collector = new ManualCollector();
    const dropped: (readonly [number, number])[] = [];
    const onDropped = (position: number, wireDelta: number) => void dropped.push([position, wireDelta]);
    return { collector, dropped, table: new ImportTable({ sender, collector, entriesMax, onDropped }) };
  }

  it("are the same reference for as long as it is held, and dropped as often as they came", () => {
    const { table, collector, dropped } = makeTable();
    const reference = table.object(importPosition(5));
    expect(table.object(importPosition(5)) === reference).toBe(true);
    collector.collect(reference);
    expect(dropped).toEqual([[5, 2]]);
    expect(table.size).toBe(0);
  });

  it("that come again before the engine has told that the first was collected are counted apart", () => {
    const dropped: (readonly [number, number])[] = [];
    const callbacks: (() => void)[] = [];
    const table = new ImportTable({
      sender,
      collector: {
        watch(_, onCollected) {
          callbacks.push(onCollected);
          return { deref: () => undefined, release() {} };
        },
      },
      entriesMax: 3,
      onDropped: (position, wireDelta) => void dropped.push([position, wireDelta]),
    });
    table.object(importPosition(5));
    table.object(importPosition(5));
    expect(table.size).toBe(1);
    callbacks[0]?.();
    expect([table.size, dropped]).toEqual([1, [[5, 1]]]);
    callbacks[1]?.();
    expect([table.size, dropped]).toEqual([
      0,
      [
        [5, 1],
        [5, 1],
      ],
    ]);
  });

  it("are so many, objects and promises together, and not one more", () => {
    const { table } = makeTable();
    for (const at of [1, 2]) table.object(importPosition(at));
    table.promise(importPosition(3));
    const words = "the peer has sent 3 objects that are in use, which is the limit";
    expect(() => table.object(importPosition(4))).toThrow(words);
    expect(() => table.promise(importPosition(4))).toThrow(words);
    table.object(importPosition(1));
    expect(table.promise(importPosition(3)).isNew).toBe(false);
    table.releasePromise(importPosition(3));
    table.object(importPosition(4));
  });

  it("are not an object and a promise at once", () => {
    const { table } = makeTable();
    table.object(importPosition(1));
    table.promise(importPosition(2));
    expect(() => table.promise(importPosition(1))).toThrow("an object and a promise at once");
    expect(() => table.object(importPosition(2))).toThrow("an object and a promise at once");
  });
});

describe("answers", () => {
  const makeTable = (init: { entriesMax?: number; bytesMax?: number } = {}) =>
    new AnswerTable({ entriesMax: 3, bytesMax: 1_000, ...init });

  it("are so many, and not one more", () => {
    const table = makeTable();
    for (const at of [1, 2, 3]) table.set(answerPosition(at), new Answer(at));
    expect(() => table.assertFree(answerPosition(4))).toThrow("the peer holds 3, which is the limit");
    table.drop(answerPosition(2));
    table.assertFree(answerPosition(4));
    expect(() => table.assertFree(answerPosition(3))).toThrow("it is in use until op:gc-answers");
    expect(() => table.drop(answerPosition(2))).toThrow("there is no answer at position 2");
  });

  it.each([
    ["a value", (value: unknown) => value],
    ["a promise", (value: unknown) => Promise.resolve(value)],
    ["a failure", (value: unknown) => Promise.reject(value)],
  ])("weigh so much, and not more: %s", async (_, make) => {
    const table = makeTable({ entriesMax: 100 });
    const fitting = new Uint8Array(1_000 - VALUE_BYTES);
    table.set(answerPosition(1), new Answer(make(fitting)));
    await Promise.resolve();
    table.assertFree(answerPosition(2));
    table.set(answerPosition(2), new Answer(make(1)));
    await Promise.resolve();
    expect(() => table.assertFree(answerPosition(3))).toThrow(`weigh ${1_000 + VALUE_BYTES} bytes; at most 1000`);
    table.drop(answerPosition(1));
    table.assertFree(answerPosition(3));
  });

  it("that were dropped before they were there weigh nothing", async () => {
    const table = makeTable();
    table.set(answerPosition(1), new Answer(Promise.resolve(new Uint8Array(2_000))));
    table.drop(answerPosition(1));
    await Promise.resolve();
    table.assertFree(answerPosition(1));
  });
});

describe("the weight of a value", () => {
  it("is that of all that is in it", () => {
    const all = 1_000_000;
    expect(weightOf(1, all)).toBe(VALUE_BYTES);
    expect(weightOf("four", all)).toBe(VALUE_BYTES + 8);
    expect(weightOf(new Uint8Array(100), all)).toBe(VALUE_BYTES + 100);
    expect(weightOf([1, [2, "ab"]], all)).toBe(5 * VALUE_BYTES + 4);
    expect(weightOf({ key: "value" }, all)).toBe(3 * VALUE_BYTES + 16);
    expect(weightOf(new Tagged("x", [null]), all)).toBe(3 * VALUE_BYTES + 2);
    expect(weightOf(new RangeError("no"), all)).toBe(VALUE_BYTES + 4);
    expect(weightOf(Object.assign(Object.create(null), { key: "value" }), all)).toBe(3 * VALUE_BYTES + 16);
    expect(weightOf(Far("object", { data: "x".repeat(100) }), all)).toBeLessThan(300);
  });

  it("is that of names and digits, too: of symbols, tags, integers, errors and sturdyrefs", () => {
    const all = 1_000_000;
    const name = "x".repeat(1_000);
    const swissNumber = new Uint8Array(200);
    const peer = makePeerLocator({ transport: "memory", designator: name, hints: false }, "peer");
    for (const value of [
      makeSelector(name),
      new Tagged(name, null),
      new GuestError({ name, message: "", stack: "" }),
      new GuestError({ name: "", message: name, stack: "" }),
      new SturdyRef({ peer, swissNumber }),
    ]) {
      expect(weightOf(value, all)).toBeGreaterThanOrEqual(VALUE_BYTES + 2_000);
      expect(weightOf([value], all)).toBe(weightOf(value, all) + VALUE_BYTES);
    }
    expect(weightOf(1n << 8_000n, all)).toBeGreaterThanOrEqual(VALUE_BYTES + 1_000);
    expect([7n, -(1n << 63n)].map((value) => weightOf(value, all))).toEqual([VALUE_BYTES, VALUE_BYTES]);
  });

  it("counts once what is in the value twice, or in itself", () => {
    const circle: { [key: string]: unknown } = { bytes: new Uint8Array(1_000) };
    for (let at = 0; at < 20; at += 1) circle[`link ${at}`] = [circle];
    expect(weightOf(circle, 1 << 28)).toBeLessThan(1_000 + 62 * (VALUE_BYTES + 14));
    const shared = new Uint8Array(1_000);
    expect(weightOf([shared, [shared]], 1 << 28)).toBe(1_000 + 4 * VALUE_BYTES);
  });

  it("is that of as many values as a message can have, and not of one more", () => {
    const list = (count: number): unknown[] => Array<unknown>(count).fill(0);
    for (const count of [SYRUP_VALUES_MAX, SYRUP_VALUES_MAX + 1]) {
      expect(weightOf(list(count), Number.POSITIVE_INFINITY)).toBe((SYRUP_VALUES_MAX + 1) * VALUE_BYTES);
    }
  });

  it("of a circle counts once up to as many objects as are remembered; beyond, it has no end but that", () => {
    const withCircle = (others: number): unknown => {
      const circle: unknown[] = [];
      circle.push(circle);
      return [circle, ...Array.from({ length: others }, () => [])];
    };
    expect(weightOf(withCircle(WEIGHED_ONCE_MAX - 2), Number.POSITIVE_INFINITY)).toBe(
      (WEIGHED_ONCE_MAX + 1) * VALUE_BYTES,
    );
    expect(weightOf(withCircle(WEIGHED_ONCE_MAX - 1), Number.POSITIVE_INFINITY)).toBe(
      (SYRUP_VALUES_MAX + 1) * VALUE_BYTES,
    );
  });

  it("stops when it is too much", () => {
    expect(weightOf(["x".repeat(10_000), "y".repeat(10_000)], 10_000)).toBe(2 * VALUE_BYTES + 20_000);
  });

  it("is not asked of accessors, nor of what refuses to be looked at", () => {
    const value = {
      get field(): never {
        throw new Error("it was asked");
      },
    };
    expect(weightOf(value, 10_000)).toBe(3 * VALUE_BYTES + 10);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(weightOf([proxy], 10_000)).toBe(2 * VALUE_BYTES);
  });
});
