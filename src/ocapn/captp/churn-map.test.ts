/**
 * The map for entries that come and go: it is as a `Map`, and keeps nothing of what has gone.
 *
 * @module
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { ChurnMap } from "./churn-map.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as (options?: { readonly type: "minor" }) => void;

/** What is common to the two. */
interface Churned {
  set(key: number, value: object): unknown;
  delete(key: number): unknown;
}

const PASSAGES = 4_000;
const NUMBERS = 1_000;
const PASSAGE_BYTES = 8 * NUMBERS;

/** What is left on the heap of values that came and went, in a map that is old, when only young memory is collected. */
function leftOf(map: Churned): number {
  map.set(-1, []);
  for (let at = 0; at < 2; at += 1) collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let at = 0; at < PASSAGES; at += 1) {
    map.set(at, new Array(NUMBERS).fill(at));
    map.delete(at - 1);
  }
  for (let at = 0; at < 2; at += 1) collectGarbage({ type: "minor" });
  return process.memoryUsage().heapUsed - before;
}

it("is as a Map", () => {
  const [map, oracle] = [new ChurnMap<number, number>(), new Map<number, number>()];
  for (let at = 0; at < 5_000; at += 1) {
    const key = (at * 7_919) % 211;
    if (at % 3 === 0) {
      map.delete(key);
      oracle.delete(key);
    } else {
      map.set(key, at);
      oracle.set(key, at);
    }
    if (at === 2_500) {
      map.clear();
      oracle.clear();
    }
    const other = (key * 31) % 211;
    expect([map.size, map.has(other), map.get(other)]).toEqual([oracle.size, oracle.has(other), oracle.get(other)]);
  }
  expect([...map.values()]).toEqual([...oracle.values()]);
});

it("keeps little of what has gone, where a Map keeps much", () => {
  const all = PASSAGES * PASSAGE_BYTES;
  expect(leftOf(new ChurnMap<number, object>())).toBeLessThan(all / 10);
  // Once this holds no longer, a Map will do.
  expect(leftOf(new Map<number, object>())).toBeGreaterThan(all / 5);
});
