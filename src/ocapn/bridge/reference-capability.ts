/**
 * References of OCapN as capabilities: what a guest holds that calls objects of other machines. Messages go out at once, and what they are
 * answered can be sent to before it is there.
 *
 * @module
 */

import {
  type Answer,
  broken,
  type Capability,
  CapabilityBase,
  capabilityOfAnswer,
  isTarget,
  type Message,
  makeSelector,
  NO_TARGET,
  type PendingAnswer,
  type PromiseCapability,
  refusal,
  Tagged,
} from "../../passable/index.ts";
import { handlerOf, type Step } from "../eventual/handler.ts";
import type { Bridge } from "./bridge.ts";
import { flowTo } from "./flow.ts";

/** Where the object is found again when its session is over. */
export interface Sturdy {
  readonly uri: string;
  enliven(): Promise<unknown>;
}

export class ReferenceCapability extends CapabilityBase implements Capability {
  /** There where the object has a sturdyref: an image names it by that. */
  locator?: { readonly ocapn: string };
  readonly #bridge: Bridge;
  #reference: object | undefined;
  #sturdy: Sturdy | undefined;
  /** The object, on its way. */
  #found: PromiseReference | undefined;

  constructor(bridge: Bridge, reference: object | undefined) {
    super();
    this.#bridge = bridge;
    this.#reference = reference;
  }

  /** From now on it outlives its session. The first sturdyref counts. */
  makeSturdy(sturdy: Sturdy): void {
    if (this.#sturdy !== undefined) return;
    this.#sturdy = sturdy;
    this.locator = Object.freeze({ ocapn: sturdy.uri });
  }

  /** What stands for it in messages to peers: the object, or a promise for it. */
  get target(): object {
    const end = this.#end;
    return end instanceof PromiseReference ? end.promise : end;
  }

  get #end(): object {
    const [reference, sturdy] = [this.#reference, this.#sturdy];
    if (reference !== undefined && (sturdy === undefined || !isOver(reference))) return reference;
    this.#found ??= this.#find(sturdy);
    return this.#found;
  }

  /** One attempt at a time, for all that is sent meanwhile. What comes may be data: the next message asks again. */
  #find(sturdy: Sturdy | undefined): PromiseReference {
    const found = sturdy?.enliven() ?? Promise.reject(new TypeError("reference: there is none"));
    this.#reference = undefined;
    found.then(
      (reference) => {
        this.#found = undefined;
        if (!isTarget(reference)) return;
        this.#reference = reference as object;
        this.#bridge.adopt(this.#reference, this);
      },
      () => {
        this.#found = undefined;
      },
    );
    return new PromiseReference(this.#bridge, found);
  }

  receive(message: Message): Answer | PendingAnswer {
    const end = this.#end;
    if (end instanceof PromiseReference) return end.receive(message);
    if (isOver(end)) return broken("ended", "the connection to the peer has ended, and this reference with it");
    return ask(this.#bridge, end, message);
  }

  receiveOnly(message: Message): void {
    const { target } = this;
    if (!isOver(target)) tell(this.#bridge, target, message);
  }
}

/** A promise of OCapN's, of a peer or of this side. */
export class PromiseReference extends CapabilityBase implements PromiseCapability {
  readonly promise: Promise<unknown>;
  readonly #bridge: Bridge;
  #answer: Promise<Answer> | undefined;

  constructor(bridge: Bridge, promise: Promise<unknown>) {
    super();
    this.#bridge = bridge;
    this.promise = promise;
  }

  settled(): Promise<Answer> {
    this.#answer ??= this.#bridge.answerOf(this.promise);
    return this.#answer;
  }

  receive(message: Message): Answer | PendingAnswer {
    const pending = ask(this.#bridge, this.promise, message);
    if (!(pending instanceof Promise)) return pending;
    const { pipeline } = pending;
    const answer = pending.then((settled) => (settled.status === "rejected" ? this.#explain(settled) : settled));
    return pipeline === undefined ? answer : Object.assign(answer, { pipeline });
  }

  /** If the promise came to a value, it is not an object's error but that of whoever had to deliver the message. */
  async #explain(error: Answer): Promise<Answer> {
    const end = await this.settled();
    return end.status === "fulfilled" && capabilityOfAnswer(end.message) === undefined ? NO_TARGET : error;
  }

  receiveOnly(message: Message): void {
    tell(this.#bridge, this.promise, message);
  }
}

function isOver(reference: object): boolean {
  return handlerOf(reference)?.sender.isOver === true;
}

function ask(bridge: Bridge, target: object, message: Message): Answer | PendingAnswer {
  let request: Request | undefined;
  try {
    request = requestOf(bridge.read(message));
  } catch (error) {
    return refusal(error);
  }
  if (request === undefined) return broken("refused", "a message is a list of a method and its arguments");
  const flow = flowTo(handlerOf(target)?.sender);
  const byteLength = message.bytes.length;
  if (!flow.enter(byteLength)) {
    return broken("limit", "as many calls to this peer as may be are not answered yet, or as many bytes");
  }
  const { ways } = bridge;
  const promise = request.kind === "call" ? ways.send(target, request.args) : ways.sendStep(target, request.step);
  const leave = (): void => flow.leave(byteLength);
  promise.then(leave, leave);
  return Object.assign(bridge.answerOf(promise), { pipeline: new PromiseReference(bridge, promise) });
}

/** Now and then it is a call, whose answer says how far the peer has got. */
function tell(bridge: Bridge, target: object, message: Message): void {
  if (!flowTo(handlerOf(target)?.sender).tell(message.bytes.length)) {
    void ask(bridge, target, message);
    return;
  }
  try {
    const request = requestOf(bridge.read(message));
    if (request?.kind === "call") bridge.ways.sendOnly(target, request.args);
  } catch {
    // Nobody learns of it.
  }
}

type Request =
  | { readonly kind: "call"; readonly args: readonly unknown[] }
  | { readonly kind: "step"; readonly step: Step };

function requestOf(body: unknown): Request | undefined {
  if (!Array.isArray(body) || body.length === 0) return undefined;
  const [method, ...args] = body as readonly unknown[];
  if (typeof method === "string") return { kind: "call", args: [makeSelector(method), ...args] };
  if (method === null) return { kind: "call", args };
  if (!(method instanceof Tagged) || method.tag !== "get" || typeof method.payload !== "string") return undefined;
  return { kind: "step", step: stepTo(method.payload) };
}

/** As `E.get` has it: numbers are for lists, all else for structs. */
function stepTo(key: string): Step {
  return /^(?:0|[1-9]\d{0,15})$/.test(key) ? { op: "index", index: Number(key) } : { op: "get", fieldName: key };
}
