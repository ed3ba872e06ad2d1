/**
 * What a session waits for on this side: promises that objects answered with, for which the peer waits. Each may be pending for longer than the
 * session lasts: then nothing of the session hangs on it.
 *
 * @module
 */

import { quiet, Reaction, type ReactionOwner, type Waiter } from "../eventual/reactions.ts";
import { ChurnMap } from "./churn-map.ts";

export class Waits implements ReactionOwner {
  readonly #reactions = new ChurnMap<Promise<unknown>, Reaction>();
  #isOver = false;

  /** The waiters of one promise are told in their order. From here on nobody is stopped when it breaks. */
  add(promise: Promise<unknown>, waiter: Waiter): void {
    if (this.#isOver) {
      quiet(promise);
      return;
    }
    let reaction = this.#reactions.get(promise);
    if (reaction === undefined) {
      reaction = Reaction.of(promise, this);
      this.#reactions.set(promise, reaction);
    }
    reaction.add(waiter);
  }

  forget({ promise }: Reaction): void {
    this.#reactions.delete(promise);
  }

  /** Nobody waits any more. For those who have, the promises break: what they make of that may be held by others than the peer. */
  end(reason: unknown): void {
    this.#isOver = true;
    const waiters = [...this.#reactions.values()].flatMap((reaction) => reaction.release());
    this.#reactions.clear();
    for (const waiter of waiters) waiter("break", reason);
  }
}
