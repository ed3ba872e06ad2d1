/**
 * The machine at work. What the guest calls while it runs lives on the engine's stack, until something stops it: then every
 * function hands over its frame and returns, and the saved stack is whole again. A host function may run the machine again
 * from within an open call: the new run is on the engine's stack above the old one, which goes on when it is over.
 * @module
 */

import { type MachineState, NESTED_CALLS_MAX, type Plain, type Value } from "../image/index.ts";
import { type FunctionType, rewriting } from "../wasm/index.ts";
import { Activation, activationsFromImage, activationsToImage } from "./activation.ts";
import { Growth, MEMORY_GROW } from "./growth.ts";
import { Exit, type HostContext, type HostFunction, type HostValue, Suspend } from "./host.ts";
import { Instance, type RuntimeCalls } from "./instance.ts";
import type { Machine, MachineInit, Stop } from "./machine.ts";
import { HostFault, StateError } from "./machine-errors.ts";
import { type AnsweredCall, NO_PENDING, type PendingCall, type SavedFrame } from "./machine-frames.ts";
import { MachineGas } from "./machine-gas.ts";
import { answersToValues, resolveImports } from "./machine-imports.ts";
import { BRIEF_FRAMES_MAX, NATIVE_STACK_SLOTS, SLICE_GAS_MAX, STACK_SLOTS_DEFAULT } from "./machine-limits.ts";
import {
  type Carrier,
  carriersToValues,
  hostToValue,
  valuesToCarriers,
  valueToHost,
  zeroOf,
} from "./machine-values.ts";
import { type MachineView, type ViewLimits, viewFrames } from "./machine-view.ts";
import { movePiece } from "./move-piece.ts";
import { enterStack, leaveStack, type OnStack, slotsLeft } from "./native-stack.ts";
import type { Program } from "./program.ts";
import { keepSpare, takeSpare } from "./spare-instances.ts";
import { isExact, type TrapCode, trapCode } from "./traps.ts";
import { Unwinding } from "./unwinding.ts";

type Ended = Extract<Stop, { kind: "exit" | "trap" }> | { readonly kind: "fault"; readonly error: unknown };
/** Why the guest is made to unwind. */
type Stopped = PendingCall | AnsweredCall | Ended;

export class RunningMachine implements Machine, RuntimeCalls, OnStack {
  readonly #program: Program;
  readonly #imports: readonly { readonly host: HostFunction; readonly type: FunctionType }[];
  readonly #instance: Instance;
  readonly #growth: Growth;
  #isReleased = false;
  /** Runs of guest code and host functions that are on the engine's stack. */
  #runs = 0;
  readonly #stackSlotsMax: number;
  readonly #context: HostContext & { suspended: unknown };

  /** The innermost call, and those that it is nested in, outermost first. */
  #at: Activation = new Activation();
  #below: Activation[] = [];
  /** Of all frames but those that the present run has on the engine's stack. */
  #frameSlots = 0;
  readonly #gas: MachineGas;
  /** Does guest code run, or a host function that it has called? */
  #inGuest = false;
  /** Was the host call that is under way made open? */
  #open = false;
  /** Is the run over when the host has made a part of what a frame needs, moved a piece, or moved many frames? */
  #brief = false;
  /** Slots of the engine's stack that the run was given; of them those for its first frame, and for all that this one calls. */
  #native = 0;
  #nativeFirst = 0;
  #nativeShare = 0;
  /** What has ended everything while calls were on the engine's stack: they all stop for this. */
  #ended: Ended | undefined;

  readonly #unwinding: Unwinding = new Unwinding();
  #stopped: Stopped | undefined;

