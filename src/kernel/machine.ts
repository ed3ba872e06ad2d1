/**
 * One running module. Frames are data: the machine keeps the saved stack, and runs it innermost frame first by calling the
 * frames' continuations. What the guest calls while it runs lives on the engine's stack until something stops it; then
 * every function hands over its frame and returns, and the saved stack is whole again.
 *
 * It knows gas only as what is left of the current slice; meters are above it (meter.ts).
 * @module
 */

import type { MachineState, Plain, Value } from "../image/index.ts";
import { type FunctionType, rewriting } from "../wasm/index.ts";
import { Exit, type HostContext, type HostFunction, type HostValue, Suspend } from "./host.ts";
import { Instance, type RuntimeCalls } from "./instance.ts";
import { HostFault, StateError } from "./machine-errors.ts";
import {
  framesFromImage,
  frameToImage,
  type MachinePending,
  NO_PENDING,
  type PendingCall,
  pendingFromImage,
  pendingToImage,
  type SavedFrame,
} from "./machine-frames.ts";
import {
  type Carrier,
  carriersToValues,
  hostToValue,
  valuesToCarriers,
  valueToHost,
  zeroOf,
} from "./machine-values.ts";
import type { Program } from "./program.ts";
import { isExact, type TrapCode, trapCode } from "./traps.ts";

/** Most gas of one slice: gas is an i32 in rewritten code, with room for overdrafts. */
export const SLICE_GAS_MAX: number = 2 ** 30;
/** Slots of the engine's stack that one uninterrupted stretch may use. Far below what any engine gives, main threads included. */
export const NATIVE_STACK_SLOTS = 32_000;
/** Slots of 8 bytes that all frames of a process may use together. */
export const STACK_SLOTS_DEFAULT: number = 1 << 20;
/** Elements of one table, at most. */
export const TABLE_ELEMENTS_MAX = 10_000_000;
/** Gas is accounted in epochs of this size where a trap leaves no better trace (docs/spec/gas.md, "Traps"). */
export const EPOCH_GAS: number = 2 ** 28;
const MEMORY_PAGES_MAX = 65_536;
const GAS_PER_PAGE = 1024;
/** Host functions may charge more than an i32 holds; the rest is kept aside. */
const GAS_FLOOR = -(2 ** 30);

export type Stop =
  | { readonly kind: "done"; readonly results: readonly Value[] }
  /** The slice is used up: call `run` again. */
  | { readonly kind: "slice" }
  /** A host function waits; call `run` again when `wake` has settled. */
  | { readonly kind: "parked"; readonly wake: Promise<unknown> }
  /** memory.grow asks for more than the meter allows; `run` asks again, `refuseGrow` makes it fail. */
  | { readonly kind: "memory"; readonly pagesWanted: number }
  | { readonly kind: "exit"; readonly code: number }
  | { readonly kind: "trap"; readonly code: TrapCode; readonly message: string };

export interface MachineInit {
  readonly program: Program;
  /** The function for an import, or undefined if there is none: then `makeMachine` throws, naming it. */
  readonly imports: (module: string, name: string) => HostFunction | undefined;
  /** Goes on from here; default: a fresh instance, before its start function. */
  readonly state?: MachineState;
  /** Pages of 64 KiB that memory may have. */
  readonly memoryPagesMax: number;
  readonly stackSlotsMax?: number;
}

