/**
 * The kernel's promise: one answer that comes later. It is a capability: messages to it are for what it will be fulfilled with.
 * Unlike a promise of JavaScript it tells its watchers at once and in order, so that a tree of processes stays deterministic.
 * @module
 */

import {
  type Answer,
  type Capability,
  CapabilityBase,
  type Message,
  type PendingAnswer,
  type PromiseCapability,
} from "../passable/index.ts";
import type { ProcessRecord } from "./record.ts";

/** A call to a capability outside of the tree, under way; or a promise of somebody outside. */
export interface Outstanding {
  /** Unique in the tree, also over freeze and thaw: with it the callee can tell a repeated call from a new one. */
  readonly callId: number;
  readonly sender: ProcessRecord;
  readonly capability: Capability;
  readonly answer: Promise<Answer>;
  /** Takes messages for what the answer will be. */
  readonly pipeline: Capability | undefined;
}

/** A message to a promise that waits until the promise is settled. */
export interface Queued {
  readonly sender: ProcessRecord;
  readonly message: Message;
  /** Undefined where nobody wants the answer. */
  readonly cell: PromiseCell | undefined;
}

const NOTHING: readonly never[] = Object.freeze([]);

export class PromiseCell extends CapabilityBase implements Capability {
  /** Whom it was made for. It belongs to the tree of that process, and never gets into another one. */
  readonly home: ProcessRecord;
  /** What it is called outside of the tree, where it came from there. */
  readonly foreign: PromiseCapability | undefined;
  outstanding: Outstanding | undefined;
  /** Whose memory limit the bytes of the answer count against while they wait to be fetched: the guest that asked. */
  owner: ProcessRecord | undefined;
  /** Known outside of the tree? Then what it comes to is, too. */
  isExposed = false;
  #answerer: ProcessRecord | undefined;
  #after: PromiseCell | undefined;
  #answer: Answer | undefined;
  #watchers: (() => void)[] = [];
  #queue: readonly Queued[] = NOTHING;
  /** Places where processes could come by the answer: c-lists, and messages on their way. */
  #holds = 0;

  constructor(home: ProcessRecord, foreign?: PromiseCapability) {
    super();
    this.home = home;
    this.foreign = foreign;
  }

  get answer(): Answer | undefined {
    return this.#answer;
  }

  /** The process that has to answer: it holds the message or its resolver. Undefined where the answer comes from outside. */
  get answerer(): ProcessRecord | undefined {
    return this.#first.#answerer;
  }

  set answerer(process: ProcessRecord | undefined) {
    this.#answerer = process;
    this.#after = undefined;
  }

  /** Does its answer depend on something outside of the tree? */
  get isOutside(): boolean {
    return this.#first.outstanding !== undefined;
  }

  /** The promise that its message waits for. */
  get after(): PromiseCell | undefined {
    return this.#after;
  }

  /** The one that has to be settled first. */
  get #first(): PromiseCell {
    let cell: PromiseCell = this;
    while (cell.#after !== undefined) cell = cell.#after;
    return cell;
  }

  /** Messages that were sent to it and wait, in their order. */
  get queue(): readonly Queued[] {
    return this.#queue;
  }

  enqueue(queued: Queued): void {
    if (this.#queue === NOTHING) this.#queue = [];
    (this.#queue as Queued[]).push(queued);
    holdMessage(queued.message);
    if (queued.cell !== undefined) queued.cell.#after = this;
  }

  dequeue(): Queued | undefined {
    const queued = this.#queue.length === 0 ? undefined : (this.#queue as Queued[]).shift();
    if (queued?.cell !== undefined) queued.cell.#after = undefined;
    return queued;
  }

  /** The first answer counts. Messages that wait go on before anybody learns of it. */
  settle(answer: Answer): void {
    if (this.#answer !== undefined) return;
    const { owner } = this;
    this.#answer = this.#holds === 0 || owner === undefined ? answer : owner.admitAnswer(answer);
    this.answerer = undefined;
    this.outstanding = undefined;
    if (this.#holds > 0) this.#holdAnswer();
    if (this.#queue.length > 0) this.home.tree.core.passOn(this);
    else this.announce();
  }

  announce(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) watcher();
  }

  /** Calls `watcher` when the answer is there, at once where it is. */
  watch(watcher: () => void): void {
    if (this.#answer === undefined) this.#watchers.push(watcher);
    else watcher();
  }

  /** From now on its answer counts against a process. It may be there already. */
  own(process: ProcessRecord): void {
    this.owner = process;
    if (this.#answer !== undefined) this.#answer = process.admitAnswer(this.#answer);
  }

  /** It is in one more place. */
  hold(): void {
    if (this.#holds++ === 0 && this.#answer !== undefined) this.#holdAnswer();
  }

  /** It is in one place less. Where there is none left, nobody in the tree can fetch the answer any more. */
  letGo(): void {
    if (--this.#holds === 0 && this.#answer !== undefined) this.#letGoAnswer();
  }

  /** The promises in an answer are held as long as it is. By a list, since guests can make long chains of them. */
  #holdAnswer(): void {
    const held: PromiseCell[] = [this];
    for (let cell = held.pop(); cell !== undefined; cell = held.pop()) {
      const answer = cell.#answer;
      if (answer === undefined || answer.status === "broken") continue;
      cell.owner?.countAnswer(answer);
      for (const inner of promisesIn(answer.message)) if (inner.#holds++ === 0) held.push(inner);
    }
  }

  #letGoAnswer(): void {
    const left: PromiseCell[] = [this];
    for (let cell = left.pop(); cell !== undefined; cell = left.pop()) {
      const answer = cell.#answer;
      if (answer === undefined || answer.status === "broken") continue;
      cell.owner?.forgetAnswer(answer);
      for (const inner of promisesIn(answer.message)) if (--inner.#holds === 0) left.push(inner);
    }
  }

  /** From the host. */
  receive(message: Message): Answer | PendingAnswer {
    return this.home.tree.core.receiveForPromise(this, message);
  }

  settled(): Promise<Answer> {
    return this.home.tree.core.settled(this);
  }
}

function promisesIn({ capabilities }: Message): readonly PromiseCell[] {
  // Most messages have none.
  return capabilities.length === 0 ? NOTHING : capabilities.filter((held) => held instanceof PromiseCell);
}

/** A message is on its way: its promises are held. */
export function holdMessage(message: Message): void {
  for (const cell of promisesIn(message)) cell.hold();
}

export function letGoMessage(message: Message): void {
  for (const cell of promisesIn(message)) cell.letGo();
}