  constructor(init: MachineInit) {
    this.#program = init.program;
    this.#stackSlotsMax = init.stackSlotsMax ?? STACK_SLOTS_DEFAULT;
    this.#imports = resolveImports(init);
    this.#context = this.#makeContext();
    const { state } = init;
    const spare = state && takeSpare(init.program, this, state.memories[0]?.pages ?? 0);
    this.#instance = spare ?? new Instance(init.program, this);
    this.#gas = new MachineGas(this.#instance.gas);
    this.#growth = new Growth(init.program, this.#instance, init.memoryPagesMax);
    if (this.memoryPages > this.memoryPagesMax && state === undefined) {
      throw new RangeError(
        `memory: the module begins with ${this.memoryPages} pages, and the limit is ${this.memoryPagesMax}; give it more memory`,
      );
    }
    if (state === undefined) this.#instance.initialise();
    else this.#restore(state);
  }

  get idle(): boolean {
    return this.#below.length === 0 && this.#at.isIdle;
  }

  get accepts(): boolean {
    const at = this.#at;
    if (at.isNative) return this.#open && this.#ended === undefined;
    return at.isIdle || at.waitsOpenly;
  }

  get nativeCalls(): number {
    if (this.#at.isNative) return this.#below.length + 1;
    return this.#below.length === 0 ? 0 : this.#below.findLastIndex((activation) => activation.isNative) + 1;
  }

  get isNative(): boolean {
    return this.#at.isNative;
  }

  get nestedCalls(): number {
    return this.#below.length;
  }

  get nativeLeft(): number {
    return this.#native - this.#nativeUsed;
  }

  /** Slots that the run has on the engine's stack, while it is in a host function. */
  get #nativeUsed(): number {
    return this.#nativeFirst + this.#nativeShare - (this.#instance.depth.value as number);
  }

  get gasUsed(): number {
    return this.#inGuest ? this.#gas.usedNow : this.#gas.used;
  }

  get memoryPages(): number {
    return this.#growth.pages;
  }

  get memoryPagesMax(): number {
    return this.#growth.pagesMax;
  }

  set memoryPagesMax(pages: number) {
    this.#growth.pagesMax = pages;
  }

  memory(): Uint8Array {
    return this.#instance.memory();
  }

