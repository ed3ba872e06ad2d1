/**
 * The one forward walk that makes a `Flow`: block by block, as the specification's validation algorithm (appendix 7.3)
 * goes, but that what is not reachable is left out.
 * @module
 */

import { type FunctionType, I32, type ValueType } from "../module.ts";
import * as o from "../opcodes.ts";
import { PARAM_COUNTS, RESULTS } from "../validate/signatures.ts";
import { type Body, blockType, elseOf } from "./body.ts";
import { FloatObservations } from "./float-observations.ts";
import { CLEAN, constSource, holdsFloats, OBSERVED, RESULT_SOURCE } from "./float-sources.ts";
import { type Flow, POINT_VALUES_MAX, type Point, type PointKind, refuse } from "./flow.ts";
import { Operands } from "./operands.ts";
import { cutBytes, cutIntegers } from "./pool.ts";
import { CHANGES_TABLES } from "./traps.ts";

/** Values in the snapshots of all safepoints of a function: only a function made to exhaust the host has so many. */
const KEPT_VALUES_MAX = 5_000_000;

interface Frame {
  readonly opener: number;
  readonly op: number;
  readonly type: FunctionType;
  readonly base: number;
  /** Parameters of an `if`, to be given again to its else-arm. */
  params: readonly number[];
  targeted: boolean;
  thenFalls: boolean;
}

export function analyseFlow(body: Body): Flow {
  const walker = new FlowWalker(body);
  walker.walk(false);
  return walker.flow();
}

/** The same, unless the function is found to be unbounded, which ends the analysis. */
export function analyseBounded(body: Body): Flow | undefined {
  const walker = new FlowWalker(body);
  return walker.walk(true) ? walker.flow() : undefined;
}

/** How the walk treats an instruction, by opcode key: the first three are nearly all code. */
const PLAIN = 0;
const LOCAL_GET = 1;
const LOCAL_SET = 2;
const OTHER = 3;

const KINDS: Uint8Array = Uint8Array.from(o.SIGNATURES, (signature, key) => {
  if (key === o.OP_LOCAL_GET) return LOCAL_GET;
  if (key === o.OP_LOCAL_SET) return LOCAL_SET;
  const isConst = key === o.OP_F32_CONST || key === o.OP_F64_CONST;
  return signature === undefined || OBSERVED[key] === 1 || isBulk(key) || isConst || key === o.OP_MEMORY_GROW
    ? OTHER
    : PLAIN;
});

function isBulk(key: number): boolean {
  if (key === o.OP_DATA_DROP || key === o.OP_ELEM_DROP) return false;
  return key >= o.OP_MEMORY_INIT && key <= o.OP_TABLE_COPY;
}

const NO_TYPES: readonly ValueType[] = [];
const ONE_I32: readonly ValueType[] = [I32];
const operands: Operands = new Operands();

class FlowWalker {
  readonly #body: Body;
  readonly #operands: Operands = operands;
  readonly #floats = new FloatObservations(operands);
  readonly #points: Point[] = [];
  readonly #charges: Int32Array;
  readonly #produced: Int32Array;
  readonly #live: Uint8Array;
  readonly #bases: number[] = [];
  readonly #parents: number[] = [];
  readonly #callees: number[] = [];
  readonly #frames: Frame[] = [];
  readonly #outermost: Frame;
  #cost = 0;
  #unbounded = false;
  #changesTables = false;
  /** Place of the current run's charge, and what it is so far. */
  #run = 0;
  #gas = 0;
  /** Values in the snapshots of all points. */
  #kept = 0;

  constructor(body: Body) {
    this.#body = body;
    this.#operands.reset();
    this.#charges = cutIntegers(body.count + 1);
    this.#produced = cutIntegers(body.count + 1);
    this.#live = cutBytes(body.count);
    this.#gas = (body.locals.length - body.type.params.length) >> 3;
    this.#points.push({ kind: "entry", index: -1, callee: -1, opener: -1, stack: [], results: NO_TYPES });
    this.#outermost = makeFrame(-1, o.OP_BLOCK, { params: [], results: body.type.results }, 0);
    this.#frames.push(this.#outermost);
  }

