/**
 * What the kernel does for a process: messages, waiting, its c-list, its meter. Children have a file of their own.
 * @module
 */

import type { Capability, Message } from "../passable/index.ts";
import { fulfilled, rejected } from "../passable/index.ts";
import { syncPages } from "./accounts.ts";
import { childServices } from "./children.ts";
import { receiveAnswer, sendMessage } from "./events.ts";
import type { GuestAnswer, GuestMessage, GuestServices } from "./guest.ts";
import { ServiceError } from "./guest.ts";
import { Suspend } from "./host.ts";
import { discardProcess } from "./keeper.ts";
import { CLIST_ENTRIES_MAX, LOG_BYTES_MAX, MAILBOX_TURNS_MAX } from "./limits.ts";
import { destination, sendOnlyTo, sendTo } from "./outside.ts";
import { GAS_PER_CIRCLE, GAS_PER_MESSAGE, messageGas } from "./prices.ts";
import { PromiseCell } from "./promise-cell.ts";
import type { ProcessRecord } from "./record.ts";
import { stoppedChildBehind, waitPath, waitsFor } from "./record.ts";
import { ExportReference } from "./reference.ts";
import { KERNEL_WAKE } from "./step.ts";
import type { StopReport } from "./stops.ts";

export function makeServices(process: ProcessRecord): GuestServices {
  const clist = process.clist;
  return Object.freeze({
    send: (target: number, message: GuestMessage) => send(process, target, message),
    sendOnly: (target: number, message: GuestMessage) => sendOnly(process, target, message),
    makePromise: () => makePromise(process),
    wait: (position: number) => wait(process, position),
    call: (target: number, message: GuestMessage) => call(process, target, message),
    callOpen(target: number, message: GuestMessage): GuestAnswer | Suspend | number {
      process.machine?.open();
      return call(process, target, message);
    },
    sendOpen(target: number, message: GuestMessage): number {
      process.machine?.open();
      const path = pathTo(process, target);
      if (path !== "strict") return send(process, target, message, path === "open");
      chargeUnsent(process, message);
      return ServiceError.cycle;
    },
    answered: (position: number) => answered(process, position),
    listen: (position: number) => listen(process, position),
    answer: (resolver: number, status: "fulfilled" | "rejected", message: GuestMessage) =>
      answer(process, resolver, status, message),
    drop: (position: number) => drop(process, position),
    find: (name: string) => clist.findEndowment(name),
    log(bytes: Uint8Array): void {
      process.charge(messageGas(bytes.length, 0));
      process.tree.core.log(process, bytes.slice(0, LOG_BYTES_MAX));
    },
    gasUsed: () => process.meter.gasUsed + process.gasRunning,
    ...childServices(process),
  });
}

/** Where a message to a position goes: a child stands for its root. */
function targetAt(process: ProcessRecord, position: number): Capability | number {
  if (position < 0) return process.refer(-(position + 1));
  const entry = process.clist.get(position);
  if (entry === undefined) return ServiceError.noEntry;
  if (entry.kind === "capability") return entry.capability;
  if (entry.kind === "child") return entry.process.refer(0);
  if (entry.kind === "promise") return destination(entry.cell);
  return ServiceError.wrongKind;
}

/** For a message that was read from the guest, whatever becomes of it. */
function chargeMessage(process: ProcessRecord, { bytes, capabilities }: GuestMessage): void {
  process.charge(messageGas(bytes.length, capabilities.length));
}

/** For one that is not sent, because the wait for its answer would close a circle. */
function chargeUnsent(process: ProcessRecord, { bytes, capabilities }: GuestMessage): void {
  process.charge(messageGas(bytes.length, capabilities.length) + GAS_PER_CIRCLE);
}

function send(process: ProcessRecord, position: number, guestMessage: GuestMessage, nested = false): number {
  chargeMessage(process, guestMessage);
  const target = targetAt(process, position);
  if (typeof target === "number") return target;
  const message = sendMessage(process, guestMessage);
  if (typeof message === "number") return message;
  if (!process.clist.hasRoom(1) || !fitsQueue(process, target, message)) return ServiceError.limit;
  const cell = sendTo(process, target, message, nested);
  cell.own(process);
  return process.clist.add({ kind: "promise", cell, listening: false }) ?? ServiceError.limit;
}

