/**
 * Messages from a process to whatever a capability leads to: another process of this kernel, or the host.
 * @module
 */

import type { Answer, Capability, Message } from "../passable/index.ts";
import { broken, messageOverLimit } from "../passable/index.ts";
import { OUTSTANDING_CALLS_MAX } from "./limits.ts";
import type { Outstanding } from "./promise-cell.ts";
import { PromiseCell } from "./promise-cell.ts";
import type { ProcessRecord } from "./record.ts";
import { ExportReference, expose } from "./reference.ts";
import { nestTurn } from "./step.ts";

/** Sends a message; the answer comes into the cell, maybe at once. `nested`: the receiver waits for it in open calls. */
export function sendTo(sender: ProcessRecord, target: Capability, message: Message, nested = false): PromiseCell {
  const cell = new PromiseCell();
  const reference = ExportReference.resolve(target);
  if (reference === undefined) callHost(sender, target, message, cell);
  else deliverTo(sender, reference, message, { cell, nested });
  return cell;
}

function deliverTo(
  sender: ProcessRecord,
  reference: { readonly process: ProcessRecord; readonly target: number },
  message: Message,
  { cell, nested }: { readonly cell: PromiseCell; readonly nested: boolean },
): void {
  const { process, target } = reference;
  if (process.tree !== sender.tree) crossOver(sender, process, message, cell);
  const turn = { kind: "deliver", target, message, cell } as const;
  if (!nested) process.push(turn);
  else if (nestTurn(process, turn)) process.tree.enqueue(process);
}

/** Between trees, message and answer are inputs from outside, with their places in the order of inputs. */
function crossOver(sender: ProcessRecord, target: ProcessRecord, message: Message, cell: PromiseCell): void {
  expose(message);
  target.tree.recordInput(target, "deliver");
  sender.tree.outsideWaits++;
  cell.watch(() => {
    sender.tree.outsideWaits--;
    sender.tree.recordInput(sender, "answer");
    if (cell.answer !== undefined && cell.answer.status !== "broken") expose(cell.answer.message);
  });
}

function callHost(sender: ProcessRecord, capability: Capability, message: Message, cell: PromiseCell): void {
  const tree = sender.tree;
  if (tree.outstanding.size >= OUTSTANDING_CALLS_MAX) {
    cell.settle(broken("limit", `${OUTSTANDING_CALLS_MAX} calls to the outside are not answered yet`));
    return;
  }
  expose(message);
  // Also for calls that are answered at once: an image must not show how fast the host was.
  const callId = tree.takeCallId();
  let answer: Answer | Promise<Answer>;
  try {
    answer = capability.receive(message);
  } catch (error) {
    cell.settle(hostFault(sender, error));
    return;
  }
  if (!(answer instanceof Promise)) {
    cell.settle(checkAnswer(sender, answer));
    return;
  }
  attachOutstanding(cell, { callId, sender, capability, answer });
}

/** The answer that a promise of the host brings becomes the cell's, as an input from outside. */
export function attachOutstanding(cell: PromiseCell, call: Outstanding): void {
  const sender = call.sender;
  const tree = sender.tree;
  cell.outstanding = call;
  tree.outstanding.add(cell);
  const settle = (answer: Answer): void => {
    if (!tree.outstanding.delete(cell)) return;
    tree.recordInput(sender, "answer", call.callId);
    cell.settle(answer);
  };
  call.answer.then(
    (answer) => settle(checkAnswer(sender, answer)),
    (error) => settle(hostFault(sender, error)),
  );
}

function hostFault(sender: ProcessRecord, error: unknown): Answer {
  sender.tree.core.fault(sender, error);
  return broken("fault", "the host failed while it answered");
}

function checkAnswer(sender: ProcessRecord, answer: Answer): Answer {
  if (answer.status === "broken") return answer;
  const over = messageOverLimit(answer.message.bytes.length, answer.message.capabilities.length);
  if (over === undefined) return answer;
  sender.tree.core.fault(sender, new RangeError(`answer of a host capability: ${over}`));
  return broken("limit", "the answer is over the limit");
}