  flow(): Flow {
    return {
      body: this.#body,
      points: this.#points,
      charges: this.#charges,
      valueTypes: this.#operands.types(),
      valueSources: this.#operands.sources(),
      produced: this.#produced,
      observed: this.#floats.observed,
      definitions: this.#floats.definitions,
      bases: this.#bases,
      parents: this.#parents,
      live: this.#live,
      endTargeted: this.#outermost.targeted,
      callees: this.#callees,
      cost: this.#cost,
      stackSlots: this.#operands.mostSlots,
      unbounded: this.#unbounded,
      changesTables: this.#changesTables,
    };
  }

  /** Tells whether it came to the end: an unbounded function ends the walk if it is for bounded ones only. */
  walk(boundedOnly: boolean): boolean {
    const { op, a, locals, count } = this.#body;
    const stack = this.#operands;
    const produced = this.#produced;
    const live = this.#live;
    let i = 0;
    while (i < count) {
      produced[i] = stack.count;
      live[i] = 1;
      const key = op[i] as number;
      switch (KINDS[key]) {
        case PLAIN: {
          this.#gas++;
          stack.pop(PARAM_COUNTS[key] as number);
          const result = RESULTS[key] as number;
          if (result !== 0) stack.push(result, RESULT_SOURCE[key] as number);
          i++;
          break;
        }
        case LOCAL_GET: {
          this.#gas++;
          const local = a[i] as number;
          const type = locals[local] as number;
          stack.push(type, holdsFloats(type) ? local : CLEAN);
          i++;
          break;
        }
        case LOCAL_SET:
          this.#gas++;
          this.#floats.define(i, a[i] as number, locals[a[i] as number] as number);
          stack.pop(1);
          i++;
          break;
        default:
          i = this.#step(i, key) ? i + 1 : this.#skip(i);
          if (boundedOnly && this.#unbounded) return false;
      }
    }
    produced[count] = stack.count;
    this.#newRun(0);
    return true;
  }

  /** After an instruction that does not fall through: handles ends and elses up to the next live code; returns it. */
  #skip(start: number): number {
    const body = this.#body;
    let from = start;
    for (;;) {
      const frame = this.#frames[this.#frames.length - 1];
      if (frame === undefined) return body.count;
      const elseAt = frame.opener < 0 ? -1 : elseOf(body, frame.opener);
      const end = frame.opener < 0 ? body.count - 1 : (body.match[frame.opener] as number);
      const stop = elseAt > from ? elseAt : end;
      // Skipped instructions make no values.
      this.#produced.fill(this.#operands.count, from + 1, stop + 1);
      from = stop;
      if (stop !== end) {
        this.#live[stop] = 1;
        this.#else(stop, frame);
        return stop + 1;
      }
      if (this.#end(end, frame, false)) return end + 1;
    }
  }

  /** Handles instruction i, which is reachable; tells whether control falls through to the next. */
  #step(i: number, op: number): boolean {
    if (CHANGES_TABLES[op] === 1) this.#changesTables = true;
    const signature = o.SIGNATURES[op];
    if (signature !== undefined) {
      this.#gas++;
      this.#simple(i, op, signature);
      return true;
    }
    switch (op) {
      case o.OP_BLOCK:
      case o.OP_LOOP:
      case o.OP_IF:
      case o.OP_TRY_TABLE:
        this.#opener(i, op);
        return true;
      case o.OP_ELSE: {
        const frame = this.#top();
        this.#floats.observe(i, frame.type.results, 0);
        frame.thenFalls = true;
        this.#else(i, frame);
        return true;
      }
      case o.OP_END: {
        const frame = this.#top();
        this.#floats.observe(i, frame.type.results, 0);
        return this.#end(i, frame, true);
      }
      default:
        this.#gas++;
        return this.#other(i, op);
    }
  }

