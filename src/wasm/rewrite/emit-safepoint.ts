/**
 * The small sequences that surround a function's own instructions: charging, testing the gas, saving the frame, keeping
 * values for safepoints, making floats canonical.
 * @module
 */

import { ByteWriter } from "../../bytes/index.ts";
import { type FunctionType, I32, type ValueType } from "../module.ts";
import * as o from "../opcodes.ts";
import { CodeWriter } from "./code-writer.ts";
import { NEUTRAL } from "./float-sources.ts";
import { refuse } from "./flow.ts";
import { MARK_CANONICAL, MARK_KEEP, type Plan, type PlannedPoint } from "./plan.ts";
import { MOVE_BYTES_MAX } from "./runtime-abi.ts";
import { findStops, isShared, type Stops } from "./stops.ts";
import type { Target } from "./target.ts";

/** Bytes of one function that engines take (V8, SpiderMonkey and JavaScriptCore alike). */
const FUNCTION_BYTES_MAX = 7_654_321;

/** How the two forms of a function differ. */
export interface Form {
  readonly gas: number;
  readonly depth: number;
  /** Whether tail calls stay tail calls: a continuation does not return as the function does. */
  readonly tailCall: boolean;
  /** Whether large loops are left to their own continuations: see `FunctionEmitter.#isCut`. */
  readonly cutsLoops: boolean;
  /** Number of an original local. */
  local(original: number): number;
  /** Emits what follows the saving of a frame: return with dummies. */
  leave(code: CodeWriter): void;
  /** Emits `return`, with the results on the stack. */
  finish(code: CodeWriter, functionDepth: number): void;
}

export interface EmitInit {
  readonly plan: Plan;
  readonly target: Target;
  readonly form: Form;
  /** First local that may be used for temporaries and scratch. */
  readonly freeLocal: number;
  readonly pointBase: number;
  readonly frameSlots: number;
  readonly isBounded: (func: number) => boolean;
  /** What the code is written to; cleared at the start. */
  readonly out?: ByteWriter;
}

const NO_VALUES: FunctionType = { params: [], results: [] };
const NUMBER: FunctionType = { params: [], results: [I32] };

export class SafepointEmitter {
  readonly code: CodeWriter;
  /** Safepoints that the code tests at. */
  readonly tested: Set<number> = new Set();
  readonly #init: EmitInit;
  #stops: Stops | undefined;

  constructor(init: EmitInit) {
    this.#init = init;
    this.code = new CodeWriter({
      source: init.plan.flow.body.module.bytes,
      firstFree: init.freeLocal,
      temporaryTypes: init.plan.temporaryTypes,
      out: init.out ?? new ByteWriter(),
    });
  }

  /** The temporary that holds a value, or -1. */
  temporary(value: number): number {
    return this.#init.plan.temporaryOf[value] as number;
  }

