/**
 * A WebSocket, of a browser or of a server, as a connection of a netlayer: first a handshake, then a message in each frame.
 *
 * @module
 */

import { OcapnError } from "../errors.ts";
import { CLOSE_TIMEOUT_MS, CONNECT_TIMEOUT_MS, FRAME_BYTES_MAX, PEER_AUTH_HELD_BYTES_MAX } from "../limits.ts";
import type { Attach, Connection, ConnectionHandler } from "../netlayer.ts";
import type { Holder, Unfinished } from "../unfinished.ts";

/** What the WebSockets of browsers, of Node and of the package `ws` have in common. */
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(bytes: Uint8Array<ArrayBuffer>): void;
  close(): void;
  /** Where there is such: at once, without the protocol's goodbye. */
  terminate?(): void;
  /** Where there is such: what is sent between the two leaves together. */
  cork?(): void;
  uncork?(): void;
  /** Where it can: no more is read, or again. */
  pause?(): void;
  resume?(): void;
  /** Where it can be told: what is held of a frame that has not come whole, as often as that changes. */
  onHeld?(listener: (byteCount: number) => void): void;
  addEventListener(type: "open" | "message" | "error" | "close", listener: (event: WebSocketEvent) => void): void;
}

/** What of the events is of interest. */
export interface WebSocketEvent {
  readonly data?: unknown;
  readonly message?: string;
  readonly code?: number;
}

export interface WebSocketConnectionInit {
  readonly socket: WebSocketLike;
  /** For errors: the peer's URL or address. */
  readonly where: string;
  /** When the socket is open, and with the first frame: gives what to send, if anything. Throws an `OcapnError` for a bad peer. */
  onOpen(): Uint8Array | undefined;
  onFirstFrame(bytes: Uint8Array): Uint8Array | undefined;
  /** After the handshake. */
  readonly attach: Attach;
  readonly remoteDesignator?: string;
  /** What this connection's socket and all others hold. */
  readonly unfinished: Unfinished;
  after(timeoutMs: number, callback: () => void): () => void;
}

const OPEN = 1;
/** Normal, going away, and none. Every other code is a complaint, or stands for a connection that broke. */
const CODES_OF_A_CLEAN_END: readonly unknown[] = [1000, 1001, 1005];

/** At once, where the platform can. */
export function terminate(socket: WebSocketLike): void {
  if (socket.terminate !== undefined) socket.terminate();
  else socket.close();
}

export class WebSocketConnection implements Connection, Holder {
  readonly remoteDesignator?: string;
  readonly #init: WebSocketConnectionInit;
  readonly #attached = Promise.withResolvers<void>();
  readonly #over = Promise.withResolvers<void>();
  #handler: ConnectionHandler | undefined;
  #isAttached = false;
  #isClosing = false;
  #isOver = false;
  #stopTimer: () => void;
  #complaint: string | undefined;