  #simple(i: number, op: number, signature: FunctionType): void {
    const stack = this.#operands;
    if (OBSERVED[op] === 1) this.#floats.observe(i, signature.params, 0);
    if (isBulk(op)) this.#point("bulk", i, -1, NO_TYPES);
    const isConst = op === o.OP_F32_CONST || op === o.OP_F64_CONST;
    stack.pop(signature.params.length);
    if (op === o.OP_MEMORY_GROW) this.#point("call", i, -1, ONE_I32);
    const result = signature.results[0];
    if (result !== undefined) {
      stack.push(result, isConst ? constSource(this.#body, i) : (RESULT_SOURCE[op] as number));
    }
  }

  #opener(i: number, op: number): void {
    const type = blockType(this.#body, i);
    const stack = this.#operands;
    if (op === o.OP_IF || op === o.OP_TRY_TABLE) this.#gas++;
    if (op === o.OP_IF) {
      // Where there is no other arm, the parameters are the results.
      if (elseOf(this.#body, i) === -1) this.#floats.observe(i, type.params, 1);
      stack.pop(1);
    }
    if (op === o.OP_TRY_TABLE) {
      this.#unbounded = true;
      for (const clause of this.#body.clauses.get(i) ?? []) this.#target(clause.depth);
    }
    if (op === o.OP_LOOP) {
      this.#unbounded = true;
      this.#floats.observe(i, type.params, 0);
      stack.pop(type.params.length);
      for (const param of type.params) stack.push(param, CLEAN);
    }
    this.#open(i, op, type);
    if (op === o.OP_LOOP) this.#point("loop", i, -1, NO_TYPES);
    if (op === o.OP_LOOP || op === o.OP_IF) this.#newRun(i);
  }

  #open(i: number, op: number, type: FunctionType): void {
    const block = this.#body.a[i] as number;
    const frame = makeFrame(i, op, type, this.#operands.height - type.params.length);
    // Blocks in dead code have no entry.
    while (this.#bases.length < block) {
      this.#bases.push(-1);
      this.#parents.push(-1);
    }
    this.#bases.push(frame.base);
    this.#parents.push(this.#top().opener);
    if (op === o.OP_IF) frame.params = this.#operands.from(frame.base);
    this.#frames.push(frame);
  }

  #else(i: number, frame: Frame): void {
    const stack = this.#operands;
    stack.pop(stack.height - frame.base);
    for (const value of frame.params) stack.pushAgain(value);
    this.#newRun(i);
  }

  /** Closes a block; tells whether the code after it is reachable. */
  #end(i: number, frame: Frame, falls: boolean): boolean {
    const stack = this.#operands;
    this.#frames.pop();
    const hasElse = frame.op === o.OP_IF && elseOf(this.#body, frame.opener) !== -1;
    // Branches to a loop go to its header, and do not make its end reachable.
    const reached = frame.targeted && frame.op !== o.OP_LOOP;
    const live = falls || reached || (frame.op === o.OP_IF && (!hasElse || frame.thenFalls));
    this.#live[i] = live ? 1 : 0;
    stack.pop(stack.height - frame.base);
    if (!live) return false;
    this.#produced[i] = stack.count;
    for (const result of frame.type.results) stack.push(result, CLEAN);
    if (frame.op === o.OP_IF || (reached && frame.opener >= 0)) this.#newRun(i);
    return true;
  }

  #other(i: number, op: number): boolean {
    const body = this.#body;
    switch (op) {
      case o.OP_LOCAL_TEE: {
        const local = body.a[i] as number;
        const type = body.locals[local] as number;
        this.#floats.define(i, local, type);
        this.#operands.pop(1);
        this.#operands.push(type, holdsFloats(type) ? local : CLEAN);
        return true;
      }
      case o.OP_BR_IF:
        this.#branch(i, body.a[i] as number, 1);
        this.#operands.pop(1);
        this.#newRun(i);
        return true;
      case o.OP_BR:
        this.#branch(i, body.a[i] as number, 0);
        return false;
      case o.OP_BR_TABLE:
        for (const depth of body.tables.get(i) as readonly number[]) this.#branch(i, depth, 1);
        return false;
      case o.OP_RETURN:
        this.#floats.observe(i, body.type.results, 0);
        return false;
      case o.OP_UNREACHABLE:
        return false;
      case o.OP_THROW:
        this.#unbounded = true;
        this.#floats.observe(i, this.#tagParams(body.a[i] as number), 0);
        return false;
      case o.OP_THROW_REF:
        this.#unbounded = true;
        return false;
      case o.OP_CALL:
      case o.OP_CALL_INDIRECT:
      case o.OP_RETURN_CALL:
      case o.OP_RETURN_CALL_INDIRECT:
        return this.#call(i, op);
      default:
        this.#polymorphic(i, op);
        return true;
    }
  }

  #call(i: number, op: number): boolean {
    const { module, a } = this.#body;
    const direct = op === o.OP_CALL || op === o.OP_RETURN_CALL;
    const typeIndex = direct ? module.functions[a[i] as number] : a[i];
    const type = module.types[typeIndex as number] as FunctionType;
    this.#floats.observe(i, type.params, direct ? 0 : 1);
    this.#operands.pop(type.params.length + (direct ? 0 : 1));
    const tail = op === o.OP_RETURN_CALL || op === o.OP_RETURN_CALL_INDIRECT;
    if (tail || !direct) this.#unbounded = true;
    if (direct) this.#callees.push(a[i] as number);
    if (tail) return false;
    this.#point("call", i, direct ? (a[i] as number) : -1, type.results);
    for (const result of type.results) this.#operands.push(result, CLEAN);
    return true;
  }

  #polymorphic(i: number, op: number): void {
    const { module, a } = this.#body;
    const stack = this.#operands;
    switch (op) {
      case o.OP_DROP:
        stack.pop(1);
        return;
      case o.OP_SELECT:
      case o.OP_SELECT_T:
        this.#floats.select(i);
        return;
      case o.OP_GLOBAL_GET:
        stack.push((module.globals[a[i] as number] as { type: number }).type, CLEAN);
        return;
      case o.OP_GLOBAL_SET:
        this.#floats.observeTop(i);
        stack.pop(1);
        return;
      case o.OP_TABLE_GET:
        stack.pop(1);
        stack.push((module.tables[a[i] as number] as { element: number }).element, CLEAN);
        return;
      case o.OP_TABLE_SET:
        stack.pop(2);
        return;
      case o.OP_TABLE_GROW:
        stack.pop(2);
        this.#point("call", i, -1, ONE_I32);
        stack.push(I32, CLEAN);
        return;
      case o.OP_TABLE_FILL:
        this.#point("bulk", i, -1, NO_TYPES);
        stack.pop(3);
        return;
      case o.OP_REF_NULL:
        stack.push(a[i] as number, CLEAN);
        return;
      case o.OP_REF_IS_NULL:
        stack.pop(1);
        stack.push(I32, CLEAN);
        return;
      default:
        throw new Error(`instruction ${o.NAMES[op] ?? op} has no flow`);
    }
  }

