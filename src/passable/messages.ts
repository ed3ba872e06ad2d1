/**
 * Messages of the kernel as passable values, and capabilities that hosts make out of plain functions. A message to a capability
 * is the list of a method's name (null: the capability itself is called) and its arguments.
 * @module
 */

import type { Answer, BrokenCode, Capability, Message, PromiseCapability } from "./capability.ts";
import { broken, CAPABILITY, fulfilled, isPromiseCapability, makeMessage, passOn, rejected } from "./capability.ts";
import { decodePassable } from "./decode.ts";
import { type EncodeOptions, encodePassable } from "./encode.ts";
import { PassableError } from "./errors.ts";
import { PASSABLE_SLOTS_MAX } from "./limits.ts";
import { GuestError, isCapability, type Slot } from "./values.ts";

export interface EncodeMessageOptions extends Pick<EncodeOptions, "stacks"> {
  /** The capability that an object is; undefined for one that is data. Without it: what has `receive`, and promises. */
  capabilityOf?(object: object): Capability | undefined;
}

export function encodeMessage(value: unknown, options: EncodeMessageOptions = {}): Message {
  const { capabilityOf = ownCapability } = options;
  const capabilities: Capability[] = [];
  const slotOf = (object: object): Slot | undefined => {
    const capability = capabilityOf(object);
    if (capability === undefined) return undefined;
    let index = capabilities.indexOf(capability);
    if (index < 0) {
      if (capabilities.length === PASSABLE_SLOTS_MAX) {
        throw new PassableError("limit", `more than ${PASSABLE_SLOTS_MAX} capabilities in one message`);
      }
      index = capabilities.push(capability) - 1;
    }
    return { kind: isPromiseCapability(capability) ? "promise" : "capability", index };
  };
  const bytes = encodePassable(value, { ...options, slotOf });
  return makeMessage(bytes, capabilities);
}

function ownCapability(object: object): Capability | undefined {
  if (object instanceof Promise) return capabilityOfPromise(object);
  return isCapability(object) ? object : undefined;
}

export interface DecodeMessageOptions {
  /** What a capability that is no promise is in the value. Without it: itself. */
  readCapability?(capability: Capability): unknown;
  /** The promise that a capability is in the value. Without it: one of JavaScript, for what it comes to. */
  readPromise?(capability: PromiseCapability): unknown;
}

/** Promises in it are promises of JavaScript. One that is rejected is no unhandled rejection: a guest must not end its host by one. */
export function decodeMessage(message: Message, options: DecodeMessageOptions = {}): unknown {
  const { readCapability, readPromise = promiseOfCapability } = options;
  return decodePassable(message.bytes, {
    valueOfSlot(slot) {
      const capability = message.capabilities[slot.index];
      if (capability !== undefined && slot.kind === "capability") {
        return readCapability === undefined ? capability : readCapability(capability);
      }
      if (capability === undefined || !isPromiseCapability(capability)) {
        throw new PassableError("malformed", "passable value: a reference to nothing");
      }
      return readPromise(capability);
    },
  });
}

/** A promise that crosses back and forth stays the same one, on both sides. */
const promises = new WeakMap<Capability, Promise<unknown>>();
const promiseCapabilities = new WeakMap<Promise<unknown>, Capability>();

function tie(promise: Promise<unknown>, capability: Capability): void {
  promises.set(capability, promise);
  promiseCapabilities.set(promise, capability);
}

/** What a capability that is a promise comes to, as a value. */
export function promiseOfCapability(capability: PromiseCapability): Promise<unknown> {
  const known = promises.get(capability);
  if (known !== undefined) return known;
  const promise = capability.settled().then((answer) => valueOfAnswer(answer));
  promise.catch(() => {});
  tie(promise, capability);
  return promise;
}

/** A promise as a capability. Messages to it wait until it is settled. */
export function capabilityOfPromise(promise: Promise<unknown>): Capability {
  const known = promiseCapabilities.get(promise);
  if (known !== undefined) return known;
  const answer = promise.then(answerWith, refusal);
  const capability: Capability = Object.freeze<Capability>({
    [CAPABILITY]: true,
    settled: () => answer,
    receive(message: Message): Promise<Answer> {
      const own = makeMessage(message.bytes.slice(), message.capabilities);
      return answer.then((settled) => passOn(settled, own));
    },
  });
  tie(promise, capability);
  return capability;
}

/** The kernel, not the callee, answered. */
export class BrokenError extends Error {
  readonly code: BrokenCode;

  constructor(code: BrokenCode, reason: string) {
    super(reason);
    this.name = "BrokenError";
    this.code = code;
  }
}

/** The value of an answer; throws what the callee threw, or a `BrokenError`. */
export function valueOfAnswer(
  answer: Answer,
  decode: (message: Message) => unknown = (message) => decodeMessage(message),
): unknown {
  switch (answer.status) {
    case "fulfilled":
      return decode(answer.message);
    case "rejected":
      throw asError(decode(answer.message));
    case "broken":
      throw new BrokenError(answer.code, answer.reason);
    default:
      return answer satisfies never;
  }
}

/** Guests may throw anything; hosts get an error. */
function asError(value: unknown): Error {
  if (value instanceof Error) return value;
  const message = typeof value === "string" ? value : `a value that is no error: ${typeof value}`;
  return new GuestError({ name: "Error", message, stack: "" });
}

/** Calls a method of a capability; `null` calls the capability itself. */
export async function callCapability(
  capability: Capability,
  method: string | null,
  ...args: readonly unknown[]
): Promise<unknown> {
  return valueOfAnswer(await capability.receive(encodeMessage([method, ...args])));
}

/** A function of the host that guests may call. What it throws reaches them as name and message. */
export type HostMethod = (...args: unknown[]) => unknown;

/** What this capability can do: methods by name, or one function. Only own properties count. */
export function makeCapability(methods: { readonly [name: string]: HostMethod } | HostMethod): Capability {
  return makeDispatcher((name) => {
    if (typeof methods === "function") return name === null ? methods : undefined;
    return name !== null && Object.hasOwn(methods, name) ? methods[name] : undefined;
  });
}

/** The same with methods that are looked up at each call; null is the capability itself, undefined refuses. */
export function makeDispatcher(find: (name: string | null) => HostMethod | undefined): Capability {
  return Object.freeze<Capability>({
    [CAPABILITY]: true,
    receive(message: Message): Answer | Promise<Answer> {
      let result: unknown;
      try {
        const [name, ...args] = listOf(decodeMessage(message));
        const method = name === null || typeof name === "string" ? find(name) : undefined;
        if (method === undefined) return broken("refused", `no method ${JSON.stringify(name)}`);
        result = method(...args);
      } catch (error) {
        return refusal(error);
      }
      return isPromise(result) ? result.then(answerWith, refusal) : answerWith(result);
    },
  });
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new PassableError("malformed", "message: expected a list of method and arguments");
}

function isPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise;
}

function answerWith(value: unknown): Answer {
  try {
    return fulfilled(encodeMessage(value));
  } catch (error) {
    return refusal(error);
  }
}

/** An error as an answer: its name and message. */
export function refusal(error: unknown): Answer {
  const name = error instanceof Error ? error.name : "Error";
  const message = error instanceof Error ? error.message : "the host refused";
  return rejected(encodeMessage(new GuestError({ name, message, stack: "" })));
}
