/**
 * A libp2p stream as a connection of the netlayer: batches what is sent, respects backpressure, ends with both sides.
 *
 * @module
 */

import type { Stream, StreamCloseEvent, StreamMessageEvent } from "@libp2p/interface";
import { OcapnError } from "../../errors.ts";
import type { Attach, Connection, ConnectionHandler } from "../../netlayer.ts";
import { CHUNK_BYTES_MAX } from "./limits.ts";
import { SendQueue } from "./send-queue.ts";

export interface AttachedStream extends Connection {
  readonly remoteDesignator: string;
  /** Resolves when both sides have ended it, so that all that was sent has arrived; or when it broke. */
  readonly gone: Promise<void>;
}

/** Takes the stream over: nobody else may read, write or close it. */
export function attachStream(init: {
  readonly stream: Stream;
  /** Proven by the connection that carries the stream. */
  readonly remoteDesignator: string;
  readonly closeTimeoutMs: number;
  readonly attach: Attach;
}): AttachedStream {
  const connection = new StreamConnection(init);
  connection.start(init.attach(connection));
  return connection;
}

class StreamConnection implements AttachedStream {
  readonly remoteDesignator: string;
  readonly #stream: Stream;
  readonly #closeTimeoutMs: number;
  readonly #queue = new SendQueue();
  readonly #gone = Promise.withResolvers<void>();
  #handler: ConnectionHandler | undefined;
  #state: "open" | "closing" | "ended" = "open";
  #isPumpDue = false;
  #isStreamClosing = false;

  constructor(init: { readonly stream: Stream; readonly remoteDesignator: string; readonly closeTimeoutMs: number }) {
    this.#stream = init.stream;
    this.remoteDesignator = init.remoteDesignator;
    this.#closeTimeoutMs = init.closeTimeoutMs;
  }

  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  get bufferedBytes(): number {
    return this.#queue.bytes + this.#stream.writeBufferLength;
  }

  start(handler: ConnectionHandler): void {
    const stream = this.#stream;
    this.#handler = handler;
    stream.addEventListener("message", (event) => this.#onMessage(event));
    // Not at once: libp2p first sends what it holds itself, and after many a drain it holds some of it still.
    stream.addEventListener("drain", () => this.#schedulePump());
    stream.addEventListener("remoteCloseWrite", () => this.#onRemoteEnd());
    stream.addEventListener("close", (event) => this.#onStreamClose(event));
    // It may have ended while its protocol was agreed on, and does not say so again.
    if (stream.status !== "open") queueMicrotask(() => this.#onStreamGone(this.#broken()));
    else if (stream.remoteWriteStatus === "closed") this.#onRemoteEnd();
  }

  send(messages: readonly Uint8Array[]): void {
    if (this.#state !== "open") return;
    this.#queue.add(messages);
    this.#schedulePump();
  }

  close(): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.resume();
    this.#schedulePump();
    this.#setDeadline();
  }

  /** What comes then is at most the window, which libp2p keeps. */
  pause(): void {
    if (this.#state === "open" && this.#stream.readStatus === "readable") this.#stream.pause();
  }

  resume(): void {
    if (this.#stream.readStatus !== "paused") return;
    try {
      this.#stream.resume();
    } catch {
      // The stream closed under our hands: its event says why.
    }
  }

  /** A peer that neither reads nor ends its side must not hold us. */
  #setDeadline(): void {
    const deadline = AbortSignal.timeout(this.#closeTimeoutMs);
    const giveUp = (): void => this.#stream.abort(new Error("the peer did not end the connection in time"));
    deadline.addEventListener("abort", giveUp);
    this.#stream.addEventListener("close", () => deadline.removeEventListener("abort", giveUp));
  }

  /** What is sent in one go leaves in one go. */
  #schedulePump(): void {
    if (this.#isPumpDue) return;
    this.#isPumpDue = true;
    queueMicrotask(() => {
      this.#isPumpDue = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#state === "ended") return;
    try {
      while (this.#queue.bytes > 0 && !this.#stream.writableNeedsDrain) {
        this.#stream.send(this.#queue.take(CHUNK_BYTES_MAX));
      }
    } catch {
      // The stream closed under our hands: its event says why.
      return;
    }
    if (this.#state === "closing" && this.#queue.bytes === 0) this.#closeStream();
  }

  #onMessage(event: StreamMessageEvent): void {
    if (this.#state !== "ended") this.#handler?.onData(event.data.subarray());
  }

  #onRemoteEnd(): void {
    this.resume();
    // The frame that ends a stream may carry data, which is handed out only after the event.
    queueMicrotask(() => {
      if (this.#state === "open") this.#setDeadline();
      this.#queue.clear();
      this.#closeStream();
      this.#end();
    });
  }

  /** Ends our side. The stream is closed as soon as the peer has ended its own. */
  #closeStream(): void {
    if (this.#isStreamClosing) return;
    this.#isStreamClosing = true;
    this.#stream.close().then(
      () => this.#end(),
      () => this.#stream.abort(new Error("the stream could not be closed")),
    );
  }

  #onStreamClose(event: StreamCloseEvent): void {
    this.resume();
    const isComplete = this.#isStreamClosing && this.#stream.writeBufferLength === 0 && event.error === undefined;
    this.#onStreamGone(isComplete ? undefined : this.#broken(event.error));
  }

  #onStreamGone(error?: OcapnError): void {
    this.#end(error);
    this.#gone.resolve();
  }

  #broken(cause?: Error): OcapnError {
    const reason = cause?.message ?? "the peer is gone";
    return new OcapnError("disconnected", `libp2p connection to ${this.remoteDesignator}: ${reason}`, { cause });
  }

  #end(error?: Error): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#queue.clear();
    this.#handler?.onClose(error);
  }
}
