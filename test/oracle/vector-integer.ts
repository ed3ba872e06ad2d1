/**
 * Vector operations on integer lanes (specification 4.3.6), written once for all shapes.
 * @module
 */

import { fromLanes, type LaneBits, mapLanes, type Sign, saturate, toLanes, zipLanes } from "./lanes.ts";
import { consecutive, type Operation, PREFIX_FD, vectorBinary, vectorUnary } from "./operation.ts";

const shape = (bits: LaneBits): string => `i${bits}x${128 / bits}`;
const half = (bits: LaneBits): LaneBits => (bits === 64 ? 32 : bits === 32 ? 16 : 8);

function lanewise(name: string, bits: LaneBits, sign: Sign, f: (a: bigint, b: bigint) => bigint): Operation {
  return vectorBinary(`${shape(bits)}.${name}`, (a, b) => zipLanes(a, b, bits, sign, f));
}

function each(name: string, bits: LaneBits, f: (a: bigint) => bigint): Operation {
  return vectorUnary(`${shape(bits)}.${name}`, (a) => mapLanes(a, bits, "s", f));
}

/** All ones or zero. */
const mask = (condition: boolean): bigint => (condition ? -1n : 0n);

function comparisons(bits: LaneBits): Operation[] {
  const signs: readonly Sign[] = ["s", "u"];
  return [
    lanewise("eq", bits, "s", (a, b) => mask(a === b)),
    lanewise("ne", bits, "s", (a, b) => mask(a !== b)),
    ...signs.map((sign) => lanewise(`lt_${sign}`, bits, sign, (a, b) => mask(a < b))),
    ...signs.map((sign) => lanewise(`gt_${sign}`, bits, sign, (a, b) => mask(a > b))),
    ...signs.map((sign) => lanewise(`le_${sign}`, bits, sign, (a, b) => mask(a <= b))),
    ...signs.map((sign) => lanewise(`ge_${sign}`, bits, sign, (a, b) => mask(a >= b))),
  ];
}

const abs = (bits: LaneBits): Operation => each("abs", bits, (a) => (a < 0n ? -a : a));
const neg = (bits: LaneBits): Operation => each("neg", bits, (a) => -a);
const add = (bits: LaneBits): Operation => lanewise("add", bits, "s", (a, b) => a + b);
const sub = (bits: LaneBits): Operation => lanewise("sub", bits, "s", (a, b) => a - b);
const mul = (bits: LaneBits): Operation => lanewise("mul", bits, "s", (a, b) => a * b);

function addSaturating(bits: LaneBits, sign: Sign): Operation {
  return lanewise(`add_sat_${sign}`, bits, sign, (a, b) => saturate(a + b, bits, sign));
}

function subSaturating(bits: LaneBits, sign: Sign): Operation {
  return lanewise(`sub_sat_${sign}`, bits, sign, (a, b) => saturate(a - b, bits, sign));
}

const least = (a: bigint, b: bigint): bigint => [a, b].sort(ascending)[0] ?? a;
const most = (a: bigint, b: bigint): bigint => [a, b].sort(ascending)[1] ?? a;
const ascending = (a: bigint, b: bigint): number => Number(a > b) - Number(a < b);

function minMax(bits: LaneBits): Operation[] {
  return [
    lanewise("min_s", bits, "s", least),
    lanewise("min_u", bits, "u", least),
    lanewise("max_s", bits, "s", most),
    lanewise("max_u", bits, "u", most),
  ];
}

const average = (bits: LaneBits): Operation => lanewise("avgr_u", bits, "u", (a, b) => (a + b + 1n) >> 1n);

function shift(name: string, bits: LaneBits, sign: Sign, f: (a: bigint, by: bigint) => bigint): Operation {
  return {
    name: `${shape(bits)}.${name}`,
    params: "vi",
    results: "v",
    apply: (s) => {
      const by = BigInt(s.popNumber() & (bits - 1));
      s.push(mapLanes(s.popVector(), bits, sign, (a) => f(a, by)));
    },
  };
}

function shifts(bits: LaneBits): Operation[] {
  return [
    shift("shl", bits, "s", (a, by) => a << by),
    shift("shr_s", bits, "s", (a, by) => a >> by),
    shift("shr_u", bits, "u", (a, by) => a >> by),
  ];
}

function allTrue(bits: LaneBits): Operation {
  const test = (vector: Uint8Array): boolean => toLanes(vector, bits, "u").every((lane) => lane !== 0n);
  return {
    name: `${shape(bits)}.all_true`,
    params: "v",
    results: "i",
    apply: (s) => s.push(test(s.popVector()) ? 1 : 0),
  };
}

function bitmask(bits: LaneBits): Operation {
  const signs = (vector: Uint8Array): number =>
    toLanes(vector, bits, "s").reduce((all, lane, i) => all | (lane < 0n ? 1 << i : 0), 0);
  return { name: `${shape(bits)}.bitmask`, params: "v", results: "i", apply: (s) => s.push(signs(s.popVector())) };
}

/** From lanes twice as wide; the source is always read as signed. */
function narrow(bits: 8 | 16, sign: Sign): Operation {
  const wide = bits === 8 ? 16 : 32;
  return vectorBinary(`${shape(bits)}.narrow_${shape(wide)}_${sign}`, (a, b) => {
    const lanes = [...toLanes(a, wide, "s"), ...toLanes(b, wide, "s")];
    return fromLanes(
      lanes.map((lane) => saturate(lane, bits, sign)),
      bits,
    );
  });
}

