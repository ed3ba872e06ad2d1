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
import { cutBytes, cutIntegers } from "./pool.ts";

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
  /** What is to be done at an instruction beside it: bits of `MARK_…`. */
  readonly marks: Uint8Array;
  /** Operands to make canonical, by instruction, top of the stack first: the kind of arithmetic they are of, or NEUTRAL. */
  readonly canonical: ReadonlyMap<number, readonly number[]>;
}

/** The instruction has an entry in `canonical`. */
export const MARK_CANONICAL = 1;
/** It makes a value that has a temporary. */
export const MARK_KEEP = 2;

/** Types in the order in which slots are saved, so that few different save functions are needed. */
const TYPES_RANKED = [I32, I64, F32, F64, V128, FUNCREF, EXTERNREF];
const RANK = new Uint8Array(0x80);
TYPES_RANKED.forEach((type, rank) => {
  RANK[type] = rank;
});

export function makePlan(flow: Flow, isBounded: (func: number) => boolean): Plan {
  const points = flow.points.filter((point) => point.callee < 0 || !isBounded(point.callee));
  const { body } = flow;
  const pointAt = cutIntegers(body.count).fill(-1);
  const temporaries = new Temporaries(flow);
  for (let k = 0; k < points.length; k++) {
    const point = points[k] as Point;
    if (point.index >= 0) pointAt[point.index] = k;
    temporaries.keep(point);
  }
  const sources = localSources(body, flow.definitions);
  const slots = new SlotMaker(flow, temporaries, sources);
  const live = analyseLiveness(flow, points.length, pointAt);
  const canonical = flow.observed.size === 0 ? NO_CANONICAL : findCanonical(flow, sources);
  for (const i of canonical.keys()) temporaries.marks[i] = (temporaries.marks[i] as number) | MARK_CANONICAL;
  return {
    flow,
    points: points.map((point, k) => slots.plan(point, live.sets, k * live.words, live.words)),
    pointAt,
    temporaryOf: temporaries.of,
    temporaryTypes: temporaries.types,
    marks: temporaries.marks,
    canonical,
  };
}

const NO_CANONICAL: Plan["canonical"] = new Map();

/** Values at the same height with the same type share a temporary: no two of them are on the stack at once. */
class Temporaries {
  /** By value; -1 for most. */
  readonly of: Int32Array;
  readonly types: ValueType[] = [];
  /** `MARK_KEEP` at the instructions that make the values. */
  readonly marks: Uint8Array;
  readonly #flow: Flow;
  readonly #byPlace = new Map<number, number>();

  constructor(flow: Flow) {
    this.#flow = flow;
    this.of = cutIntegers(flow.valueTypes.length).fill(-1);
    this.marks = cutBytes(flow.body.count);
  }

  keep(point: Point): void {
    const { stack } = point;
    for (let height = 0; height < stack.length; height++) this.#keepValue(stack[height] as number, height);
    if (point.kind === "call") {
      const first = this.#flow.produced[point.index] as number;
      for (let r = 0; r < point.results.length; r++) this.#keepValue(first + r, stack.length + r);
    }
  }

  #keepValue(value: number, height: number): void {
    if (this.of[value] !== -1) return;
    const type = this.#flow.valueTypes[value] as number;
    const place = height * 0x80 + type;
    let temporary = this.#byPlace.get(place);
    if (temporary === undefined) {
      temporary = this.types.length;
      this.types.push(type);
      this.#byPlace.set(place, temporary);
    }
    this.of[value] = temporary;
    this.marks[this.#producer(value)] = MARK_KEEP;
  }

  /** The instruction that makes a value. */
  #producer(value: number): number {
    const { produced } = this.#flow;
    let low = 0;
    for (let high = produced.length - 1; high - low > 1; ) {
      const middle = (low + high) >>> 1;
      if ((produced[middle] as number) <= value) low = middle;
      else high = middle;
    }
    return low;
  }
}

