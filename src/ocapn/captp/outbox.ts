/**
 * Messages on their way out. They are encoded when they are sent (what changes afterwards does not matter), and go to the connection together at
 * the end of the turn. What the peer may forget is collected, and goes along with the next message, or when the event loop had its turn.
 *
 * @module
 */

import { PassableError, SYRUP_VALUES_MAX, SyrupWriter } from "../../passable/index.ts";
import { NO_REFERENCES } from "../codecs/descriptors.ts";
import type { Hooks } from "../codecs/hooks.ts";
import { GC_ANSWERS, GC_EXPORTS } from "../codecs/messages.ts";
import type { RecordCodec } from "../codecs/record.ts";
import { MESSAGE_BYTES_MAX, OUTBOX_BYTES_SOON, POSITIONS_PER_GC_MESSAGE_MAX } from "../limits.ts";
import type { Connection } from "../netlayer.ts";

export interface OutboxInit {
  readonly connection: Connection;
  readonly hooks: Hooks;
  yieldToHost(): Promise<void>;
  /** Undoes what was prepared for a message that cannot be sent, or makes it final. */
  onWritten(isSent: boolean): void;
  onWire?(message: Uint8Array): void;
}

export class Outbox {
  readonly #init: OutboxInit;
  readonly #writer: SyrupWriter = new SyrupWriter();
  /** Where each message ends. */
  #ends: number[] = [];
  #dropped = new Map<number, number>();
  #answersDropped: number[] = [];
  #isWriting = false;
  #isDue = false;
  #isGcDue = false;
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

  /** Throws a `PassableError` for arguments that cannot cross; then nothing is sent. */
  send<V>(codec: RecordCodec<string, V>, values: V): void {
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
    this.#ends.push(this.#writer.length);
    if (this.#writer.length >= OUTBOX_BYTES_SOON) this.flush();
    else this.#schedule();
  }

  /** The peer may forget that it sent the object at this position, so often. */
  drop(position: number, wireDelta: number): void {
    this.#dropped.set(position, (this.#dropped.get(position) ?? 0) + wireDelta);
    this.#scheduleGc();
  }

  dropAnswer(position: number): void {
    this.#answersDropped.push(position);
    this.#scheduleGc();
  }

  #schedule(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => this.flush());
  }

  #scheduleGc(): void {
    if (this.#isGcDue || this.#isClosed) return;
    this.#isGcDue = true;
    void this.#init.yieldToHost().then(() => this.flush());
  }

  flush(): void {
    this.#isDue = false;
    // A message that is being written is not whole yet.
    if (this.#isClosed || this.#isWriting) return;
    this.#writeDropped();
    if (this.#ends.length === 0) return;
    const ends = this.#ends;
    this.#ends = [];
    const bytes = this.#writer.take();
    let start = 0;
    const messages = ends.map((end) => {
      const message = bytes.subarray(start, end);
      start = end;
      return message;
    });
    const { connection, onWire } = this.#init;
    if (onWire !== undefined) for (const message of messages) onWire(message);
    connection.send(messages);
  }

  #writeDropped(): void {
    this.#isGcDue = false;
    const dropped = [...this.#dropped];
    // Cleared, it would be as long-lived as the session, and what a ChurnMap is against.
    if (dropped.length > 0) this.#dropped = new Map();
    for (let at = 0; at < dropped.length; at += POSITIONS_PER_GC_MESSAGE_MAX) {
      const some = dropped.slice(at, at + POSITIONS_PER_GC_MESSAGE_MAX);
      const exportPositions = some.map(([position]) => position);
      GC_EXPORTS.write(
        this.#writer,
        { exportPositions, wireDeltas: some.map(([, wireDelta]) => wireDelta) },
        NO_REFERENCES,
      );
      this.#ends.push(this.#writer.length);
    }
    const answers = this.#answersDropped;
    if (answers.length === 0) return;
    this.#answersDropped = [];
    for (let at = 0; at < answers.length; at += POSITIONS_PER_GC_MESSAGE_MAX) {
      GC_ANSWERS.write(
        this.#writer,
        { answerPositions: answers.slice(at, at + POSITIONS_PER_GC_MESSAGE_MAX) },
        NO_REFERENCES,
      );
      this.#ends.push(this.#writer.length);
    }
  }

  /** What was sent goes out, and then nothing more. What the peer may forget it forgets with the session. */
  close(): void {
    this.#dropped.clear();
    this.#answersDropped = [];
    this.flush();
    this.#isClosed = true;
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
