/**
 * Stops and ends of processes, and who is told: the keeper. It may refill, resume, refuse memory, inspect or discard.
 * The host keeps roots and what it spawned itself; a guest keeps the children that it spawned.
 * @module
 */

import { broken } from "../passable/index.ts";
import { account, closeAccount, refillBudget, returnMemory } from "./accounts.ts";
import { PAGE_BYTES } from "./limits.ts";
import type { Process } from "./process.ts";
import type { ProcessRecord } from "./record.ts";
import { stoppedChildBehind } from "./record.ts";
import type { StopReport } from "./stops.ts";
import { describeStop } from "./stops.ts";
import { turnCell } from "./turn.ts";

export type KeeperAction =
  /** Stay stopped; whoever waits for the turn is told. It can still be refilled and resumed later. */
  | { readonly action: "leave" }
  | { readonly action: "resume"; readonly gas?: number; readonly memoryBytes?: number }
  /** The `memory.grow` or `table.grow` that could not be afforded returns -1 to the guest. */
  | { readonly action: "refuse" }
  | { readonly action: "discard" };

export type Keeper = (stop: StopReport, process: Process) => KeeperAction | Promise<KeeperAction>;

/** Stops a process where it stands. */
export function stopProcess(process: ProcessRecord, stop: StopReport): void {
  process.state = "stopped";
  process.stop = stop;
  process.told = false;
  process.tree.dequeue(process);
  tellKeeper(process);
}

/** Ends a process for good: what is left of its gas goes back, its children are discarded, whoever waits for it is told. It can still be inspected. */
export function endProcess(process: ProcessRecord, stop: StopReport): void {
  if (process.isEnded) return;
  process.tree.dequeue(process);
  process.state = "ended";
  process.stop = stop;
  process.told = false;
  process.waiting = undefined;
  const turns = [...process.dropTurns().toReversed(), ...process.emptyMailbox()];
  // A host function that is in the middle of a call of the process must not bring it back.
  if (process.machine !== undefined && process.machine.nativeCalls > 0) {
    account(process, process.machine);
    process.machine.abandon();
  }
  for (const child of [...process.children]) discardProcess(child);
  closeAccount(process);
  const answer = broken("ended", `the process ended: ${describeStop(stop)}`);
  for (const left of turns) {
    turnCell(left)?.settle(answer);
    left.waiter?.(stop);
  }
  for (const [, entry] of process.clist.entries()) if (entry.kind === "resolver") entry.cell.settle(answer);
  process.clist.close();
  tellKeeper(process);
}

/** Ends a process if it has not ended, and gives its memory back. */
export function discardProcess(process: ProcessRecord): void {
  endProcess(process, { kind: "discarded" });
  returnMemory(process);
  process.clist.release();
  process.machine?.release();
  process.machine = undefined;
  process.guest = undefined;
  process.parent?.children.delete(process);
  process.tree.processes.delete(process);
  if (process.tree.processes.size === 0) process.tree.core.forget(process.tree);
}

/** Lets a stopped process go on. */
export function resumeProcess(process: ProcessRecord, options: { readonly refuse?: boolean } = {}): void {
  if (process.state !== "stopped") return;
  if (process.stop?.kind === "out-of-memory" && options.refuse === true) process.machine?.refuseGrow();
  process.stop = undefined;
  process.isLeft = false;
  if (process.turn === undefined && process.mailbox.length === 0) process.state = "idle";
  else process.makeReady();
}

/** The stop stays; whoever waits for the turn, or for those that it is nested in, learns of it. */
export function leaveStopped(process: ProcessRecord): void {
  const { stop } = process;
  if (stop === undefined) return;
  for (const turn of process.turns.toReversed()) {
    const waiter = turn.waiter;
    turn.waiter = undefined;
    waiter?.(stop);
  }
  process.isLeft = true;
  for (const tell of process.askers) tell(stop);
  process.askers.clear();
}

export function applyKeeperAction(process: ProcessRecord, action: KeeperAction): void {
  if (process.state !== "stopped") return;
  if (typeof action !== "object" || action === null)
    throw new TypeError(`keeper: expected an action such as { action: "leave" }, got ${String(action)}`);
  switch (action.action) {
    case "leave":
      leaveStopped(process);
      return;
    case "discard":
      discardProcess(process);
      return;
    case "refuse":
      resumeProcess(process, { refuse: true });
      return;
    case "resume": {
      const pages = pagesFor(action.memoryBytes);
      // A parent that cannot afford the refill leaves the process stopped, or it would stop again at once, for ever.
      if (refillBudget(process, { gas: action.gas ?? 0, pages })) resumeProcess(process);
      else leaveStopped(process);
      return;
    }
    default:
      throw new TypeError(
        `keeper: expected the action "leave", "resume", "refuse" or "discard", got ${String((action as KeeperAction).action)}`,
      );
  }
}

/** The pages of a refill. */
export function pagesFor(memoryBytes = 0): number {
  if (!(memoryBytes >= 0)) throw new RangeError(`memoryBytes: expected a number from 0, got ${memoryBytes}`);
  return Math.ceil(memoryBytes / PAGE_BYTES);
}

function tellKeeper(process: ProcessRecord): void {
  tellParent(process);
  if (process.keeper !== undefined) process.tree.core.keep(process);
  else leaveStopped(process);
}

function tellParent(process: ProcessRecord): void {
  const parent = process.parent;
  if (parent === undefined || parent.isEnded || process.stop === undefined) return;
  const waiting = parent.waiting;
  if (waiting?.kind === "child" && waiting.child === process) parent.wakeFrom(waiting);
  if (waiting?.kind === "promise") {
    // A `wait` returns for any child that stops; a call only where its own answer depends on it.
    if (!waiting.sync || stoppedChildBehind(parent, waiting.cell) === process) parent.wakeFrom(waiting);
  }
  const position = parent.clist.find(process);
  const entry = position === undefined ? undefined : parent.clist.get(position);
  if (position === undefined || entry?.kind !== "child" || !entry.listening) return;
  entry.listening = false;
  process.told = true;
  parent.push({ kind: "child", position, child: process, stop: process.stop });
}
