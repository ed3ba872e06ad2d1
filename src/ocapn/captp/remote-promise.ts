/**
 * A promise of the peer's, as this side sees it: the answer to a question, or a promise that the peer exported. Messages to it go to the peer
 * at once. When it is settled they take the shortest way; but where some were sent the long way before, and the value is not with that peer,
 * those that follow keep to it: else they could overtake the first.
 *
 * @module
 */

import { deliver, deliverOnly, takeStep } from "../eventual/deliver.ts";
import { type Handler, handlerOf, type Step, setHandler } from "../eventual/handler.ts";
import type { Route, Sender } from "./sender.ts";

export class RemotePromise implements Handler {
  readonly promise: Promise<unknown>;
  readonly sender: Sender;
  /** Where messages to it go; undefined when it has been given back. */
  route: Route | undefined;
  #resolve!: (value: unknown) => void;
  #reject!: (reason: unknown) => void;
  #isSettled = false;
  #isPipelined = false;
  #isRejected = false;
  #value: unknown;

  constructor(sender: Sender, route: Route) {
    this.sender = sender;
    this.route = route;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    setHandler(this.promise, this);
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  fulfill(value: unknown): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.sender.settled(this);
    if (this.#isPipelined && this.sender.isElsewhere(value)) this.#keepRoute();
    else this.#giveBack(value);
    this.#resolve(value);
  }

  break(reason: unknown): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#isRejected = true;
    this.sender.settled(this);
    this.#giveBack(reason);
    this.#reject(reason);
  }

  #giveBack(value: unknown): void {
    this.#value = value;
    const route = this.route;
    this.route = undefined;
    if (route !== undefined) this.sender.release(route);
  }

  #keepRoute(): void {
    const route = this.route;
    const sender = this.sender;
    if (route !== undefined) sender.collector.watch(this.promise, () => sender.release(route));
  }

  call(args: readonly unknown[]): Promise<unknown> {
    if (this.route !== undefined) {
      this.#isPipelined = true;
      return this.sender.ask(this.route, args);
    }
    return this.#shortcut((value) => handlerOf(value)?.call(args) ?? later(() => deliver(value, args)));
  }

  tell(args: readonly unknown[]): void {
    if (this.route !== undefined) {
      this.#isPipelined = true;
      this.sender.tell(this.route, args);
    } else if (!this.#isRejected) {
      const value = this.#value;
      const handler = handlerOf(value);
      if (handler === undefined) queueMicrotask(() => deliverOnly(value, args));
      else handler.tell(args);
    }
  }

  step(step: Step): Promise<unknown> {
    if (this.route !== undefined) {
      this.#isPipelined = true;
      return this.sender.step(this.route, step);
    }
    return this.#shortcut((value) => handlerOf(value)?.step(step) ?? later(() => takeStep(value, step)));
  }

  #shortcut(send: (value: unknown) => Promise<unknown>): Promise<unknown> {
    return this.#isRejected ? Promise.reject(this.#value) : send(this.#value);
  }
}

/** Local objects are called in a turn of their own. */
function later(run: () => unknown): Promise<unknown> {
  return Promise.resolve().then(run);
}
