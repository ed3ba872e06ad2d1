/**
 * The instructions that read and write memory, and those that read and write a lane of a vector (specification 4.4.8, 4.4.3).
 * @module
 */

import { fromLanes, type LaneBits, type Sign, toLanes } from "./lanes.ts";
import { type Operation, PREFIX_FD } from "./operation.ts";
import type { Stack } from "./values.ts";

export interface MemoryImmediate {
  readonly memory: number;
  readonly offset: number;
}

/** An access becomes an operation once its immediates are known. */
type Access = (at: MemoryImmediate) => Operation;

function load(name: string, result: "i" | "I" | "f" | "F", bits: LaneBits, sign: Sign): Access {
  const wide = result === "I" || result === "F";
  return ({ memory, offset }) => ({
    name,
    params: "i",
    results: result,
    apply: (s, { instance }) => {
      const m = instance.memory(memory);
      const start = m.locate(s.popNumber(), offset, bits / 8);
      if (wide) {
        const value = m.read(start, bits / 8);
        s.push(result === "I" ? BigInt.asIntN(64, sign === "s" ? BigInt.asIntN(bits, value) : value) : value);
      } else {
        const value = m.readSmall(start, bits / 8);
        s.push(result === "f" ? value : sign === "s" ? (value << (32 - bits)) >> (32 - bits) : value | 0);
      }
    },
  });
}

function store(name: string, value: "i" | "I" | "f" | "F", bits: LaneBits): Access {
  const wide = value === "I" || value === "F";
  return ({ memory, offset }) => ({
    name,
    params: `i${value}`,
    results: "",
    apply: (s, { instance }) => {
      const stored = wide ? s.popBigint() : s.popNumber();
      const m = instance.memory(memory);
      const start = m.locate(s.popNumber(), offset, bits / 8);
      if (typeof stored === "bigint") m.write(start, bits / 8, stored);
      else m.writeSmall(start, bits / 8, stored);
    },
  });
}

/** `build` makes a vector of the bytes read. */
function vectorLoad(name: string, bytes: number, build: (bytes: Uint8Array) => Uint8Array): Access {
  return ({ memory, offset }) => ({
    name,
    params: "i",
    results: "v",
    apply: (s, { instance }) => {
      const m = instance.memory(memory);
      const start = m.locate(s.popNumber(), offset, bytes);
      s.push(build(m.bytes.slice(start, start + bytes)));
    },
  });
}

const VECTOR_BYTES = 16;

function padded(bytes: Uint8Array): Uint8Array {
  const vector = new Uint8Array(VECTOR_BYTES);
  vector.set(bytes);
  return vector;
}

function loadExtend(from: 8 | 16 | 32, sign: Sign): Access {
  const to = from === 8 ? 16 : from === 16 ? 32 : 64;
  return vectorLoad(`v128.load${from}x${64 / from}_${sign}`, 8, (bytes) =>
    fromLanes(toLanes(padded(bytes), from, sign).slice(0, 64 / from), to),
  );
}

function loadSplat(bits: LaneBits): Access {
  return vectorLoad(`v128.load${bits}_splat`, bits / 8, (bytes) => {
    const vector = new Uint8Array(VECTOR_BYTES);
    for (let at = 0; at < VECTOR_BYTES; at += bytes.length) vector.set(bytes, at);
    return vector;
  });
}

const vectorStore: Access = ({ memory, offset }) => ({
  name: "v128.store",
  params: "iv",
  results: "",
  apply: (s: Stack, { instance }) => {
    const vector = s.popVector();
    const m = instance.memory(memory);
    m.bytes.set(vector, m.locate(s.popNumber(), offset, VECTOR_BYTES));
  },
});

const accesses: readonly (readonly [number, Access])[] = [
  ...list(0x28, [
    load("i32.load", "i", 32, "u"),
    load("i64.load", "I", 64, "u"),
    load("f32.load", "f", 32, "u"),
    load("f64.load", "F", 64, "u"),
    load("i32.load8_s", "i", 8, "s"),
    load("i32.load8_u", "i", 8, "u"),
    load("i32.load16_s", "i", 16, "s"),
    load("i32.load16_u", "i", 16, "u"),
    load("i64.load8_s", "I", 8, "s"),
    load("i64.load8_u", "I", 8, "u"),
    load("i64.load16_s", "I", 16, "s"),
    load("i64.load16_u", "I", 16, "u"),
    load("i64.load32_s", "I", 32, "s"),
    load("i64.load32_u", "I", 32, "u"),
    store("i32.store", "i", 32),
    store("i64.store", "I", 64),
    store("f32.store", "f", 32),
    store("f64.store", "F", 64),
    store("i32.store8", "i", 8),
    store("i32.store16", "i", 16),
    store("i64.store8", "I", 8),
    store("i64.store16", "I", 16),
    store("i64.store32", "I", 32),
  ]),
  ...list(PREFIX_FD, [
    vectorLoad("v128.load", VECTOR_BYTES, padded),
    loadExtend(8, "s"),
    loadExtend(8, "u"),
    loadExtend(16, "s"),
    loadExtend(16, "u"),
    loadExtend(32, "s"),
    loadExtend(32, "u"),
    loadSplat(8),
    loadSplat(16),
    loadSplat(32),
    loadSplat(64),
    vectorStore,
  ]),
  ...list(PREFIX_FD + 92, [vectorLoad("v128.load32_zero", 4, padded), vectorLoad("v128.load64_zero", 8, padded)]),
];

