/**
 * Where a function stops: behind its code. Each test of the gas branches out to the saving of its frame, so that the code that
 * runs is not interspersed with code that seldom does; safepoints that save the same share it.
 * @module
 */

import type { Plan, PlannedPoint, Slot } from "./plan.ts";

/** Most stops of one function: blocks around blocks, which no engine needs to see by the ten thousand. */
export const STOPS_MAX = 1000;

export interface Stop {
  /** Safepoints that stop here. */
  readonly points: number[];
  /** How many blocks are open once its own is. */
  level: number;
}

export interface Stops {
  readonly all: readonly Stop[];
  /** By safepoint; those that found no place anymore stop where they are. */
  readonly of: readonly (Stop | undefined)[];
}

/** Safepoints that share a stop come with their number on the stack. */
export function isShared(stop: Stop | undefined): boolean {
  return stop !== undefined && stop.points.length > 1;
}

/** @param points those that the code tests at; default: all */
export function findStops(plan: Plan, points: Iterable<number> = plan.points.keys()): Stops {
  const all: Stop[] = [];
  const of: (Stop | undefined)[] = [];
  const byHash = new Map<number, Stop[]>();
  for (const p of points) {
    const hash = hashOf(plan, p);
    let candidates = byHash.get(hash);
    if (candidates === undefined) {
      candidates = [];
      byHash.set(hash, candidates);
    }
    let stop = stopOf(plan, candidates, p);
    if (stop === undefined && all.length < STOPS_MAX) {
      stop = { points: [], level: 0 };
      candidates.push(stop);
      all.push(stop);
    }
    stop?.points.push(p);
    of[p] = stop;
  }
  return { all, of };
}

/** The one that saves what safepoint `p` saves. */
function stopOf(plan: Plan, candidates: readonly Stop[], p: number): Stop | undefined {
  for (let c = 0; c < candidates.length; c++) {
    const candidate = candidates[c] as Stop;
    if (sameSaved(plan, candidate.points[0] as number, p)) return candidate;
  }
  return undefined;
}

function resultOf(plan: Plan, point: PlannedPoint, r: number): number {
  return plan.temporaryOf[(plan.flow.produced[point.index] as number) + r] as number;
}

function hashOf(plan: Plan, p: number): number {
  const point = plan.points[p] as PlannedPoint;
  let hash = point.results.length;
  for (let r = 0; r < point.results.length; r++) hash = (hash * 31 + resultOf(plan, point, r)) | 0;
  for (let s = 0; s < point.slots.length; s++) hash = (hash * 31 + (point.slots[s] as Slot).index) | 0;
  return hash;
}

/** Whether two safepoints save the same values, from the same places. */
function sameSaved(plan: Plan, p: number, q: number): boolean {
  const one = plan.points[p] as PlannedPoint;
  const other = plan.points[q] as PlannedPoint;
  if (one.results.length !== other.results.length || one.slots.length !== other.slots.length) return false;
  for (let r = 0; r < one.results.length; r++) {
    if (resultOf(plan, one, r) !== resultOf(plan, other, r)) return false;
  }
  for (let s = 0; s < one.slots.length; s++) {
    const slot = one.slots[s] as Slot;
    const { kind, index, source } = other.slots[s] as Slot;
    if (slot.kind !== kind || slot.index !== index || slot.source !== source) return false;
  }
  return true;
}
