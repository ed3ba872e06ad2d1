import type { Library } from "../example.ts";

export async function example(math: Library): Promise<unknown> {
  const parser = math.parser();
  parser.evaluate("f(x, y) = x^y");
  const { create, all } = math;
  const precise = create(all, { number: "BigNumber", precision: 40 });
  return {
    functions: [math.round(math.e, 3), math.atan2(3, -3) / math.pi, math.log(10000, 10), math.sqrt(-4).toString()],
    derivative: math.derivative("x^2 + x", "x").toString(),
    matrix: math.multiply(
      [
        [-1, 2],
        [3, 1],
      ],
      [[2], [1]],
    ),
    determinant: math.det([
      [-1, 2],
      [3, 1],
    ]),
    expressions: [
      math.evaluate("12 / (2.3 + 0.7)"),
      math.evaluate("12.7 cm to inch").toString(),
      math.evaluate("sin(45 deg) ^ 2"),
    ],
    complex: math.evaluate("9 / 3 + 2i").toString(),
    chained: math.chain(3).add(4).multiply(2).done(),
    parser: parser.evaluate("f(2, 3)"),
    fraction: math.format(math.fraction("0.125")),
    big: precise.evaluate("0.1 + 0.2").toString(),
    simplified: math.simplify("3 + 2 / 4 * x + x").toString(),
    inverse: math.inv([
      [2, 0],
      [0, 4],
    ]),
    statistics: [math.mean([1, 2, 3, 4]), math.std(2, 4, 6), math.median(5, 2, 7)],
  };
}

export function call({ evaluate }: Library): unknown {
  return evaluate("2 + 3 * 4");
}
