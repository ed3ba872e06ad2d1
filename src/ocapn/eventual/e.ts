/**
 * Eventual sends: `E(reference).method(...)` is a message to an object wherever it is, and a promise for its answer; messages to that
 * promise are sent at once, without waiting for it (promise pipelining). The names are those of Endo's `@endo/eventual-send`.
 *
 * @module
 */

import { makeSelector } from "../../passable/index.ts";
import { send, sendOnly, sendStep } from "./deliver.ts";
import { PROXY_TARGET } from "./proxy-target.ts";
import type { Eventual, EventualGet, EventualOnly, Reference } from "./types.ts";

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
    return sendStep(
      this.#target,
      /^(?:0|[1-9]\d{0,15})$/.test(name) ? { op: "index", index: Number(name) } : { op: "get", fieldName: name },
    );
  }
}

/** Behind those that cannot be called. */
const EMPTY: object = Object.freeze(Object.create(null));

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

function eventual<T>(target: Reference<T>): Eventual<T> {
  return new Proxy(PROXY_TARGET, new SendTraps(target, send)) as unknown as Eventual<T>;
}

export const E: EventualSend = Object.freeze(
  Object.assign(eventual, {
    sendOnly: <T>(target: Reference<T>) =>
      new Proxy(PROXY_TARGET, new SendTraps(target, sendOnly)) as unknown as EventualOnly<T>,
    get: <T>(target: Reference<T>) => new Proxy(EMPTY, new GetTraps(target)) as unknown as EventualGet<T>,
    untag: (target: unknown, tag: string) => sendStep(target, { op: "untag", tag }),
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
