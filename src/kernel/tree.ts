/**
 * A tree of processes that run together: one root, its descendants, one queue. A turn runs until it returns or parks before
 * another process of the tree gets its turn, so what happens in a tree does not depend on the size of slices.
 * @module
 */

import type { TreeState } from "../image/index.ts";
import type { Answer, Capability, Message, PendingAnswer } from "../passable/index.ts";
import type { EntryCount } from "./clist.ts";
import type { GuestKind } from "./guest.ts";
import type { Keeper } from "./keeper.ts";
import { PROCESSES_PER_TREE_MAX } from "./limits.ts";
import type { Meter } from "./meter.ts";
import type { Program } from "./program.ts";
import type { PromiseCell } from "./promise-cell.ts";
import type { ProcessRecord } from "./record.ts";
import type { Source } from "./source.ts";
import { takeFirst } from "./take-first.ts";

/** In what order outside inputs entered a tree: with the inputs themselves, what a replay needs. */
export interface InputRecord {
  /** From 0, since the tree was spawned or thawed here: an image must not depend on how often it was woken. */
  readonly sequence: number;
  /** Gas that the whole tree had used when the input came. */
  readonly treeGas: number;
  readonly process: number;
  readonly kind: "deliver" | "invoke" | "direct" | "answer" | "wake" | "refill" | "resume";
  /** Of the call that is answered. */
  readonly callId?: number;
}

/** What the parts of the kernel need of the whole. */
export interface KernelCore {
  guestKind(name: string): GuestKind | undefined;
  load(bytes: Uint8Array): Program;
  kindOf(program: Program): GuestKind | undefined;
  /** A program by the content identifier of its module, where it is known here. */
  findProgram(cid: string): Program | undefined;
  /** Makes a process in a tree, or a tree of them from an image; throws `KernelError`. */
  create(init: CreateInit): ProcessRecord;
  /** What a process pays for keeping a program. */
  programPages(program: Program): number;
  /** The process and its descendants at rest. */
  save(process: ProcessRecord): TreeState;
  /** The last process of a tree is gone. */
  forget(tree: Tree): void;
  /** Some tree has work. */
  schedule(tree: Tree): void;
  log(process: ProcessRecord, bytes: Uint8Array): void;
  fault(process: ProcessRecord, error: unknown): void;
  /** Does anybody want to know of inputs? */
  readonly recordsInputs: boolean;
  input(process: ProcessRecord, input: InputRecord): void;
  /** Asks the host that keeps a process what to do about its stop. */
  keep(process: ProcessRecord): void;
  /** A promise to which messages were sent is settled. */
  passOn(promise: PromiseCell): void;
  /** The host sends a message to a promise. */
  receiveForPromise(promise: PromiseCell, message: Message): Answer | PendingAnswer;
  /** What a promise comes to, for the host. */
  settled(promise: PromiseCell): Promise<Answer>;
}

export interface CreateInit {
  readonly tree: Tree;
  readonly parent?: ProcessRecord | undefined;
  readonly source: Source;
  /** Lent by the parent's, or a root's own. */
  readonly meter: Meter;
  readonly endowments: readonly (readonly [name: string, capability: Capability])[];
  readonly keeper?: Keeper | undefined;
  readonly powers?: unknown;
}

export interface TreeCounters {
  readonly nextProcessId: number;
  readonly nextCallId: number;
  readonly gasUsed: number;
}

export class Tree {
  readonly core: KernelCore;
  readonly processes: Set<ProcessRecord> = new Set();
  /** Calls to the outside that are not answered. */
  readonly outstanding: Set<PromiseCell> = new Set();
  /** In the c-lists of all its processes. */
  readonly held: EntryCount = { entries: 0 };
  /** Promises of others, by what they are called outside. */
  readonly foreignPromises: WeakMap<Capability, PromiseCell> = new WeakMap();
  /** Promises that were just settled, and whose messages have not all gone on. */
  readonly passing: PromiseCell[] = [];
  /** Processes that a host function parked until something outside wakes them. */
  outsideWaits = 0;
  /** Whose machine runs right now. */
  running: ProcessRecord | undefined;
  /** Processes in the queue that have to ask their host function again before anything else runs. */
  readonly looking: Set<ProcessRecord> = new Set();
  /** The engine's stack had no room for the process at the head: whoever runs the tree up there must give up. */
  isDeep = false;
  /** Why no turn runs although some are ready. */
  halted: "paused" | "frozen" | undefined;
  /** Parked processes of a thawed tree: their host functions have to be called again before anything else runs. */
  #revive: readonly ProcessRecord[] = [];
  #queue: ProcessRecord[] = [];
  #nextProcessId: number;
  #nextCallId: number;
  #inputs = 0;
  #gasUsed: number;

  constructor(core: KernelCore, counters?: TreeCounters) {
    this.core = core;
    this.#nextProcessId = counters?.nextProcessId ?? 0;
    this.#nextCallId = counters?.nextCallId ?? 1;
    this.#gasUsed = counters?.gasUsed ?? 0;
  }

  get counters(): TreeCounters {
    return {
      nextProcessId: this.#nextProcessId,
      nextCallId: this.#nextCallId,
      gasUsed: this.#gasUsed,
    };
  }

  get hasRoom(): boolean {
    return this.processes.size < PROCESSES_PER_TREE_MAX;
  }

  /** The process whose turn it is. */
  get head(): ProcessRecord | undefined {
    return this.#queue[0];
  }

  get hasWork(): boolean {
    return (this.#queue.length > 0 || this.#revive.length > 0) && this.halted === undefined;
  }

  get queue(): readonly ProcessRecord[] {
    return this.#queue;
  }

  get gasUsed(): number {
    return this.#gasUsed;
  }

  /** Lets parked processes look again for what they wait for; they come before all others, in this order. */
  reviveFirst(processes: readonly ProcessRecord[]): void {
    this.#revive = [...this.#revive, ...processes];
    this.core.schedule(this);
  }

  revive(): void {
    if (this.#revive.length === 0) return;
    const revived = this.#revive.filter((process) => process.state === "parked");
    this.#revive = [];
    for (const process of revived) {
      process.state = "ready";
      this.looking.add(process);
    }
    this.#queue.unshift(...revived);
  }

  takeProcessId(): number {
    return this.#nextProcessId++;
  }

  takeCallId(): number {
    return this.#nextCallId++;
  }

  addGas(gas: number): void {
    this.#gasUsed += gas;
  }

  /** Puts a process that can go on at the end of the queue. */
  enqueue(process: ProcessRecord): void {
    this.#queue.push(process);
    this.core.schedule(this);
  }

  /** Puts a process at the head of the queue: its turn is under way. */
  enqueueFirst(process: ProcessRecord): void {
    this.#queue.unshift(process);
    this.core.schedule(this);
  }

  dequeue(process: ProcessRecord): void {
    if (this.#queue[0] === process) {
      takeFirst(this.#queue);
      return;
    }
    if (this.looking.size > 0) this.looking.delete(process);
    const at = this.#queue.indexOf(process);
    if (at >= 0) this.#queue.splice(at, 1);
  }

  recordInput(process: ProcessRecord, kind: InputRecord["kind"], callId?: number): void {
    const sequence = this.#inputs++;
    if (!this.core.recordsInputs) return;
    const input = { sequence, treeGas: this.#gasUsed, process: process.id, kind };
    this.core.input(process, callId === undefined ? input : { ...input, callId });
  }
}
