/**
 * The kernel: makes processes, runs their trees in turn, in slices between which the host has its thread back.
 * @module
 */

import type { Hasher, Plain, TreeState } from "../image/index.ts";
import { moduleCid } from "../image/index.ts";
import type { Answer, Capability, Message, PendingAnswer } from "../passable/index.ts";
import { decodeModule, rewriting, validateModule } from "../wasm/index.ts";
import { lendBudget, syncPages } from "./accounts.ts";
import { answerOf } from "./border.ts";
import { hasRoomForChild, programPages } from "./children.ts";
import { createProcess } from "./create.ts";
import { KernelError } from "./errors.ts";
import type { GuestKind } from "./guest.ts";
import type { Keeper, KeeperAction } from "./keeper.ts";
import { applyKeeperAction, discardProcess, leaveStopped, stopProcess } from "./keeper.ts";
import { PAGE_BYTES, PROGRAMS_CACHED_MAX, SLICE_GAS_DEFAULT } from "./limits.ts";
import { endowmentName } from "./locator.ts";
import { Meter } from "./meter.ts";
import { passOn, receiveForPromise } from "./outside.ts";
import type { Goal, Process, ProcessHost } from "./process.ts";
import { faceOf, recordOf } from "./process.ts";
import type { ByteStore, Program } from "./program.ts";
import { makeProgram } from "./program.ts";
import type { PromiseCell } from "./promise-cell.ts";
import type { ProcessRecord } from "./record.ts";
import type { OutstandingCall } from "./restore.ts";
import { restoreTree } from "./restore.ts";
import { saveTree } from "./save.ts";
import { makeSlicer } from "./slicer.ts";
import { failProcess, stepTree } from "./step.ts";
import type { CreateInit, InputRecord, KernelCore } from "./tree.ts";
import { Tree } from "./tree.ts";
import { WASM_KIND } from "./wasm-kind.ts";

/** What the system provides. */
export interface KernelComponents {
  /** Gives the host's event loop a turn. */
  yieldToHost(): Promise<void>;
  /** Milliseconds from any start: only to size slices. Without it every slice is `SLICE_GAS_DEFAULT`. */
  now?(): number;
  readonly guests?: readonly GuestKind[];
  /** Rewritten modules and parts of them by content, where they are kept beyond this kernel. */
  readonly cache?: ByteStore;
  /** SHA-256, where the system has a faster one. */
  readonly hasher?: Hasher;
  onLog?(process: Process, bytes: Uint8Array): void;
  onFault?(process: Process, error: unknown): void;
  onInput?(input: InputRecord): void;
}

export interface SpawnInit {
  /** Needed unless the kind of guest has its own. */
  readonly program?: Program;
  /** Kind of guest; without it the first that provides what the program imports. */
  readonly guest?: string;
  /** For the kind of guest; never inherited by children. */
  readonly powers?: unknown;
  readonly gas: number;
  readonly memoryBytes: number;
  /** In the c-list from position 1, in this order. */
  readonly endowments?: { readonly [name: string]: Capability };
  readonly keeper?: Keeper;
  /** Its child: the budget is taken out of the parent's. The host keeps it. */
  readonly parent?: Process;
}

export interface ThawInit {
  readonly powers?: unknown;
  readonly keeper?: Keeper;
  /**
   * What stands here for a name in the image: a locator, or `{ endowment, process: 0 }` for what its root was endowed with, which
   * `findEndowment` finds by its name. Undefined: messages to it answer "lost".
   */
  resolveLocator?(locator: Plain): Capability | undefined;
  /** What became of a call that was under way outside. Undefined: it answers "lost"; it is never repeated unasked. */
  resolveCall?(call: OutstandingCall): PendingAnswer | undefined;
}

export interface Kernel extends Disposable {
  /** Decodes, checks, rewrites and compiles; once for each content. Throws `WasmError`. */
  load(bytes: Uint8Array): Program;
  defineGuest(kind: GuestKind): void;
  spawn(init: SpawnInit): Process;
  thaw(image: TreeState, init?: ThawInit): Process;
  /** Discards every process. In a host function, too: the process that called it ends as soon as that returns. */
  close(): void;
}

