/**
 * What crosses the border of a tree, to and from the host and other trees. Promises stay on their side: another tree's, or the host's,
 * is known within a tree by a promise of its own, whose answer is an input like any other; and it goes home as itself.
 * @module
 */

import type { Answer, Capability, Message, PromiseCapability } from "../passable/index.ts";
import { broken, isCapability, isPromiseCapability, messageOverLimit } from "../passable/index.ts";
import { OUTSTANDING_CALLS_MAX } from "./limits.ts";
import type { Outstanding } from "./promise-cell.ts";
import { PromiseCell } from "./promise-cell.ts";
import type { ProcessRecord } from "./record.ts";
import { ExportReference } from "./reference.ts";

/** A message as it leaves. From now on messages may come from outside for the exports in it, and for what its promises come to. */
export function outgoing(message: Message): Message {
  // Most messages have none.
  if (message.capabilities.length === 0) return message;
  return { bytes: message.bytes, capabilities: message.capabilities.map(outward) };
}

function outward(capability: Capability): Capability {
  if (capability instanceof PromiseCell) {
    exposePromise(capability);
    return capability.foreign ?? capability;
  }
  const reference = exposeReference(capability);
  return reference === undefined ? capability : reference.process.reference(reference.target);
}

function exposeReference(capability: Capability): ReturnType<typeof ExportReference.resolve> {
  const reference = ExportReference.resolve(capability);
  if (reference !== undefined) reference.process.isExposed = true;
  return reference;
}

/** By a list, since guests can make long chains of promises that came to promises. */
function exposePromise(first: PromiseCell): void {
  const found = [first];
  let isWalking = true;
  for (const cell of found) {
    if (cell.isExposed) continue;
    cell.isExposed = true;
    cell.watch(() => {
      if (cell.answer === undefined || cell.answer.status === "broken") return;
      for (const held of cell.answer.message.capabilities) {
        if (!(held instanceof PromiseCell)) exposeReference(held);
        else if (isWalking) found.push(held);
        else exposePromise(held);
      }
    });
  }
  isWalking = false;
}

function outgoingAnswer(answer: Answer): Answer {
  if (answer.status === "broken" || answer.message.capabilities.length === 0) return answer;
  return { status: answer.status, message: outgoing(answer.message) };
}

/** A message from outside, as the processes of a tree see it. */
export function incoming(process: ProcessRecord, message: Message): Message {
  if (!message.capabilities.some(isPromiseCapability)) return message;
  return { bytes: message.bytes, capabilities: message.capabilities.map((held) => inward(process, held)) };
}

export function incomingAnswer(process: ProcessRecord, answer: Answer): Answer {
  if (answer.status === "broken") return answer;
  const message = incoming(process, answer.message);
  return message === answer.message ? answer : { status: answer.status, message };
}

/** A capability as the processes of a tree know it. */
export function inward(process: ProcessRecord, capability: Capability): Capability {
  if (!isPromiseCapability(capability)) return capability;
  const { tree } = process;
  if (capability instanceof PromiseCell && capability.home.tree === tree) return capability;
  const known = tree.foreignPromises.get(capability);
  if (known !== undefined) return known;
  const cell = new PromiseCell(process, capability);
  tree.foreignPromises.set(capability, cell);
  waitOutside(process, capability, cell);
  return cell;
}

function waitOutside(process: ProcessRecord, capability: PromiseCapability, cell: PromiseCell): void {
  const { tree } = process;
  const callId = tree.takeCallId();
  if (tree.outstanding.size >= OUTSTANDING_CALLS_MAX) {
    cell.settle(broken("limit", `${OUTSTANDING_CALLS_MAX} calls to the outside are not answered yet`));
    return;
  }
  try {
    const answer = capability.settled();
    attachOutstanding(cell, { callId, sender: process, capability, answer, pipeline: capability });
  } catch (error) {
    cell.settle(hostFault(process, error));
  }
}

/** The answer that a promise of the host brings becomes the cell's, as an input from outside. */
export function attachOutstanding(cell: PromiseCell, call: Outstanding): void {
  const { sender } = call;
  const { tree } = sender;
  cell.outstanding = call;
  tree.outstanding.add(cell);
  const settle = (answer: Answer): void => {
    if (!tree.outstanding.delete(cell)) return;
    tree.recordInput(sender, "answer", call.callId);
    cell.settle(answer);
  };
  Promise.resolve(call.answer)
    .then((answer) => settle(checkAnswer(sender, answer)))
    .catch((error) => settle(hostFault(sender, error)));
}

export function hostFault(sender: ProcessRecord, error: unknown): Answer {
  sender.tree.core.fault(sender, error);
  return broken("fault", "the host failed while it answered");
}

/** An answer of the host, as the tree takes it. What has another shape than the types say is the host's fault, like an error. */
export function checkAnswer(sender: ProcessRecord, answer: Answer): Answer {
  if (!isAnswer(answer)) return hostFault(sender, new TypeError(ILL_SHAPED));
  if (answer.status === "broken") return answer;
  const over = messageOverLimit(answer.message.bytes.length, answer.message.capabilities.length);
  if (over === undefined) return incomingAnswer(sender, answer);
  sender.tree.core.fault(sender, new RangeError(`answer of a host capability: ${over}`));
  return broken("limit", "the answer is over the limit");
}

const ILL_SHAPED = "answer of a host capability: expected one that fulfilled, rejected or broken has made";

function isAnswer(value: unknown): value is Answer {
  const answer = value as Partial<Record<"status" | "message" | "code" | "reason", unknown>> | null | undefined;
  switch (answer?.status) {
    case "broken":
      return typeof answer.code === "string" && typeof answer.reason === "string";
    case "fulfilled":
    case "rejected":
      return isMessage(answer.message);
    default:
      return false;
  }
}

function isMessage(value: unknown): value is Message {
  const { bytes, capabilities } = (value ?? {}) as Partial<Record<keyof Message, unknown>>;
  return bytes instanceof Uint8Array && Array.isArray(capabilities) && capabilities.every(isCapability);
}

/** The answer that a host sees, if it is there. */
export function answerForHost(cell: PromiseCell): Answer | undefined {
  return cell.answer === undefined ? undefined : outgoingAnswer(cell.answer);
}

/** The answer as a promise of JavaScript, for hosts. */
export function answerOf(cell: PromiseCell): Promise<Answer> {
  return new Promise((resolve) => cell.watch(() => resolve(answerForHost(cell) as Answer)));
}
