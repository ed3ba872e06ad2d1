/**
 * One process as the kernel keeps it: machine, meter, c-list, mailbox, and where it stands. Hosts see the face in `process.ts`.
 * @module
 */

import type { Answer, Message } from "../passable/index.ts";
import { broken, messageOverLimit } from "../passable/index.ts";
import { answerForHost, answerOf, incoming } from "./border.ts";
import { Clist } from "./clist.ts";
import type { Guest, GuestKind, GuestMessage } from "./guest.ts";
import type { Keeper } from "./keeper.ts";
import { KnownReferences } from "./known-references.ts";
import { MAILBOX_TURNS_MAX, MESSAGES_BYTES_MAX, NESTED_TURNS_MAX, PAGE_BYTES } from "./limits.ts";
import type { Machine } from "./machine.ts";
import type { Meter } from "./meter.ts";
import type { Program } from "./program.ts";
import { holdMessage, letGoMessage, PromiseCell } from "./promise-cell.ts";
import { ExportReference } from "./reference.ts";
import type { StopReport, TurnResult } from "./stops.ts";
import { describeStop } from "./stops.ts";
import { takeFirst } from "./take-first.ts";
import type { Tree } from "./tree.ts";
import type { Turn } from "./turn.ts";
import { messageBytes, turnBytes, turnCell } from "./turn.ts";

/** What a parked process waits for. */
export type Waiting =
  | {
      readonly kind: "promise";
      readonly cell: PromiseCell /** A synchronous call, not a `wait`. */;
      readonly sync: boolean;
    }
  | { readonly kind: "child"; readonly child: ProcessRecord }
  /** Whatever the host function that parked it waits for. */
  | { readonly kind: "outside" };

export interface ProcessParts {
  readonly id: number;
  readonly tree: Tree;
  readonly parent: ProcessRecord | undefined;
  readonly kind: GuestKind;
  readonly program: Program;
  readonly meter: Meter;
  readonly keeper: Keeper | undefined;
}

export class ProcessRecord {
  readonly id: number;
  readonly tree: Tree;
  readonly parent: ProcessRecord | undefined;
  readonly depth: number;
  readonly kind: GuestKind;
  readonly program: Program;
  readonly meter: Meter;
  readonly clist: Clist;
  readonly children: Set<ProcessRecord> = new Set();
  /** The host's, where the host is the keeper; else the parent keeps it. */
  readonly keeper: Keeper | undefined;
  /** Undefined once the process is released. */
  machine: Machine | undefined;
  guest: Guest | undefined;
  /** "ready" is in the tree's queue, "parked" waits in the middle of a turn. */
  state: "idle" | "ready" | "parked" | "stopped" | "ended" = "idle";
  /** Why, while stopped or ended. */
  stop: StopReport | undefined;
  /** It is stopped, and its keeper has left it so. */
  isLeft = false;
  /** Callers of this host that wait for an answer of the process: told where it is left stopped. */
  readonly askers: Set<(stop: StopReport) => void> = new Set();
  /** Has the host, or another tree, a reference by which it could send messages? */
  isExposed = false;
  /** Has the parent been told of that stop? */
  told = false;
  /** The innermost turn under way. */
  turn: Turn | undefined;
  /** Those that it is nested in, outermost first: each is in an open call. Seldom any, so that a turn costs no list. */
  readonly #outerTurns: Turn[] = [];
  /** What the innermost turn waits for. */
  waiting: Waiting | undefined;
  /** The message or answer that the guest has not fetched yet; only the guest ABI has one. */
  inbox: GuestMessage | undefined;
  /** `machine.gasUsed` when the running slice began. */
  sliceStart = 0;
  #mailbox: Turn[] = [];
  #mailboxBytes = 0;
  #answerBytes = 0;
  /** Messages to promises that wait for them. */
  #queuedCount = 0;
  #queuedBytes = 0;
  #root: ExportReference | undefined;
  #references: KnownReferences | undefined;

