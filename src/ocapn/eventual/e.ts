/**
 * Eventual sends: `E(reference).method(...)` is a message to an object wherever it is, and a promise for its answer; messages to that
 * promise are sent at once, without waiting for it (promise pipelining). The names are those of Endo's `@endo/eventual-send`.
 *
 * @module
 */

import { makeSelector } from "../../passable/index.ts";
import { deliver, deliverOnly, takeStep } from "./deliver.ts";
import { handlerOf, type Step } from "./handler.ts";
import type { Eventual, EventualGet, EventualOnly, Reference } from "./types.ts";

/** Messages to local objects arrive in a turn of their own, as those to far ones do. */
function call(target: unknown, args: readonly unknown[]): Promise<unknown> {
  const handler = handlerOf(target);
  return handler === undefined ? Promise.resolve().then(() => deliver(target, args)) : handler.call(args);
}

function tell(target: unknown, args: readonly unknown[]): void {
  const handler = handlerOf(target);
  if (handler === undefined) queueMicrotask(() => deliverOnly(target, args));
  else handler.tell(args);
}

function take(target: unknown, step: Step): Promise<unknown> {
  const handler = handlerOf(target);
  return handler === undefined ? Promise.resolve().then(() => takeStep(target, step)) : handler.step(step);
}

type Send = (target: unknown, args: readonly unknown[]) => unknown;

class SendTraps implements ProxyHandler<() => void> {
  readonly #target: unknown;
  readonly #send: Send;

  constructor(target: unknown, send: Send) {
    this.#target = target;
    this.#send = send;
  }

  get(_proxy: () => void, name: string | symbol): unknown {
    // `await E(x)` is a mistake that shall not become a message.
    if (typeof name === "symbol" || name === "then") return undefined;
    const selector = makeSelector(name);
    return (...args: readonly unknown[]) => this.#send(this.#target, [selector, ...args]);
  }

  apply(_proxy: () => void, _self: unknown, args: readonly unknown[]): unknown {
    return this.#send(this.#target, args);
  }
}

class GetTraps implements ProxyHandler<object> {
  readonly #target: unknown;

  constructor(target: unknown) {
    this.#target = target;
  }

  get(_proxy: object, name: string | symbol): unknown {
    if (typeof name === "symbol" || name === "then") return undefined;
    return take(
      this.#target,
      /^(?:0|[1-9]\d{0,15})$/.test(name) ? { op: "index", index: Number(name) } : { op: "get", fieldName: name },
    );
  }
}

const CALLABLE: () => void = () => {};

export interface EventualSend {
  /** Methods of the target, or the target itself, to be called: `E(x).method(...)`, `E(x)(...)`. */
  <T>(target: Reference<T>): Eventual<T>;
  /** The same without an answer, which costs less: nothing tells whether it arrived. */
  sendOnly<T>(target: Reference<T>): EventualOnly<T>;
  /** Fields and items of a promise's value: `E.get(promise).name`, `E.get(promise)[0]`. */
  get<T>(target: Reference<T>): EventualGet<T>;
  /** The value of a tagged value, if that is its tag. */
  untag(target: unknown, tag: string): Promise<unknown>;
  /** As `Promise.resolve(target).then(…)`; a far reference stays one. */
  when<T, R = T, S = never>(
    target: T | PromiseLike<T>,
    onFulfilled?: (value: T) => R | PromiseLike<R>,
    onRejected?: (reason: unknown) => S | PromiseLike<S>,
  ): Promise<R | S>;
}

function send<T>(target: Reference<T>): Eventual<T> {
  return new Proxy(CALLABLE, new SendTraps(target, call)) as unknown as Eventual<T>;
}

export const E: EventualSend = Object.freeze(
  Object.assign(send, {
    sendOnly: <T>(target: Reference<T>) =>
      new Proxy(CALLABLE, new SendTraps(target, tell)) as unknown as EventualOnly<T>,
    get: <T>(target: Reference<T>) => new Proxy(Object.freeze({}), new GetTraps(target)) as unknown as EventualGet<T>,
    untag: (target: unknown, tag: string) => take(target, { op: "untag", tag }),
    when,
  }),
);

function when<T, R = T, S = never>(
  target: T | PromiseLike<T>,
  onFulfilled?: (value: T) => R | PromiseLike<R>,
  onRejected?: (reason: unknown) => S | PromiseLike<S>,
): Promise<R | S> {
  // Without `onFulfilled` the value goes through, and then R is T.
  return Promise.resolve(target).then(onFulfilled, onRejected) as Promise<R | S>;
}
