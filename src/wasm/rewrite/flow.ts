/**
 * One forward walk over a body: what is reachable, which values lie on the operand stack where, what each straight run
 * costs (docs/spec/gas.md), where the safepoints are, and where the bits of a float become observable.
 * @module
 */

import { WasmError } from "../errors.ts";
import { FUNCREF, type FunctionType, I32, V128, type ValueType } from "../module.ts";
import * as o from "../opcodes.ts";
import type { Body } from "./body.ts";
import { CLEAN, constSource, holdsFloats, joinSources, NEUTRAL, OBSERVED, RESULT_SOURCE } from "./float-sources.ts";

/** Values saved at one safepoint, at most: engines take 1000 parameters. */
export const POINT_VALUES_MAX = 900;
/** Values in the snapshots of all safepoints of a function: only a function made to exhaust the host has so many. */
const KEPT_VALUES_MAX = 5_000_000;

/** What is refused about a function, with where it is. */
export function refuse(body: Body, why: string): WasmError {
  return new WasmError("unsupported", `code section: function ${body.func} ${why}`, body.position[0] as number);
}

export type PointKind = "entry" | "loop" | "call" | "bulk";

import { CHANGES_TABLES } from "./traps.ts";

/** A place where a frame may be captured. Its number is its place in `Flow.points`, after unneeded ones are removed. */
export interface Point {
  readonly kind: PointKind;
  /** Instruction; -1 for the entry. */
  readonly index: number;
  /** Directly called function, or -1. */
  readonly callee: number;
  /** Opener of the innermost block around it, or -1. */
  readonly opener: number;
  /** Values on the operand stack that must survive, bottom first. */
  readonly stack: readonly number[];
  /** What the call leaves on the stack; empty for other kinds. */
  readonly results: readonly ValueType[];
}

export interface Flow {
  readonly body: Body;
  readonly points: readonly Point[];
  /** Gas charged after instruction i at [i + 1]; at [0], on entry. */
  readonly charges: Int32Array;
  /** Values, by number: type, height on the stack, and where a float's bits come from (float-sources.ts). */
  readonly valueTypes: readonly ValueType[];
  readonly valueHeights: readonly number[];
  readonly valueSources: readonly number[];
  /** The first value that instruction i makes; those of i end where those of i + 1 begin. */
  readonly produced: Int32Array;
  /** Float operands whose bits an instruction makes observable, by instruction: values, top of the stack first. */
  readonly observed: ReadonlyMap<number, readonly number[]>;
  /** Definitions of float locals: local, source, local, source, … */
  readonly definitions: readonly number[];
  /** Height of the operand stack under a block and its parameters, by opener. */
  readonly bases: ReadonlyMap<number, number>;
  /** Opener of the block around a block, or -1, by opener. */
  readonly parents: ReadonlyMap<number, number>;
  /** Ends of blocks that are reached by falling through or by a branch, one flag an instruction. */
  readonly live: Uint8Array;
  /** Direct callees, one entry a call site. */
  readonly callees: readonly number[];
  /** Cost of all reachable instructions, without callees. */
  readonly cost: number;
  /** Highest operand stack, in slots of 8 bytes. */
  readonly stackSlots: number;
  /** Has a loop, an indirect call, or another instruction that no bounded function may have. */
  readonly unbounded: boolean;
  /** Has an instruction that changes a table. */
  readonly changesTables: boolean;
}

interface Frame {
  readonly opener: number;
  readonly op: number;
  readonly type: FunctionType;
  readonly base: number;
  /** Parameters of an `if`, to be given again to its else-arm. */
  readonly params: readonly number[];
  targeted: boolean;
  thenFalls: boolean;
}

export function analyseFlow(body: Body): Flow {
  return new FlowWalker(body).walk();
}

class FlowWalker {
  readonly body: Body;
  readonly points: Point[] = [];
  readonly charges: Int32Array;
  readonly valueTypes: ValueType[] = [];
  readonly valueHeights: number[] = [];
  readonly valueSources: number[] = [];
  readonly produced: Int32Array;
  readonly observed = new Map<number, number[]>();
  readonly definitions: number[] = [];
  readonly bases = new Map<number, number>();
  readonly parents = new Map<number, number>();
  readonly live: Uint8Array;
  readonly callees: number[] = [];
  cost = 0;
  stackSlots = 0;
  unbounded = false;
  changesTables = false;

  readonly #stack: number[] = [];
  readonly #frames: Frame[] = [];
  #slots = 0;
  #run = 0;
  /** Values in the snapshots of all points. */
  #kept = 0;