  constructor(init: WebSocketConnectionInit) {
    this.#init = init;
    if (init.remoteDesignator !== undefined) this.remoteDesignator = init.remoteDesignator;
    this.#attached.promise.catch(() => {});
    this.#stopTimer = init.after(CONNECT_TIMEOUT_MS, () => {
      this.fail(new OcapnError("handshake", `${init.where}: no handshake within ${CONNECT_TIMEOUT_MS} ms`));
    });
    const { socket } = init;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => this.#onOpen());
    socket.addEventListener("message", ({ data }) => this.#onMessage(data));
    socket.onHeld?.((byteCount) => this.#onHeld(byteCount));
    socket.addEventListener("error", ({ message }) => {
      this.#complaint ??= message;
    });
    socket.addEventListener("close", ({ code }) => this.#onClose(code));
    if (socket.readyState === OPEN) this.#onOpen();
  }

  /** Resolves when the connection was attached; rejects when it never will be. */
  get attached(): Promise<void> {
    return this.#attached.promise;
  }

  /** Resolves when it is at its end. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** Past its handshake, and not on its way out. */
  get isInUse(): boolean {
    return this.#isAttached && !this.#isClosing;
  }

  get bufferedBytes(): number {
    return this.#isOver ? 0 : this.#init.socket.bufferedAmount;
  }

  /** Each in a frame of its own: Goblins reads no more than one message of a frame. */
  send(messages: readonly Uint8Array[]): void {
    if (this.#isClosing) return;
    const { socket } = this.#init;
    if (messages.length > 1) socket.cork?.();
    for (const message of messages) if (message.length > 0) this.#send(message);
    if (messages.length > 1) socket.uncork?.();
  }

  close(): void {
    if (this.#isClosing) return;
    if (!this.#isAttached) {
      this.fail(new OcapnError("closed", `${this.#init.where}: closed in the handshake`));
      return;
    }
    this.#isClosing = true;
    this.resume();
    this.#init.socket.close();
    this.#stopTimer();
    // A peer that does not say goodbye, or does not read, must not keep the connection for ever.
    this.#stopTimer = this.#init.after(CLOSE_TIMEOUT_MS, () => {
      this.#end(undefined);
      this.#init.socket.terminate?.();
    });
  }

  pause(): void {
    if (!this.#isClosing) this.#init.socket.pause?.();
  }

  resume(): void {
    this.#init.socket.resume?.();
  }

  /** Ends it at once. */
  fail(error: Error): void {
    this.#end(error);
    terminate(this.#init.socket);
  }

  giveUp(error: OcapnError): void {
    this.fail(new OcapnError(error.code, `${this.#init.where}: ${error.message}`));
  }

  /** A frame of the handshake is short. Whoever connects may make this side hold more only after it. */
  #onHeld(byteCount: number): void {
    if (this.#isOver) return;
    if (this.#isAttached || byteCount <= PEER_AUTH_HELD_BYTES_MAX) this.#init.unfinished.set(this, byteCount);
    else this.fail(new OcapnError("limit", `${this.#init.where}: a frame of the handshake that is too long`));
  }

  #send(bytes: Uint8Array): void {
    this.#init.socket.send(bytes as Uint8Array<ArrayBuffer>);
  }

  #onOpen(): void {
    if (!this.#isOver) this.#shake(() => this.#init.onOpen());
  }

  #onMessage(data: unknown): void {
    if (this.#isOver) return;
    const { where } = this.#init;
    if (!(data instanceof ArrayBuffer)) {
      this.fail(new OcapnError("malformed", `${where}: a frame that is text`));
    } else if (data.byteLength > FRAME_BYTES_MAX) {
      this.fail(new OcapnError("limit", `${where}: a frame of more than ${FRAME_BYTES_MAX} bytes`));
    } else if (!this.#isAttached) {
      this.#start(new Uint8Array(data));
    } else if (data.byteLength > 0) {
      this.#handler?.onData(new Uint8Array(data));
    }
  }

  #start(firstFrame: Uint8Array): void {
    if (!this.#shake(() => this.#init.onFirstFrame(firstFrame))) return;
    this.#stopTimer();
    this.#isAttached = true;
    this.#handler = this.#init.attach(this);
    this.#attached.resolve();
  }

  /** Whether the peer does as it should. */
  #shake(step: () => Uint8Array | undefined): boolean {
    try {
      const reply = step();
      if (reply !== undefined) this.#send(reply);
      return true;
    } catch (error) {
      this.fail(error as Error);
      return false;
    }
  }

  #onClose(code: number | undefined): void {
    const isClean = this.#complaint === undefined && CODES_OF_A_CLEAN_END.includes(code);
    const reason = this.#complaint ?? `code ${code}`;
    this.#end(isClean ? undefined : new OcapnError("disconnected", `${this.#init.where}: broken off: ${reason}`));
  }

  #end(error: Error | undefined): void {
    if (this.#isOver) return;
    this.#isClosing = true;
    this.#isOver = true;
    this.#stopTimer();
    this.#init.unfinished.forget(this);
    this.resume();
    if (this.#handler !== undefined) this.#handler.onClose(error);
    else this.#attached.reject(error ?? new OcapnError("disconnected", `${this.#init.where}: closed in the handshake`));
    this.#over.resolve();
  }
}