/** Makes the slots of one function's safepoints: those of a local are all the same one. */
class SlotMaker {
  readonly #flow: Flow;
  readonly #temporaries: Temporaries;
  readonly #sources: Int8Array;
  readonly #locals: (Slot | undefined)[] = [];
  /** By value. */
  readonly #values = new Map<number, Slot>();

  constructor(flow: Flow, temporaries: Temporaries, sources: Int8Array) {
    this.#flow = flow;
    this.#temporaries = temporaries;
    this.#sources = sources;
  }

  /** @param sets the locals that are live at the point, as bits in the words from `start` on */
  plan(point: Point, sets: Int32Array, start: number, words: number): PlannedPoint {
    const { body } = this.#flow;
    const { kind, index, callee, opener, stack, results } = point;
    const slots: Slot[] = [];
    if (kind === "entry") for (let p = 0; p < body.type.params.length; p++) slots.push(this.#local(p));
    else this.#liveLocals(slots, sets, start, words);
    for (let height = 0; height < stack.length; height++) slots.push(this.#temporary(stack[height] as number));
    if (slots.length + results.length > POINT_VALUES_MAX) {
      throw refuse(body, `keeps ${slots.length} values alive at once; at most ${POINT_VALUES_MAX} can be saved`);
    }
    if (slots.some((slot) => slot.type === EXNREF)) {
      throw refuse(body, "holds an exnref where it could be frozen, and an exception in flight can not be saved");
    }
    // Arguments keep their order: a call from outside starts with them.
    const saved = kind === "entry" ? slots : sortedByType(slots);
    return { kind, index, callee, opener, stack, results, slots: saved };
  }

  #liveLocals(slots: Slot[], sets: Int32Array, start: number, words: number): void {
    for (let w = 0; w < words; w++) {
      for (let word = sets[start + w] as number; word !== 0; word &= word - 1) {
        slots.push(this.#local(w * 32 + 31 - Math.clz32(word & -word)));
      }
    }
  }

  #local(index: number): Slot {
    let slot = this.#locals[index];
    if (slot === undefined) {
      const type = this.#flow.body.locals[index] as number;
      const source = holdsFloats(type) ? dirtSource(this.#sources[index] as number) : NEUTRAL;
      slot = { type, kind: "local", index, source };
      this.#locals[index] = slot;
    }
    return slot;
  }

  #temporary(value: number): Slot {
    let slot = this.#values.get(value);
    if (slot === undefined) {
      const type = this.#flow.valueTypes[value] as number;
      const source = holdsFloats(type) ? valueSource(this.#flow, value, this.#sources) : NEUTRAL;
      slot = { type, kind: "temporary", index: this.#temporaries.of[value] as number, source };
      this.#values.set(value, slot);
    }
    return slot;
  }
}

/** Those of one type keep their order. */
function sortedByType(slots: Slot[]): Slot[] {
  ends.fill(0);
  let highest = 0;
  let isSorted = true;
  for (let s = 0; s < slots.length; s++) {
    const rank = rankOf(slots[s] as Slot);
    if (rank < highest) isSorted = false;
    else highest = rank;
    ends[rank + 1] = (ends[rank + 1] as number) + 1;
  }
  if (isSorted) return slots;
  for (let rank = 1; rank < ends.length; rank++) ends[rank] = (ends[rank] as number) + (ends[rank - 1] as number);
  const sorted = slots.slice();
  for (let s = 0; s < slots.length; s++) {
    const slot = slots[s] as Slot;
    const rank = rankOf(slot);
    const place = ends[rank] as number;
    sorted[place] = slot;
    ends[rank] = place + 1;
  }
  return sorted;
}

function rankOf(slot: Slot): number {
  return RANK[slot.type] as number;
}

/** Where the slots of each rank go next; first, one place further, how many there are. */
const ends = new Int32Array(TYPES_RANKED.length + 1);

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
