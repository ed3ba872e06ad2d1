/**
 * Bounded functions (docs/spec/gas.md): short, loop-free, not recursive. They pay for what they do but are never stopped
 * inside, so calls to them need no test and save nothing.
 * @module
 */

import { type FunctionBody, V128, type WasmModule } from "../module.ts";
import { analyseBounded } from "./analyse-flow.ts";
import { makeBody } from "./body.ts";
import type { Flow } from "./flow.ts";

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
  const { locals } = flow.body;
  for (let i = 0; i < locals.length; i++) if (locals[i] === V128) slots++;
  return slots;
}

/** One flag a function, imported ones included (they are unbounded). */
export function findBounded(module: WasmModule): Uint8Array {
  const bounded = new Uint8Array(module.functions.length);
  const candidates = new Map<number, Candidate>();
  for (let i = 0; i < module.bodies.length; i++) {
    const { start, end } = module.bodies[i] as FunctionBody;
    if (end - start > BOUNDED_BODY_BYTES_MAX) continue;
    const func = module.importedFunctions + i;
    const flow = analyseBounded(makeBody(module, func));
    if (flow !== undefined && flow.cost <= BOUNDED_COST_MAX) {
      candidates.set(func, { cost: flow.cost, slots: frameSlots(flow), callees: flow.callees });
    }
  }
  settle(candidates, bounded);
  return bounded;
}

/**
 * What is known of a function that may be bounded. The analysis itself is not kept for the rewriting that follows: to make it
 * again costs less than to have the garbage collector carry it along.
 */
interface Candidate {
  readonly cost: number;
  readonly slots: number;
  readonly callees: readonly number[];
}

/** Functions are settled callees first; what lies on a cycle, or calls what is not a candidate, never is. */
function settle(candidates: ReadonlyMap<number, Candidate>, bounded: Uint8Array): void {
  const cost = new Map<number, number>();
  const stack = new Map<number, number>();
  const callers = new Map<number, number[]>();
  const waiting = new Map<number, number>();
  const ready: number[] = [];
  for (const [func, { callees }] of candidates) {
    waiting.set(func, callees.length);
    for (const callee of callees) {
      const list = callers.get(callee);
      if (list === undefined) callers.set(callee, [func]);
      else list.push(func);
    }
    if (callees.length === 0) ready.push(func);
  }
  for (let func = ready.pop(); func !== undefined; func = ready.pop()) {
    const candidate = candidates.get(func) as Candidate;
    let sum = candidate.cost;
    let deepest = 0;
    for (const callee of candidate.callees) {
      sum += cost.get(callee) as number;
      deepest = Math.max(deepest, stack.get(callee) as number);
    }
    const slots = candidate.slots + deepest;
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
