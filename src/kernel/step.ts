/**
 * One step of a tree: the process at the head of the queue runs for a slice, and what stopped it decides what it is next.
 * @module
 */

import type { Value } from "../image/index.ts";
import { broken, fulfilled, makeMessage } from "../passable/index.ts";
import { account } from "./accounts.ts";
import { receiveAnswer, receiveMessage } from "./events.ts";
import type { GuestCall, GuestEvent } from "./guest.ts";
import type { HostValue } from "./host.ts";
import { endProcess, stopProcess } from "./keeper.ts";
import type { Machine, Stop } from "./machine.ts";
import { SLICE_GAS_MAX } from "./machine.ts";
import type { ProcessRecord, Waiting } from "./record.ts";
import type { StopReport, TurnResult } from "./stops.ts";
import type { Tree } from "./tree.ts";
import type { Turn } from "./turn.ts";
import { turnCell } from "./turn.ts";
import { resultsToHost, valuesToBytes } from "./values.ts";

/** What the host makes for a guest takes its thread, too. */
const BRIEF = Object.freeze({ brief: true });

type SliceEnd = Stop | { readonly kind: "fault"; readonly message: string };

/** A promise that nobody settles: the process is woken by the kernel. */
export const KERNEL_WAKE: Promise<never> = new Promise(() => {});

/** Runs the head of the queue for at most `gasMax` (and an overdraft of one straight stretch); says how much it used. */
export function stepTree(tree: Tree, gasMax: number): number {
  if (tree.halted !== undefined) return 0;
  const before = tree.gasUsed;
  tree.revive();
  lookAgain(tree);
  const process = tree.head;
  if (process === undefined) return tree.gasUsed - before;
  if (process.turn === undefined && !beginTurn(process)) return tree.gasUsed - before;
  if (process.meter.gasLeft < 0) {
    stopProcess(process, { kind: "out-of-gas" });
    return tree.gasUsed - before;
  }
  runProcess(process, Math.min(gasMax, process.meter.gasLeft, SLICE_GAS_MAX));
  lookAgain(tree);
  return tree.gasUsed - before;
}

function runProcess(process: ProcessRecord, gas: number): void {
  const { machine } = process;
  if (machine === undefined) return;
  if (process.tree.looking.size > 0) process.tree.looking.delete(process);
  afterSlice(process, machine, runSlice(process, machine, gas));
}

/**
 * Processes that a turn was nested in, and those of a thawed tree, ask what they wait for again before anything else runs: so
 * that others find out whether they wait.
 */
function lookAgain(tree: Tree): void {
  if (tree.looking.size === 0) return;
  for (const process of tree.queue.filter((ready) => tree.looking.has(ready))) {
    if (process.state === "ready") runProcess(process, LOOK);
  }
}

/** Gas of a run that only asks. */
const LOOK = -1;

function runSlice(process: ProcessRecord, machine: Machine, gas: number): SliceEnd {
  const tree = process.tree;
  const outer = tree.running;
  machine.memoryPagesMax = process.meter.pagesOwnMax;
  process.sliceStart = machine.gasUsed;
  tree.running = process;
  try {
    return machine.run(gas, BRIEF);
  } catch (error) {
    // A fault in a nested turn is told once.
    if (!process.isEnded) tree.core.fault(process, error);
    // The guest's keeper may be a guest: it learns that the host failed, not how.
    return { kind: "fault", message: "the host failed while it ran this process" };
  } finally {
    account(process, machine);
    tree.running = outer;
  }
}

function afterSlice(process: ProcessRecord, machine: Machine, end: SliceEnd): void {
  // A host function may have discarded the very process that called it.
  if (process.isEnded) return;
  switch (end.kind) {
    case "slice":
      // What a host function began in an open call may have stopped or parked the process.
      if (process.state === "ready" && process.meter.gasLeft < 0) stopProcess(process, { kind: "out-of-gas" });
      return;
    case "done":
      afterCall(process, machine, end.results);
      return;
    case "parked":
      park(process, end.wake);
      return;
    case "memory":
      stopProcess(process, { kind: "out-of-memory", pagesWanted: end.pagesWanted });
      return;
    case "exit":
      endProcess(process, { kind: "exit", code: end.code });
      return;
    case "trap":
      capAtBudget(process, end.code);
      endProcess(process, { kind: "trap", code: end.code, message: end.message });
      return;
    case "deep":
      process.tree.isDeep = true;
      return;
    case "fault":
      endProcess(process, end satisfies StopReport);
      return;
    default:
      end satisfies never;
  }
}

/** Memory and table accesses out of bounds count up to the end of an epoch of gas, but never for more than was granted (docs/spec/gas.md). */
function capAtBudget(process: ProcessRecord, code: string): void {
  const left = process.meter.gasLeft;
  if (left >= 0 || (code !== "memory-out-of-bounds" && code !== "table-out-of-bounds")) return;
  process.meter.use(left);
  process.tree.addGas(left);
}

function park(process: ProcessRecord, wake: Promise<unknown>): void {
  const tree = process.tree;
  tree.dequeue(process);
  process.state = "parked";
  if (wake === KERNEL_WAKE) {
    if (process.waiting === undefined) process.makeReady();
    return;
  }
  const waiting: Waiting = { kind: "outside" };
  process.waiting = waiting;
  tree.outsideWaits++;
  const woken = (): void => {
    tree.outsideWaits--;
    if (process.waiting !== waiting) return;
    tree.recordInput(process, "wake");
    process.wakeFrom(waiting);
  };
  // Whatever the host function gave: something else than a promise is there already.
  Promise.resolve(wake).then(woken, woken);
}