/** Whether a promise that the message is for would keep it. A guest that learns so at once can keep it itself. */
function fitsQueue(process: ProcessRecord, target: Capability, message: Message): boolean {
  return !(target instanceof PromiseCell) || target.answer !== undefined || process.canQueue(message);
}

function sendOnly(process: ProcessRecord, position: number, guestMessage: GuestMessage): number {
  chargeMessage(process, guestMessage);
  const target = targetAt(process, position);
  if (typeof target === "number") return target;
  const message = sendMessage(process, guestMessage);
  if (typeof message === "number") return message;
  if (!fitsQueue(process, target, message)) return ServiceError.limit;
  sendOnlyTo(process, target, message);
  return 0;
}

/** A promise that the process settles itself, as the answer to a message: by its resolver. */
function makePromise(process: ProcessRecord): { readonly promise: number; readonly resolver: number } | number {
  process.charge(GAS_PER_MESSAGE);
  if (!process.clist.hasRoom(2)) return ServiceError.limit;
  const cell = new PromiseCell(process);
  cell.own(process);
  cell.answerer = process;
  const promise = process.clist.add({ kind: "promise", cell, listening: false }) as number;
  return { promise, resolver: process.clist.add({ kind: "resolver", cell }) as number };
}

function call(process: ProcessRecord, position: number, message: GuestMessage): GuestAnswer | Suspend | number {
  // Found out before the message is sent, so that it does not arrive when nobody waits for it any more.
  const path = pathTo(process, position);
  if (path === "strict") {
    chargeUnsent(process, message);
    return CYCLE;
  }
  const promise = send(process, position, message, path === "open");
  return promise < 0 ? promise : answered(process, promise);
}

/** How the target of a call waits for the caller. */
function pathTo(process: ProcessRecord, position: number): ReturnType<typeof waitPath> {
  const target = targetAt(process, position);
  if (typeof target === "number") return "none";
  if (target instanceof PromiseCell && target.answer === undefined) {
    // Who it will be nobody knows: it is enough that the answer depends on one who waits.
    const { answerer } = target;
    return answerer !== undefined && (answerer === process || waitsFor(answerer, process)) ? "strict" : "none";
  }
  const callee = ExportReference.resolve(target)?.process;
  return callee === undefined ? "none" : callee === process ? "strict" : waitPath(callee, process);
}

const CYCLE: GuestAnswer = Object.freeze({
  status: "broken",
  code: "cycle",
  reason: "the call would wait for its own caller",
});

function wait(process: ProcessRecord, position: number): GuestAnswer | Suspend | number {
  const entry = process.clist.get(position);
  if (entry === undefined) return ServiceError.noEntry;
  if (entry.kind !== "promise" && entry.kind !== "child") return ServiceError.wrongKind;
  if (isCovered(process)) return new Suspend(KERNEL_WAKE, position);
  if (entry.kind === "child") return waitForChild(process, position, entry.process);
  if (entry.cell.answer !== undefined) return takeAnswer(process, position, entry.cell);
  for (const child of process.children) {
    const held = process.clist.find(child);
    if (held === undefined || child.stop === undefined || child.told) continue;
    return tell(child, held, child.stop);
  }
  return suspendFor(process, position, entry.cell, false) ?? refuseCircle(process);
}

function waitForChild(process: ProcessRecord, position: number, child: ProcessRecord): GuestAnswer | Suspend | number {
  if (child.stop !== undefined) return tell(child, position, child.stop);
  if (waitsFor(child, process)) return refuseCircle(process);
  process.waitFor({ kind: "child", child });
  return new Suspend(KERNEL_WAKE, position);
}

function refuseCircle(process: ProcessRecord): number {
  process.charge(GAS_PER_CIRCLE);
  return ServiceError.cycle;
}

