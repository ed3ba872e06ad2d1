/**
 * Promises of the host's that are given to peers. Nobody may ever look at them, and what reacts to them lives as long as they do, which may be for
 * ever: so all share one reaction to a promise, which holds nothing of theirs once they are gone, and is there for those who come later.
 *
 * @module
 */

import { ownStyle, SYRUP_VALUES_MAX, type Tagged } from "../../passable/index.ts";
import { handlerOf } from "./handler.ts";

/** Must not throw. */
export type Waiter = (name: "fulfill" | "break", value: unknown) => void;

/** Whose reaction it is: told when the promise is settled, before those who wait. */
export interface ReactionOwner {
  forget(reaction: Reaction): void;
}

/** Nobody's, by promise. */
const idle = new WeakMap<Promise<unknown>, Reaction[]>();
/** Settled, and what they came to is quiet, which may lead back to them. */
const quieted = new WeakSet<Promise<unknown>>();

export class Reaction {
  readonly promise: Promise<unknown>;
  #owner: ReactionOwner | undefined;
  #waiters: Waiter[] = [];

  private constructor(promise: Promise<unknown>) {
    this.promise = promise;
    try {
      promise.then(
        (value) => this.#settle("fulfill", value),
        (reason: unknown) => this.#settle("break", reason),
      );
    } catch (error) {
      // It only passes for a promise.
      queueMicrotask(() => this.#settle("break", error));
    }
  }

  static of(promise: Promise<unknown>, owner: ReactionOwner): Reaction {
    const reaction = idle.get(promise)?.pop() ?? new Reaction(promise);
    reaction.#owner = owner;
    return reaction;
  }

  /** Somebody looks at a failure of the promise from now on: nobody is stopped by it. */
  static ensure(promise: Promise<unknown>): void {
    // Those of sessions are quiet already.
    if (handlerOf(promise) !== undefined || quieted.has(promise)) return;
    const reactions = idle.get(promise);
    if (reactions === undefined || reactions.length === 0) new Reaction(promise).release();
  }

  add(waiter: Waiter): void {
    this.#waiters.push(waiter);
  }

  /** Holds nothing any more. Who has waited is given back. */
  release(): readonly Waiter[] {
    const waiters = this.#waiters;
    this.#owner = undefined;
    this.#waiters = [];
    const reactions = idle.get(this.promise);
    if (reactions === undefined) idle.set(this.promise, [this]);
    else reactions.push(this);
    return waiters;
  }

  #settle(name: "fulfill" | "break", value: unknown): void {
    const waiters = this.#waiters;
    if (this.#owner === undefined) idle.delete(this.promise);
    else this.#owner.forget(this);
    for (const waiter of waiters) waiter(name, value);
    if (waiters.length > 0 || quieted.has(this.promise)) return;
    quieted.add(this.promise);
    quiet(value);
  }
}

/**
 * A value of the host's that was to go to a peer and reaches nobody, or nobody may look at: promises in it that break later must not end the
 * program. A peer could bring that about, by going away in time.
 */
export function quiet(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  const parts: unknown[] = [value];
  const seen = new Set<unknown>();
  for (const part of parts) {
    if (typeof part !== "object" || part === null || seen.has(part)) continue;
    seen.add(part);
    try {
      if (parts.length <= SYRUP_VALUES_MAX) addParts(part, parts);
    } catch {
      // A proxy that refuses to be looked at.
    }
  }
}

/** Without running accessors. */
function addParts(item: object, parts: unknown[]): void {
  switch (ownStyle(item)) {
    case "promise":
      Reaction.ensure(item as Promise<unknown>);
      return;
    case "copyArray":
      for (const part of item as readonly unknown[]) parts.push(part);
      return;
    case "copyRecord":
      for (const key of Object.keys(item)) parts.push(Object.getOwnPropertyDescriptor(item, key)?.value);
      return;
    case "tagged":
      parts.push((item as Tagged).payload);
      return;
    default:
  }
}