/** An export has returned: either the driver has another call for this turn, or the turn is over. */
function afterCall(process: ProcessRecord, machine: Machine, results: readonly Value[]): void {
  const turn = process.turn as Turn;
  if (turn.kind !== "invoke" && turn.kind !== "start") {
    const next = nextCall(process, machine, results);
    if (next === "fault") return;
    if (next !== undefined) {
      startCall(process, machine, next);
      return;
    }
  }
  if (turn.kind === "invoke") {
    turn.cell?.settle(fulfilled(makeMessage(valuesToBytes(results))));
    process.finishTurn({ kind: "done", results: toHost(process, turn.func, results) });
  } else {
    process.finishTurn(resultOf(process, turn));
  }
}

/** Of a turn that is over: what the driver gives back of a direct one is there until another turn ends. */
function resultOf({ guest }: ProcessRecord, turn: Turn | undefined): TurnResult {
  if (turn?.kind !== "direct") return DONE;
  return { kind: "done", results: NO_VALUES, returned: guest?.driver?.takeResult?.() };
}

const NO_VALUES: readonly HostValue[] = Object.freeze([]);
const DONE: TurnResult = Object.freeze({ kind: "done", results: NO_VALUES });

/** Takes the next turn; false where there is none, or none that reaches the machine. */
function beginTurn(process: ProcessRecord): boolean {
  const turn = process.takeTurn();
  const machine = process.machine;
  if (turn !== undefined && machine !== undefined && begin(process, machine, turn)) return true;
  if (!process.isEnded) process.finishTurn(resultOf(process, turn));
  return false;
}

/**
 * Begins a turn in the middle of an open call, in which the process waits for whoever asks for it. It goes on when the process
 * is at the head of the queue; what it is nested in goes on when it is over.
 */
export function nestTurn(process: ProcessRecord, turn: Turn): boolean {
  const { machine } = process;
  const cell = turnCell(turn);
  const refusal = process.refusesNested(turn);
  if (refusal !== undefined || machine === undefined) {
    cell?.settle(refusal ?? broken("ended", "the process has ended"));
    return false;
  }
  if (cell !== undefined) cell.answerer = process;
  process.pushTurn(turn);
  if (!begin(process, machine, turn)) {
    if (process.isEnded) return false;
    process.popTurn();
    turn.waiter?.(resultOf(process, turn));
    return false;
  }
  process.waiting = undefined;
  process.state = "ready";
  return true;
}

/** Takes a turn to the machine; false if it does not get there. */
function begin(process: ProcessRecord, machine: Machine, turn: Turn): boolean {
  if (turn.kind === "start" || turn.kind === "invoke") {
    return startCall(process, machine, { func: turn.func, args: turn.kind === "invoke" ? turn.args : [] });
  }
  const event = eventOf(process, turn);
  const call = event === undefined ? undefined : deliver(process, machine, event);
  if (call === "fault") return false;
  if (call === undefined) {
    if (event?.kind === "deliver") process.clist.drop(event.resolver);
    if (turn.kind === "deliver") turn.cell?.settle(broken("no-target", "the process takes no messages"));
    return false;
  }
  return startCall(process, machine, call);
}

/** A call that does not fit its function is a bug of the driver: hosts' and guests' own calls were checked when they came. */
function startCall(process: ProcessRecord, machine: Machine, call: GuestCall): boolean {
  try {
    machine.start(call.func, call.args);
    return true;
  } catch (error) {
    failProcess(process, error);
    return false;
  }
}

/** The turn's message with its capabilities in the c-list; undefined where they don't fit, and then whoever sent it knows. */
function eventOf(process: ProcessRecord, turn: Turn): GuestEvent | undefined {
  if (turn.kind === "direct") return turn;
  const held = turn.kind === "deliver" ? undefined : process.clist.get("position" in turn ? turn.position : 0);
  if (turn.kind === "settle") {
    // The guest may have dropped the promise meanwhile, and the position may be another's now.
    if (held?.kind !== "promise" || held.cell !== turn.promise) return undefined;
    process.clist.drop(turn.position);
    return { kind: "settle", position: turn.position, answer: receiveAnswer(process, turn.answer) };
  }
  if (turn.kind === "child") {
    if (held?.kind !== "child" || held.process !== turn.child) return undefined;
    const answer = { status: "stopped", child: turn.position, stop: turn.stop } as const;
    return { kind: "settle", position: turn.position, answer };
  }
  if (turn.kind !== "deliver") return undefined;
  const message = receiveMessage(process, turn.message);
  const resolver = turn.cell === undefined ? 0 : process.clist.add({ kind: "resolver", cell: turn.cell });
  if (message === undefined || resolver === undefined) {
    turn.cell?.settle(broken("limit", "the c-list of the process is full"));
    return undefined;
  }
  return { kind: "deliver", target: turn.target, message, resolver };
}

function deliver(process: ProcessRecord, machine: Machine, event: GuestEvent): GuestCall | "fault" | undefined {
  try {
    process.guest?.driver?.deliver(event);
  } catch (error) {
    return failProcess(process, error);
  }
  return nextCall(process, machine, undefined);
}

function nextCall(
  process: ProcessRecord,
  machine: Machine,
  results: readonly Value[] | undefined,
): GuestCall | "fault" | undefined {
  try {
    return process.guest?.driver?.next(machine.memory(), results);
  } catch (error) {
    return failProcess(process, error);
  }
}

/** The host has failed at a process: it ends, and learns no more than that. */
export function failProcess(process: ProcessRecord, error: unknown): "fault" {
  process.tree.core.fault(process, error);
  endProcess(process, { kind: "fault", message: "the host failed while it ran this process" });
  return "fault";
}

function toHost(process: ProcessRecord, func: number, results: readonly Value[]): readonly HostValue[] {
  const module = process.program.module;
  const types = module.types[module.functions[func] as number]?.results ?? [];
  return resultsToHost(types, results);
}
