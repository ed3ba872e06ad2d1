/**
 * What is to be done with one function: its safepoints and what each saves, which stack values need a temporary local,
 * and which floats are to be made canonical where. Hot code and continuations are both emitted from the same plan, so a
 * frame captured in either can be resumed in either.
 * @module
 */

import { EXNREF, EXTERNREF, F32, F64, FUNCREF, I32, I64, V128, type ValueType } from "../module.ts";
import * as o from "../opcodes.ts";
import { CLEAN, holdsFloats, localSources, NEUTRAL, UNSEEN_SOURCE } from "./float-sources.ts";
import { type Flow, POINT_VALUES_MAX, type Point, refuse } from "./flow.ts";
import { analyseLiveness } from "./liveness.ts";

export interface Slot {
  readonly type: ValueType;
  /** A local of the original function, or a temporary. */
  readonly kind: "local" | "temporary";
  readonly index: number;
  /** NEUTRAL, or the kind of arithmetic whose NaNs may be in it: to be made canonical when it is saved. */
  readonly source: number;
}

export interface PlannedPoint extends Point {
  readonly slots: readonly Slot[];
}

export interface Plan {
  readonly flow: Flow;
  readonly points: readonly PlannedPoint[];
  /** Number of the point at an instruction, or -1; by instruction. */
  readonly pointAt: Int32Array;
  /** The temporary that holds a value, or -1; by value. */
  readonly temporaryOf: Int32Array;
  readonly temporaryTypes: readonly ValueType[];
  /** Operands to make canonical, by instruction, top of the stack first: the kind of arithmetic they are of, or NEUTRAL. */
  readonly canonical: ReadonlyMap<number, readonly number[]>;
}

/** Types in the order in which slots are saved, so that few different save functions are needed. */
const RANK = new Uint8Array(0x80);
[I32, I64, F32, F64, V128, FUNCREF, EXTERNREF].forEach((type, rank) => {
  RANK[type] = rank;
});

export function makePlan(flow: Flow, isBounded: (func: number) => boolean): Plan {
  const points = flow.points.filter((point) => point.callee < 0 || !isBounded(point.callee));
  const { body } = flow;
  const pointAt = new Int32Array(body.count).fill(-1);
  points.forEach((point, k) => {
    if (point.index >= 0) pointAt[point.index] = k;
  });
  const sources = localSources(body, flow.definitions);
  const temporaries = new Temporaries(flow);
  for (const point of points) temporaries.keep(point);
  const live = analyseLiveness(flow, points);
  const planned = points.map((point, k) => {
    const locals =
      point.kind === "entry" ? body.type.params.map((_, i) => i) : setBits(live.sets, k * live.words, live.words);
    return { ...point, slots: makeSlots(flow, point, locals, temporaries, sources) };
  });
  const canonical = flow.observed.size === 0 ? new Map<number, number[]>() : findCanonical(flow, sources);
  return { flow, points: planned, pointAt, temporaryOf: temporaries.of, temporaryTypes: temporaries.types, canonical };
}

/** Values at the same height with the same type share a temporary: no two of them are on the stack at once. */
class Temporaries {
  readonly of: Int32Array;
  readonly types: ValueType[] = [];
  readonly #flow: Flow;
  readonly #byPlace = new Map<number, number>();

  constructor(flow: Flow) {
    this.#flow = flow;
    this.of = new Int32Array(flow.valueTypes.length).fill(-1);
  }

  keep(point: Point): void {
    for (const value of point.stack) this.#keepValue(value);
    if (point.kind === "call") {
      const first = this.#flow.produced[point.index] as number;
      for (let r = 0; r < point.results.length; r++) this.#keepValue(first + r);
    }
  }

  #keepValue(value: number): void {
    if (this.of[value] !== -1) return;
    const type = this.#flow.valueTypes[value] as number;
    const place = (this.#flow.valueHeights[value] as number) * 0x80 + type;
    let temporary = this.#byPlace.get(place);
    if (temporary === undefined) {
      temporary = this.types.length;
      this.types.push(type);
      this.#byPlace.set(place, temporary);
    }
    this.of[value] = temporary;
  }
}

function makeSlots(
  flow: Flow,
  point: Point,
  locals: readonly number[],
  temporaries: Temporaries,
  sources: Int8Array,
): readonly Slot[] {
  const slots: Slot[] = [];
  for (const index of locals) {
    const type = flow.body.locals[index] as number;
    slots.push({
      type,
      kind: "local",
      index,
      source: holdsFloats(type) ? dirtSource(sources[index] as number) : NEUTRAL,
    });
  }
  for (const value of point.stack) {
    const type = flow.valueTypes[value] as number;
    const index = temporaries.of[value] as number;
    slots.push({
      type,
      kind: "temporary",
      index,
      source: holdsFloats(type) ? valueSource(flow, value, sources) : NEUTRAL,
    });
  }
  if (slots.length + point.results.length > POINT_VALUES_MAX) {
    throw refuse(flow.body, `keeps ${slots.length} values alive at once; at most ${POINT_VALUES_MAX} can be saved`);
  }
  if (slots.some((slot) => slot.type === EXNREF)) {
    throw refuse(flow.body, "holds an exnref where it could be frozen, and an exception in flight can not be saved");
  }
  // Arguments keep their order: a call from outside starts with them.
  return slots.length < 2 || point.kind === "entry"
    ? slots
    : slots.sort((x, y) => (RANK[x.type] as number) - (RANK[y.type] as number));
}

function setBits(sets: Uint32Array, start: number, words: number): number[] {
  const bits: number[] = [];
  for (let w = 0; w < words; w++) {
    let word = sets[start + w] as number;
    while (word !== 0) {
      const bit = 31 - Math.clz32(word & -word);
      bits.push(w * 32 + bit);
      word &= word - 1;
    }
  }
  return bits;
}

/** The kind of arithmetic whose NaNs a value may be, or NEUTRAL if it is to stay as it is. */
function valueSource(flow: Flow, value: number, sources: Int8Array): number {
  const source = flow.valueSources[value] as number;
  return dirtSource(source >= 0 ? (sources[source] as number) : source);
}

function dirtSource(source: number): number {
  return source === CLEAN ? NEUTRAL : source;
}

function findCanonical(flow: Flow, sources: Int8Array): Map<number, number[]> {
  const canonical = new Map<number, number[]>();
  const { op, a } = flow.body;
  for (const [i, values] of flow.observed) {
    const key = op[i] as number;
    // A local that only ever holds one kind of arithmetic results may hold them as they are.
    const isLocal = key === o.OP_LOCAL_SET || key === o.OP_LOCAL_TEE;
    const unseen = isLocal ? (sources[a[i] as number] as number) : (UNSEEN_SOURCE[key] as number);
    const found = values.map((value) => {
      const source = holdsFloats(flow.valueTypes[value] as number) ? valueSource(flow, value, sources) : NEUTRAL;
      return source === unseen ? NEUTRAL : source;
    });
    if (found.some((source) => source !== NEUTRAL)) canonical.set(i, found);
  }
  return canonical;
}
