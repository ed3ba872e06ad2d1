/**
 * Messages and answers as one process sees them: capabilities become positions of its c-list on the way in, and positions become
 * capabilities on the way out.
 * @module
 */

import type { Answer, Capability, Message } from "../passable/index.ts";
import { messageOverLimit } from "../passable/index.ts";
import { inward } from "./border.ts";
import type { GuestAnswer, GuestMessage } from "./guest.ts";
import { ServiceError } from "./guest.ts";
import { HeldMap } from "./held-map.ts";
import { PromiseCell } from "./promise-cell.ts";
import type { ProcessRecord } from "./record.ts";
import { ExportReference } from "./reference.ts";

/** A message for the process; undefined where its c-list has no room for the capabilities. */
export function receiveMessage(process: ProcessRecord, message: Message): GuestMessage | undefined {
  const clist = process.clist;
  if (!clist.hasRoom(message.capabilities.length)) {
    const fresh = new HeldMap<true>();
    for (const held of message.capabilities) {
      if (clist.find(held) === undefined && !isOwn(process, held)) fresh.set(held, true);
    }
    if (!clist.hasRoom(fresh.size)) return undefined;
  }
  return { bytes: message.bytes, capabilities: message.capabilities.map((held) => holdCapability(process, held)) };
}

/** An answer for the process; one that does not fit its c-list is as good as broken. */
export function receiveAnswer(process: ProcessRecord, answer: Answer): GuestAnswer {
  if (answer.status === "broken") return answer;
  const message = receiveMessage(process, answer.message);
  if (message !== undefined) return { status: answer.status, message };
  return { status: "broken", code: "limit", reason: "the c-list has no room for the capabilities of the answer" };
}

/** A message from the process, or a `ServiceError`. */
export function sendMessage(process: ProcessRecord, message: GuestMessage): Message | number {
  if (messageOverLimit(message.bytes.length, message.capabilities.length) !== undefined) return ServiceError.limit;
  const capabilities: Capability[] = [];
  for (const number of message.capabilities) {
    const capability = capabilityAt(process, number);
    if (typeof capability === "number") return capability;
    capabilities.push(capability);
  }
  return { bytes: message.bytes, capabilities };
}

/** What a number of a message stands for, or a `ServiceError`. */
export function capabilityAt(process: ProcessRecord, number: number): Capability | number {
  if (number < 0) return process.refer(-(number + 1));
  const entry = process.clist.get(number);
  if (entry === undefined) return ServiceError.noEntry;
  if (entry.kind === "capability") return entry.capability;
  return entry.kind === "promise" ? entry.cell : ServiceError.cannotTravel;
}

function isOwn(process: ProcessRecord, capability: Capability): boolean {
  return ExportReference.resolve(capability)?.process === process;
}

/** The caller has made sure that there is room. */
function holdCapability(process: ProcessRecord, capability: Capability): number {
  const reference = ExportReference.resolve(capability);
  if (reference?.process === process) return -(reference.target + 1);
  const known = inward(process, capability);
  const entry =
    known instanceof PromiseCell
      ? ({ kind: "promise", cell: known, listening: false } as const)
      : ({ kind: "capability", capability, endowment: undefined } as const);
  return process.clist.add(entry) as number;
}