function answered(process: ProcessRecord, position: number): GuestAnswer | Suspend | number {
  const entry = process.clist.get(position);
  if (entry === undefined) return ServiceError.noEntry;
  if (entry.kind !== "promise") return ServiceError.wrongKind;
  const cell = entry.cell;
  if (isCovered(process)) return new Suspend(KERNEL_WAKE, position);
  if (cell.answer !== undefined) return takeAnswer(process, position, cell);
  if (stoppedChildBehind(process, cell) !== undefined) {
    process.clist.drop(position);
    return { status: "broken", code: "stopped", reason: "a child that has to answer has stopped" };
  }
  const suspend = suspendFor(process, position, cell, true);
  if (suspend !== undefined) return suspend;
  process.clist.drop(position);
  return CYCLE;
}

/** Has the callee of this very call begun a nested turn that is not over? That goes first, and this call asks again. */
function isCovered(process: ProcessRecord): boolean {
  return process.machine?.isNative === false;
}

/** undefined where the wait would close a circle. */
function suspendFor(process: ProcessRecord, position: number, cell: PromiseCell, sync: boolean): Suspend | undefined {
  if (cell.answerer !== undefined && waitsFor(cell.answerer, process)) return undefined;
  process.waitFor({ kind: "promise", cell, sync });
  return new Suspend(KERNEL_WAKE, position);
}

function takeAnswer(process: ProcessRecord, position: number, cell: PromiseCell): GuestAnswer {
  process.clist.drop(position);
  const answer = cell.answer;
  if (answer === undefined) throw new Error("promise: no answer to take");
  if (answer.status !== "broken") {
    process.charge(messageGas(answer.message.bytes.length, answer.message.capabilities.length));
  }
  return receiveAnswer(process, answer);
}

function tell(child: ProcessRecord, position: number, stop: StopReport): GuestAnswer {
  child.told = true;
  return { status: "stopped", child: position, stop };
}

function listen(process: ProcessRecord, position: number): number {
  const entry = process.clist.get(position);
  if (entry === undefined) return ServiceError.noEntry;
  // Answers that nobody wants any more have no place in the c-list, so their number needs a limit of its own.
  if (process.mailbox.length >= MAILBOX_TURNS_MAX + CLIST_ENTRIES_MAX) return ServiceError.limit;
  if (entry.kind === "promise") {
    if (!entry.listening) listenToCell(process, position, entry.cell);
    entry.listening = true;
    return 0;
  }
  if (entry.kind !== "child") return ServiceError.wrongKind;
  const child = entry.process;
  if (child.stop === undefined) entry.listening = true;
  else {
    child.told = true;
    process.push({ kind: "child", position, child, stop: child.stop });
  }
  return 0;
}

/** The answer becomes a turn, unless the guest has dropped the promise by then. */
export function listenToCell(process: ProcessRecord, position: number, cell: PromiseCell): void {
  cell.watch(() => {
    const entry = process.clist.get(position);
    if (cell.answer === undefined || entry?.kind !== "promise" || entry.cell !== cell) return;
    process.push({ kind: "settle", position, promise: cell, answer: cell.answer });
  });
}

function answer(
  process: ProcessRecord,
  position: number,
  status: "fulfilled" | "rejected",
  guestMessage: GuestMessage,
): number {
  chargeMessage(process, guestMessage);
  const entry = process.clist.get(position);
  if (entry === undefined) return ServiceError.noEntry;
  if (entry.kind !== "resolver") return ServiceError.wrongKind;
  const message = sendMessage(process, guestMessage);
  if (typeof message === "number") return message;
  process.clist.drop(position);
  entry.cell.settle(status === "fulfilled" ? fulfilled(message) : rejected(message));
  return 0;
}

function drop(process: ProcessRecord, position: number): number {
  const entry = process.clist.drop(position);
  if (entry === undefined) return ServiceError.noEntry;
  if (entry.kind === "child") discardProcess(entry.process);
  if (entry.kind === "source") {
    process.meter.unhold(entry.pages);
    syncPages(process);
  }
  if (entry.kind === "resolver") {
    entry.cell.settle({ status: "broken", code: "refused", reason: "the callee will not answer" });
  }
  return 0;
}
