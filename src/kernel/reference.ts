/**
 * A reference to an export of a process: the capability to send it messages. There is one object for each export, so that
 * a reference which travels around keeps its identity.
 * @module
 */

import type { Answer, Capability, Message } from "../passable/index.ts";
import { broken } from "../passable/index.ts";
import { PromiseCell } from "./promise-cell.ts";
import type { ProcessRecord } from "./record.ts";

export class ExportReference implements Capability {
  readonly #process: ProcessRecord;
  readonly #target: number;

  constructor(process: ProcessRecord, target: number) {
    this.#process = process;
    this.#target = target;
    Object.freeze(this);
  }

  /** Which export a capability refers to; undefined for capabilities of hosts. Kept inside the kernel: a process is more than its export. */
  static resolve(capability: Capability): { readonly process: ProcessRecord; readonly target: number } | undefined {
    if (!(#process in capability)) return undefined;
    return { process: capability.#process, target: capability.#target };
  }

  /** From the host. The message waits in the mailbox for its turn. */
  receive(message: Message): Answer | Promise<Answer> {
    const process = this.#process;
    if (process.isEnded) return broken("ended", "the process has ended");
    const cell = process.deliverFromHost(this.#target, message);
    return answerForHost(cell) ?? answerOf(cell);
  }
}

/** The host, or another tree, sees this message: from now on messages may come from there for the exports in it. */
export function expose(message: Message): void {
  for (const capability of message.capabilities) {
    const reference = ExportReference.resolve(capability);
    if (reference !== undefined) reference.process.isExposed = true;
  }
}

/** The answer as a promise of JavaScript, for hosts. */
export function answerOf(cell: PromiseCell): Promise<Answer> {
  return new Promise((resolve) => cell.watch(() => resolve(answerForHost(cell) as Answer)));
}

/** The answer that a host sees, if it is there. */
export function answerForHost(cell: PromiseCell): Answer | undefined {
  const answer = cell.answer;
  if (answer !== undefined && answer.status !== "broken") expose(answer.message);
  return answer;
}

/** What settles a promise that a guest passed to the host in a message; undefined if the capability is no promise. */
export function settlementOf(capability: Capability): Promise<Answer> | undefined {
  return capability instanceof PromiseCell ? answerOf(capability) : undefined;
}
