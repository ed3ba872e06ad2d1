/**
 * What can be sent to, and what is sent: capabilities, messages and their answers, as the kernel and everything above it know them. The
 * kernel does not look into the bytes: whoever encodes them names the capabilities of a message by their number in its list.
 * @module
 */

import type { Plain } from "../image/index.ts";
import { MESSAGE_BYTES_MAX, MESSAGE_CAPABILITIES_MAX } from "./limits.ts";

export interface Message {
  readonly bytes: Uint8Array;
  readonly capabilities: readonly Capability[];
}

/**
 * Why the kernel, not the callee, answers:
 * - `ended`: the callee ended, or was discarded, before it answered; `stopped`: it stopped and its keeper has not resumed it;
 * - `cycle`: waiting would have closed a circle of synchronous calls; `deadlock`: nobody is left who could answer;
 * - `lost`: the call was under way outside when its caller was frozen, and nobody knows the answer; it may have had its effect;
 * - `no-target`: nothing there takes messages; `refused`: the target does not take this one; `limit`: a named limit was reached;
 * - `fault`: the host's own code failed.
 */
export type BrokenCode =
  | "ended"
  | "stopped"
  | "cycle"
  | "deadlock"
  | "lost"
  | "no-target"
  | "refused"
  | "limit"
  | "fault";

export type Answer =
  | { readonly status: "fulfilled" | "rejected"; readonly message: Message }
  | { readonly status: "broken"; readonly code: BrokenCode; readonly reason: string };

/** An answer that comes later. Never rejects, unless the host has failed. */
export interface PendingAnswer extends Promise<Answer> {
  /** Takes messages already now for what the answer will be. Without it they wait until it is there. */
  readonly pipeline?: Capability;
}

/**
 * The mark of capabilities. Guests and peers name the keys of their structs as they like, so no name could tell a capability from data;
 * but all keys that are read from messages and images are strings, and this is none.
 */
export const CAPABILITY: unique symbol = Symbol("capability");

/**
 * What a message can be sent to. Hosts implement it for what they endow; references to the exports of guests implement it too. One written
 * by hand begins with its mark: `{ [CAPABILITY]: true, receive(message) { … } }`. Without it the object is data, whatever methods it has;
 * classes get it from `CapabilityBase`.
 * `receive` may answer at once: then the caller does not even park. It must not keep `message.bytes` beyond the call without copying.
 * If it throws, that is a fault of the host: the guest gets a broken answer without details, `onFault` of the kernel the error.
 */
export interface Capability {
  readonly [CAPABILITY]: true;
  receive(message: Message): Answer | PendingAnswer;
  /** The same where nobody wants the answer. Without it, what `receive` answers is dropped. */
  receiveOnly?(message: Message): void;
  /** It is a promise, and this what it comes to. Messages sent to it before are for what it will be fulfilled with. */
  settled?(): Promise<Answer>;
  /** How an image names this capability; without one it is named by the name under which it was endowed. */
  readonly locator?: Plain;
}

/** What classes of capabilities extend: their instances have the mark from here. */
export const CapabilityBase = class {} as new () => Pick<Capability, typeof CAPABILITY>;
Object.defineProperty(CapabilityBase.prototype, CAPABILITY, { value: true });

/** It stands for something that is not known yet. */
export type PromiseCapability = Capability & Required<Pick<Capability, "settled">>;

export function isPromiseCapability(capability: Capability): capability is PromiseCapability {
  return capability.settled !== undefined;
}

export function makeMessage(bytes: Uint8Array, capabilities: readonly Capability[] = []): Message {
  return Object.freeze({ bytes, capabilities: Object.freeze([...capabilities]) });
}

export function fulfilled(message: Message): Answer {
  return Object.freeze({ status: "fulfilled", message });
}

export function rejected(message: Message): Answer {
  return Object.freeze({ status: "rejected", message });
}

export function broken(code: BrokenCode, reason: string): Answer & { readonly status: "broken" } {
  return Object.freeze({ status: "broken", code, reason });
}

/** Which limit a message passes, as a sentence, or undefined. */
export function messageOverLimit(byteLength: number, capabilityCount: number): string | undefined {
  if (byteLength > MESSAGE_BYTES_MAX) return `message of ${byteLength} bytes; at most ${MESSAGE_BYTES_MAX}`;
  if (capabilityCount > MESSAGE_CAPABILITIES_MAX) {
    return `message with ${capabilityCount} capabilities; at most ${MESSAGE_CAPABILITIES_MAX}`;
  }
  return undefined;
}

/** `"$0"` or `"&0"` with up to four digits: a value that is a reference, and nothing else (docs/spec/passable.md). */
const REFERENCE = /^"[$&](0|[1-9][0-9]{0,3})"$/;
const REFERENCE_BYTES_MAX = 7;

/**
 * The capability that an answer is, if it is one: what messages to its promise are for. It is the one place where it matters to the
 * kernel what the bytes of a message say.
 */
export function capabilityOfAnswer({ bytes, capabilities }: Message): Capability | undefined {
  if (capabilities.length === 0 || bytes.length > REFERENCE_BYTES_MAX) return undefined;
  const index = REFERENCE.exec(String.fromCharCode(...bytes))?.[1];
  return index === undefined ? undefined : capabilities[Number(index)];
}

/** What a message to a promise comes to that was fulfilled with data. */
export const NO_TARGET: Answer = broken("no-target", "the promise came to a value that takes no messages");

/** Takes a message to a promise on to what it came to. */
export function passOn(answer: Answer, message: Message): Answer | PendingAnswer {
  if (answer.status !== "fulfilled") return answer;
  return capabilityOfAnswer(answer.message)?.receive(message) ?? NO_TARGET;
}
