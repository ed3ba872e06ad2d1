/**
 * Holds a peer back whose messages come faster than they are done: while there is too much to do, nothing more is read from its connection.
 *
 * What is to be done may need what is not read yet: an answer of the peer's, or a later message. So nobody is held back for ever by work of which
 * nothing gets done. If this side waits for the peer, it then goes on reading as if it could not hold back, until there is little to do; else
 * piece by piece, each after as long a wait. The limits behind, which end the session, are the same in all cases.
 *
 * @module
 */

import {
  ANSWERS_UNSENT_BYTES_HIGH,
  THROTTLE_CHECK_MS,
  THROTTLE_STALLED_CHECKS_MAX,
  UNDONE_BYTES_HIGH,
  UNDONE_MESSAGES_HIGH,
} from "../limits.ts";
import type { Connection } from "../netlayer.ts";

/** What a peer makes this side hold by its messages: those that are not done, and answers that it does not take. */
export interface Load {
  readonly messages: number;
  readonly bytes: number;
  readonly unsentBytes: number;
}

export interface ThrottleInit {
  readonly connection: Connection;
  load(): Load;
  /** Whether this side waits for something of the peer's. */
  isWaiting(): boolean;
  /** Runs the callback later, unless what it returns is called before. */
  after(timeoutMs: number, callback: () => void): () => void;
}

export class Throttle {
  readonly #init: ThrottleInit;
  /** `open` until the load is low again: to hold back did not help. */
  #state: "reading" | "paused" | "open" | "closed" = "reading";
  #stopTimer: () => void = () => {};
  /** Of the checks since the pause, or since something was done. */
  #stalledChecks = 0;
  #isProgress = false;
  #unsentBytes = 0;

  constructor(init: ThrottleInit) {
    this.#init = init;
  }

  /** A piece was read, and what came in it was delivered. */
  afterPiece(): void {
    if (this.#state === "reading") {
      if (portion(this.#init.load()) > 1) this.#pause();
    } else if (this.#state === "open" && this.#isLow) {
      this.#state = "reading";
    }
  }

  /** A message is done. */
  afterDone(): void {
    if (this.#state !== "paused") return;
    this.#isProgress = true;
    if (this.#isLow) this.#resume("reading");
  }

  close(): void {
    if (this.#state === "paused") this.#resume("closed");
    this.#state = "closed";
  }

  get #isLow(): boolean {
    return portion(this.#init.load()) < 1 / 2;
  }

  #pause(): void {
    this.#state = "paused";
    this.#stalledChecks = 0;
    this.#isProgress = false;
    this.#unsentBytes = this.#init.load().unsentBytes;
    this.#init.connection.pause?.();
    this.#checkLater();
  }

  #resume(state: "reading" | "open" | "closed"): void {
    this.#stopTimer();
    this.#state = state;
    this.#init.connection.resume?.();
  }

  #checkLater(): void {
    this.#stopTimer = this.#init.after(THROTTLE_CHECK_MS, () => this.#check());
  }

  #check(): void {
    if (this.#state !== "paused") return;
    const { unsentBytes } = this.#init.load();
    if (unsentBytes < this.#unsentBytes) this.#isProgress = true;
    this.#unsentBytes = unsentBytes;
    this.#stalledChecks = this.#isProgress ? 0 : this.#stalledChecks + 1;
    this.#isProgress = false;
    if (this.#isLow) this.#resume("reading");
    else if (this.#stalledChecks < THROTTLE_STALLED_CHECKS_MAX) this.#checkLater();
    else this.#resume(this.#init.isWaiting() ? "open" : "reading");
  }
}

/** Of what may be before the peer is held back. */
function portion({ messages, bytes, unsentBytes }: Load): number {
  return Math.max(messages / UNDONE_MESSAGES_HIGH, bytes / UNDONE_BYTES_HIGH, unsentBytes / ANSWERS_UNSENT_BYTES_HIGH);
}