  start(func: number, args: readonly Value[]): void {
    if (!this.accepts) throw new RangeError("start: a call is under way, and waits in no open host call");
    if (this.#below.length === NESTED_CALLS_MAX) {
      throw new RangeError(`start: at most ${NESTED_CALLS_MAX} calls can be nested in one another`);
    }
    const { module } = this.#program;
    const type = module.types[module.functions[func] ?? -1];
    if (type === undefined) throw new RangeError(`func: expected 0 to ${module.functions.length - 1}, got ${func}`);
    const values = valuesToCarriers(type.params, args, this.#instance);
    if (typeof values === "string") throw new RangeError(`args: the call ${values}`);
    if (!this.#at.isIdle) {
      this.#below.push(this.#at);
      this.#at = new Activation();
    }
    if (func < module.importedFunctions) {
      const call = { kind: "call", func, args: [...args], state: null } as const;
      this.#at.pending = { ...call, wake: undefined, pagesWanted: 0, open: false };
    } else {
      this.#push({ func, point: 0, values });
    }
  }

  run(gas: number, { brief = false }: { readonly brief?: boolean } = {}): Stop {
    if (!(Number.isInteger(gas) && gas >= -1 && gas <= SLICE_GAS_MAX)) {
      throw new RangeError(`gas: expected an integer from -1 to ${SLICE_GAS_MAX}, got ${gas}`);
    }
    if (this.nativeCalls > 0) return this.#runInside(gas);
    this.#instance.takeBack();
    this.#gas.slice = gas;
    this.#ended = undefined;
    this.#brief = brief;
    return this.#runInnermost();
  }

  /** Runs the innermost call until it is done or everything stops. */
  #runInnermost(): Stop {
    const waiting = this.#callAgain();
    if (waiting !== undefined) return waiting;
    const activation = this.#at;
    let framesMoved = 0;
    while (activation.frames.length > 0) {
      // This is a safepoint, and only at those does an epoch end; but not while an exception looks for its handler.
      if (activation.exception === undefined) {
        this.#gas.beginEpoch();
        if (this.#gas.slice < 0 || (this.#brief && framesMoved >= BRIEF_FRAMES_MAX)) return { kind: "slice" };
        if (this.#worksFor(activation)) {
          if (this.#brief) return { kind: "slice" };
          continue;
        }
      }
      const framesBefore = activation.frames.length;
      const stop = this.#resumeInnermost(activation);
      if (stop !== undefined) return stop;
      // One is resumed, and it and what it called may have been saved.
      framesMoved += activation.frames.length - framesBefore + 2;
    }
    const results = activation.pending.kind === "results" ? activation.pending.values : [];
    activation.pending = NO_PENDING;
    this.#at = this.#below.pop() ?? activation;
    return { kind: "done", results: carriersToValues(activation.doneTypes, results, this.#instance) };
  }

  /** Does a part of what the host has to do before the innermost frame can go on; false if nothing is left. */
  #worksFor(activation: Activation): boolean {
    const { func, point, values } = activation.innermost as SavedFrame;
    const move = this.#program.functions.moveAt(func, point);
    if (move !== undefined && movePiece(this.memory(), values, move)) return true;
    // A run that is not brief makes continuations where it needs them.
    return this.#brief && !this.#instance.prepare(func, point);
  }

  /** A run from within a host function, on top of the run that called it. That one goes on with what is left. */
  #runInside(gas: number): Stop {
    if (this.#at.isNative) throw new RangeError("run: nothing has been started in this host call");
    const mark = this.#gas.interrupt(gas);
    const outer = {
      open: this.#open,
      brief: this.#brief,
      suspended: this.#context.suspended,
      native: [this.#native, this.#nativeFirst, this.#nativeShare] as const,
      depth: this.#instance.depth.value as number,
      slots: this.#nativeUsed,
    };
    this.#frameSlots += outer.slots;
    this.#inGuest = false;
    this.#brief = false;
    try {
      return this.#runInnermost();
    } finally {
      this.#open = outer.open;
      this.#brief = outer.brief;
      this.#context.suspended = outer.suspended;
      [this.#native, this.#nativeFirst, this.#nativeShare] = outer.native;
      this.#instance.depth.value = outer.depth;
      this.#frameSlots -= outer.slots;
      this.#stopped = undefined;
      this.#unwinding.clear();
      this.#gas.goOn(mark);
      this.#inGuest = true;
    }
  }

  refuseGrow(): void {
    const { functions } = this.#program.module;
    const { pending } = this.#at;
    if (pending.kind !== "call" || pending.func < functions.length)
      throw new RangeError("refuseGrow: no memory.grow or table.grow is waiting");
    this.#at.pending = { kind: "results", values: [-1] };
  }

  charge(gas: number): void {
    if (!(Number.isSafeInteger(gas) && gas >= 0)) throw new RangeError(`gas: expected a whole number, got ${gas}`);
    this.#gas.charge(gas);
  }

  open(): void {
    this.#open = true;
  }

  abandon(): void {
    this.#clear({ kind: "exit", code: 0 });
  }

  release(): void {
    // Guest code that is on the engine's stack still unwinds into this machine.
    if (this.#runs > 0 || this.#isReleased) return;
    this.#isReleased = true;
    keepSpare(this.#program, this.#instance);
  }

  reduceSlice(gas: number): void {
    this.#gas.reduceSlice(gas);
  }

  #push(frame: SavedFrame, activation: Activation = this.#at): void {
    activation.frames.push(frame);
    this.#frameSlots += this.#program.functions.frameSlots(frame.func);
  }

  /** Runs the innermost frame until it returns or everything stops. */
  #resumeInnermost(activation: Activation): Stop | undefined {
    const frame = activation.innermost as SavedFrame;
    const slots = this.#program.functions.frameSlots(frame.func);
    // Alone on the engine's stack the first frame is free; above others it must find room.
    const native = slotsLeft() ?? NATIVE_STACK_SLOTS + slots;
    if (native < slots) return { kind: "deep" };
    activation.frames.pop();
    this.#frameSlots -= slots;
    // The entry of a function takes its own frame's cost off the depth that it is given; later points have done so.
    const room = this.#stackSlotsMax - this.#frameSlots - slots;
    if (frame.point === 0 && room < 0) return this.#trap("stack-overflow", "the call stack is full", this.#gas.given);
    const share = Math.min(native - slots, room);
    const depth = share + (frame.point === 0 ? slots : 0);
    const resumption = activation.exception === undefined ? "results" : "exception";
    const run = this.#instance.continuation(frame.func, frame.point, resumption);
    // Nothing else holds the frame's values any more, so they become what the continuation is called with.
    const args = frame.values;
    if (activation.pending.kind === "results") args.push(...activation.pending.values);
    activation.pending = NO_PENDING;
    this.#unwinding.clear();
    this.#stopped = undefined;
    this.#native = native;
    this.#nativeFirst = slots;
    this.#nativeShare = share;
    this.#gas.give();
    this.#inGuest = true;
    activation.isNative = true;
    this.#runs++;
    const before = enterStack(this);
    try {
      args.push(this.#gas.given, depth);
      run(...args);
    } catch (error) {
      this.#inGuest = false;
      return this.#thrown(error, activation);
    } finally {
      leaveStack(before);
      this.#runs--;
      activation.isNative = false;
      this.#inGuest = false;
    }
    activation.exception = undefined;
    if (this.#unwinding.frames.length > 0 || this.#stopped !== undefined) return this.#unwind(activation);
    activation.pending = { kind: "results", values: this.#unwinding.results };
    if (activation.frames.length === 0) {
      const { module } = this.#program;
      activation.doneTypes = (module.types[module.functions[frame.func] as number] as FunctionType).results;
    }
    return undefined;
  }

  #unwind(activation: Activation): Stop | undefined {
    for (const frame of this.#unwinding.frames.reverse()) this.#push(frame, activation);
    this.#unwinding.clear();
    const stopped = this.#stopped;
    this.#stopped = undefined;
    return stopped === undefined ? undefined : this.#stop(activation, stopped);
  }

  /** The host function that `activation` called has stopped it. */
  #stop(activation: Activation, stopped: Stopped): Stop {
    if (stopped.kind !== "call" && stopped.kind !== "answered") return this.#end(stopped);
    activation.pending = stopped;
    // What was started above it goes on first.
    if (this.#at !== activation || stopped.kind === "answered") return { kind: "slice" };
    if (stopped.wake === undefined) return { kind: "memory", pagesWanted: stopped.pagesWanted };
    return { kind: "parked", wake: stopped.wake };
  }

  #end(ended: Ended): Stop {
    this.#clear(ended);
    if (ended.kind !== "fault") return ended;
    throw new HostFault(`a host function failed: ${String(ended.error)}`, { cause: ended.error });
  }

  /** Nothing is under way any more; what is on the engine's stack stops as soon as it can. */
  #clear(ended: Ended): void {
    if (this.nativeCalls > 0) this.#ended ??= ended;
    this.#at = new Activation();
    this.#below = [];
    this.#frameSlots = 0;
  }

  #thrown(error: unknown, activation: Activation): Stop | undefined {
    this.#unwinding.clear();
    const gas = this.#gas.left;
    if (error instanceof WebAssembly.Exception) {
      this.#gas.use();
      if (activation.frames.length === 0)
        return this.#trap("uncaught-exception", "an exception was not caught", this.#gas.given);
      // The innermost frame sees it next, as thrown by the call that it waits for.
      activation.exception = error;
      return undefined;
    }
    if (error instanceof WebAssembly.RuntimeError) return this.#trap(trapCode(error), error.message, gas);
    this.#clear({ kind: "fault", error });
    throw new HostFault(`the engine failed: ${String(error)}`, { cause: error });
  }

  #trap(code: TrapCode, message: string, gas: number): Stop {
    this.#gas.use(gas);
    // Memory accesses leave no trace of the gas: what they end is charged to the end of the epoch (docs/spec/gas.md).
    if (!isExact(code)) this.#gas.used = this.#gas.epochEnd;
    const ended = { kind: "trap", code, message } as const;
    this.#clear(ended);
    return ended;
  }

  // ---- what rewritten code calls (RuntimeCalls)

  frame(id: number, gas: number, resultCarriers: number): void {
    const unwinding = this.#unwinding;
    const isFirst = unwinding.frames.length === 0 && this.#stopped === undefined;
    if (isFirst) this.#gas.use(gas);
    if (id === rewriting.POINT_FINISHED) {
      // A function that was stopped returns too, with dummies; also one whose last act was a tail call of a host function.
      unwinding.beginResults(isFirst);
      return;
    }
    const func = this.#program.functions.functionOfPoint(id);
    const frame = { func, point: id - this.#program.functions.pointBase(func), values: [] };
    unwinding.beginFrame(frame, resultCarriers, isFirst);
    if (isFirst) this.#at.pending = resultCarriers > 0 ? { kind: "results", values: unwinding.results } : NO_PENDING;
  }

  value(carrier: Carrier): void {
    this.#unwinding.value(carrier);
  }

  rethrow(): never {
    throw this.#at.exception;
  }

  hostCall(index: number, args: readonly HostValue[]): unknown {
    const { host, type } = this.#imports[index] as { host: HostFunction; type: FunctionType };
    const activation = this.#at;
    this.#context.suspended = undefined;
    this.#open = false;
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
        { kind: "call", func: index, args: values, state, wake: answer.wake, pagesWanted: 0, open: this.#open },
        type,
      );
    }
    if (answer instanceof Exit) return this.#stopInHost({ kind: "exit", code: answer.code }, type);
    if (this.#at === activation) return answer;
    // What it started is not over, so the answer has to wait for that.
    return this.#stopInHost({ kind: "answered", func: index, values: answersToValues(type, answer) }, type);
  }

  /** Makes the guest unwind: it sees negative gas as soon as the host function returns. */
  #stopInHost(stopped: Stopped, type: FunctionType): unknown {
    this.#stopped = this.#ended ?? stopped;
    this.#gas.stopGuest();
    this.#inGuest = false;
    const zeros = type.results.map(zeroOf);
    return zeros.length > 1 ? zeros : zeros[0];
  }

  memoryGrow(pages: number): number {
    return this.#grow(this.#program.module.functions.length, [pages]);
  }

  tableGrow(table: number, init: object | null, count: number): number {
    return this.#grow(this.#program.module.functions.length + 1 + table, [init, count]);
  }

  #grow(func: number, args: readonly Carrier[]): number {
    const grown = this.#growth.grow(func, args);
    if ("old" in grown) {
      this.#gas.charge(grown.gas);
      return grown.old;
    }
    const call = { kind: "call", func, args: this.#growth.toValues(func, args), state: null, open: false } as const;
    this.#stopInHost({ ...call, wake: undefined, pagesWanted: grown.pagesWanted }, NO_RESULT);
    return 0;
  }

  #makeContext(): HostContext & { suspended: unknown } {
    const self = this;
    return {
      suspended: undefined,
      memory() {
        self.#assertOwned();
        return self.#instance.memory();
      },
      get gasUsed() {
        return self.gasUsed;
      },
      charge(gas) {
        self.#assertOwned();
        self.charge(gas);
      },
      open: () => self.open(),
    };
  }

  /** A host function that keeps its context for later must not reach the process that has the instance by then. */
  #assertOwned(): void {
    if (this.#isReleased) throw new Error("the process that made this host call has been discarded");
  }

  /** Calls the suspended host function again, if there is one; a Stop if it still waits. */
  #callAgain(): Stop | undefined {
    const activation = this.#at;
    const call = activation.pending;
    const { functions, types } = this.#program.module;
    if (call.kind === "answered") {
      this.#answer(activation, types[functions[call.func] as number] as FunctionType, call.values);
      return undefined;
    }
    if (call.kind !== "call") return undefined;
    const native = slotsLeft() ?? NATIVE_STACK_SLOTS;
    if (native < 0) return { kind: "deep" };
    this.#native = native;
    this.#nativeFirst = 0;
    this.#nativeShare = this.#instance.depth.value as number;
    this.#gas.give();
    this.#inGuest = true;
    this.#stopped = undefined;
    activation.isNative = true;
    this.#runs++;
    const before = enterStack(this);
    try {
      if (call.func >= functions.length) this.#growAgain(activation, call);
      else this.#callHostAgain(activation, call, types[functions[call.func] as number] as FunctionType);
    } finally {
      leaveStack(before);
      this.#runs--;
      activation.isNative = false;
      this.#inGuest = false;
    }
    const stopped = this.#stopped as Stopped | undefined;
    this.#stopped = undefined;
    return stopped === undefined ? undefined : this.#stop(activation, stopped);
  }

  #growAgain(activation: Activation, call: PendingCall): void {
    const old = this.#grow(call.func, this.#growth.toCarriers(call.func, call.args));
    if (this.#stopped !== undefined) return;
    this.#gas.use();
    this.#answer(activation, MEMORY_GROW, [old]);
  }

  #callHostAgain(activation: Activation, call: PendingCall, type: FunctionType): void {
    const { host } = this.#imports[call.func] as { host: HostFunction };
    this.#context.suspended = call.state ?? undefined;
    this.#open = call.open;
    let answer: ReturnType<HostFunction>;
    try {
      answer = host(this.#context, ...call.args.map((arg, i) => valueToHost(type.params[i] as number, arg)));
    } catch (error) {
      this.#stopInHost({ kind: "fault", error }, type);
      return;
    }
    if (answer instanceof Suspend) {
      const state = (answer.state ?? null) as Plain;
      this.#stopInHost({ ...call, state, wake: answer.wake, open: this.#open }, type);
    } else if (answer instanceof Exit) {
      this.#stopInHost({ kind: "exit", code: answer.code }, type);
    } else {
      const values = answersToValues(type, answer);
      if (this.#at !== activation) this.#stopInHost({ kind: "answered", func: call.func, values }, type);
      else {
        this.#gas.use();
        this.#answer(activation, type, values);
      }
    }
  }

  #answer(activation: Activation, type: FunctionType, values: readonly Value[]): void {
    activation.doneTypes = type.results;
    const carriers = valuesToCarriers(type.results, values, this.#instance) as Carrier[];
    activation.pending = { kind: "results", values: carriers };
  }

  // ---- images

  look(limits: ViewLimits): MachineView {
    const context = { program: this.#program, functions: this.#instance };
    const frames = viewFrames(context, [...this.#below, this.#at], limits);
    return { ...frames, globals: this.#instance.saveGlobals(limits.values) };
  }

  freeze(options: { readonly copy?: boolean } = {}): MachineState {
    const context = { program: this.#program, functions: this.#instance };
    const rest = this.#instance.save(options.copy === true);
    const calls = activationsToImage(context, [...this.#below, this.#at]);
    return { ...rest, ...calls, counters: { gasUsed: this.#gas.used } };
  }

  #restore(state: MachineState): void {
    this.#instance.restore(state, this.memoryPagesMax);
    this.#growth.countTables();
    const context = { program: this.#program, functions: this.#instance };
    this.#below = activationsFromImage(context, state);
    this.#at = this.#below.pop() as Activation;
    for (const { frames } of [...this.#below, this.#at]) {
      for (const frame of frames) this.#frameSlots += this.#program.functions.frameSlots(frame.func);
    }
    const { gasUsed = 0 } = state.counters;
    if (!(gasUsed >= 0)) throw new StateError("counters: gas used is negative");
    this.#gas.used = gasUsed;
    this.#gas.beginEpoch();
  }
}

const NO_RESULT: FunctionType = { params: [], results: [] };
