/**
 * A reference to an export of a process: the capability to send it messages. There is one object for each export, so that
 * a reference which travels around keeps its identity.
 * @module
 */

import { type Answer, type Capability, CapabilityBase, type Message } from "../passable/index.ts";
import type { ProcessRecord } from "./record.ts";

export class ExportReference extends CapabilityBase implements Capability {
  readonly #process: ProcessRecord;
  readonly #target: number;

  constructor(process: ProcessRecord, target: number) {
    super();
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
    return this.#process.receiveFromHost(this.#target, message);
  }

  receiveOnly(message: Message): void {
    this.#process.tellFromHost(this.#target, message);
  }
}