export interface Machine {
  /** Pushes the frame of a call; the machine must be idle. Original function index. Throws RangeError. */
  start(func: number, args: readonly Value[]): void;
  /**
   * Runs until something stops it, at most for `gas` (a slice: 0 to SLICE_GAS_MAX), overdrawn by at most one straight
   * stretch of code. Guest failures are values; throws HostFault only.
   */
  run(gas: number): Stop;
  /** True if no call is under way. */
  readonly idle: boolean;
  /** All gas used since the process began. Exact whenever `run` has returned, and in host functions. */
  readonly gasUsed: number;
  readonly memoryPages: number;
  memoryPagesMax: number;
  /** The guest's memory 0: a view that is valid until the next `run`; empty if it has none. */
  memory(): Uint8Array;
  /** The waiting memory.grow gives -1. */
  refuseGrow(): void;
  /** In a host function: gas for the work that it does, as `HostContext.charge`. */
  charge(gas: number): void;
  /** In a host function: takes gas away from the rest of the slice without counting it as used, because another process got it. */
  reduceSlice(gas: number): void;
  /** Everything, for an image. Memory bytes are a view unless `copy`. */
  freeze(options?: { readonly copy?: boolean }): MachineState;
}

/**
 * Makes a machine for a program. It owns its instance; there is nothing to dispose.
 *
 * @throws WasmError `invalid` if a segment does not fit its memory or table
 * @throws RangeError if an import is missing or the memory limit is below what the module begins with
 * @throws StateError if `state` does not fit the module
 */
export function makeMachine(init: MachineInit): Machine {
  return new RunningMachine(init);
}

type Ended = { readonly kind: "exit"; readonly code: number } | { readonly kind: "fault"; readonly error: unknown };
/** Why the guest is made to unwind. */
type Stopped = PendingCall | Ended;

class RunningMachine implements Machine, RuntimeCalls {
  memoryPagesMax: number;
  readonly #program: Program;
  readonly #imports: readonly { readonly host: HostFunction; readonly type: FunctionType }[];
  readonly #instance: Instance;
  readonly #stackSlotsMax: number;
  readonly #context: HostContext & { suspended: unknown };

  /** Outermost first. */
  #frames: SavedFrame[] = [];
  #frameSlots = 0;
  #pending: MachinePending = NO_PENDING;
  #exception: unknown;
  #gasUsed = 0;
  /** Gas left of the slice; negative when it is used up. */
  #slice = 0;
  /** Gas that the guest went on with: what is left of the slice or of the epoch, whichever is less. */
  #given = 0;
  /** Gas used at which the epoch ends. */
  #epochEnd = EPOCH_GAS;
  /** Charged by host functions beyond what the gas global can hold. */
  #overcharge = 0;
  #inGuest = false;

  /** Frames handed over in the current unwinding, innermost first. */
  #unwound: SavedFrame[] = [];
  /** Where the values of the frame that is being handed over go; before them, results of the call it waits for. */
  #sink: Carrier[] | undefined;
  #resultSink: Carrier[] | undefined;
  #resultsLeft = 0;
  #results: Carrier[] = [];
  #stopped: Stopped | undefined;

  constructor(init: MachineInit) {
    this.#program = init.program;
    this.memoryPagesMax = init.memoryPagesMax;
    this.#stackSlotsMax = init.stackSlotsMax ?? STACK_SLOTS_DEFAULT;
    this.#imports = resolveImports(init);
    this.#context = this.#makeContext();
    this.#instance = new Instance(init.program, this, this.#imports.length);
    const { state } = init;
    if (this.memoryPages > this.memoryPagesMax && state === undefined) {
      throw new RangeError(
        `memory: the module begins with ${this.memoryPages} pages, and the limit is ${this.memoryPagesMax}; give it more memory`,
      );
    }
    if (state === undefined) this.#instance.initialise();
    else this.#restore(state);
  }

  get idle(): boolean {
    return this.#frames.length === 0 && this.#pending.kind === "none";
  }

  get gasUsed(): number {
    return this.#inGuest ? this.#gasUsed + this.#given - this.#instance.gas.value + this.#overcharge : this.#gasUsed;
  }

  get memoryPages(): number {
    return this.#instance.memoryPages;
  }

  memory(): Uint8Array {
    return this.#instance.memory();
  }

