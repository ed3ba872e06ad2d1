/**
 * The kernel's promise: one answer that comes later. It is a capability in that it can travel in messages, but it takes none itself.
 * Unlike a promise of JavaScript it tells its watchers at once and in order, so that a tree of processes stays deterministic.
 * @module
 */

import type { Answer, Capability } from "../passable/index.ts";
import { broken } from "../passable/index.ts";
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
  /** Whose memory limit the bytes of the answer count against while they wait to be fetched: the guest that asked. */
  owner: ProcessRecord | undefined;
  /** Others may hold it too: then it counts for as long as its owner lives. */
  isShared = false;
  #answer: Answer | undefined;
  #watchers: (() => void)[] = [];

  get answer(): Answer | undefined {
    return this.#answer;
  }

  /** The first answer counts. */
  settle(answer: Answer): void {
    if (this.#answer !== undefined) return;
    this.#answer = this.owner === undefined ? answer : this.owner.holdAnswer(answer);
    this.answerer = undefined;
    this.outstanding = undefined;
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) watcher();
  }

  /** The answer came before the one who asked could say whether it can be kept. */
  replace(answer: Answer): void {
    this.#answer = answer;
  }

  /** The owner has fetched the answer, or does not want it. */
  forget(): void {
    if (this.#answer !== undefined && !this.isShared) this.owner?.forgetAnswer(this.#answer);
    this.owner = undefined;
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
