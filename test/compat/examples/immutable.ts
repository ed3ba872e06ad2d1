import type { Library } from "../example.ts";

export async function example(immutable: Library): Promise<unknown> {
  const { Map: IMap, List, Set: ISet, OrderedMap, Record: IRecord, Seq, Range, fromJS, is } = immutable;
  const map1 = IMap({ a: 1, b: 2, c: 3 });
  const map2 = map1.set("b", 50);
  const list1 = List([1, 2]);
  const list2 = list1.push(3, 4, 5);
  const nested = fromJS({ a: { b: { c: [3, 4, 5] } } });
  const Point = IRecord({ x: 0, y: 0 });
  const point = new Point({ x: 3 });
  return {
    get: `${map1.get("b")} vs. ${map2.get("b")}`,
    lists: [list1.size, list2.toJS(), list1.concat(list2).toArray()],
    nested: nested
      .mergeDeep({ a: { b: { d: 6 } } })
      .updateIn(["a", "b", "d"], (value: number) => value + 1)
      .toJS(),
    equal: [map1.equals(IMap({ a: 1, b: 2, c: 3 })), is(ISet([1, 2]), ISet([2, 1])), map1 === map2],
    same: map1.set("a", 1) === map1,
    seq: Seq({ x: 1, y: 2 })
      .map((value: number) => value * value)
      .flip()
      .toObject(),
    lazy: Range(1, Infinity)
      .skip(1000)
      .map((n: number) => -n)
      .filter((n: number) => n % 2 === 0)
      .take(2)
      .toArray(),
    batch: map1.withMutations((map: Library) => void map.set("d", 4).delete("a")).toObject(),
    ordered: OrderedMap([
      ["z", 1],
      ["a", 2],
    ])
      .keySeq()
      .toArray(),
    record: [point.x, point.y, point.set("y", 4).toObject()],
    text: String(list2),
    iterated: [...ISet(["a", "b"])],
    grouped: List(["aa", "b", "cc"])
      .groupBy((text: string) => text.length)
      .map((group: Library) => group.size)
      .toJS(),
  };
}

const maps = new WeakMap<object, Library>();

export function call(library: Library): unknown {
  let map = maps.get(library);
  if (map === undefined) {
    map = library.Map({ a: 1, b: 2 });
    maps.set(library, map);
  }
  return map.get("b");
}
