/**
 * Messages from a process to whatever a capability leads to: another process of this kernel, the host, or what a promise comes to.
 * @module
 */

import type { Answer, Capability, Message, PendingAnswer } from "../passable/index.ts";
import { broken, capabilityOfAnswer, makeMessage, messageOverLimit, NO_TARGET } from "../passable/index.ts";
import {
  answerForHost,
  answerOf,
  attachOutstanding,
  checkAnswer,
  hostFault,
  incoming,
  incomingAnswer,
  outgoing,
} from "./border.ts";
import { OUTSTANDING_CALLS_MAX, PROMISES_PASSED_MAX } from "./limits.ts";
import type { Queued } from "./promise-cell.ts";
import { letGoMessage, PromiseCell } from "./promise-cell.ts";
import type { ProcessRecord } from "./record.ts";
import { waitsFor } from "./record.ts";
import { ExportReference } from "./reference.ts";
import { nestTurn } from "./step.ts";

/** Sends a message; the answer comes into the cell, maybe at once. `nested`: the receiver waits for it in open calls. */
export function sendTo(sender: ProcessRecord, target: Capability, message: Message, nested = false): PromiseCell {
  const cell = new PromiseCell(sender);
  route(target, { sender, message, cell }, nested);
  return cell;
}

/** The same where nobody wants the answer. */
export function sendOnlyTo(sender: ProcessRecord, target: Capability, message: Message): void {
  route(target, { sender, message, cell: undefined }, false);
}

function route(target: Capability, sent: Queued, nested: boolean): void {
  const reference = ExportReference.resolve(target);
  if (reference !== undefined) deliverTo(reference, sent, nested);
  else if (target instanceof PromiseCell && target.home.tree === sent.sender.tree) sendToPromise(target, sent);
  else if (sent.cell === undefined && target.receiveOnly !== undefined) tellHost(target, sent);
  else callHost(target, sent, sent.cell ?? new PromiseCell(sent.sender));
}

function deliverTo(
  reference: { readonly process: ProcessRecord; readonly target: number },
  sent: Queued,
  nested: boolean,
): void {
  const { process, target } = reference;
  if (process.tree !== sent.sender.tree) {
    crossOver(reference, sent);
    return;
  }
  const turn = { kind: "deliver", target, message: sent.message, cell: sent.cell } as const;
  if (!nested) process.push(turn);
  else if (nestTurn(process, turn)) process.tree.enqueue(process);
}

/** Between trees, message and answer are inputs from outside, with their places in the order of inputs. */
function crossOver(
  { process, target }: { readonly process: ProcessRecord; readonly target: number },
  { sender, message, cell }: Queued,
): void {
  const arriving = incoming(process, outgoing(message));
  process.tree.recordInput(process, "deliver");
  if (cell === undefined) {
    process.push({ kind: "deliver", target, message: arriving, cell });
    return;
  }
  const theirs = new PromiseCell(process);
  cell.answerer = process;
  sender.tree.outsideWaits++;
  process.push({ kind: "deliver", target, message: arriving, cell: theirs });
  theirs.watch(() => {
    sender.tree.outsideWaits--;
    sender.tree.recordInput(sender, "answer");
    cell.settle(incomingAnswer(sender, answerForHost(theirs) as Answer));
  });
}

function callHost(capability: Capability, { sender, message }: Queued, cell: PromiseCell): void {
  const tree = sender.tree;
  if (tree.outstanding.size >= OUTSTANDING_CALLS_MAX) {
    cell.settle(broken("limit", `${OUTSTANDING_CALLS_MAX} calls to the outside are not answered yet`));
    return;
  }
  // Also for calls that are answered at once: an image must not show how fast the host was.
  const callId = tree.takeCallId();
  let answer: Answer | PendingAnswer;
  try {
    answer = capability.receive(outgoing(message));
  } catch (error) {
    cell.settle(hostFault(sender, error));
    return;
  }
  if (answer instanceof Promise)
    attachOutstanding(cell, { callId, sender, capability, answer, pipeline: answer.pipeline });
  else cell.settle(checkAnswer(sender, answer));
}

function tellHost(capability: Capability, { sender, message }: Queued): void {
  try {
    capability.receiveOnly?.(outgoing(message));
  } catch (error) {
    hostFault(sender, error);
  }
}