export function makeKernel(components: KernelComponents): Kernel {
  const kernel = new RunningKernel(components);
  return Object.freeze({
    load: (bytes: Uint8Array) => kernel.load(bytes),
    defineGuest: (kind: GuestKind) => kernel.defineGuest(kind),
    spawn: (init: SpawnInit) => kernel.spawn(init),
    thaw: (image: TreeState, init: ThawInit = {}) => kernel.thaw(image, init),
    close: () => kernel.close(),
    [Symbol.dispose]: () => kernel.close(),
  });
}

class RunningKernel implements KernelCore, ProcessHost {
  readonly #components: KernelComponents;
  readonly #kinds = new Map<string, GuestKind>([[WASM_KIND.name, WASM_KIND]]);
  /** In the order of their last use. */
  readonly #programs = new Map<string, Program>();
  readonly #byBytes = new WeakMap<Uint8Array, Program>();
  /** Trees that have work, in the order of their turns. */
  readonly #busy = new Set<Tree>();
  readonly #trees = new Set<Tree>();
  readonly #slicer: ReturnType<typeof makeSlicer>;
  #pumping = false;
  #closed = false;

  constructor(components: KernelComponents) {
    this.#components = components;
    this.#slicer = makeSlicer({ sliceGas: SLICE_GAS_DEFAULT, now: components.now && (() => components.now?.() ?? 0) });
    for (const kind of components.guests ?? []) this.defineGuest(kind);
  }