function list(first: number, makers: readonly Access[]): [number, Access][] {
  return makers.map((maker, i) => [first + i, maker]);
}

export const MEMORY_ACCESSES: ReadonlyMap<number, Access> = new Map(accesses);

/** An access to one lane of a vector becomes an operation once its immediates and the lane are known. */
type LaneAccess = (at: MemoryImmediate, lane: number) => Operation;

function loadLane(bytes: number): LaneAccess {
  return ({ memory, offset }, lane) => ({
    name: `v128.load${8 * bytes}_lane`,
    params: "iv",
    results: "v",
    apply: (s, { instance }) => {
      const vector = s.popVector().slice();
      const m = instance.memory(memory);
      const start = m.locate(s.popNumber(), offset, bytes);
      vector.set(m.bytes.subarray(start, start + bytes), lane * bytes);
      s.push(vector);
    },
  });
}

function storeLane(bytes: number): LaneAccess {
  return ({ memory, offset }, lane) => ({
    name: `v128.store${8 * bytes}_lane`,
    params: "iv",
    results: "",
    apply: (s, { instance }) => {
      const vector = s.popVector();
      const m = instance.memory(memory);
      m.bytes.set(vector.subarray(lane * bytes, (lane + 1) * bytes), m.locate(s.popNumber(), offset, bytes));
    },
  });
}

export const LANE_ACCESSES: ReadonlyMap<number, LaneAccess> = new Map([
  [PREFIX_FD + 84, loadLane(1)],
  [PREFIX_FD + 85, loadLane(2)],
  [PREFIX_FD + 86, loadLane(4)],
  [PREFIX_FD + 87, loadLane(8)],
  [PREFIX_FD + 88, storeLane(1)],
  [PREFIX_FD + 89, storeLane(2)],
  [PREFIX_FD + 90, storeLane(4)],
  [PREFIX_FD + 91, storeLane(8)],
]);

/** Instructions on a lane given as immediate. */
type LaneOperation = (lane: number) => Operation;

function extractLane(name: string, bits: LaneBits, sign: Sign, result: "i" | "I" | "f" | "F"): LaneOperation {
  return (lane) => ({
    name,
    params: "v",
    results: result,
    apply: (s) => {
      const value = toLanes(s.popVector(), bits, sign)[lane] ?? 0n;
      s.push(result === "i" ? Number(BigInt.asIntN(32, value)) : result === "f" ? Number(value) : value);
    },
  });
}

function replaceLane(name: string, bits: LaneBits, value: "i" | "I" | "f" | "F"): LaneOperation {
  return (lane) => ({
    name,
    params: `v${value}`,
    results: "v",
    apply: (s) => {
      const replacement = value === "i" || value === "f" ? BigInt(s.popNumber()) : s.popBigint();
      const lanes = toLanes(s.popVector(), bits, "u");
      lanes[lane] = replacement;
      s.push(fromLanes(lanes, bits));
    },
  });
}

export const LANE_OPERATIONS: ReadonlyMap<number, LaneOperation> = new Map(
  [
    extractLane("i8x16.extract_lane_s", 8, "s", "i"),
    extractLane("i8x16.extract_lane_u", 8, "u", "i"),
    replaceLane("i8x16.replace_lane", 8, "i"),
    extractLane("i16x8.extract_lane_s", 16, "s", "i"),
    extractLane("i16x8.extract_lane_u", 16, "u", "i"),
    replaceLane("i16x8.replace_lane", 16, "i"),
    extractLane("i32x4.extract_lane", 32, "s", "i"),
    replaceLane("i32x4.replace_lane", 32, "i"),
    extractLane("i64x2.extract_lane", 64, "s", "I"),
    replaceLane("i64x2.replace_lane", 64, "I"),
    extractLane("f32x4.extract_lane", 32, "u", "f"),
    replaceLane("f32x4.replace_lane", 32, "f"),
    extractLane("f64x2.extract_lane", 64, "u", "F"),
    replaceLane("f64x2.replace_lane", 64, "F"),
  ].map((make, i) => [PREFIX_FD + 21 + i, make]),
);