/** A message to a promise goes to what it has come to, or on the same way as what it waits for, or waits with it. */
function sendToPromise(promise: PromiseCell, sent: Queued): void {
  const { outstanding } = promise;
  // What came first goes first.
  if (promise.queue.length > 0) enqueue(promise, sent);
  else if (promise.answer !== undefined) sendToAnswer(promise.answer, sent);
  else if (outstanding?.pipeline !== undefined) route(outstanding.pipeline, sent, false);
  else enqueue(promise, sent);
}

function enqueue(promise: PromiseCell, sent: Queued): void {
  if (sent.sender.keepQueued(sent.message)) promise.enqueue(sent);
  else sent.cell?.settle(broken("limit", "the process has sent as much to promises as may wait for them"));
}

function sendToAnswer(answer: Answer, sent: Queued): void {
  const end = endOf(answer);
  if (end.target === undefined) sent.cell?.settle(end.refusal);
  else if (closesCircle(end.target, sent.cell)) sent.cell?.settle(CYCLE);
  else route(end.target, sent, false);
}

const CYCLE = broken("cycle", "the promise came to one who waits for it");

/** Where messages to a promise go, as far as that is known: itself where it is not, or where they go nowhere. */
export function destination(promise: PromiseCell): Capability {
  if (promise.answer === undefined || promise.queue.length > 0) return promise;
  return endOf(promise.answer).target ?? promise;
}

/** What an answer is in the end: promises may be fulfilled with one another. */
function endOf(
  answer: Answer,
): { readonly target: Capability } | { readonly target: undefined; readonly refusal: Answer } {
  let at = answer;
  for (let steps = 0; ; steps++) {
    const target = at.status === "fulfilled" ? capabilityOfAnswer(at.message) : undefined;
    if (target === undefined) return { target, refusal: at.status === "fulfilled" ? NO_TARGET : at };
    if (!(target instanceof PromiseCell) || target.answer === undefined || target.queue.length > 0) return { target };
    if (steps === PROMISES_PASSED_MAX) return { target: undefined, refusal: broken("limit", TOO_FAR) };
    at = target.answer;
  }
}

const TOO_FAR = `the promise came to another one ${PROMISES_PASSED_MAX} times, or to itself`;

/** Does a process that has to answer wait for just this answer? When the call began nobody could know who it would be. */
function closesCircle(target: Capability, cell: PromiseCell | undefined): boolean {
  const callee = ExportReference.resolve(target)?.process;
  if (cell === undefined || callee?.waiting === undefined) return false;
  for (const process of cell.home.tree.processes) {
    const { waiting } = process;
    if (waiting?.kind === "promise" && isAfter(waiting.cell, cell) && waitsFor(callee, process)) return true;
  }
  return false;
}

/** Is it the promise, or one for a message that waits for it? */
function isAfter(cell: PromiseCell, first: PromiseCell): boolean {
  for (let at: PromiseCell | undefined = cell; at !== undefined; at = at.after) if (at === first) return true;
  return false;
}

/**
 * Messages that waited for a promise go on, and then whoever watches it learns of it. Where that settles further promises their
 * turn comes after it: chains of them may be longer than the host's stack is deep.
 */
export function passOn(promise: PromiseCell): void {
  const { passing } = promise.home.tree;
  passing.push(promise);
  if (passing.length > 1) return;
  try {
    for (const settled of passing) {
      for (let sent = settled.dequeue(); sent !== undefined; sent = settled.dequeue()) {
        sent.sender.releaseQueued(sent.message);
        letGoMessage(sent.message);
        sendToAnswer(settled.answer as Answer, sent);
      }
      settled.announce();
    }
  } finally {
    passing.length = 0;
  }
}

/** From the host, which has got the promise in a message. */
export function receiveForPromise(promise: PromiseCell, message: Message): Answer | PendingAnswer {
  const sender = promise.home;
  const over = messageOverLimit(message.bytes.length, message.capabilities.length);
  if (over !== undefined) return broken("limit", over);
  sender.tree.recordInput(sender, "deliver");
  const cell = new PromiseCell(sender);
  // A copy: what the host does with its bytes afterwards must not reach a message that waits.
  sendToPromise(promise, {
    sender,
    message: incoming(sender, makeMessage(message.bytes.slice(), message.capabilities)),
    cell,
  });
  return answerForHost(cell) ?? Object.assign(answerOf(cell), { pipeline: cell });
}
