/**
 * One end of a connection of the network in memory, with what it has sent that has not arrived at the other end yet.
 *
 * @module
 */

import type { Connection, ConnectionHandler } from "../netlayer.ts";
import { joinMessages } from "./framing.ts";

/** What arrives at the other end: first that somebody dials or has accepted, then data, then the end. */
export type Arrival =
  | { readonly kind: "dial" | "accept" }
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "end"; readonly error: Error | undefined };

/** What has arrived is thrown away so many at a time: one by one it would cost as many steps as there are still under way. */
const ARRIVED_KEPT_MAX = 1_024;

export interface MemoryEndInit {
  readonly connection: number;
  readonly name: string;
  readonly remoteDesignator: string;
  /** It can carry messages. Gives the reason instead if nobody wants it. */
  attach(end: MemoryEnd): ConnectionHandler | Error;
  /** It is over and was never attached. */
  onRefused(reason: Error | undefined): void;
  /** Whether there is something to arrive may have changed. */
  onSent(end: MemoryEnd): void;
  /** Nothing arrives here any more. */
  onGone(end: MemoryEnd): void;
}

export class MemoryEnd implements Connection {
  readonly #init: MemoryEndInit;
  readonly remoteDesignator: string;
  /** Where the network keeps it among those of which something can arrive. */
  place = -1;
  #other!: MemoryEnd;
  #handler: ConnectionHandler | undefined;
  /** Nothing is sent any more; nothing arrives any more. */
  #hasEnded = false;
  #isGone = false;
  #isPaused = false;
  /** From `#next` on. */
  #sent: Arrival[] = [];
  #next = 0;
  #bufferedBytes = 0;

  constructor(init: MemoryEndInit) {
    this.#init = init;
    this.remoteDesignator = init.remoteDesignator;
  }

  static join(one: MemoryEnd, other: MemoryEnd): void {
    one.#other = other;
    other.#other = one;
  }

  get name(): string {
    return this.#init.name;
  }

  get connection(): number {
    return this.#init.connection;
  }

  get next(): Arrival | undefined {
    return this.#sent[this.#next];
  }

  /** Whether the next can arrive: the other end may be paused. */
  get isReady(): boolean {
    const { next } = this;
    return next !== undefined && !(next.kind === "data" && this.#other.#isPaused);
  }

  /** Of both ends. */
  get isOver(): boolean {
    return this.#isGone && this.#other.#isGone;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  dial(): void {
    this.#push({ kind: "dial" });
  }

  send(messages: readonly Uint8Array[]): void {
    if (this.#hasEnded) return;
    const bytes = joinMessages(messages);
    if (bytes.length === 0) return;
    this.#bufferedBytes += bytes.length;
    this.#push({ kind: "data", bytes });
  }

  close(): void {
    this.resume();
    this.#end(undefined);
  }

  pause(): void {
    this.#setPaused(!this.#hasEnded);
  }

  resume(): void {
    this.#setPaused(false);
  }

  #setPaused(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    this.#init.onSent(this.#other);
  }

  /** Lets the next thing arrive at the other end; of data so many bytes as `splitAt` says. */
  arrive(splitAt?: (byteCount: number) => number): void {
    const { next } = this;
    if (next === undefined) throw new RangeError("arrive: expected something that has not arrived yet");
    if (next.kind !== "data") {
      this.#shift();
      this.#other.#receive(next);
      return;
    }
    const { bytes } = next;
    const byteCount = Math.max(1, Math.min(splitAt?.(bytes.length) ?? bytes.length, bytes.length));
    this.#bufferedBytes -= byteCount;
    if (byteCount === bytes.length) this.#shift();
    else this.#sent[this.#next] = { kind: "data", bytes: bytes.subarray(byteCount) };
    this.#other.#handler?.onData(bytes.subarray(0, byteCount));
  }

  /** What is under way is lost, in both directions; both ends learn of it when that arrives. */
  cut(error: Error): void {
    for (const end of [this, this.#other]) {
      end.#drop();
      end.#breakOff(error);
    }
  }

  /** Its handler is not called again. The other end learns of it like of a cut. */
  crash(error: Error): void {
    this.#handler = undefined;
    this.#other.#drop();
    this.#refuse(error);
  }

  #receive(arrival: Exclude<Arrival, { kind: "data" }>): void {
    if (arrival.kind === "end") {
      this.#isGone = true;
      this.#end(undefined);
      if (this.#handler === undefined) this.#init.onRefused(arrival.error);
      else this.#handler.onClose(arrival.error);
      this.#init.onGone(this);
      return;
    }
    if (arrival.kind === "dial") this.#push({ kind: "accept" });
    else if (this.#hasEnded) return; // It was closed while it dialled: the end follows.
    const handler = this.#init.attach(this);
    if (handler instanceof Error) this.#refuse(handler);
    else this.#handler = handler;
  }

  #refuse(reason: Error): void {
    this.#isGone = true;
    this.#drop();
    this.#breakOff(reason);
    this.#init.onGone(this);
  }

  #end(error: Error | undefined): void {
    if (!this.#hasEnded) this.#breakOff(error);
  }

  #breakOff(error: Error | undefined): void {
    this.#hasEnded = true;
    if (!this.#other.#isGone) this.#push({ kind: "end", error });
  }

  #push(arrival: Arrival): void {
    this.#sent.push(arrival);
    this.#init.onSent(this);
  }

  #shift(): void {
    this.#next += 1;
    if (this.#next === this.#sent.length) this.#clear();
    else if (this.#next === ARRIVED_KEPT_MAX) {
      this.#sent.splice(0, this.#next);
      this.#next = 0;
    }
    this.#init.onSent(this);
  }

  #drop(): void {
    this.#clear();
    this.#bufferedBytes = 0;
    this.#init.onSent(this);
  }

  #clear(): void {
    this.#sent = [];
    this.#next = 0;
  }
}
