/**
 * Messages on their way out. They are encoded when they are sent (what changes afterwards does not matter), and go to the connection together at
 * the end of the turn. What the peer may forget goes along with the messages of a later turn, or by itself when there are none for a while. Not of the
 * same turn: some peers take an object for a new one when its last message and the word that it was dropped come together.
 *
 * @module
 */

import { PassableError, SYRUP_VALUES_MAX, SyrupWriter } from "../../passable/index.ts";
import type { Hooks } from "../codecs/hooks.ts";
import type { RecordCodec } from "../codecs/record.ts";
import { MESSAGE_BYTES_MAX, OUTBOX_BYTES_SOON, UNSENT_BYTES_MAX } from "../limits.ts";
import type { Connection } from "../netlayer.ts";
import { Drops } from "./drops.ts";

export interface OutboxInit {
  readonly connection: Connection;
  readonly hooks: Hooks;
  /** Runs the callback after a while in which messages may go that the drops can go along with, unless what it returns is called before. */
  later(callback: () => void): () => void;
  /** Undoes what was prepared for a message that cannot be sent, or makes it final. */
  onWritten(isSent: boolean): void;
  /** Once: more than `UNSENT_BYTES_MAX` waits for the network. */
  onFull(): void;
  /** Does not throw. */
  onWire?(message: Uint8Array): void;
}

export class Outbox {
  readonly #init: OutboxInit;
  readonly #writer: SyrupWriter = new SyrupWriter();
  /** Where each message ends. */
  #ends: number[] = [];
  /** Since the last flush, and before it. */
  #newDrops: Drops = new Drops();
  #dueDrops: Drops = new Drops();
  #isWriting = false;
  #isDue = false;
  /** Drops wait for messages to go along with; and whether there were none since they wait. */
  #stopWaiting: (() => void) | undefined;
  #isQuiet = true;
  #isFull = false;
  #isClosed = false;

  constructor(init: OutboxInit) {
    this.#init = init;
  }

  /** Not yet taken by the network. */
  get bytes(): number {
    return this.#writer.length + this.#init.connection.bufferedBytes;
  }

  /** An accessor among the arguments of a message runs. */
  get isWriting(): boolean {
    return this.#isWriting;
  }

  /** What an accessor sends would land in the middle of the message. */
  assertNotWriting(): void {
    if (this.#isWriting) throw new TypeError("arguments: expected data, got an accessor that sends messages");
  }

  /** How many bytes the message has. Throws a `PassableError` for arguments that cannot cross; then nothing is sent. */
  send<V>(codec: RecordCodec<string, V>, values: V): number {
    this.assertNotWriting();
    const start = this.#writer.length;
    const valueStart = this.#writer.valueCount;
    this.#isWriting = true;
    try {
      codec.write(this.#writer, values, this.#init.hooks);
      assertSize(this.#writer.length - start, this.#writer.valueCount - valueStart);
    } catch (error) {
      this.#writer.truncate(start);
      this.#init.onWritten(false);
      throw error;
    } finally {
      this.#isWriting = false;
    }
    this.#init.onWritten(true);
    const end = this.#writer.length;
    this.#ends.push(end);
    if (this.#writer.length >= OUTBOX_BYTES_SOON) this.flush();
    else this.#schedule();
    return end - start;
  }

  /** The peer may forget that it sent the object at this position, so often. */
  drop(position: number, wireDelta: number): void {
    this.#newDrops.addExport(position, wireDelta);
    this.#waitForMessages();
  }

  dropAnswer(position: number): void {
    this.#newDrops.addAnswer(position);
    this.#waitForMessages();
  }

  #schedule(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => this.flush());
  }

  /** Once for all drops of the time, since a wait for each costs more than they do. */
  #waitForMessages(): void {
    if (this.#stopWaiting !== undefined || this.#isClosed) return;
    this.#isQuiet = true;
    this.#stopWaiting = this.#init.later(() => {
      this.#stopWaiting = undefined;
      this.#endWait();
    });
  }

  #endWait(): void {
    if (this.#isClosed || (this.#dueDrops.isEmpty && this.#newDrops.isEmpty)) return;
    if (!this.#isQuiet) {
      // Else they would come right behind the message that they must not come together with.
      this.#waitForMessages();
      return;
    }
    this.#takeDrops();
    this.flush();
  }

  flush(): void {
    this.#isDue = false;
    // A message that is being written is not whole yet.
    if (this.#isClosed || this.#isWriting) return;
    this.#takeDrops();
    if (this.#ends.length === 0) return;
    const ends = this.#ends;
    this.#ends = [];
    this.#isQuiet = false;
    const bytes = this.#writer.takePart();
    let start = 0;
    const messages = ends.map((end) => {
      const message = bytes.subarray(start, end);
      start = end;
      return message;
    });
    const { connection, onWire } = this.#init;
    if (onWire !== undefined) for (const message of messages) onWire(message);
    connection.send(messages);
    if (this.#isFull || connection.bufferedBytes <= UNSENT_BYTES_MAX) return;
    this.#isFull = true;
    this.#init.onFull();
  }

  /** Writes those that are due; the others are due next time. */
  #takeDrops(): void {
    const due = this.#dueDrops;
    due.write(this.#writer, () => this.#ends.push(this.#writer.length));
    this.#dueDrops = this.#newDrops;
    this.#newDrops = due;
  }

  /** What was sent goes out, and then nothing more. What the peer may forget it forgets with the session. */
  close(): void {
    this.#newDrops.clear();
    this.#dueDrops.clear();
    this.flush();
    this.#isClosed = true;
    this.#stopWaiting?.();
  }
}

/** What the peer would take for too much is not sent. */
function assertSize(byteLength: number, valueCount: number): void {
  if (byteLength > MESSAGE_BYTES_MAX) {
    throw new PassableError("limit", `message: ${byteLength} bytes; at most ${MESSAGE_BYTES_MAX} can be sent`);
  }
  if (valueCount > SYRUP_VALUES_MAX) {
    throw new PassableError("limit", `message: ${valueCount} values; at most ${SYRUP_VALUES_MAX} can be sent`);
  }
}
