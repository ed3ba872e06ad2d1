/**
 * The interpreter's main loop: one thread with an explicit stack of frames, stopped and resumed at safepoints exactly as
 * docs/spec/gas.md says. Slow and plain on purpose.
 * @module
 */

import type { FunctionType } from "../../src/wasm/index.ts";
import { AT_ENTRY, Frame, type Label, popRequired } from "./frame.ts";
import type { Bulk, Grow, Instruction } from "./instruction.ts";
import { Meter } from "./meter.ts";
import { MEMORY_PAGES_MAX, TABLE_ELEMENTS_PER_PAGE } from "./storage.ts";
import { type ExceptionObject, type FunctionObject, Stack, Trap, type TrapCode, type Value } from "./values.ts";

export const STACK_SLOTS_MAX: number = 1 << 20;
const BYTES_PER_GAS = 8;
const ELEMENTS_CHARGED_MAX = 2 ** 29 - 1;
const GAS_PER_PAGE = 1024;

export interface Limits {
  readonly stackSlotsMax?: number;
  readonly memoryPagesMax?: number;
}

/** A call of an imported host function. */
export interface HostEvent {
  readonly name: string;
  readonly args: readonly Value[];
  readonly gas: number;
}

export type Outcome =
  | { readonly kind: "done"; readonly values: readonly Value[] }
  | { readonly kind: "trap"; readonly code: TrapCode }
  | { readonly kind: "slice" }
  /** memory.grow or table.grow would exceed `memoryPagesMax`; running again tries again. */
  | { readonly kind: "memory"; readonly pagesWanted: number };

/** What a step tells the main loop; undefined is "go on". */
type Pause = { readonly kind: "slice" } | { readonly kind: "memory"; readonly pagesWanted: number };

/** Which calls a return from is a safepoint for the caller. */
type CallKind = "suspendable" | "plain" | "tail";

export class Thread {
  readonly meter: Meter = new Meter();
  readonly events: HostEvent[] = [];
  readonly #stack = new Stack();
  readonly #frames: Frame[] = [];
  readonly #stackSlotsMax: number;
  /** May be changed between runs. */
  memoryPagesMax: number;
  #slots = 0;
  /** The safepoint after a call or a grow is still to be passed. */
  #safepoint = false;
  #results = 0;

  constructor(limits: Limits = {}) {
    this.#stackSlotsMax = limits.stackSlotsMax ?? STACK_SLOTS_MAX;
    this.memoryPagesMax = limits.memoryPagesMax ?? MEMORY_PAGES_MAX;
  }

  get depth(): number {
    return this.#frames.length;
  }

  /** Prepares a call; `run` does the work. */
  start(func: FunctionObject, args: readonly Value[]): void {
    this.#stack.unwind(0, 0);
    this.#frames.length = 0;
    this.#slots = 0;
    this.#safepoint = false;
    this.#results = func.type.results.length;
    this.meter.renewEpoch();
    this.#stack.pushMany(args);
    this.#call(func, "plain");
  }

  /** Runs until the call is done, traps, or has overdrawn `gas` at a safepoint. */
  run(gas: number): Outcome {
    this.meter.left = gas;
    try {
      while (this.#frames.length > 0) {
        const pause = this.#step();
        if (pause !== undefined) return pause;
      }
    } catch (error) {
      if (!(error instanceof Trap)) throw error;
      this.#frames.length = 0;
      this.meter.trap(error.code);
      return { kind: "trap", code: error.code };
    }
    return { kind: "done", values: this.#stack.popMany(this.#results) };
  }

  #step(): Pause | undefined {
    if (this.#safepoint) {
      if (!this.meter.passSafepoint()) return { kind: "slice" };
      this.#safepoint = false;
    }
    const frame = this.#frame();
    if (frame.at === AT_ENTRY) return this.#enter(frame);
    return this.#execute(frame, frame.instruction);
  }

  #enter(frame: Frame): Pause | undefined {
    if (!frame.isBounded) {
      if (!this.meter.passSafepoint()) return { kind: "slice" };
      if (this.#slots + frame.slots > this.#stackSlotsMax) throw new Trap("stack-overflow");
      this.#slots += frame.slots;
    }
    this.meter.charge(frame.code.runs.entryCharge);
    frame.at = 0;
    return undefined;
  }

  #execute(frame: Frame, instruction: Instruction): Pause | undefined {
    switch (instruction.kind) {
      case "operation":
        instruction.operation.apply(this.#stack, frame);
        frame.at++;
        return undefined;
      case "loop":
        if (!this.meter.passSafepoint()) return { kind: "slice" };
        this.meter.charge(frame.charge(frame.at));
        this.#openBlock(frame, instruction.type);
        return undefined;
      case "bulk":
        return this.#bulk(frame, instruction);
      case "grow":
        return this.#grow(frame, instruction);
      default:
        this.#control(frame, instruction);
        return undefined;
    }
  }

