import type { Library } from "../example.ts";

export async function example(d3: Library): Promise<unknown> {
  const data = [
    { name: "jim", amount: 34, date: "11/12/2015" },
    { name: "carl", amount: 120.11, date: "11/12/2015" },
    { name: "carl", amount: 12.01, date: "01/04/2016" },
  ];
  return {
    extent: d3.extent(data, (d: Library) => d.amount),
    statistics: [d3.mean([1, 2, 3, 4]), d3.deviation([1, 2, 3, 4]), d3.median([5, 1, 9]), d3.quantile([1, 2, 3], 0.25)],
    grouped: [...d3.group(data, (d: Library) => d.name)],
    rolled: [
      ...d3.rollup(
        data,
        (all: Library) => d3.sum(all, (d: Library) => d.amount),
        (d: Library) => d.name,
      ),
    ],
    ticks: d3.ticks(1, 4, 8),
    range: d3.range(0, 1, 0.2),
    bisected: d3.bisector((d: Library) => d.amount).left([{ amount: 1 }, { amount: 5 }], 3),
    bins: d3
      .bin()
      .domain([0, 10])
      .thresholds(5)([1, 2, 2, 7, 9])
      .map((bin: Library) => [bin.x0, bin.x1, bin.length]),
    sorted: d3.sort(data, (a: Library, b: Library) => d3.ascending(a.amount, b.amount)).map((d: Library) => d.amount),
    crossed: d3.cross([1, 2], ["x", "y"], (a: number, b: string) => a + b),
    set: [...d3.intersection([1, 2, 3], [2, 3, 4])],
    exact: d3.fsum([0.1, 0.2, 0.3]),
    cumulative: d3.cumsum([1, 2, 3]),
  };
}

const VALUES = [5, 1, 9, 3];

export function call({ max }: Library): unknown {
  return max(VALUES);
}