  load(bytes: Uint8Array): Program {
    const known = this.#byBytes.get(bytes);
    if (known !== undefined) return known;
    const cid = moduleCid(bytes, this.#components.hasher);
    const program = this.findProgram(cid) ?? this.#make(bytes, cid);
    this.#byBytes.set(bytes, program);
    return program;
  }

  findProgram(cid: string): Program | undefined {
    const program = this.#programs.get(cid) ?? this.#kindProgram(cid);
    if (program === undefined) return undefined;
    this.#programs.delete(cid);
    this.#programs.set(cid, program);
    return program;
  }

  #kindProgram(cid: string): Program | undefined {
    for (const { program } of this.#kinds.values()) {
      if (program !== undefined && moduleCid(program.module.bytes, this.#components.hasher) === cid) return program;
    }
    return undefined;
  }

  #make(bytes: Uint8Array, cid: string): Program {
    // The program keeps the bytes: nobody else may change them.
    const own = bytes.slice();
    const cache = this.#components.cache;
    const version = `rewriter-${rewriting.REWRITER_VERSION}-gas-${rewriting.GAS_SCHEDULE_VERSION}`;
    const key = `${cid}-${version}`;
    let rewritten = cache?.get(key);
    if (rewritten === undefined && cache !== undefined) {
      const module = decodeModule(own);
      validateModule(module);
      rewritten = rewriting.rewriteModule(module);
      cache.put(key, rewritten);
    }
    const continuations = cache && storeWithin(cache, `${version}-${cid}`);
    const program = makeProgram({ bytes: own, continuations, ...(rewritten && { rewritten }) });
    this.#programs.set(cid, program);
    for (const oldest of this.#programs.keys()) {
      if (this.#programs.size <= PROGRAMS_CACHED_MAX) break;
      this.#programs.delete(oldest);
    }
    return program;
  }

  defineGuest(kind: GuestKind): void {
    if (kind.name === WASM_KIND.name) throw new RangeError(`guest: the kind ${kind.name} is the kernel's own`);
    this.#kinds.set(kind.name, kind);
  }

  guestKind(name: string): GuestKind | undefined {
    return this.#kinds.get(name);
  }

  /** The first kind that provides what a program imports. */
  kindOf(program: Program): GuestKind | undefined {
    const wanted = new Set(program.module.imports.map((item) => item.module));
    wanted.delete("caper");
    if (wanted.size === 0) return WASM_KIND;
    for (const kind of this.#kinds.values()) {
      if (kind.program === undefined && [...wanted].every((module) => kind.provides?.includes(module))) return kind;
    }
    return undefined;
  }

  programPages(program: Program): number {
    return programPages(program.module.bytes.length);
  }

  spawn(init: SpawnInit): Process {
    this.#assertOpen();
    const kind = this.#kindFor(init);
    const program = init.program ?? kind.program;
    if (program === undefined)
      throw new TypeError(`program: expected one, guests of kind ${kind.name} have none of their own`);
    const parent = init.parent && recordOf(init.parent);
    if (parent !== undefined && (parent.isEnded || !hasRoomForChild(parent))) {
      throw new KernelError(
        "limit",
        "spawn: the parent has ended, or it or its tree has as many processes as they may",
      );
    }
    const budget = { gas: init.gas, pages: Math.floor(init.memoryBytes / PAGE_BYTES) };
    const meter = parent === undefined ? Meter.root(budget) : lendBudget(parent, budget);
    if (meter === undefined) throw new KernelError("budget", "spawn: the parent cannot afford that gas and memory");
    const tree = parent?.tree ?? new Tree(this);
    try {
      const { keeper, powers } = init;
      const record = createProcess(
        { tree, parent, kind, program, meter, keeper, powers },
        Object.entries(init.endowments ?? {}),
      );
      this.#trees.add(tree);
      return faceOf(record, this);
    } catch (error) {
      meter.release();
      if (parent !== undefined) syncPages(parent);
      throw error;
    }
  }

  #kindFor(init: SpawnInit): GuestKind {
    if (init.guest !== undefined) {
      const kind = this.guestKind(init.guest);
      if (kind !== undefined) return kind;
      throw new KernelError(
        "unknown-guest",
        `guest: no kind ${init.guest} here; there are ${[...this.#kinds.keys()].join(", ")}`,
      );
    }
    // A program with strange imports is refused later, by the name of the import.
    return (init.program && this.kindOf(init.program)) ?? WASM_KIND;
  }

  create(init: CreateInit): ProcessRecord {
    const { source, tree, parent, meter, endowments } = init;
    if (source.form === "program") {
      const { kind, program } = source;
      return createProcess(
        { tree, parent, kind, program, meter, keeper: init.keeper, powers: init.powers },
        endowments,
      );
    }
    if (parent === undefined) throw new TypeError("parent: expected one");
    const given = new Map(endowments);
    return restoreTree({
      core: this,
      state: source.tree,
      keeper: init.keeper,
      powers: init.powers,
      // An image carries no authority: what its root was endowed with must be given again, by the same names.
      resolveLocator: (locator) => given.get(endowmentName(locator) ?? ""),
      under: { parent, meter },
    });
  }

  thaw(image: TreeState, init: ThawInit): Process {
    this.#assertOpen();
    const record = restoreTree({
      core: this,
      state: image,
      keeper: init.keeper,
      powers: init.powers,
      resolveLocator: (locator) => init.resolveLocator?.(locator),
      resolveCall: init.resolveCall && ((call) => init.resolveCall?.(call)),
    });
    this.#trees.add(record.tree);
    return faceOf(record, this);
  }

  save(process: ProcessRecord, copy = false): TreeState {
    return saveTree(process, { hasher: this.#components.hasher, copy });
  }

  close(): void {
    this.#closed = true;
    this.#busy.clear();
    // A tree that runs ends, too: what it has on the engine's stack goes as soon as the host function that closes the kernel returns.
    for (const tree of this.#trees) {
      const [root] = tree.processes;
      if (root !== undefined) discardProcess(root);
    }
    this.#trees.clear();
  }

  log(process: ProcessRecord, bytes: Uint8Array): void {
    this.#tell(process, () => this.#components.onLog?.(faceOf(process, this), bytes));
  }

  fault(process: ProcessRecord, error: unknown): void {
    // Where this fails, too, nobody is left to tell.
    callBack(
      () => this.#components.onFault?.(faceOf(process, this), error),
      () => {},
    );
  }

  /** Failures of the host where it is only told something must not unwind what is under way. */
  #tell(process: ProcessRecord, callback: () => unknown): void {
    callBack(callback, (error) => this.fault(process, error));
  }

  get recordsInputs(): boolean {
    return this.#components.onInput !== undefined;
  }

  input(process: ProcessRecord, input: InputRecord): void {
    this.#tell(process, () => this.#components.onInput?.(input));
  }

  keep(process: ProcessRecord): void {
    const { keeper, stop } = process;
    if (keeper === undefined || stop === undefined) return;
    // Meanwhile it may have been resumed by hand, and may even have stopped anew.
    const isCurrent = (): boolean => process.stop === stop && process.state === "stopped";
    const act = (action: KeeperAction): void => {
      if (isCurrent()) applyKeeperAction(process, action);
    };
    const fail = (error: unknown): void => {
      this.fault(process, error);
      if (isCurrent()) leaveStopped(process);
    };
    try {
      const action = keeper(stop, faceOf(process, this));
      if (isThenable(action)) Promise.resolve(action).then(act).catch(fail);
      else act(action);
    } catch (error) {
      fail(error);
    }
  }

  passOn(promise: PromiseCell): void {
    passOn(promise);
  }

  receiveForPromise(promise: PromiseCell, message: Message): Answer | PendingAnswer {
    return receiveForPromise(promise, message);
  }

  settled(promise: PromiseCell): Promise<Answer> {
    return answerOf(promise);
  }

  forget(tree: Tree): void {
    this.#trees.delete(tree);
    this.#busy.delete(tree);
  }

  schedule(tree: Tree): void {
    if (this.#closed || !tree.hasWork) return;
    this.#busy.add(tree);
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => void this.#pump());
  }

  /** Runs busy trees in turn, a slice each, and gives the host its thread back after every slice's worth of gas. */
  async #pump(): Promise<void> {
    try {
      while (this.#busy.size > 0) {
        let gas = this.#slicer.begin();
        while (gas > 0 && this.#busy.size > 0) {
          const [tree] = this.#busy;
          if (tree === undefined) break;
          gas -= this.#turn(tree, gas);
          if (this.#slicer.isOver()) break;
        }
        this.#slicer.end(gas);
        await this.#components.yieldToHost();
      }
    } finally {
      this.#pumping = false;
    }
  }

  /** Some turns are so short that they would never add up to a slice without this. */
  #turn(tree: Tree, gas: number): number {
    this.#busy.delete(tree);
    const used = tree.running === undefined && tree.hasWork ? this.#step(tree, gas) : 0;
    if (tree.hasWork) this.#busy.add(tree);
    else settleRest(tree);
    return Math.max(used, GAS_PER_STEP);
  }

  /** What a step throws is no doing of a guest: it ends the tree that it comes from, and no other. */
  #step(tree: Tree, gas: number): number {
    try {
      return stepTree(tree, gas);
    } catch (error) {
      const [root] = tree.processes;
      if (root !== undefined) failProcess(root, error);
      return 0;
    }
  }

  runSync(tree: Tree, gasMax: number, goal: Goal): "done" | "idle" | "gas" {
    let gas = gasMax;
    while (!goal.isReached) {
      if (gas <= 0) return "gas";
      if (!tree.hasWork) {
        settleRest(tree);
        if (!tree.hasWork) return goal.isReached ? "done" : "idle";
      }
      // Steps that use no gas are turns that end at once and parked processes that look again: there are only so many of them.
      gas -= stepTree(tree, gas);
      if (tree.isDeep) {
        tree.isDeep = false;
        return goal.isReached ? "done" : "gas";
      }
    }
    return "done";
  }

  #assertOpen(): void {
    if (this.#closed) throw new KernelError("state", "the kernel is closed");
  }
}

/** Calls into the host; also a failure that it learns of later is its own. */
function callBack(callback: () => unknown, fail: (error: unknown) => void): void {
  try {
    const answer = callback();
    if (isThenable(answer)) Promise.resolve(answer).catch(fail);
  } catch (error) {
    fail(error);
  }
}

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === "function";
}

function storeWithin(cache: ByteStore, prefix: string): ByteStore {
  return {
    get: (key) => cache.get(`${prefix}-${key}`),
    put: (key, bytes) => cache.put(`${prefix}-${key}`, bytes),
  };
}

/** What a step costs the host beside the guest's own work, as gas for sizing slices. */
const GAS_PER_STEP = 1_000;

/** A tree that has nothing to do: if its root waits for an answer that cannot come any more, that is a deadlock. */
function settleRest(tree: Tree): void {
  // A host function that a process is in can still do anything.
  if (tree.running !== undefined) return;
  if (tree.halted !== undefined || tree.outsideWaits > 0 || tree.outstanding.size > 0) return;
  const [root] = tree.processes;
  if (root?.state === "parked" && root.waiting !== undefined && !reachable(tree))
    stopProcess(root, { kind: "deadlock" });
}

/** Could the host still set something going, through a reference that it holds or a process that it keeps? */
function reachable(tree: Tree): boolean {
  for (const process of tree.processes) {
    if (process.state === "idle" && process.isExposed) return true;
    if (process.state === "stopped" && process.keeper !== undefined) return true;
  }
  return false;
}
