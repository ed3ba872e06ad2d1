/**
 * A process as its host sees it.
 * @module
 */

import type { Plain, TreeState } from "../image/index.ts";
import type { Answer, Capability, Message } from "../passable/index.ts";
import { refillBudget } from "./accounts.ts";
import { answerForHost, answerOf } from "./border.ts";
import { KernelError } from "./errors.ts";
import type { HostValue } from "./host.ts";
import type { Inspection } from "./inspect.ts";
import { inspectProcess, statusOf } from "./inspect.ts";
import { discardProcess, pagesFor, resumeProcess } from "./keeper.ts";
import type { MeterReading } from "./meter.ts";
import { exportedFunction } from "./module-names.ts";
import { enter, goOn, type Push, pushToMailbox, turnToFinish } from "./nested.ts";
import type { Program } from "./program.ts";
import type { Outstanding, PromiseCell } from "./promise-cell.ts";
import type { ProcessRecord } from "./record.ts";
import type { ProcessStatus, StopReport, SyncResult, TurnResult } from "./stops.ts";
import type { Tree } from "./tree.ts";
import type { Turn, Waiter } from "./turn.ts";
import { argsToValues } from "./values.ts";

export interface Process extends Disposable {
  readonly guest: string;
  readonly program: Program;
  readonly status: ProcessStatus;
  readonly meter: MeterReading;
  readonly parent: Process | undefined;
  readonly children: readonly Process[];
  /** What messages to the process itself go to: its export 0. */
  readonly root: Capability;
  reference(target: number): Capability;
  /** Calls an export as a turn of its own. Resolves when it has returned, or the process has stopped and its keeper leaves it so. */
  call(exportName: string, args?: readonly HostValue[]): Promise<TurnResult>;
  /**
   * The same in the caller's own thread, for at most `gas`; `unfinished` when that did not suffice: go on with `resume` or again
   * `finishSync`. Also from within an open call of the process: then as a turn that is nested in it.
   */
  callSync(exportName: string, args?: readonly HostValue[], options?: { readonly gas?: number }): SyncResult;
  /** A turn whose payload is between the host and the driver of its kind of guest; `returned` of the result is what that gives back. */
  direct(payload: Plain): Promise<TurnResult>;
  /** The same as `callSync` calls. */
  directSync(payload: Plain, options?: { readonly gas?: number }): SyncResult;
  /** Goes on with the turn that `callSync` left unfinished or parked. */
  finishSync(options?: { readonly gas?: number }): SyncResult;
  /** `_start` of a program in the manner of WASI. */
  run(): Promise<TurnResult>;
  /** Sends a message. The answer may come late: a process that has stopped gives it after it was resumed. */
  deliver(message: Message, target?: number): Promise<Answer>;
  /** The same; but where the process has stopped, or does before it answers, and its keeper leaves it so, resolves with the stop. */
  ask(message: Message, target?: number): Promise<Answer | StopReport>;
  /** undefined where the answer needs something from outside, or more than `gas`. */
  deliverSync(message: Message, options?: { readonly target?: number; readonly gas?: number }): Answer | undefined;
  /** The same; where there is no answer yet, the promise of it: the turn goes on when the process does. */
  attempt(message: Message, options?: { readonly target?: number; readonly gas?: number }): Answer | Promise<Answer>;
  /** More budget; a child's comes out of its parent's. Throws `KernelError` "budget" where that cannot be. */
  refill(budget: { readonly gas?: number; readonly memoryBytes?: number }): void;
  /** Goes on where it stopped. Resolves as `call` does, for the turn that is under way. */
  resume(options?: { readonly refuse?: boolean }): Promise<TurnResult>;
  /** Stops the whole tree where it is; `resume` goes on. */
  pause(): void;
  /** The process and its descendants as data. The tree stays stopped until it is resumed or discarded. */
  freeze(options?: { readonly copy?: boolean }): TreeState;
  /** Calls to the outside that are not answered yet. Pass their answers to `thaw` if the frozen process goes on elsewhere. */
  readonly outstanding: readonly {
    readonly callId: number;
    readonly capability: Capability;
    readonly answer: Promise<Answer>;
  }[];
  inspect(): Inspection;
  /** A view on memory 0, valid until the process runs again or is discarded. */
  memory(): Uint8Array;
  discard(): void;
}

/** What a tree is run for in the caller's own thread. */
export interface Goal {
  readonly isReached: boolean;
}

/** What the faces of processes need of the kernel. */
export interface ProcessHost {
  runSync(tree: Tree, gas: number, goal: Goal): "done" | "idle" | "gas";
  save(process: ProcessRecord, copy: boolean): TreeState;
  schedule(tree: Tree): void;
}

