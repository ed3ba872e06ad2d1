import type { Library } from "../example.ts";

export async function example(d3: Library): Promise<unknown> {
  const points = [
    [0, 80],
    [100, 100],
    [200, 30],
    [300, 50],
  ];
  const line = d3.line().curve(d3.curveCatmullRom.alpha(0.5));
  const area = d3
    .area()
    .x((d: Library) => d.x)
    .y0(100)
    .y1((d: Library) => d.y)
    .defined((d: Library) => d.y !== null);
  const stack = d3.stack().keys(["apples", "bananas"]).order(d3.stackOrderNone).offset(d3.stackOffsetNone);
  const pie = d3.pie().padAngle(0.02);
  const commands: unknown[] = [];
  const context = {
    moveTo: (...args: number[]) => void commands.push(["M", ...args]),
    lineTo: (...args: number[]) => void commands.push(["L", ...args]),
    closePath: () => void commands.push(["Z"]),
  };
  d3.line().context(context)(points);
  return {
    line: line(points),
    plain: d3.line()(points),
    area: area([
      { x: 0, y: 1 },
      { x: 1, y: null },
      { x: 2, y: 3 },
      { x: 3, y: 2 },
    ]),
    arc: d3.arc()({ innerRadius: 0, outerRadius: 100, startAngle: 0, endAngle: Math.PI / 2 }),
    pie: pie([1, 1, 2, 3]).map((slice: Library) => [slice.index, slice.startAngle.toFixed(6)]),
    stacked: stack([
      { apples: 3, bananas: 1 },
      { apples: 2, bananas: 4 },
    ]).map((series: Library) => [series.key, [...series].map((pair: Library) => [pair[0], pair[1]])]),
    symbol: d3.symbol(d3.symbolStar, 64)(),
    link: d3.linkHorizontal()({ source: [0, 0], target: [50, 20] }),
    commands,
  };
}

const POINTS = [
  [0, 80],
  [100, 100],
  [200, 30],
];

export function call({ line }: Library): unknown {
  return line()(POINTS);
}
