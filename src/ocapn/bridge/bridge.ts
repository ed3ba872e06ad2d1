/**
 * Values of OCapN as messages of capabilities, and back. References keep their identity on both sides: a far reference is one capability,
 * whichever way it comes, and goes home as itself; a capability that is sent to a peer comes back as that capability.
 *
 * @module
 */

import {
  type Answer,
  BrokenError,
  broken,
  type Capability,
  decodeMessage,
  encodeMessage,
  fulfilled,
  isCapability,
  isTarget,
  type Message,
  type PromiseCapability,
  refusal,
  rejected,
  valueOfAnswer,
} from "../../passable/index.ts";
import { OcapnError } from "../errors.ts";
import type { Step } from "../eventual/handler.ts";
import { PromiseReference, ReferenceCapability, type Sturdy } from "./reference-capability.ts";

/** How messages are sent to values of OCapN, wherever these are. It is an argument since whoever sends them needs the bridge. */
export interface Ways {
  send(target: unknown, args: readonly unknown[]): Promise<unknown>;
  sendOnly(target: unknown, args: readonly unknown[]): void;
  sendStep(target: unknown, step: Step): Promise<unknown>;
}

export class Bridge {
  readonly ways: Ways;
  /** A capability holds its reference; nothing here keeps either of them. */
  readonly #capabilities = new WeakMap<object, Capability>();
  readonly #promises = new WeakMap<Capability, Promise<unknown>>();

  constructor(ways: Ways) {
    this.ways = ways;
  }

  /** The one capability that a reference is: a far one, a function, or what `Far` made. */
  capabilityOf(reference: object): Capability {
    if (isCapability(reference)) return reference;
    let capability = this.#capabilities.get(reference);
    if (capability === undefined) {
      capability = new ReferenceCapability(this, reference);
      this.#capabilities.set(reference, capability);
    }
    return capability;
  }

  /** What a capability is to OCapN: the reference that it stands for; or itself, since capabilities are targets like others. */
  targetOf(capability: Capability): object {
    return capability instanceof ReferenceCapability ? capability.target : capability;
  }

  /** An object that is found by a sturdyref, now or when the first message is sent to it. */
  sturdyCapability(sturdy: Sturdy, reference?: object): Capability {
    const capability =
      reference === undefined ? new ReferenceCapability(this, undefined) : this.capabilityOf(reference);
    if (capability instanceof ReferenceCapability) capability.makeSturdy(sturdy);
    return capability;
  }

  /** Where an object was found, it is known by this capability, unless it is known by another one already. */
  adopt(reference: object, capability: Capability): void {
    if (!this.#capabilities.has(reference)) this.#capabilities.set(reference, capability);
  }

  #capabilityOfPromise(promise: Promise<unknown>): Capability {
    return this.#capabilities.get(promise) ?? this.#tie(promise, new PromiseReference(this, promise));
  }

  #tie(promise: Promise<unknown>, capability: Capability): Capability {
    this.#capabilities.set(promise, capability);
    this.#promises.set(capability, promise);
    return capability;
  }

  #promiseOf(capability: PromiseCapability): Promise<unknown> {
    const known = this.#promises.get(capability);
    if (known !== undefined) return known;
    const promise = capability.settled().then((answer) => this.valueOf(answer));
    // Whoever wants to know of a failure looks at the promise; nobody else is to be stopped by it.
    promise.catch(() => {});
    this.#tie(promise, capability);
    return promise;
  }

  write(value: unknown): Message {
    return encodeMessage(value, {
      capabilityOf: (object) => {
        if (object instanceof Promise) return this.#capabilityOfPromise(object);
        return isTarget(object) ? this.capabilityOf(object) : undefined;
      },
    });
  }

  read(message: Message): unknown {
    return decodeMessage(message, {
      readCapability: (capability) => this.targetOf(capability),
      readPromise: (capability) => this.#promiseOf(capability),
    });
  }

  /** What is not the callee's own word is an error with the code in its message: that is all that crosses. */
  valueOf(answer: Answer): unknown {
    if (answer.status === "broken") throw new BrokenError(answer.code, `${answer.code}: ${answer.reason}`);
    return valueOfAnswer(answer, (message) => this.read(message));
  }

  /** What a promise of OCapN comes to, as an answer. */
  answerOf(promise: Promise<unknown>): Promise<Answer> {
    return promise.then(
      (value) => this.#answerWith(fulfilled, value),
      (reason: unknown) => failureOf(reason) ?? this.#answerWith(rejected, reason),
    );
  }

  #answerWith(make: (message: Message) => Answer, value: unknown): Answer {
    try {
      return make(this.write(value));
    } catch (error) {
      return refusal(error);
    }
  }
}

/** What is not the callee's own word. */
function failureOf(reason: unknown): Answer | undefined {
  if (reason instanceof BrokenError) return broken(reason.code, reason.message);
  if (!(reason instanceof OcapnError)) return undefined;
  switch (reason.code) {
    case "disconnected":
    case "aborted":
    case "closed":
      return broken(
        "lost",
        "the connection to the peer ended before the answer came; the call may have had its effect",
      );
    case "limit":
      return broken("limit", reason.message);
    default:
      return undefined;
  }
}