const faces = new WeakMap<ProcessRecord, Process>();
const records = new WeakMap<Process, ProcessRecord>();

/** The one face of a record. */
export function faceOf(record: ProcessRecord, host: ProcessHost): Process {
  let face = faces.get(record);
  if (face === undefined) {
    face = makeProcess(record, host);
    faces.set(record, face);
    records.set(face, record);
    record.isExposed = true;
  }
  return face;
}

/** For the kernel: the record behind a face. */
export function recordOf(process: Process): ProcessRecord {
  const record = records.get(process);
  if (record === undefined) throw new TypeError("process: expected a process of this kernel");
  return record;
}

function makeProcess(record: ProcessRecord, host: ProcessHost): Process {
  const tree = record.tree;
  const process: Process = {
    guest: record.kind.name,
    program: record.program,
    get status() {
      return statusOf(record);
    },
    get meter() {
      return record.meter.reading;
    },
    get parent() {
      return record.parent && faceOf(record.parent, host);
    },
    get children() {
      return [...record.children].map((child) => faceOf(child, host));
    },
    root: record.reference(0),
    reference(target) {
      if (!Number.isInteger(target) || target < 0)
        throw new RangeError(`target: expected a number from 0, got ${target}`);
      return record.reference(target);
    },
    call: (exportName, args = []) => new Promise((resolve) => pushCall(record, exportName, args, resolve)),
    callSync: (exportName, args = [], options = {}) =>
      runTurn(record, "callSync", options.gas, host, (awaited, push) =>
        pushCall(record, exportName, args, awaited.tell, push),
      ),
    direct: (payload) => new Promise((resolve) => pushDirect(record, payload, resolve, pushToMailbox)),
    directSync: (payload, options = {}) =>
      runTurn(record, "directSync", options.gas, host, (awaited, push) =>
        pushDirect(record, payload, awaited.tell, push, awaited),
      ),
    finishSync: (options = {}) => finishSync(record, options.gas, host),
    run: () => process.call("_start"),
    deliver: (message, target = 0) => answerOf(record.deliverFromHost(target, message)),
    ask: (message, target = 0) => new Promise((resolve) => ask(record, message, target, resolve)),
    deliverSync: (message, options = {}) => answerForHost(deliverSync(record, message, options, host)),
    attempt(message, options = {}) {
      const cell = deliverSync(record, message, options, host);
      return answerForHost(cell) ?? answerOf(cell);
    },
    refill: (budget) => refill(record, budget),
    resume(options = {}) {
      return new Promise((resolve) => resume(record, options, resolve, host));
    },
    pause() {
      if (tree.halted === undefined) tree.halted = "paused";
    },
    freeze(options = {}) {
      assertResting(record, "freeze");
      tree.halted = "frozen";
      return host.save(record, options.copy !== false);
    },
    get outstanding() {
      const calls = [...tree.outstanding].flatMap((cell) => cell.outstanding ?? []);
      return calls.map(({ callId, capability, answer }: Outstanding) => ({ callId, capability, answer }));
    },
    inspect: () => inspectProcess(record),
    memory: () => record.machine?.memory() ?? new Uint8Array(0),
    discard() {
      assertResting(record, "discard");
      discardProcess(record);
    },
    [Symbol.dispose]: () => process.discard(),
  };
  return Object.freeze(process);
}

/** A turn whose result the caller waits for in this thread. */
class Awaited implements Goal {
  result: TurnResult | undefined;
  readonly tell: Waiter = (result) => {
    this.result = result;
  };

  get isReached(): boolean {
    return this.result !== undefined;
  }
}

/** Runs until the turn is over, which is later than its answer: what is nested in another call must be gone before that goes on. */
function deliverSync(
  record: ProcessRecord,
  message: Message,
  options: { readonly target?: number; readonly gas?: number },
  host: ProcessHost,
): PromiseCell {
  return enter(record, "deliverSync", (push) => {
    const gas = checkedGas(options.gas);
    let turn: Turn | undefined;
    const cell = record.deliverFromHost(options.target ?? 0, message, (pushed) => {
      turn = pushed;
      return push(record, pushed);
    });
    const isOver = (): boolean => turn === undefined || !(record.turns.includes(turn) || record.mailbox.includes(turn));
    host.runSync(record.tree, gas, {
      get isReached() {
        return cell.answer !== undefined && isOver();
      },
    });
    return cell;
  });
}

function ask(
  record: ProcessRecord,
  message: Message,
  target: number,
  resolve: (result: Answer | StopReport) => void,
): void {
  const cell = record.deliverFromHost(target, message);
  if (record.isLeft && !record.isEnded && record.stop !== undefined) {
    resolve(record.stop);
    return;
  }
  record.askers.add(resolve);
  cell.watch(() => {
    record.askers.delete(resolve);
    resolve(answerForHost(cell) as Answer);
  });
}

