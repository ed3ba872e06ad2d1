/**
 * What a question exports for its answer (CapTP draft, Promise and Resolver Objects): a message `fulfill` or `break` settles the promise.
 *
 * @module
 */

import { isSelector } from "../../passable/index.ts";
import { OcapnError } from "../errors.ts";
import type { RemotePromise } from "./remote-promise.ts";

export class Resolver {
  /** Undefined once it is settled: the peer may hold the resolver for long. */
  #remote: RemotePromise | undefined;
  #target: ((...args: readonly unknown[]) => void) | undefined;

  constructor(remote: RemotePromise) {
    this.#remote = remote;
  }

  /** Only the first message counts. Throws for a message that is neither. */
  settle(args: readonly unknown[]): void {
    const [selector, value] = args;
    const name = isSelector(selector) ? selector.name : undefined;
    if (name !== "fulfill" && name !== "break") {
      throw new OcapnError("malformed", "resolver: expected a message fulfill or break");
    }
    const remote = this.#remote;
    this.#remote = undefined;
    if (name === "fulfill") remote?.fulfill(value);
    else remote?.break(value);
  }

  /** As an object, where the peer passes it on. */
  get target(): (...args: readonly unknown[]) => void {
    this.#target ??= (...args) => this.settle(args);
    return this.#target;
  }
}