  /** Charges the run that starts after instruction i. */
  charge(i: number): void {
    const gas = this.#init.plan.flow.charges[i + 1] as number;
    if (gas !== 0) this.code.subtract(this.#init.form.gas, gas, false);
  }

  /** Leaves the gas where it can be read after a trap. */
  storeGas(): void {
    this.code.get(this.#init.form.gas);
    this.code.indexed(o.OP_GLOBAL_SET, this.#init.target.gasGlobal);
  }

  /** Stops at safepoint number `point` if the gas is used up. */
  testGas(point: number): void {
    this.beginTest(point);
    this.code.get(this.#init.form.gas);
    this.endTest(point);
  }

  /** The same before a move of as many bytes as a temporary says, or if these are more than are moved in one go. */
  testMove(point: number, size: number): void {
    const { code } = this;
    this.beginTest(point);
    code.getTemporary(size);
    code.constant(MOVE_BYTES_MAX);
    code.op(o.OP_I32_GT_U);
    code.constant(31);
    code.op(o.OP_I32_SHL);
    code.get(this.#init.form.gas);
    code.op(o.OP_I32_OR);
    this.endTest(point);
  }

  /** Sets the gas to what a call has left on the stack above its results, and stops if it is negative. */
  takeGas(i: number): void {
    const { plan, form } = this.#init;
    const number = plan.pointAt[i] as number;
    if ((plan.points[number] as PlannedPoint).results.length === 0 && !isShared(this.#stops?.of[number])) {
      this.code.tee(form.gas);
      this.endTest(number);
    } else {
      this.code.set(form.gas);
      this.keepProduced(i);
      this.testGas(number);
    }
  }

  /** What goes before the value that `endTest` tests: the safepoint's number, if others stop at the same place. */
  beginTest(point: number): void {
    if (isShared(this.#stops?.of[point])) this.code.constant(this.#init.pointBase + point);
  }

  /** Stops if the value on the stack is negative. */
  endTest(point: number): void {
    const { code } = this;
    const stop = this.#stops?.of[point];
    this.tested.add(point);
    code.isNegative();
    if (stop === undefined) {
      code.block(o.OP_IF, NO_VALUES, this.#init.target);
      this.save(point);
      code.end();
    } else {
      code.branch(o.OP_BR_IF, code.level - stop.level);
      if (isShared(stop)) code.op(o.OP_DROP);
    }
  }

  /** Opens the blocks that tests at these safepoints branch out of, around all code of the function. */
  openStops(points?: Iterable<number>): void {
    const { plan, target } = this.#init;
    this.#stops = findStops(plan, points);
    this.code.block(o.OP_BLOCK, NO_VALUES, target);
    for (const stop of this.#stops.all.toReversed()) {
      this.code.block(o.OP_BLOCK, isShared(stop) ? NUMBER : NO_VALUES, target);
      stop.level = this.code.level;
    }
  }

  /** Behind the code, which has returned: saves frames, each where its block ends, and leaves the function. */
  closeStops(): void {
    const { code } = this;
    for (const stop of this.#stops?.all ?? []) {
      code.end();
      this.#callSave(stop.points[0] as number, isShared(stop));
      // Out of what is left: the blocks of the stops that follow, and the one around all.
      if (code.level > 1) code.branch(o.OP_BR, code.level - 1);
    }
    code.end();
    this.#init.form.leave(code);
  }

  /** Hands the frame to the kernel and leaves the function. */
  save(number: number): void {
    this.#callSave(number, false);
    this.#init.form.leave(this.code);
  }

  #callSave(number: number, numberOnStack: boolean): void {
    const { plan, target, form, pointBase } = this.#init;
    const point = plan.points[number] as PlannedPoint;
    const { code } = this;
    if (code.length > FUNCTION_BYTES_MAX) throw refuse(plan.flow.body, "is too large once rewritten; split it");
    if (!numberOnStack) code.constant(pointBase + number);
    code.get(form.gas);
    if (point.kind === "call") {
      const first = plan.flow.produced[point.index] as number;
      for (let r = 0; r < point.results.length; r++) code.getTemporary(this.temporary(first + r));
    }
    for (const slot of point.slots) {
      if (slot.kind === "local") code.get(form.local(slot.index));
      else code.getTemporary(slot.index);
      if (slot.source !== NEUTRAL) code.canonical(slot.type, slot.source);
    }
    code.indexed(o.OP_CALL, target.save(point.results, point.slots));
  }

  /** Copies of those values that instruction i made and that a safepoint needs. */
  keepProduced(i: number): void {
    if (((this.#init.plan.marks[i] as number) & MARK_KEEP) !== 0) this.#keepValues(i);
  }

  #keepValues(i: number): void {
    const { produced, valueTypes } = this.#init.plan.flow;
    const first = produced[i] as number;
    const end = produced[i + 1] as number;
    let lowest = first;
    while (this.temporary(lowest) < 0) lowest++;
    const { code } = this;
    for (let v = end - 1; v > lowest; v--) {
      const temporary = this.temporary(v);
      if (temporary >= 0) code.setTemporary(temporary);
      else code.set(code.scratch(valueTypes[v] as number, v - first));
    }
    code.teeTemporary(this.temporary(lowest));
    for (let v = lowest + 1; v < end; v++) {
      const temporary = this.temporary(v);
      if (temporary >= 0) code.getTemporary(temporary);
      else code.get(code.scratch(valueTypes[v] as number, v - first));
    }
  }

  /** Makes those operands of instruction i canonical whose bits it shows. */
  canonical(i: number): void {
    if (((this.#init.plan.marks[i] as number) & MARK_CANONICAL) !== 0) this.#makeCanonical(i);
  }

  #makeCanonical(i: number): void {
    const sources = this.#init.plan.canonical.get(i) as readonly number[];
    const { observed, valueTypes } = this.#init.plan.flow;
    const types = (observed.get(i) as readonly number[]).map((value) => valueTypes[value] as ValueType);
    const deepest = sources.findLastIndex((source) => source !== NEUTRAL);
    const { code } = this;
    for (let p = 0; p < deepest; p++) code.set(code.scratch(types[p] as number, p));
    code.canonical(types[deepest] as number, sources[deepest] as number);
    for (let p = deepest - 1; p >= 0; p--) {
      code.get(code.scratch(types[p] as number, p));
      if (sources[p] !== NEUTRAL) code.canonical(types[p] as number, sources[p] as number);
    }
  }
}