type Half = "low" | "high";

function halfOf(vector: Uint8Array, bits: LaneBits, sign: Sign, which: Half): bigint[] {
  const lanes = toLanes(vector, half(bits), sign);
  return which === "low" ? lanes.slice(0, lanes.length / 2) : lanes.slice(lanes.length / 2);
}

function extend(bits: LaneBits, which: Half, sign: Sign): Operation {
  const name = `${shape(bits)}.extend_${which}_${shape(half(bits))}_${sign}`;
  return vectorUnary(name, (a) => fromLanes(halfOf(a, bits, sign, which), bits));
}

function extends4(bits: LaneBits): Operation[] {
  return [extend(bits, "low", "s"), extend(bits, "high", "s"), extend(bits, "low", "u"), extend(bits, "high", "u")];
}

function extMul(bits: LaneBits, which: Half, sign: Sign): Operation {
  const name = `${shape(bits)}.extmul_${which}_${shape(half(bits))}_${sign}`;
  return vectorBinary(name, (a, b) => {
    const right = halfOf(b, bits, sign, which);
    return fromLanes(
      halfOf(a, bits, sign, which).map((lane, i) => lane * (right[i] ?? 0n)),
      bits,
    );
  });
}

function extMuls(bits: LaneBits): Operation[] {
  return [extMul(bits, "low", "s"), extMul(bits, "high", "s"), extMul(bits, "low", "u"), extMul(bits, "high", "u")];
}

const sumPairs = (lanes: readonly bigint[]): bigint[] =>
  lanes.flatMap((lane, i) => (i % 2 === 0 ? [lane + (lanes[i + 1] ?? 0n)] : []));

function extAddPairwise(bits: LaneBits, sign: Sign): Operation {
  const name = `${shape(bits)}.extadd_pairwise_${shape(half(bits))}_${sign}`;
  return vectorUnary(name, (a) => fromLanes(sumPairs(toLanes(a, half(bits), sign)), bits));
}

const dot: Operation = vectorBinary("i32x4.dot_i16x8_s", (a, b) => {
  const right = toLanes(b, 16, "s");
  return fromLanes(sumPairs(toLanes(a, 16, "s").map((lane, i) => lane * (right[i] ?? 0n))), 32);
});

const Q15_ROUNDING = 0x4000n;
const q15mulr: Operation = lanewise("q15mulr_sat_s", 16, "s", (a, b) =>
  saturate((a * b + Q15_ROUNDING) >> 15n, 16, "s"),
);

const popcnt: Operation = vectorUnary("i8x16.popcnt", (a) =>
  mapLanes(a, 8, "u", (lane) => BigInt([...lane.toString(2)].filter((digit) => digit === "1").length)),
);

const none = undefined;

export const VECTOR_INTEGER_OPERATIONS: readonly (readonly [number, Operation])[] = [
  ...consecutive(PREFIX_FD + 35, [...comparisons(8), ...comparisons(16), ...comparisons(32)]),
  ...consecutive(PREFIX_FD + 96, [abs(8), neg(8), popcnt, allTrue(8), bitmask(8), narrow(8, "s"), narrow(8, "u")]),
  ...consecutive(PREFIX_FD + 107, [...shifts(8), add(8), addSaturating(8, "s"), addSaturating(8, "u"), sub(8)]),
  ...consecutive(PREFIX_FD + 114, [subSaturating(8, "s"), subSaturating(8, "u"), none, none, ...minMax(8)]),
  ...consecutive(PREFIX_FD + 123, [average(8), extAddPairwise(16, "s"), extAddPairwise(16, "u")]),
  ...consecutive(PREFIX_FD + 126, [extAddPairwise(32, "s"), extAddPairwise(32, "u"), abs(16), neg(16), q15mulr]),
  ...consecutive(PREFIX_FD + 131, [allTrue(16), bitmask(16), narrow(16, "s"), narrow(16, "u"), ...extends4(16)]),
  ...consecutive(PREFIX_FD + 139, [...shifts(16), add(16), addSaturating(16, "s"), addSaturating(16, "u"), sub(16)]),
  ...consecutive(PREFIX_FD + 146, [subSaturating(16, "s"), subSaturating(16, "u"), none, mul(16), ...minMax(16)]),
  ...consecutive(PREFIX_FD + 155, [average(16), ...extMuls(16), abs(32), neg(32), none, allTrue(32), bitmask(32)]),
  ...consecutive(PREFIX_FD + 167, [...extends4(32), ...shifts(32), add(32), none, none, sub(32)]),
  ...consecutive(PREFIX_FD + 181, [mul(32), ...minMax(32), dot, none, ...extMuls(32)]),
  ...consecutive(PREFIX_FD + 192, [abs(64), neg(64), none, allTrue(64), bitmask(64)]),
  ...consecutive(PREFIX_FD + 199, [...extends4(64), ...shifts(64), add(64), none, none, sub(64)]),
  ...consecutive(PREFIX_FD + 213, [mul(64), ...signedComparisons(), ...extMuls(64)]),
];

/** 64-bit lanes have no unsigned comparisons. */
function signedComparisons(): Operation[] {
  return comparisons(64).filter((operation) => !operation.name.endsWith("_u"));
}
