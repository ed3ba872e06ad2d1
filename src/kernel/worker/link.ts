/**
 * Calls over a port, both ways: objects with methods are known to the other side by number. Capabilities of the kernel travel in
 * messages as such numbers too, and come home as themselves.
 * @module
 */

import type { Answer, Capability, Message } from "../../passable/index.ts";
import { broken } from "../../passable/index.ts";
import { KernelError, type KernelErrorCode } from "../errors.ts";
import type { Port } from "./port.ts";

/** Methods that the other side may call; arguments and results are what structured clones carry. */
export type Methods = { readonly [method: string]: (...args: never[]) => unknown };

/** Objects of one side that the other knows, at most: a bound against leaks, not against the other side, which is ours. */
export const LINK_OBJECTS_MAX = 1_000_000;

type Frame =
  | {
      readonly type: "call";
      readonly id: number;
      readonly object: number;
      readonly method: string;
      readonly args: readonly unknown[];
    }
  | { readonly type: "return"; readonly id: number; readonly value: unknown }
  | {
      readonly type: "throw";
      readonly id: number;
      readonly name: string;
      readonly code: string | undefined;
      readonly message: string;
    };

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** A capability as the port carries it: the sender's own by its number, the receiver's by the number that it gave. */
type WireCapability = { readonly mine: number } | { readonly yours: number };
type WireMessage = { readonly bytes: Uint8Array; readonly capabilities: readonly WireCapability[] };
export type WireAnswer =
  | Exclude<Answer, { readonly message: Message }>
  | { readonly status: "fulfilled" | "rejected"; readonly message: WireMessage };

export class Link {
  readonly #port: Port;
  readonly #objects = new Map<number, Methods>();
  readonly #pending = new Map<number, Pending>();
  readonly #capabilities = new Map<Capability, number>();
  readonly #byNumber = new Map<number, Capability>();
  readonly #remote = new Map<number, Capability>();
  readonly #remoteNumbers = new WeakMap<Capability, number>();
  #nextObject = 1;
  #nextCall = 1;
  #closed: Error | undefined;

  /** `root` is object 0, what the other side can call first. */
  constructor(port: Port, root: Methods) {
    this.#port = port;
    this.#objects.set(0, root);
    port.onMessage((frame) => this.#receive(frame as Frame));
  }

  /** Makes an object callable by the other side. */
  export(methods: Methods): number {
    if (this.#objects.size >= LINK_OBJECTS_MAX)
      throw new KernelError("limit", `link: more than ${LINK_OBJECTS_MAX} objects`);
    const number = this.#nextObject++;
    this.#objects.set(number, methods);
    return number;
  }

  drop(number: number): void {
    this.#objects.delete(number);
  }

  call(object: number, method: string, ...args: readonly unknown[]): Promise<unknown> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    const id = this.#nextCall++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#port.post({ type: "call", id, object, method, args } satisfies Frame);
    });
  }

  /** Everything under way fails; nothing is sent any more. */
  close(reason: Error): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    for (const pending of this.#pending.values()) pending.reject(reason);
    this.#pending.clear();
    this.#port.close();
  }

  toWire(message: Message): WireMessage {
    return { bytes: message.bytes, capabilities: message.capabilities.map((held) => this.capabilityToWire(held)) };
  }

  fromWire(message: WireMessage): Message {
    return { bytes: message.bytes, capabilities: message.capabilities.map((held) => this.capabilityFromWire(held)) };
  }

  answerToWire(answer: Answer): WireAnswer {
    return answer.status === "broken" ? answer : { status: answer.status, message: this.toWire(answer.message) };
  }

  answerFromWire(answer: WireAnswer): Answer {
    return answer.status === "broken" ? answer : { status: answer.status, message: this.fromWire(answer.message) };
  }

  capabilityToWire(capability: Capability): WireCapability {
    const theirs = this.#remoteNumbers.get(capability);
    if (theirs !== undefined) return { yours: theirs };
    let number = this.#capabilities.get(capability);
    if (number === undefined) {
      number = this.export({
        receive: async (message: WireMessage) => this.answerToWire(await capability.receive(this.fromWire(message))),
      });
      this.#capabilities.set(capability, number);
      this.#byNumber.set(number, capability);
    }
    return { mine: number };
  }

  capabilityFromWire(wire: WireCapability): Capability {
    if ("yours" in wire) {
      return (
        this.#byNumber.get(wire.yours) ?? { receive: () => broken("no-target", "there is no such capability any more") }
      );
    }
    let capability = this.#remote.get(wire.mine);
    if (capability === undefined) {
      const object = wire.mine;
      capability = Object.freeze({
        receive: async (message: Message) =>
          this.answerFromWire((await this.call(object, "receive", this.toWire(message))) as WireAnswer),
      });
      this.#remote.set(object, capability);
      this.#remoteNumbers.set(capability, object);
    }
    return capability;
  }

  #receive(frame: Frame): void {
    if (frame.type === "call") {
      void this.#answer(frame);
      return;
    }
    const pending = this.#pending.get(frame.id);
    this.#pending.delete(frame.id);
    if (frame.type === "return") pending?.resolve(frame.value);
    else pending?.reject(revive(frame));
  }

  async #answer(frame: Frame & { readonly type: "call" }): Promise<void> {
    let reply: Frame;
    try {
      const methods = this.#objects.get(frame.object);
      const method = methods !== undefined && Object.hasOwn(methods, frame.method) ? methods[frame.method] : undefined;
      if (method === undefined)
        throw new KernelError("state", `link: no method ${frame.method} of object ${frame.object}`);
      reply = { type: "return", id: frame.id, value: await method(...(frame.args as never[])) };
    } catch (error) {
      reply = { type: "throw", id: frame.id, ...describe(error) };
    }
    if (this.#closed === undefined) this.#port.post(reply);
  }
}

function describe(error: unknown): {
  readonly name: string;
  readonly code: string | undefined;
  readonly message: string;
} {
  if (!(error instanceof Error)) return { name: "Error", code: undefined, message: String(error) };
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return { name: error.name, code, message: error.message };
}

/** Errors keep their name, code and message over the port; stacks stay where they arose. */
function revive(frame: Frame & { readonly type: "throw" }): Error {
  if (frame.name === "KernelError") return new KernelError(frame.code as KernelErrorCode, frame.message);
  const error =
    frame.name === "RangeError"
      ? new RangeError(frame.message)
      : frame.name === "TypeError"
        ? new TypeError(frame.message)
        : new Error(frame.message);
  error.name = frame.name;
  return frame.code === undefined ? error : Object.assign(error, { code: frame.code });
}
