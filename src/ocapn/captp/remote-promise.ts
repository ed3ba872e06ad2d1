/**
 * A promise of the peer's, as this side sees it: the answer to a question, or a promise that the peer exported. Messages to it go to the peer
 * at once. When it is settled they take the shortest way; but where some were sent the long way before, and what it came to is not with that
 * peer, those that follow wait until the others have arrived: else they could overtake them.
 *
 * @module
 */

import { send, sendOnly, sendStep } from "../eventual/deliver.ts";
import { type Handler, handlerOf, type Step, setHandler } from "../eventual/handler.ts";
import { quiet } from "../eventual/reactions.ts";
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
    // Whoever wants to know of a failure looks at the promise; nobody else is to be stopped by it.
    this.promise.catch(ignore);
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  fulfill(value: unknown): void {
    if (this.#isSettled) return;
    const end = RemotePromise.#endOf(value);
    if (end === this.promise) {
      this.break(new TypeError("promise: it was fulfilled with itself"));
      return;
    }
    this.#isSettled = true;
    this.sender.settled(this);
    const { route } = this;
    if (route !== undefined && this.#isPipelined && this.sender.isElsewhere(value)) {
      const arrived = this.#whenArrived(route, end);
      // Before whatever is sent from now on: those messages are behind this.
      arrived.then((last) => {
        this.#value = last;
      }, ignore);
      this.#giveBack(arrived);
    } else this.#giveBack(end);
    this.#resolve(this.#value);
  }

  /**
   * The value, when all that was sent to the promise has arrived where that is. A last message says so when it is refused there: it goes all the
   * way, however many peers pass it on, and no object has parts that could be asked for.
   */
  async #whenArrived(route: Route, value: unknown): Promise<unknown> {
    await this.sender.step(route, { op: "get", fieldName: "" }).catch(ignore);
    return value;
  }

  break(reason: unknown): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#isRejected = true;
    this.sender.settled(this);
    this.#giveBack(undefined);
    this.#reject(reason);
  }

  #giveBack(value: unknown): void {
    this.#value = value;
    const route = this.route;
    this.route = undefined;
    if (route !== undefined) this.sender.release(route);
  }

  /** Skips promises that came to promises. All on the way are told, so that it is not gone again: peers can make it long. */
  static #endOf(value: unknown): unknown {
    let end = value;
    for (let at = RemotePromise.#fulfilled(end); at !== undefined; at = RemotePromise.#fulfilled(end)) end = at.#value;
    for (let at = RemotePromise.#fulfilled(value); at !== undefined; ) {
      const next = at.#value;
      at.#value = end;
      at = next === end ? undefined : RemotePromise.#fulfilled(next);
    }
    return end;
  }

  /** The promise as what carries its messages, if they take the shortest way now. */
  static #fulfilled(value: unknown): RemotePromise | undefined {
    const handler = handlerOf(value);
    if (!(handler instanceof RemotePromise) || handler.route !== undefined || handler.#isRejected) return undefined;
    return handler;
  }

  call(args: readonly unknown[]): Promise<unknown> {
    if (this.route !== undefined) {
      this.#isPipelined = true;
      return this.sender.ask(this.route, args);
    }
    if (!this.#isRejected) return send(this.#end, args);
    quiet(args);
    return this.promise;
  }

  tell(args: readonly unknown[]): void {
    if (this.route !== undefined) {
      this.#isPipelined = true;
      this.sender.tell(this.route, args);
    } else if (this.#isRejected) quiet(args);
    else sendOnly(this.#end, args);
  }

  step(step: Step): Promise<unknown> {
    if (this.route !== undefined) {
      this.#isPipelined = true;
      return this.sender.step(this.route, step);
    }
    return this.#isRejected ? this.promise : sendStep(this.#end, step);
  }

  get #end(): unknown {
    this.#value = RemotePromise.#endOf(this.#value);
    return this.#value;
  }
}

function ignore(): void {}