  constructor(body: Body) {
    this.body = body;
    this.charges = new Int32Array(body.count + 1);
    this.produced = new Int32Array(body.count + 1);
    this.live = new Uint8Array(body.count);
  }

  walk(): Flow {
    const { body } = this;
    const declared = body.locals.length - body.type.params.length;
    this.#charge(declared >> 3);
    this.points.push({ kind: "entry", index: -1, callee: -1, opener: -1, stack: [], results: [] });
    this.#open(-1, o.OP_BLOCK, { params: [], results: body.type.results });
    let i = 0;
    while (i < body.count) {
      this.produced[i] = this.valueTypes.length;
      this.live[i] = 1;
      i = this.#step(i) ? i + 1 : this.#skip(i);
    }
    this.produced[body.count] = this.valueTypes.length;
    return this;
  }

  /** After an instruction that does not fall through: handles ends and elses up to the next live code; returns it. */
  #skip(start: number): number {
    const { body } = this;
    let from = start;
    for (;;) {
      const frame = this.#frames[this.#frames.length - 1];
      if (frame === undefined) return body.count;
      const elseAt = frame.opener < 0 ? -1 : (body.elseOf[frame.opener] as number);
      const end = frame.opener < 0 ? body.count - 1 : (body.match[frame.opener] as number);
      const stop = elseAt > from ? elseAt : end;
      // Skipped instructions make no values.
      this.produced.fill(this.valueTypes.length, from + 1, stop + 1);
      from = stop;
      if (stop !== end) {
        this.live[stop] = 1;
        this.#else(stop, frame);
        return stop + 1;
      }
      if (this.#end(end, frame, false)) return end + 1;
    }
  }

