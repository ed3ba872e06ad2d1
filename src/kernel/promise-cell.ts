/**
 * The kernel's promise: one answer that comes later. It is a capability in that it can travel in messages, but it takes none itself.
 * Unlike a promise of JavaScript it tells its watchers at once and in order, so that a tree of processes stays deterministic.
 * @module
 */

import type { Answer, Capability } from "./message.ts";
import { broken } from "./message.ts";
import type { ProcessRecord } from "./record.ts";

/** A call to a capability outside of the tree, under way. */
export interface Outstanding {
  /** Unique in the tree, also over freeze and thaw: with it the callee can tell a repeated call from a new one. */
  readonly callId: number;
  readonly sender: ProcessRecord;
  readonly capability: Capability;
  readonly answer: Promise<Answer>;
}

export class PromiseCell implements Capability {
  /** The process that has to answer: it holds the message or its resolver. Undefined where the answer comes from outside. */
  answerer: ProcessRecord | undefined;
  outstanding: Outstanding | undefined;
  #answer: Answer | undefined;
  #watchers: (() => void)[] = [];

  get answer(): Answer | undefined {
    return this.#answer;
  }

  /** The first answer counts. */
  settle(answer: Answer): void {
    if (this.#answer !== undefined) return;
    this.#answer = answer;
    this.answerer = undefined;
    this.outstanding = undefined;
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) watcher();
  }

  /** Calls `watcher` when the answer is there, at once where it is. */
  watch(watcher: () => void): void {
    if (this.#answer === undefined) this.#watchers.push(watcher);
    else watcher();
  }

  receive(): Answer {
    return broken("refused", "a promise takes no messages; wait for its answer");
  }
}
