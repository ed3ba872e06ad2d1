/**
 * A reference to an export of a process: the capability to send it messages. Hosts know one object for each export
 * (known-references.ts); within the kernel there may be several, which are the same (held-map.ts).
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
  static resolve(capability: object): { readonly process: ProcessRecord; readonly target: number } | undefined {
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