  /** Handles instruction i, which is reachable; tells whether control falls through to the next. */
  #step(i: number): boolean {
    const { body } = this;
    const op = body.op[i] as number;
    const signature = o.SIGNATURES[op];
    if (CHANGES_TABLES[op] === 1) this.changesTables = true;
    if (signature !== undefined) {
      this.#charge(1);
      return this.#simple(i, op, signature);
    }
    switch (op) {
      case o.OP_BLOCK:
      case o.OP_LOOP:
      case o.OP_IF:
      case o.OP_TRY_TABLE:
        return this.#opener(i, op);
      case o.OP_ELSE: {
        const frame = this.#top();
        this.#observe(i, frame.type.results);
        frame.thenFalls = true;
        this.#else(i, frame);
        return true;
      }
      case o.OP_END: {
        const frame = this.#top();
        this.#observe(i, frame.type.results);
        return this.#end(i, frame, true);
      }
      case o.OP_LOCAL_GET: {
        this.#charge(1);
        const local = body.a[i] as number;
        const type = body.locals[local] as number;
        this.#push(type, holdsFloats(type) ? local : CLEAN);
        return true;
      }
      case o.OP_LOCAL_SET:
      case o.OP_LOCAL_TEE:
        return this.#localSet(i, op);
      default:
        this.#charge(1);
        return this.#other(i, op);
    }
  }

  #simple(i: number, op: number, signature: FunctionType): boolean {
    if (OBSERVED[op] === 1) this.#observe(i, signature.params);
    if (op >= o.OP_MEMORY_INIT && op <= o.OP_TABLE_COPY && op !== o.OP_DATA_DROP && op !== o.OP_ELEM_DROP) {
      this.#point("bulk", i, -1, []);
    }
    const constSourceOf = op === o.OP_F32_CONST || op === o.OP_F64_CONST;
    this.#popMany(signature.params.length);
    if (op === o.OP_MEMORY_GROW) this.#point("call", i, -1, [I32]);
    const result = signature.results[0];
    if (result !== undefined)
      this.#push(result, constSourceOf ? constSource(this.body, i) : (RESULT_SOURCE[op] as number));
    return true;
  }

  #localSet(i: number, op: number): boolean {
    this.#charge(1);
    const local = this.body.a[i] as number;
    const value = this.#stack[this.#stack.length - 1] as number;
    const type = this.body.locals[local] as number;
    if (holdsFloats(type)) {
      this.#observe(i, [type]);
      this.definitions.push(local, this.valueSources[value] as number);
    }
    if (op === o.OP_LOCAL_SET) {
      this.#popMany(1);
    } else {
      this.#popMany(1);
      this.#push(type, holdsFloats(type) ? local : CLEAN);
    }
    return true;
  }

  #opener(i: number, op: number): boolean {
    const type = this.body.blockTypes.get(i) as FunctionType;
    if (op === o.OP_IF || op === o.OP_TRY_TABLE) this.#charge(1);
    if (op === o.OP_IF) this.#popMany(1);
    if (op === o.OP_TRY_TABLE) {
      this.unbounded = true;
      for (const clause of this.body.clauses.get(i) ?? []) this.#target(clause.depth);
    }
    if (op === o.OP_LOOP) {
      this.unbounded = true;
      this.#observe(i, type.params);
      this.#popMany(type.params.length);
      for (const param of type.params) this.#push(param, CLEAN);
    }
    this.#open(i, op, type);
    if (op === o.OP_LOOP) this.#point("loop", i, -1, []);
    if (op === o.OP_LOOP || op === o.OP_IF) this.#newRun(i);
    return true;
  }

  #open(i: number, op: number, type: FunctionType): void {
    const base = this.#stack.length - type.params.length;
    this.bases.set(i, base);
    this.parents.set(i, this.#frames[this.#frames.length - 1]?.opener ?? -1);
    const params = op === o.OP_IF ? this.#stack.slice(base) : [];
    this.#frames.push({ opener: i, op, type, base, params, targeted: false, thenFalls: false });
  }

  #else(i: number, frame: Frame): void {
    this.#popMany(this.#stack.length - frame.base);
    for (const value of frame.params) this.#repush(value);
    this.#newRun(i);
  }

  /** Closes a block; tells whether the code after it is reachable. */
  #end(i: number, frame: Frame, falls: boolean): boolean {
    this.#frames.pop();
    const hasElse = frame.opener >= 0 && this.body.elseOf[frame.opener] !== -1;
    // Branches to a loop go to its header, and do not make its end reachable.
    const reached = frame.targeted && frame.op !== o.OP_LOOP;
    const live = falls || reached || (frame.op === o.OP_IF && (!hasElse || frame.thenFalls));
    this.live[i] = live ? 1 : 0;
    this.#popMany(this.#stack.length - frame.base);
    if (!live) return false;
    this.produced[i] = this.valueTypes.length;
    for (const result of frame.type.results) this.#push(result, CLEAN);
    if (frame.op === o.OP_IF || (reached && frame.opener >= 0)) this.#newRun(i);
    return true;
  }

  #other(i: number, op: number): boolean {
    const { body } = this;
    switch (op) {
      case o.OP_BR:
        this.#branch(i, body.a[i] as number, 0);
        return false;
      case o.OP_BR_IF:
        this.#branch(i, body.a[i] as number, 1);
        this.#popMany(1);
        this.#newRun(i);
        return true;
      case o.OP_BR_TABLE:
        for (const depth of body.tables.get(i) as readonly number[]) this.#branch(i, depth, 1);
        return false;
      case o.OP_RETURN:
        this.#observe(i, body.type.results);
        return false;
      case o.OP_UNREACHABLE:
        return false;
      case o.OP_THROW:
        this.unbounded = true;
        this.#observe(i, this.#tagParams(body.a[i] as number));
        return false;
      case o.OP_THROW_REF:
        this.unbounded = true;
        return false;
      case o.OP_CALL:
      case o.OP_CALL_INDIRECT:
      case o.OP_RETURN_CALL:
      case o.OP_RETURN_CALL_INDIRECT:
        return this.#call(i, op);
      default:
        return this.#polymorphic(i, op);
    }
  }

  #call(i: number, op: number): boolean {
    const { module, a } = this.body;
    const direct = op === o.OP_CALL || op === o.OP_RETURN_CALL;
    const typeIndex = direct ? module.functions[a[i] as number] : a[i];
    const type = module.types[typeIndex as number] as FunctionType;
    this.#observe(i, direct ? type.params : [...type.params, I32]);
    this.#popMany(type.params.length + (direct ? 0 : 1));
    const tail = op === o.OP_RETURN_CALL || op === o.OP_RETURN_CALL_INDIRECT;
    if (tail || !direct) this.unbounded = true;
    if (direct) this.callees.push(a[i] as number);
    if (tail) return false;
    this.#point("call", i, direct ? (a[i] as number) : -1, type.results);
    for (const result of type.results) this.#push(result, CLEAN);
    return true;
  }

  #polymorphic(i: number, op: number): boolean {
    const { body } = this;
    switch (op) {
      case o.OP_DROP:
        this.#popMany(1);
        return true;
      case o.OP_SELECT:
      case o.OP_SELECT_T:
        this.#select(i);
        return true;
      case o.OP_GLOBAL_GET:
        this.#push((body.module.globals[body.a[i] as number] as { type: number }).type, CLEAN);
        return true;
      case o.OP_GLOBAL_SET:
        this.#observe(i, [(body.module.globals[body.a[i] as number] as { type: number }).type]);
        this.#popMany(1);
        return true;
      case o.OP_TABLE_GET:
        this.#popMany(1);
        this.#push((body.module.tables[body.a[i] as number] as { element: number }).element, CLEAN);
        return true;
      case o.OP_TABLE_SET:
        this.#popMany(2);
        return true;
      case o.OP_TABLE_GROW:
        this.#popMany(2);
        this.#point("call", i, -1, [I32]);
        this.#push(I32, CLEAN);
        return true;
      case o.OP_TABLE_FILL:
        this.#point("bulk", i, -1, []);
        this.#popMany(3);
        return true;
      case o.OP_REF_NULL:
        this.#push(body.a[i] as number, CLEAN);
        return true;
      case o.OP_REF_IS_NULL:
        this.#popMany(1);
        this.#push(I32, CLEAN);
        return true;
      case o.OP_REF_FUNC:
        this.#push(FUNCREF, CLEAN);
        return true;
      default:
        throw new Error(`instruction ${o.NAMES[op] ?? op} has no flow`);
    }
  }

  #select(i: number): void {
    const top = this.#stack.length - 1;
    const second = this.#stack[top - 1] as number;
    const first = this.#stack[top - 2] as number;
    const type = this.valueTypes[first] as number;
    let source = CLEAN;
    if (holdsFloats(type)) {
      const known = (value: number): boolean => (this.valueSources[value] as number) < CLEAN;
      if (known(first) && known(second)) {
        source = joinSources(this.valueSources[first] as number, this.valueSources[second] as number);
      }
      if (source === CLEAN) {
        this.#observe(i, [type, type, I32]);
      }
    }
    this.#popMany(3);
    this.#push(type, source);
  }

  #branch(i: number, depth: number, above: number): void {
    const frame = this.#target(depth);
    const types = frame.op === o.OP_LOOP ? frame.type.params : frame.type.results;
    if (types.some(holdsFloats)) this.#observe(i, above === 0 ? types : [...types, I32]);
  }

  #target(depth: number): Frame {
    const frame = this.#frames[this.#frames.length - 1 - depth] as Frame;
    frame.targeted = true;
    return frame;
  }

  #tagParams(tag: number): readonly ValueType[] {
    const { module } = this.body;
    return (module.types[module.tags[tag] as number] as FunctionType).params;
  }

  /** Notes that the operands of these types, the last on top, become observable at instruction i. */
  #observe(i: number, types: readonly ValueType[]): void {
    if (!types.some(holdsFloats) || this.observed.has(i)) return;
    const values = this.#stack.slice(this.#stack.length - types.length).reverse();
    const matters = (value: number): boolean => {
      const source = this.valueSources[value] as number;
      return holdsFloats(this.valueTypes[value] as number) && ((source < CLEAN && source !== NEUTRAL) || source >= 0);
    };
    if (values.some(matters)) this.observed.set(i, values);
  }

  #point(kind: PointKind, index: number, callee: number, results: readonly ValueType[]): void {
    if (kind === "bulk" || index < 0) this.unbounded = true;
    if (kind === "call" && callee < 0) this.unbounded = true;
    const top = this.#top();
    const opener = top.opener === index ? (this.parents.get(index) as number) : top.opener;
    const stack = this.#stack.slice();
    this.#kept += stack.length;
    if (stack.length > POINT_VALUES_MAX) {
      throw refuse(this.body, `keeps ${stack.length} values alive at once; at most ${POINT_VALUES_MAX} can be saved`);
    }
    if (this.#kept > KEPT_VALUES_MAX) throw refuse(this.body, "is too large to be made freezable; split it");
    this.points.push({ kind, index, callee, opener, stack, results });
  }

  #charge(gas: number): void {
    this.charges[this.#run] = (this.charges[this.#run] as number) + gas;
    this.cost += gas;
  }

  #newRun(i: number): void {
    this.#run = i + 1;
  }

  #push(type: ValueType, source: number): void {
    const value = this.valueTypes.length;
    this.valueTypes.push(type);
    this.valueHeights.push(this.#stack.length);
    this.valueSources.push(source);
    this.#repush(value);
  }

  #repush(value: number): void {
    this.#stack.push(value);
    this.#slots += this.valueTypes[value] === V128 ? 2 : 1;
    if (this.#slots > this.stackSlots) this.stackSlots = this.#slots;
  }

  #popMany(count: number): void {
    for (let left = count; left > 0; left--) {
      const value = this.#stack.pop() as number;
      this.#slots -= this.valueTypes[value] === V128 ? 2 : 1;
    }
  }

  #top(): Frame {
    return this.#frames[this.#frames.length - 1] as Frame;
  }
}
