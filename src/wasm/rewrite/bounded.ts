/**
 * Bounded functions (docs/spec/gas.md): short, loop-free, not recursive. They pay for what they do but are never stopped
 * inside, so calls to them need no test and save nothing.
 * @module
 */

import { V128, type WasmModule } from "../module.ts";
import { makeBody } from "./body.ts";
import { analyseFlow, type Flow } from "./flow.ts";

/** Longest body, in bytes, that is looked at: longer functions are unbounded. */
export const BOUNDED_BODY_BYTES_MAX = 4096;
/** Most gas that a call of a bounded function can use, counted over all its instructions and those it calls. */
export const BOUNDED_COST_MAX = 1000;
/** Most stack that a call of a bounded function can use, in slots, along the deepest path. */
export const BOUNDED_STACK_SLOTS_MAX = 512;
/** Slots that any frame costs beside its locals and operands. */
export const FRAME_BASE_SLOTS = 8;

/** Stack cost of a function's frame in slots of 8 bytes. */
export function frameSlots(flow: Flow): number {
  let slots = FRAME_BASE_SLOTS + flow.body.locals.length + flow.stackSlots;
  for (const type of flow.body.locals) if (type === V128) slots++;
  return slots;
}

/** Instructions in analyses that are kept for the rewriting that follows, at most: they are large. */
const KEPT_INSTRUCTIONS_MAX = 2_000_000;

export interface BoundedFunctions {
  /** One flag a function, imported ones included (they are unbounded). */
  readonly flags: Uint8Array;
  /** Analyses that were made on the way. */
  readonly flows: ReadonlyMap<number, Flow>;
}

export function findBounded(module: WasmModule): BoundedFunctions {
  const count = module.functions.length;
  const bounded = new Uint8Array(count);
  const candidates = new Map<number, Flow>();
  const flows = new Map<number, Flow>();
  let kept = 0;
  module.bodies.forEach((body, i) => {
    if (body.end - body.start > BOUNDED_BODY_BYTES_MAX) return;
    const func = module.importedFunctions + i;
    const flow = analyseFlow(makeBody(module, func));
    kept += flow.body.count;
    if (kept <= KEPT_INSTRUCTIONS_MAX) flows.set(func, flow);
    if (!flow.unbounded && flow.cost <= BOUNDED_COST_MAX) candidates.set(func, flow);
  });
  settle(candidates, bounded);
  return { flags: bounded, flows };
}

/** Functions are settled callees first; what lies on a cycle, or calls what is not a candidate, never is. */
function settle(candidates: ReadonlyMap<number, Flow>, bounded: Uint8Array): void {
  const cost = new Map<number, number>();
  const stack = new Map<number, number>();
  const callers = new Map<number, number[]>();
  const waiting = new Map<number, number>();
  const ready: number[] = [];
  for (const [func, flow] of candidates) {
    waiting.set(func, flow.callees.length);
    for (const callee of flow.callees) {
      const list = callers.get(callee);
      if (list === undefined) callers.set(callee, [func]);
      else list.push(func);
    }
    if (flow.callees.length === 0) ready.push(func);
  }
  for (let func = ready.pop(); func !== undefined; func = ready.pop()) {
    const flow = candidates.get(func) as Flow;
    let sum = flow.cost;
    let deepest = 0;
    for (const callee of flow.callees) {
      sum += cost.get(callee) as number;
      deepest = Math.max(deepest, stack.get(callee) as number);
    }
    const slots = frameSlots(flow) + deepest;
    if (sum > BOUNDED_COST_MAX || slots > BOUNDED_STACK_SLOTS_MAX) continue;
    bounded[func] = 1;
    cost.set(func, sum);
    stack.set(func, slots);
    for (const caller of callers.get(func) ?? []) {
      const left = (waiting.get(caller) as number) - 1;
      waiting.set(caller, left);
      if (left === 0) ready.push(caller);
    }
  }
}