  start(func: number, args: readonly Value[]): void {
    if (!this.idle) throw new RangeError("start: a call is under way");
    const { module } = this.#program;
    const type = module.types[module.functions[func] ?? -1];
    if (type === undefined) throw new RangeError(`func: expected 0 to ${module.functions.length - 1}, got ${func}`);
    const values = valuesToCarriers(type.params, args, this.#instance);
    if (typeof values === "string") throw new RangeError(`args: the call ${values}`);
    if (func < module.importedFunctions) {
      this.#pending = { kind: "call", func, args: [...args], state: null, wake: undefined, pagesWanted: 0 };
    } else {
      this.#push({ func, point: 0, values });
    }
  }

  run(gas: number): Stop {
    if (!(Number.isInteger(gas) && gas >= 0 && gas <= SLICE_GAS_MAX)) {
      throw new RangeError(`gas: expected an integer from 0 to ${SLICE_GAS_MAX}, got ${gas}`);
    }
    this.#slice = gas;
    const waiting = this.#callAgain();
    if (waiting !== undefined) return waiting;
    while (this.#frames.length > 0) {
      // This is a safepoint, and only at those does an epoch end; but not while an exception looks for its handler.
      if (this.#exception === undefined) {
        this.#epochEnd = epochEnd(this.#gasUsed);
        if (this.#slice < 0) return { kind: "slice" };
      }
      const stop = this.#resumeInnermost();
      if (stop !== undefined) return stop;
    }
    const results = this.#pending.kind === "results" ? this.#pending.values : [];
    this.#pending = NO_PENDING;
    return { kind: "done", results: carriersToValues(this.#doneTypes, results, this.#instance) };
  }

  refuseGrow(): void {
    const { functions } = this.#program.module;
    if (this.#pending.kind !== "call" || this.#pending.func < functions.length)
      throw new RangeError("refuseGrow: no memory.grow is waiting");
    this.#pending = { kind: "results", values: [-1] };
  }

  charge(gas: number): void {
    if (!(Number.isSafeInteger(gas) && gas >= 0)) throw new RangeError(`gas: expected a whole number, got ${gas}`);
    this.#charge(gas);
  }

  reduceSlice(gas: number): void {
    const left = this.#instance.gas.value as number;
    // One below zero stops the guest at the next safepoint, where the slice is found to be used up.
    const taken = Math.max(0, Math.min(gas, left + 1));
    this.#instance.gas.value = left - taken;
    this.#given -= taken;
    this.#slice -= gas;
  }

  #doneTypes: readonly number[] = [];

  #push(frame: SavedFrame): void {
    this.#frames.push(frame);
    this.#frameSlots += this.#program.functions.frameSlots(frame.func);
  }

  #pop(): SavedFrame {
    const frame = this.#frames.pop() as SavedFrame;
    this.#frameSlots -= this.#program.functions.frameSlots(frame.func);
    return frame;
  }

  /** Runs the innermost frame until it returns or everything stops. */
  #resumeInnermost(): Stop | undefined {
    const frame = this.#pop();
    const slots = this.#program.functions.frameSlots(frame.func);
    // The entry of a function takes its own frame's cost off the depth that it is given; later points have done so.
    const room = this.#stackSlotsMax - this.#frameSlots - slots;
    if (frame.point === 0 && room < 0) return this.#trap("stack-overflow", "the call stack is full", this.#given);
    const depth = Math.min(NATIVE_STACK_SLOTS, room) + (frame.point === 0 ? slots : 0);
    const resumption = this.#exception === undefined ? "results" : "exception";
    const run = this.#instance.continuation(frame.func, frame.point, resumption);
    const results = this.#pending.kind === "results" ? this.#pending.values : [];
    this.#pending = NO_PENDING;
    this.#unwound = [];
    this.#stopped = undefined;
    this.#give();
    this.#inGuest = true;
    try {
      run(...frame.values, ...results, this.#given, depth);
    } catch (error) {
      this.#inGuest = false;
      return this.#thrown(error);
    } finally {
      this.#inGuest = false;
    }
    this.#exception = undefined;
    if (this.#unwound.length > 0 || this.#stopped !== undefined) return this.#unwind();
    this.#pending = { kind: "results", values: this.#results };
    if (this.#frames.length === 0) {
      const { module } = this.#program;
      this.#doneTypes = (module.types[module.functions[frame.func] as number] as FunctionType).results;
    }
    return undefined;
  }

  /** Puts what the guest may use where it looks for it. */
  #give(): void {
    this.#given = Math.min(this.#slice, this.#epochEnd - this.#gasUsed);
    this.#instance.gas.value = this.#given;
  }

  #unwind(): Stop | undefined {
    for (const frame of this.#unwound.reverse()) this.#push(frame);
    this.#unwound = [];
    const stopped = this.#stopped;
    this.#stopped = undefined;
    if (stopped === undefined) return undefined;
    if (stopped.kind === "call") {
      this.#pending = stopped;
      return this.#waiting(stopped);
    }
    return this.#finish(stopped);
  }

  #finish(stopped: Ended): Stop {
    this.#clear();
    if (stopped.kind === "exit") return stopped;
    throw new HostFault(`a host function failed: ${String(stopped.error)}`, { cause: stopped.error });
  }

  #clear(): void {
    this.#frames = [];
    this.#frameSlots = 0;
    this.#pending = NO_PENDING;
    this.#exception = undefined;
  }

  #waiting(call: PendingCall): Stop {
    if (call.wake === undefined) return { kind: "memory", pagesWanted: call.pagesWanted };
    return { kind: "parked", wake: call.wake };
  }