  #branch(i: number, depth: number, above: number): void {
    const frame = this.#target(depth);
    this.#floats.observe(i, frame.op === o.OP_LOOP ? frame.type.params : frame.type.results, above);
  }

  #target(depth: number): Frame {
    const frame = this.#frames[this.#frames.length - 1 - depth] as Frame;
    frame.targeted = true;
    return frame;
  }

  #tagParams(tag: number): readonly ValueType[] {
    const { module } = this.#body;
    return (module.types[module.tags[tag] as number] as FunctionType).params;
  }

  #point(kind: PointKind, index: number, callee: number, results: readonly ValueType[]): void {
    if (kind === "bulk" || (kind === "call" && callee < 0)) this.#unbounded = true;
    const top = this.#top();
    const opener = top.opener === index ? (this.#parents[this.#body.a[index] as number] as number) : top.opener;
    const stack = this.#operands.from(0);
    this.#kept += stack.length;
    if (stack.length > POINT_VALUES_MAX) {
      throw refuse(this.#body, `keeps ${stack.length} values alive at once; at most ${POINT_VALUES_MAX} can be saved`);
    }
    if (this.#kept > KEPT_VALUES_MAX) throw refuse(this.#body, "is too large to be made freezable; split it");
    this.#points.push({ kind, index, callee, opener, stack, results });
  }

  /** What was charged belongs to the run so far; another starts after instruction i. */
  #newRun(i: number): void {
    this.#charges[this.#run] = this.#gas;
    this.#cost += this.#gas;
    this.#gas = 0;
    this.#run = i + 1;
  }

  #top(): Frame {
    return this.#frames[this.#frames.length - 1] as Frame;
  }
}

function makeFrame(opener: number, op: number, type: FunctionType, base: number): Frame {
  return { opener, op, type, base, params: [], targeted: false, thenFalls: false };
}
