/**
 * One end of a message channel as a connection of a netlayer.
 *
 * @module
 */

import { OcapnError } from "../errors.ts";
import type { Attach, Connection, ConnectionHandler } from "../netlayer.ts";

/** What the message ports of browsers and of Node have in common. */
export interface MessagePortLike {
  postMessage(message: unknown, transfer: readonly object[]): void;
  addEventListener(
    type: "message" | "messageerror" | "close",
    listener: (event: { readonly data?: unknown }) => void,
  ): void;
  start(): void;
  close(): void;
}

/**
 * What goes through a channel: first `open` or `refused` by who was dialled, then bytes, each of which is answered by their number when
 * it was taken, and `end` by both.
 */
type Frame =
  | Uint8Array<ArrayBuffer>
  | { readonly type: "open" | "end" }
  | { readonly type: "refused"; readonly reason: string }
  | { readonly type: "taken"; readonly byteCount: number };

export function refuse(port: MessagePortLike, reason: string): void {
  port.postMessage({ type: "refused", reason } satisfies Frame, []);
  port.close();
}

export interface MessagePortConnectionInit {
  readonly port: MessagePortLike;
  /** Vouched for by the hub. */
  readonly remoteDesignator: string;
  readonly attach: Attach;
  readonly isDialler: boolean;
}

export class MessagePortConnection implements Connection {
  readonly #init: MessagePortConnectionInit;
  readonly remoteDesignator: string;
  readonly #attached = Promise.withResolvers<void>();
  readonly #over = Promise.withResolvers<void>();
  #handler: ConnectionHandler | undefined;
  #hasEnded = false;
  #isOver = false;
  #bufferedBytes = 0;

  constructor(init: MessagePortConnectionInit) {
    this.#init = init;
    this.remoteDesignator = init.remoteDesignator;
    this.#attached.promise.catch(() => {});
    const { port } = init;
    port.addEventListener("message", ({ data }) => this.#receive(data));
    port.addEventListener("messageerror", () => this.fail("a message that cannot be read here"));
    // Not in all browsers; elsewhere only the hub tells that a worker is gone.
    port.addEventListener("close", () => this.fail("the other side is gone"));
    port.start();
    if (!init.isDialler) {
      this.#post({ type: "open" });
      this.#start();
    }
  }

  /** Resolves when the connection was attached; rejects when it never will be. */
  get attached(): Promise<void> {
    return this.#attached.promise;
  }

  /** Resolves when it is at its end. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  send(messages: readonly Uint8Array[]): void {
    const byteCount = messages.reduce((sum, { length }) => sum + length, 0);
    if (this.#hasEnded || byteCount === 0) return;
    // A copy always: a view would take the whole buffer along, with what else is in it.
    const bytes = new Uint8Array(byteCount);
    let at = 0;
    for (const message of messages) {
      bytes.set(message, at);
      at += message.length;
    }
    this.#bufferedBytes += byteCount;
    this.#init.port.postMessage(bytes, [bytes.buffer]);
  }

  close(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#post({ type: "end" });
  }

  /** Ends it at once, with an error. */
  fail(why: string): void {
    this.#end(new OcapnError("disconnected", `message-port: connection with ${this.remoteDesignator}: ${why}`));
  }

  #post(frame: Frame): void {
    this.#init.port.postMessage(frame, []);
  }

  #start(): void {
    this.#handler = this.#init.attach(this);
    this.#attached.resolve();
  }

  #receive(data: unknown): void {
    if (this.#isOver) return;
    const isOpen = this.#handler !== undefined;
    const frame = data as Frame | null | undefined;
    if (frame instanceof Uint8Array && !(frame.buffer instanceof ArrayBuffer)) {
      this.fail("bytes that the other side can still change");
    } else if (frame instanceof Uint8Array && isOpen) {
      this.#post({ type: "taken", byteCount: frame.length });
      this.#handler?.onData(frame);
    } else if (frame instanceof Uint8Array) {
      this.fail("bytes before it was open");
    } else if (frame?.type === "open" && !isOpen) {
      // Unless it was closed in the meantime: then the end follows.
      if (!this.#hasEnded) this.#start();
    } else if (frame?.type === "refused" && !isOpen) {
      this.fail(typeof frame.reason === "string" ? frame.reason : "it was refused");
    } else if (frame?.type === "taken" && Number.isSafeInteger(frame.byteCount) && frame.byteCount > 0) {
      this.#bufferedBytes -= Math.min(this.#bufferedBytes, frame.byteCount);
    } else if (frame?.type === "end") {
      this.close();
      this.#end(undefined);
    } else {
      this.fail("a message that is none of this protocol");
    }
  }

  #end(error: Error | undefined): void {
    if (this.#isOver) return;
    this.#hasEnded = true;
    this.#isOver = true;
    this.#bufferedBytes = 0;
    if (this.#handler !== undefined) this.#handler.onClose(error);
    else this.#attached.reject(error ?? new OcapnError("disconnected", "message-port: closed"));
    this.#init.port.close();
    this.#over.resolve();
  }
}