  #thrown(error: unknown): Stop | undefined {
    this.#unwound = [];
    const gas = this.#instance.gas.value as number;
    if (error instanceof WebAssembly.Exception) {
      this.#use(gas);
      if (this.#frames.length === 0)
        return this.#trap("uncaught-exception", "an exception was not caught", this.#given);
      // The innermost frame sees it next, as thrown by the call that it waits for.
      this.#exception = error;
      return undefined;
    }
    if (error instanceof WebAssembly.RuntimeError) return this.#trap(trapCode(error), error.message, gas);
    this.#clear();
    throw new HostFault(`the engine failed: ${String(error)}`, { cause: error });
  }

  #trap(code: TrapCode, message: string, gas: number): Stop {
    this.#use(gas);
    // Memory accesses leave no trace of the gas: what they end is charged to the end of the epoch (docs/spec/gas.md).
    if (!isExact(code)) this.#gasUsed = this.#epochEnd;
    this.#clear();
    return { kind: "trap", code, message };
  }

  /** Accounts what was used since the slice began or since this was last called. */
  #use(gasLeft: number): void {
    const used = this.#given - gasLeft + this.#overcharge;
    this.#gasUsed += used;
    this.#slice -= used;
    this.#given -= used;
    this.#overcharge = 0;
  }

  // ---- what rewritten code calls (RuntimeCalls)

  frame(id: number, gas: number, resultCarriers: number): void {
    if (id === rewriting.POINT_FINISHED) {
      // A function that was stopped returns too, with dummies; also one whose last act was a tail call of a host function.
      const finished = this.#unwound.length === 0 && this.#stopped === undefined;
      this.#results = [];
      this.#sink = finished ? this.#results : undefined;
      if (finished) this.#use(gas);
      return;
    }
    const innermost = this.#unwound.length === 0;
    if (innermost && this.#stopped === undefined) {
      this.#use(gas);
      this.#pending = NO_PENDING;
      this.#results = [];
      if (resultCarriers > 0 || this.#isCall(id)) this.#pending = { kind: "results", values: this.#results };
      this.#resultSink = this.#results;
    } else {
      this.#resultSink = undefined;
    }
    this.#resultsLeft = resultCarriers;
    const func = this.#program.functions.functionOfPoint(id);
    const frame = { func, point: id - this.#program.functions.pointBase(func), values: [] };
    this.#unwound.push(frame);
    this.#sink = frame.values;
  }

  #isCall(id: number): boolean {
    const func = this.#program.functions.functionOfPoint(id);
    return this.#program.point(func, id - this.#program.functions.pointBase(func))?.kind === "call";
  }

  value(carrier: Carrier): void {
    if (this.#resultsLeft > 0) {
      this.#resultsLeft--;
      this.#resultSink?.push(carrier);
    } else {
      this.#sink?.push(carrier);
    }
  }

  rethrow(): never {
    throw this.#exception;
  }

  hostCall(index: number, args: readonly HostValue[]): unknown {
    const { host, type } = this.#imports[index] as { host: HostFunction; type: FunctionType };
    this.#context.suspended = undefined;
    let answer: ReturnType<HostFunction>;
    try {
      answer = host(this.#context, ...args);
    } catch (error) {
      return this.#stopInHost({ kind: "fault", error }, type);
    }
    if (answer instanceof Suspend) {
      const values = args.map((arg, i) => hostToValue(type.params[i] as number, arg));
      const state = (answer.state ?? null) as Plain;
      return this.#stopInHost(
        { kind: "call", func: index, args: values, state, wake: answer.wake, pagesWanted: 0 },
        type,
      );
    }
    if (answer instanceof Exit) return this.#stopInHost({ kind: "exit", code: answer.code }, type);
    return answer;
  }

  /** Makes the guest unwind: it sees negative gas as soon as the host function returns. */
  #stopInHost(stopped: Stopped, type: FunctionType): unknown {
    this.#stopped = stopped;
    this.#use(this.#instance.gas.value as number);
    this.#instance.gas.value = -1;
    this.#inGuest = false;
    const zeros = type.results.map(zeroOf);
    return zeros.length > 1 ? zeros : zeros[0];
  }

  memoryGrow(pages: number): number {
    const old = this.memoryPages;
    const wanted = old + (pages >>> 0);
    const declared = this.#program.module.memories[0]?.max ?? MEMORY_PAGES_MAX;
    if (wanted > Math.min(declared, MEMORY_PAGES_MAX)) return -1;
    if (wanted > this.memoryPagesMax) {
      const func = this.#program.module.functions.length;
      this.#stopInHost(
        { kind: "call", func, args: [pages], state: null, wake: undefined, pagesWanted: wanted },
        NO_RESULT,
      );
      return 0;
    }
    this.#instance.growMemory(pages >>> 0);
    this.#charge((pages >>> 0) * GAS_PER_PAGE);
    return old;
  }

  tableGrow(table: number, init: object | null, count: number): number {
    const declared = this.#program.module.tables[table]?.limits.max ?? TABLE_ELEMENTS_MAX;
    const old = this.#instance.tableLength(table);
    if (old + (count >>> 0) > Math.min(declared, TABLE_ELEMENTS_MAX)) return -1;
    this.#instance.growTable(table, count >>> 0, init);
    this.#charge(count >>> 0);
    return old;
  }

  #charge(gas: number): void {
    const left = (this.#instance.gas.value as number) - gas;
    this.#instance.gas.value = Math.max(left, GAS_FLOOR);
    if (left < GAS_FLOOR) this.#overcharge += GAS_FLOOR - left;
  }

  #makeContext(): HostContext & { suspended: unknown } {
    const self = this;
    return {
      suspended: undefined,
      memory: () => self.#instance.memory(),
      get gasUsed() {
        return self.gasUsed;
      },
      charge: (gas) => self.charge(gas),
    };
  }

  /** Calls the suspended host function again, if there is one; a Stop if it still waits. */
  #callAgain(): Stop | undefined {
    const call = this.#pending;
    if (call.kind !== "call") return undefined;
    const { functions, types } = this.#program.module;
    this.#give();
    this.#inGuest = true;
    this.#stopped = undefined;
    if (call.func === functions.length) {
      this.#growAgain(call);
    } else {
      this.#callHostAgain(call, types[functions[call.func] as number] as FunctionType);
    }
    this.#inGuest = false;
    const stopped = this.#stopped as Stopped | undefined;
    if (stopped === undefined) return undefined;
    this.#stopped = undefined;
    if (stopped.kind !== "call") return this.#finish(stopped);
    this.#pending = stopped;
    return this.#waiting(stopped);
  }

  #growAgain(call: PendingCall): void {
    const old = this.memoryGrow(call.args[0] as number);
    if (this.#stopped === undefined) this.#answered([old]);
  }

  #callHostAgain(call: PendingCall, type: FunctionType): void {
    const { host } = this.#imports[call.func] as { host: HostFunction };
    this.#context.suspended = call.state ?? undefined;
    let answer: ReturnType<HostFunction>;
    try {
      answer = host(this.#context, ...call.args.map((arg, i) => valueToHost(type.params[i] as number, arg)));
    } catch (error) {
      this.#stopInHost({ kind: "fault", error }, type);
      return;
    }
    if (answer instanceof Suspend) {
      this.#stopInHost({ ...call, state: (answer.state ?? null) as Plain, wake: answer.wake }, type);
    } else if (answer instanceof Exit) {
      this.#stopInHost({ kind: "exit", code: answer.code }, type);
    } else {
      const list: readonly unknown[] = type.results.length > 1 ? (answer as unknown as unknown[]) : [answer];
      const values = type.results.map((result, r) => hostToValue(result, list[r] as HostValue | undefined));
      this.#doneTypes = type.results;
      this.#answered(valuesToCarriers(type.results, values, this.#instance) as Carrier[]);
    }
  }

  #answered(values: Carrier[]): void {
    this.#use(this.#instance.gas.value as number);
    this.#pending = { kind: "results", values };
  }

  // ---- images

  freeze(options: { readonly copy?: boolean } = {}): MachineState {
    const context = { program: this.#program, functions: this.#instance };
    const rest = this.#instance.save(options.copy === true);
    return {
      ...rest,
      frames: this.#frames.map((frame) => frameToImage(context, frame)),
      pending: pendingToImage(context, this.#pending, this.#pendingTypes()),
      counters: { gasUsed: this.#gasUsed },
    };
  }

  /** Types of the results that the innermost frame waits for, or of those of the finished call. */
  #pendingTypes(): readonly number[] {
    const inner = this.#frames[this.#frames.length - 1];
    if (inner === undefined) return this.#doneTypes;
    return this.#program.point(inner.func, inner.point)?.results ?? [];
  }

  #restore(state: MachineState): void {
    this.#instance.restore(state, this.memoryPagesMax);
    const context = { program: this.#program, functions: this.#instance };
    for (const frame of framesFromImage(context, state.frames)) this.#push(frame);
    const inner = this.#frames[this.#frames.length - 1];
    this.#pending = pendingFromImage(context, state.pending, { inner, memoryPages: this.memoryPages });
    const { gasUsed = 0 } = state.counters;
    if (!(gasUsed >= 0)) throw new StateError("counters: gas used is negative");
    this.#gasUsed = gasUsed;
    this.#epochEnd = epochEnd(gasUsed);
  }
}

function epochEnd(gasUsed: number): number {
  return Math.max(1, Math.ceil(gasUsed / EPOCH_GAS)) * EPOCH_GAS;
}

const NO_RESULT: FunctionType = { params: [], results: [] };

function resolveImports(init: MachineInit): { host: HostFunction; type: FunctionType }[] {
  const { module } = init.program;
  return module.imports.map((item) => {
    const host = init.imports(item.module, item.name);
    if (host === undefined || item.kind !== "func") {
      throw new RangeError(
        `import ${JSON.stringify(item.module)} ${JSON.stringify(item.name)}: there is no such function for guests`,
      );
    }
    return { host, type: module.types[item.type] as FunctionType };
  });
}
