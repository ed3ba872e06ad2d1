import type { Library } from "../example.ts";

export async function example(R: Library): Promise<unknown> {
  const classify = R.cond([
    [R.equals(0), R.always("freezes")],
    [R.lt(R.__, 50), (n: number) => `cold ${n}`],
    [R.T, (n: number) => `warm ${n}`],
  ]);
  const lens = R.lensPath(["a", 0, "b"]);
  return {
    piped: R.pipe(R.split(" "), R.map(R.toUpper), R.join("-"))("a b c"),
    curried: R.curry((a: number, b: number, c: number) => a + b * c)(1)(2, 3),
    conditions: [classify(0), classify(20), classify(99)],
    evolved: R.evolve({ count: R.add(1), name: R.trim }, { count: 1, name: " x " }),
    grouped: R.groupBy((n: number) => (n % 2 ? "odd" : "even"), [1, 2, 3]),
    lens: [R.view(lens, { a: [{ b: 1 }] }), R.over(lens, R.inc, { a: [{ b: 1 }] })],
    sorted: R.sortWith(
      [R.descend(R.prop("age")), R.ascend(R.prop("name"))],
      [
        { name: "b", age: 1 },
        { name: "a", age: 1 },
      ],
    ),
    transduced: R.into([], R.compose(R.map(R.multiply(2)), R.take(2)), [1, 2, 3]),
    path: R.pathOr("none", ["x", "y"], { x: {} }),
    equal: R.equals({ a: [1, { b: new Set([1]) }] }, { a: [1, { b: new Set([1]) }] }),
  };
}

export function call({ add }: Library): unknown {
  return add(2, 3);
}