  constructor(parts: ProcessParts) {
    this.id = parts.id;
    this.tree = parts.tree;
    this.clist = new Clist(parts.tree.held);
    this.parent = parts.parent;
    this.depth = parts.parent === undefined ? 0 : parts.parent.depth + 1;
    this.kind = parts.kind;
    this.program = parts.program;
    this.meter = parts.meter;
    this.keeper = parts.keeper;
    this.tree.processes.add(this);
    this.parent?.children.add(this);
  }

  /** All turns under way, outermost first. */
  get turns(): readonly Turn[] {
    return this.turn === undefined ? [] : [...this.#outerTurns, this.turn];
  }

  pushTurn(turn: Turn): void {
    if (this.turn !== undefined) this.#outerTurns.push(this.turn);
    this.turn = turn;
  }

  popTurn(): Turn | undefined {
    const turn = this.turn;
    this.turn = this.#outerTurns.length === 0 ? undefined : this.#outerTurns.pop();
    return turn;
  }

  /** All turns of a process that ends, outermost first. */
  dropTurns(): readonly Turn[] {
    const turns = this.turns;
    this.turn = undefined;
    this.#outerTurns.length = 0;
    return turns;
  }

  /** Is it parked in a call that lets turns be nested in it? */
  get waitsOpenly(): boolean {
    return this.state === "parked" && this.waiting !== undefined && this.machine?.accepts === true;
  }

  get isEnded(): boolean {
    return this.state === "ended";
  }

  get mailbox(): readonly Turn[] {
    return this.#mailbox;
  }

  /** The reference to one of its exports that hosts get: the same object for as long as anybody has it. */
  reference(target: number): ExportReference {
    if (target === 0) return this.refer(0);
    this.#references ??= new KnownReferences(this);
    return this.#references.get(target);
  }

  /** A reference that stays in the tree, for what a guest names: nothing remembers it. */
  refer(target: number): ExportReference {
    if (target !== 0) return new ExportReference(this, target);
    this.#root ??= new ExportReference(this, 0);
    return this.#root;
  }

  /** Used since the running slice began and not yet in the meter. */
  get gasRunning(): number {
    if (this.tree.running !== this || this.machine === undefined) return 0;
    return this.machine.gasUsed - this.sliceStart;
  }

  /** Charges the running slice at once, so that where it stops does not depend on slices. */
  charge(gas: number): void {
    if (this.tree.running === this) this.machine?.charge(gas);
  }

  /** Puts a turn into the mailbox; where that cannot be, its caller gets a broken answer. Says whether it is in. */
  push(turn: Turn): boolean {
    const cell = turnCell(turn);
    const refusal = this.#refusal(turn);
    if (refusal !== undefined) {
      cell?.settle(refusal);
      return false;
    }
    if (cell !== undefined) cell.answerer = this;
    this.#mailbox.push(turn);
    this.#mailboxBytes += turnBytes(turn);
    holdPromises(turn);
    if (this.state === "idle") this.makeReady();
    return true;
  }

  /** The next turn, oldest first. */
  takeTurn(): Turn | undefined {
    const turn = takeFirst(this.#mailbox);
    if (turn !== undefined) {
      this.#mailboxBytes -= turnBytes(turn);
      letGoPromises(turn);
    }
    this.turn = turn;
    return turn;
  }

  /** For thaw: the mailbox as it was, whatever the limits say. */
  restoreMailbox(turns: readonly Turn[]): void {
    this.#mailbox = [...turns];
    this.#mailboxBytes = turns.reduce((sum, turn) => sum + turnBytes(turn), 0);
    for (const turn of turns) holdPromises(turn);
  }

  /** All that waits in the mailbox of a process that ends. */
  emptyMailbox(): readonly Turn[] {
    const turns = this.#mailbox;
    this.#mailbox = [];
    this.#mailboxBytes = 0;
    for (const turn of turns) letGoPromises(turn);
    return turns;
  }

  /** Its innermost turn is over. */
  finishTurn(result: TurnResult): void {
    const turn = this.popTurn();
    this.waiting = undefined;
    if (this.turn === undefined) {
      this.tree.dequeue(this);
      if (this.#mailbox.length > 0) this.makeReady();
      else this.state = "idle";
    } else if (this.machine?.isNative === true) {
      // The host function that the turn below is in has not returned.
      this.tree.dequeue(this);
    } else {
      this.tree.looking.add(this);
    }
    turn?.waiter?.(result);
  }

  /** Why a turn cannot be nested in what is under way. */
  refusesNested(turn: Turn): Answer | undefined {
    if (this.turns.length > NESTED_TURNS_MAX)
      return broken("limit", `${NESTED_TURNS_MAX} turns of the process are nested in one another already`);
    const held = this.turns.reduce((sum, nested) => sum + turnBytes(nested), turnBytes(turn));
    return this.#hasRoomFor(held)
      ? undefined
      : broken("limit", "the process holds as many bytes of messages as it may");
  }

  makeReady(): void {
    this.state = "ready";
    this.tree.enqueue(this);
  }

  /** Remembers what the host function that is about to suspend waits for. */
  waitFor(waiting: Waiting): void {
    this.waiting = waiting;
    if (waiting.kind === "promise") waiting.cell.watch(() => this.wakeFrom(waiting));
  }

  /** Goes on, if it still waits for just this. */
  wakeFrom(waiting: Waiting): void {
    if (this.waiting !== waiting) return;
    this.waiting = undefined;
    if (this.state === "parked") this.makeReady();
  }

  /** A message of the host to one of its exports. */
  receiveFromHost(target: number, message: Message): Answer | Promise<Answer> {
    if (this.isEnded) return broken("ended", "the process has ended");
    const cell = this.deliverFromHost(target, message);
    return answerForHost(cell) ?? answerOf(cell);
  }

  /** The same where nobody wants the answer. */
  tellFromHost(target: number, message: Message): void {
    if (this.isEnded || messageOverLimit(message.bytes.length, message.capabilities.length) !== undefined) return;
    this.tree.recordInput(this, "deliver");
    this.push({ kind: "deliver", target, message: this.#ownMessage(message), cell: undefined });
  }

  /** A copy: what the host does with its bytes afterwards must not reach a message that waits. */
  #ownMessage(message: Message): Message {
    return incoming(this, { bytes: message.bytes.slice(), capabilities: message.capabilities });
  }

  /** `push`: where the turn goes. */
  deliverFromHost(
    target: number,
    message: Message,
    push: (turn: Turn) => void = (turn) => void this.push(turn),
  ): PromiseCell {
    const cell = new PromiseCell(this);
    const over = messageOverLimit(message.bytes.length, message.capabilities.length);
    if (over !== undefined) {
      cell.settle(broken("limit", over));
      return cell;
    }
    this.tree.recordInput(this, "deliver");
    push({ kind: "deliver", target, message: this.#ownMessage(message), cell });
    return cell;
  }

  /** An answer for the process; one that it may not keep until it fetches it is as good as broken. */
  admitAnswer(answer: Answer): Answer {
    if (answer.status === "broken" || this.isEnded || this.#hasRoomFor(messageBytes(answer.message))) return answer;
    return broken("limit", "the process holds as many bytes of messages as it may");
  }

  countAnswer(answer: Answer): void {
    if (answer.status !== "broken") this.#answerBytes += messageBytes(answer.message);
  }

  forgetAnswer(answer: Answer): void {
    if (answer.status !== "broken") this.#answerBytes -= messageBytes(answer.message);
  }

  /** Has it room for one more message to a promise that is not there yet? */
  canQueue(message: Message): boolean {
    return this.#queuedCount < MAILBOX_TURNS_MAX && this.#hasRoomFor(messageBytes(message));
  }

  keepQueued(message: Message): boolean {
    return this.canQueue(message) && this.restoreQueued(message);
  }

  /** For thaw: whatever the bytes are. */
  restoreQueued(message: Message): boolean {
    if (this.#queuedCount >= MAILBOX_TURNS_MAX) return false;
    this.#queuedCount++;
    this.#queuedBytes += messageBytes(message);
    return true;
  }

  releaseQueued(message: Message): void {
    this.#queuedCount--;
    this.#queuedBytes -= messageBytes(message);
  }

  /** Messages that wait may take as much again as the memory that the process was granted. */
  #hasRoomFor(byteLength: number): boolean {
    const granted = Math.max(1, this.meter.pagesMax) * PAGE_BYTES;
    const held = this.#mailboxBytes + this.#answerBytes + this.#queuedBytes;
    return held + byteLength <= Math.min(MESSAGES_BYTES_MAX, granted);
  }

  #refusal(turn: Turn): Answer | undefined {
    if (this.stop !== undefined && this.state === "ended") {
      return broken("ended", `the process has ended: ${describeStop(this.stop)}`);
    }
    // What the process listens to is bounded by its c-list, and must not get lost.
    if (turn.kind === "settle" || turn.kind === "child") return undefined;
    if (this.#mailbox.length >= MAILBOX_TURNS_MAX)
      return broken("limit", `mailbox of ${MAILBOX_TURNS_MAX} messages is full`);
    if (!this.#hasRoomFor(turnBytes(turn)))
      return broken("limit", "the process holds as many bytes of messages as it may");
    return undefined;
  }
}

/** What a process can come by when it takes the turn. */
function holdPromises(turn: Turn): void {
  if (turn.kind === "deliver") holdMessage(turn.message);
  else if (turn.kind === "settle") turn.promise.hold();
}

function letGoPromises(turn: Turn): void {
  if (turn.kind === "deliver") letGoMessage(turn.message);
  else if (turn.kind === "settle") turn.promise.letGo();
}

/**
 * Does `from`, through whatever it waits for, wait for `target` in the end? "open": in open calls of one tree only, so that
 * `target` may call it. A process does not wait for itself: there the way is "open".
 */
export function waitPath(from: ProcessRecord, target: ProcessRecord): "none" | "open" | "strict" {
  let at: ProcessRecord | undefined = from;
  let path: "open" | "strict" = "open";
  // The chain cannot hold a circle without `target`, because every wait is checked when it begins.
  while (at !== undefined) {
    if (at === target) return path;
    if (!at.waitsOpenly || at.tree !== target.tree || at.waiting?.kind !== "promise") path = "strict";
    at = nextInChain(at);
  }
  return "none";
}

export function waitsFor(from: ProcessRecord, target: ProcessRecord): boolean {
  return waitPath(from, target) !== "none";
}

/** Does it, in open calls only, wait for something outside of its tree? */
export function waitsForOutside(process: ProcessRecord): boolean {
  let at = process;
  while (at.waitsOpenly && at.tree === process.tree) {
    const waiting = at.waiting;
    if (waiting?.kind === "outside") return true;
    if (waiting?.kind !== "promise") return false;
    const { answerer, isOutside } = waiting.cell;
    if (answerer === undefined) return isOutside;
    at = answerer;
  }
  return false;
}

/** The stopped child of `process` for which a wait for `cell` would wait in vain. */
export function stoppedChildBehind(process: ProcessRecord, cell: PromiseCell): ProcessRecord | undefined {
  let at = cell.answerer;
  while (at !== undefined && at !== process) {
    if (at.state === "stopped" && at.parent === process) return at;
    at = nextInChain(at);
  }
  return undefined;
}

function nextInChain(process: ProcessRecord): ProcessRecord | undefined {
  const waiting = process.waiting;
  if (waiting?.kind === "promise") return waiting.cell.answerer;
  return waiting?.kind === "child" ? waiting.child : undefined;
}
