/**
 * A continuation: the rest of one function after one safepoint, as a module of its own that works on the hot instance's
 * memory, tables, globals and functions. Its safepoints are those of the original function, so what is captured in it is
 * captured as if it had never been interrupted. Made on demand; it holds one copy of the code that can still run.
 * @module
 */

import type { FunctionType, ValueType, WasmModule } from "../module.ts";
import { I32 } from "../module.ts";
import * as o from "../opcodes.ts";
import { analyseFlow } from "./analyse-flow.ts";
import { makeBody } from "./body.ts";
import { frameSlots } from "./bounded.ts";
import { emitFromCarriers, emitPush } from "./carry.ts";
import type { CodeWriter } from "./code-writer.ts";
import { ContinuationTarget } from "./continuation-target.ts";
import { FunctionEmitter } from "./emit-function.ts";
import type { Form } from "./emit-safepoint.ts";
import { withGas } from "./helpers.ts";
import { type CodeEntry, makeCodeEntry } from "./module-writer.ts";
import { makePlan, type Plan, type PlannedPoint } from "./plan.ts";
import { carriers, POINT_FINISHED, RUNTIME_FRAME } from "./runtime-abi.ts";

/** What the kernel resumes a frame with: results of the call that it waits for, or an exception that the call threw. */
export type Resumption = "results" | "exception";

export interface FunctionPlan {
  readonly plan: Plan;
  readonly frameSlots: number;
}

export function planFunction(module: WasmModule, func: number, isBounded: (func: number) => boolean): FunctionPlan {
  return allParts(planInParts(module, func, isBounded));
}

/** The same with other work between the parts: for a large function each takes tens of milliseconds the first time. */
export function* planInParts(
  module: WasmModule,
  func: number,
  isBounded: (func: number) => boolean,
): Generator<void, FunctionPlan> {
  const flow = analyseFlow(makeBody(module, func));
  yield;
  return { plan: makePlan(flow, isBounded), frameSlots: frameSlots(flow) };
}

export interface ContinuationInit extends FunctionPlan {
  readonly point: number;
  readonly pointBase: number;
  readonly isBounded: (func: number) => boolean;
  readonly resumption: Resumption;
}

/** Name of a continuation's one export: (carriers of the slots, then of the results, gas, depth) -> gas. */
export const EXPORT_CONTINUE = "continue";

export function makeContinuation(init: ContinuationInit): Uint8Array<ArrayBuffer> {
  return allParts(continuationInParts(init));
}

/** As `planInParts`. */
export function* continuationInParts(init: ContinuationInit): Generator<void, Uint8Array<ArrayBuffer>> {
  // The first pass finds out what is imported, and so how functions, types and globals are numbered in the second; and at which
  // safepoints the code tests, so that the second can save their frames behind it.
  const target = new ContinuationTarget(init.plan.flow.body.module);
  const { tested } = emit(init, target, NO_POINTS);
  target.settle();
  yield;
  return target.assemble(emit(init, target, tested), EXPORT_CONTINUE);
}

const NO_POINTS: ReadonlySet<number> = new Set();

/** Does all parts of a work at once. */
export function allParts<T>(parts: Generator<void, T>): T {
  for (;;) {
    const part = parts.next();
    if (part.done === true) return part.value;
  }
}

/** Parameters of the continuation's function. */
function parameters(init: ContinuationInit): readonly ValueType[] {
  const point = init.plan.points[init.point] as PlannedPoint;
  const results = point.kind === "call" && init.resumption === "results" ? point.results : [];
  return [...point.slots.map((slot) => slot.type), ...results].flatMap((type) => carriers(type)).concat(I32, I32);
}

interface Emission {
  readonly type: FunctionType;
  readonly entry: CodeEntry;
  readonly tested: ReadonlySet<number>;
}

/** @param stops safepoints whose frames are saved behind the code */
function emit(init: ContinuationInit, target: ContinuationTarget, stops: ReadonlySet<number>): Emission {
  const params = parameters(init);
  const { body } = init.plan.flow;
  const gas = params.length - 2;
  const form = makeForm(params.length);
  const emitter = new FunctionEmitter({
    plan: init.plan,
    target,
    form,
    freeLocal: params.length + body.locals.length,
    pointBase: init.pointBase,
    frameSlots: init.frameSlots,
    isBounded: init.isBounded,
  });
  const { code } = emitter;
  if (stops.size > 0) emitter.openStops(stops);
  if (init.point === 0) emitStart(init, code, target);
  else emitResume(init, emitter, params.length);
  emitFinished(code, body.type.results, gas, (number) => target.runtime(number));
  if (stops.size > 0) {
    code.op(o.OP_RETURN);
    emitter.closeStops();
  }
  code.op(o.OP_END);
  const bytes = code.finish();
  const locals = [...body.locals, ...code.addedLocals()];
  return { type: { params, results: [I32] }, entry: makeCodeEntry(locals, bytes), tested: emitter.tested };
}

function makeForm(firstLocal: number): Form {
  const gas = firstLocal - 2;
  return {
    gas,
    depth: gas + 1,
    tailCall: false,
    cutsLoops: true,
    local: (original) => firstLocal + original,
    leave: (code) => {
      code.constant(-1);
      code.op(o.OP_RETURN);
    },
    finish: (code, functionDepth) => code.branch(o.OP_BR, functionDepth),
  };
}

/** At the entry nothing has happened yet: call the hot function. */
function emitStart(init: ContinuationInit, code: CodeWriter, target: ContinuationTarget): void {
  const { type, func } = init.plan.flow.body;
  let carrier = 0;
  for (const param of type.params) {
    emitFromCarriers(code, param, carrier);
    carrier += carriers(param).length;
  }
  code.get(carrier);
  code.get(carrier + 1);
  code.indexed(o.OP_CALL, target.func(func));
  code.set(carrier);
  target.type(withGas(type));
}

function emitResume(init: ContinuationInit, emitter: FunctionEmitter, firstLocal: number): void {
  const { plan } = init;
  const { code } = emitter;
  const point = plan.points[init.point] as PlannedPoint;
  let carrier = 0;
  for (const slot of point.slots) {
    emitFromCarriers(code, slot.type, carrier);
    if (slot.kind === "local") code.set(firstLocal + slot.index);
    else code.setTemporary(slot.index);
    carrier += carriers(slot.type).length;
  }
  emitter.openFunction(true);
  emitter.emitRest(point, () => {
    if (init.resumption === "exception") {
      code.indexed(o.OP_CALL, emitter.target.helper({ kind: "rethrow" }));
      code.op(o.OP_UNREACHABLE);
      return;
    }
    for (const result of point.results) {
      emitFromCarriers(code, result, carrier);
      carrier += carriers(result).length;
    }
  });
}

/** Hands the results on the stack to the machine, and leaves the gas. */
function emitFinished(
  code: CodeWriter,
  results: readonly ValueType[],
  gas: number,
  runtime: (number: number) => number,
): void {
  const FINISHED_SCRATCH = 0x2000;
  const scratch = results.map((type, r) => code.scratch(type, FINISHED_SCRATCH + r));
  for (const local of scratch.toReversed()) code.set(local);
  code.constant(POINT_FINISHED);
  code.get(gas);
  code.constant(results.flatMap((type) => carriers(type)).length);
  code.indexed(o.OP_CALL, runtime(RUNTIME_FRAME));
  for (const [r, type] of results.entries()) emitPush(code, type, scratch[r] as number, runtime);
  code.get(gas);
}