function pushCall(
  record: ProcessRecord,
  exportName: string,
  args: readonly HostValue[],
  waiter: Waiter,
  push: Push = pushToMailbox,
): void {
  const { func, params } = findExport(record, exportName);
  const values = argsToValues(params, args, exportName);
  if (record.stop !== undefined && record.isEnded) {
    waiter(record.stop);
    return;
  }
  record.tree.recordInput(record, "invoke");
  const accepted = push(record, { kind: "invoke", func, args: values, cell: undefined, waiter });
  if (!accepted) throw new KernelError("limit", `${exportName}: the mailbox of the process is full`);
}

/** @param goal whether the turn is over already: one that is nested can be before it is on the stack of turns */
function pushDirect(record: ProcessRecord, payload: Plain, waiter: Waiter, push: Push, goal?: Goal): void {
  if (record.stop !== undefined && record.isEnded) {
    waiter(record.stop);
    return;
  }
  if (record.guest?.driver?.takeResult === undefined)
    throw new KernelError("export", `direct: guests of the kind ${record.kind.name} take no direct calls`);
  record.tree.recordInput(record, "direct");
  const accepted = push(record, { kind: "direct", payload, waiter });
  if (!accepted && goal?.isReached !== true)
    throw new KernelError("limit", "direct: the mailbox of the process is full");
}

/** undefined: as much as there is. */
function checkedGas(gas: number | undefined): number {
  if (gas === undefined || gas === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  if (!Number.isSafeInteger(gas) || gas < 0) throw new RangeError(`gas: expected a whole number from 0, got ${gas}`);
  return gas;
}

/** Begins a turn and runs the tree until it is over, or cannot go on here. */
function runTurn(
  record: ProcessRecord,
  what: string,
  gas: number | undefined,
  host: ProcessHost,
  begin: (awaited: Awaited, push: Push) => void,
): SyncResult {
  const most = checkedGas(gas);
  return enter(record, what, (push) => {
    const awaited = new Awaited();
    begin(awaited, push);
    const end = host.runSync(record.tree, most, awaited);
    return outcome(record.tree, end, awaited.result);
  });
}

function finishSync(record: ProcessRecord, gas: number | undefined, host: ProcessHost): SyncResult {
  const most = checkedGas(gas);
  const turn = turnToFinish(record, "finishSync");
  if (turn === undefined) throw new KernelError("state", "finishSync: no turn is under way");
  const awaited = new Awaited();
  turn.waiter = awaited.tell;
  const end = goOn(record, () => host.runSync(record.tree, most, awaited));
  return outcome(record.tree, end, awaited.result);
}

function outcome(tree: Tree, end: "done" | "idle" | "gas", result: TurnResult | undefined): SyncResult {
  if (result !== undefined) return result;
  if (tree.halted !== undefined) return { kind: tree.halted };
  return { kind: end === "gas" ? "unfinished" : "parked" };
}

function findExport(
  { program }: ProcessRecord,
  name: string,
): { readonly func: number; readonly params: readonly number[] } {
  const { module } = program;
  const func = exportedFunction(module, name);
  if (func === undefined) throw new KernelError("export", `${name}: the program exports no function of that name`);
  return { func, params: module.types[module.functions[func] as number]?.params ?? [] };
}

function refill(record: ProcessRecord, budget: { readonly gas?: number; readonly memoryBytes?: number }): void {
  assertResting(record, "refill");
  const pages = pagesFor(budget.memoryBytes);
  record.tree.recordInput(record, "refill");
  if (!refillBudget(record, { gas: budget.gas ?? 0, pages })) {
    throw new KernelError("budget", "refill: the parent cannot afford it, or the budget would pass its limit");
  }
}

function resume(
  record: ProcessRecord,
  options: { readonly refuse?: boolean },
  waiter: Waiter,
  host: ProcessHost,
): void {
  assertResting(record, "resume");
  if (record.stop !== undefined && record.isEnded) {
    waiter(record.stop);
    return;
  }
  const turn = record.turns[0] ?? record.mailbox[0];
  if (turn === undefined) waiter({ kind: "done", results: [] });
  else {
    const before = turn.waiter;
    turn.waiter = (result) => {
      before?.(result);
      waiter(result);
    };
  }
  record.tree.halted = undefined;
  if (record.state === "stopped") {
    record.tree.recordInput(record, "resume");
    resumeProcess(record, options);
  }
  host.schedule(record.tree);
}

/** A host function must not do this to the tree that is just running it. */
function assertResting(record: ProcessRecord, what: string): void {
  if (record.tree.running !== undefined || record.tree.passing.length > 0)
    throw new KernelError("state", `${what}: the tree is running; do it between slices`);
}