  #control(frame: Frame, instruction: Instruction): undefined {
    switch (instruction.kind) {
      case "block":
      case "try_table":
        return this.#openBlock(frame, instruction.type);
      case "if":
        return this.#if(frame, instruction.type);
      case "else":
        frame.at = frame.endOf(frame.at);
        return;
      case "end":
        return this.#end(frame);
      case "br":
        return this.#branch(frame, instruction.label);
      case "br_if":
        return this.#branchIf(frame, instruction.label, this.#stack.popNumber() !== 0);
      case "br_on_null":
      case "br_on_non_null":
        return this.#branchOnNull(frame, instruction.label, instruction.kind === "br_on_null");
      case "br_table": {
        const index = Math.min(this.#stack.popNumber() >>> 0, instruction.labels.length - 1);
        return this.#branch(frame, instruction.labels[index] ?? 0);
      }
      case "return":
        return this.#return(frame);
      case "unreachable":
        throw new Trap("unreachable");
      case "throw":
        return this.#throw({
          kind: "exception",
          tag: frame.instance.tag(instruction.tag),
          values: this.#stack.popMany(instruction.type.params.length),
        });
      case "throw_ref":
        return this.#throwReference();
      default:
        return this.#callInstruction(frame, instruction);
    }
  }

  #callInstruction(frame: Frame, instruction: Instruction): undefined {
    const tail = instruction.kind.startsWith("return_");
    switch (instruction.kind) {
      case "call":
      case "return_call": {
        const { program } = frame.instance;
        const suspendable = !program.isBounded(instruction.func);
        this.#callFrom(frame, frame.instance.function(instruction.func), tail, suspendable);
        break;
      }
      case "call_indirect":
      case "return_call_indirect": {
        const func = frame.instance.table(instruction.table).get(this.#stack.popNumber());
        if (func === null || (func.kind !== "guest" && func.kind !== "host")) throw new Trap("bad-indirect-call");
        if (!sameType(func.type, instruction.type)) throw new Trap("bad-indirect-call");
        this.#callFrom(frame, func, tail, true);
        break;
      }
      case "call_ref":
      case "return_call_ref": {
        const func = popRequired(this.#stack);
        if (func.kind !== "guest" && func.kind !== "host") throw new TypeError("call_ref: expected a function");
        this.#callFrom(frame, func, tail, true);
        break;
      }
      default:
        throw new TypeError(`instruction: unexpected ${instruction.kind}`);
    }
  }

  #callFrom(frame: Frame, func: FunctionObject, tail: boolean, suspendable: boolean): undefined {
    frame.at++;
    if (!tail) return this.#call(func, suspendable ? "suspendable" : "plain");
    this.#dropFrame(frame, func.type.params.length);
    this.#call(func, frame.safepointAfter ? "suspendable" : "plain");
  }

  #call(func: FunctionObject, kind: CallKind): undefined {
    const args = this.#stack.popMany(func.type.params.length);
    if (func.kind === "host") {
      this.events.push({ name: func.name, args, gas: this.meter.used });
      this.#stack.pushMany(func.call(args, (gas) => this.meter.charge(gas)));
      this.#safepoint = kind === "suspendable" && this.#frames.length > 0;
      return;
    }
    const { instance, index } = func;
    const height = this.#stack.height;
    this.#frames.push(new Frame({ instance, func: index, args, height, safepointAfter: kind === "suspendable" }));
  }

  #return(frame: Frame): undefined {
    this.#dropFrame(frame, frame.code.type.results.length);
    this.#safepoint = frame.safepointAfter && this.#frames.length > 0;
  }

  /** The frame goes; its top `kept` operands stay. */
  #dropFrame(frame: Frame, kept: number): undefined {
    this.#stack.unwind(frame.height, kept);
    this.#frames.pop();
    if (frame.at !== AT_ENTRY) this.#slots -= frame.slots;
  }

  #openBlock(frame: Frame, type: FunctionType): undefined {
    frame.labels.push({ at: frame.at, height: this.#stack.height - type.params.length });
    frame.at++;
  }

  #if(frame: Frame, type: FunctionType): undefined {
    const { at } = frame;
    const condition = this.#stack.popNumber() !== 0;
    this.#openBlock(frame, type);
    const otherwise = frame.code.runs.elses.get(at);
    if (condition) {
      this.meter.charge(frame.charge(at));
    } else if (otherwise === undefined) {
      frame.at = frame.endOf(at);
    } else {
      this.meter.charge(frame.charge(otherwise));
      frame.at = otherwise + 1;
    }
  }

  #end(frame: Frame): undefined {
    if (frame.labels.length === 0) return this.#return(frame);
    frame.labels.pop();
    this.meter.charge(frame.charge(frame.at));
    frame.at++;
  }

  #branch(frame: Frame, depth: number): undefined {
    const label = frame.label(depth);
    if (label === undefined) return this.#return(frame);
    const opener = this.#opener(frame, label);
    const kept = opener.kind === "loop" ? opener.type.params : opener.type.results;
    this.#stack.unwind(label.height, kept.length);
    frame.labels.length -= depth + 1;
    if (opener.kind === "loop") {
      frame.at = label.at;
      return;
    }
    const end = frame.endOf(label.at);
    this.meter.charge(frame.charge(end));
    frame.at = end + 1;
  }

  #branchIf(frame: Frame, depth: number, taken: boolean): undefined {
    if (taken) return this.#branch(frame, depth);
    this.meter.charge(frame.charge(frame.at));
    frame.at++;
  }

  #branchOnNull(frame: Frame, depth: number, onNull: boolean): undefined {
    const reference = this.#stack.popReference();
    if (reference !== null) this.#stack.push(reference);
    const taken = (reference === null) === onNull;
    if (!taken && reference !== null && !onNull) this.#stack.pop();
    this.#branchIf(frame, depth, taken);
  }

  #throwReference(): undefined {
    const exception = popRequired(this.#stack);
    if (exception.kind !== "exception") throw new TypeError("throw_ref: expected an exception");
    this.#throw(exception);
  }

  #throw(exception: ExceptionObject): undefined {
    for (let frame = this.#frames.at(-1); frame !== undefined; frame = this.#frames.at(-1)) {
      const found = frame.findCatch(exception.tag);
      if (found === undefined) {
        this.#dropFrame(frame, 0);
        continue;
      }
      const label = frame.label(found.depth);
      this.#stack.unwind(label?.height ?? frame.height, 0);
      frame.labels.length -= found.depth + 1;
      if (found.values) this.#stack.pushMany(exception.values);
      if (found.withReference) this.#stack.push(exception);
      return this.#branch(frame, found.label);
    }
    throw new Trap("uncaught-exception");
  }

  #bulk(frame: Frame, bulk: Bulk): Pause | undefined {
    const count = this.#stack.popNumber() >>> 0;
    if (!frame.bulkCharged) {
      const bytes = bulk.unit === "byte";
      this.meter.charge(bytes ? Math.floor(count / BYTES_PER_GAS) : Math.min(count, ELEMENTS_CHARGED_MAX));
      frame.bulkCharged = true;
    }
    if (!this.meter.passSafepoint()) {
      this.#stack.push(count);
      return { kind: "slice" };
    }
    frame.bulkCharged = false;
    const from = bulk.params === "iri" ? this.#stack.popReference() : this.#stack.popNumber() >>> 0;
    const to = this.#stack.popNumber() >>> 0;
    bulk.execute(frame, to, from, count);
    frame.at++;
    return undefined;
  }

  #grow(frame: Frame, grow: Grow): Pause | undefined {
    return grow.what === "memory" ? this.#growMemory(frame, grow.index) : this.#growTable(frame, grow.index);
  }

  #growMemory(frame: Frame, index: number): Pause | undefined {
    const memory = frame.instance.memory(index);
    const delta = this.#stack.popNumber() >>> 0;
    const before = memory.pages;
    if (before + delta > memory.pagesMax) return this.#grown(frame, -1, 0);
    const pages = memory.pages + delta + tablePages(frame.instance.tableElements);
    if (delta > 0 && pages > this.memoryPagesMax) {
      this.#stack.push(delta);
      return { kind: "memory", pagesWanted: pages };
    }
    memory.growTo(before + delta);
    return this.#grown(frame, before, delta * GAS_PER_PAGE);
  }

  #growTable(frame: Frame, index: number): Pause | undefined {
    const { instance } = frame;
    const table = instance.table(index);
    const delta = this.#stack.popNumber() >>> 0;
    const fill = this.#stack.popReference();
    const before = table.elements.length;
    if (before + delta > table.elementsMax) return this.#grown(frame, -1, 0);
    const pagesMore = tablePages(instance.tableElements + delta) - tablePages(instance.tableElements);
    const pages = instance.memoryPages + tablePages(instance.tableElements + delta);
    if (pagesMore > 0 && pages > this.memoryPagesMax) {
      this.#stack.push(fill);
      this.#stack.push(delta);
      return { kind: "memory", pagesWanted: pages };
    }
    for (let i = 0; i < delta; i++) table.elements.push(fill);
    return this.#grown(frame, before, delta);
  }

  #grown(frame: Frame, result: number, gas: number): undefined {
    this.meter.charge(gas);
    this.#stack.push(result);
    this.#safepoint = true;
    frame.at++;
  }

  #opener(frame: Frame, label: Label): Extract<Instruction, { type: FunctionType }> {
    const opener = frame.code.instructions[label.at];
    if (opener === undefined || !("type" in opener)) throw new RangeError(`label: ${label.at} opens no block`);
    return opener;
  }

  #frame(): Frame {
    const frame = this.#frames.at(-1);
    if (frame === undefined) throw new RangeError("thread: no frame");
    return frame;
  }
}

/** What elements of tables count as, in pages of memory. */
function tablePages(elements: number): number {
  return Math.floor(elements / TABLE_ELEMENTS_PER_PAGE);
}

function sameType(a: FunctionType, b: FunctionType): boolean {
  return sameList(a.params, b.params) && sameList(a.results, b.results);
}

function sameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((type, i) => type === b[i]);
}
