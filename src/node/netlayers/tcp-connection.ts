/**
 * A TCP socket as a connection of a netlayer.
 *
 * @module
 */
import type { Socket } from "node:net";
import {
  type Attach,
  type Connection,
  frameMessages,
  joinMessages,
  limits,
  makeDeframer,
  OcapnError,
} from "../../ocapn/index.ts";
import { Awake } from "./awake.ts";

export class TcpConnection implements Connection {
  readonly #socket: Socket;
  readonly #isPrefixed: boolean;
  readonly #awake = new Awake();
  readonly #closed = Promise.withResolvers<void>();

  constructor(socket: Socket, isPrefixed: boolean) {
    this.#socket = socket;
    this.#isPrefixed = isPrefixed;
  }

  /** Resolves after `onClose`. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Not on its way out. */
  get isInUse(): boolean {
    return this.#socket.writable;
  }

  start(attach: Attach): void {
    const socket = this.#socket;
    const where = `${socket.remoteAddress}:${socket.remotePort}`;
    const handler = attach(this);
    const deframe = this.#isPrefixed ? makeDeframer() : undefined;
    let failure: Error | undefined;
    socket.on("data", (chunk: Buffer) => {
      // Not as a Buffer: its `slice` shares memory, that of other arrays copies.
      let bytes: Uint8Array = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      try {
        if (deframe !== undefined) bytes = deframe(bytes);
      } catch (error) {
        this.fail(error as OcapnError);
        return;
      }
      if (bytes.length > 0) handler.onData(bytes);
    });
    socket.on("error", (cause: NodeJS.ErrnoException) => {
      const reason = cause instanceof OcapnError ? cause.message : (cause.code ?? cause.message);
      failure = new OcapnError("disconnected", `tcp: the connection with ${where} broke: ${reason}`, { cause });
    });
    // The peer has closed. Node closes this side as soon as all is written.
    socket.on("end", () => this.#destroyLater());
    socket.on("close", () => {
      this.#awake.end();
      handler.onClose(failure);
      this.#closed.resolve();
    });
  }

  send(messages: readonly Uint8Array[]): void {
    if (messages.length === 0 || !this.#socket.writable) return;
    this.#socket.write(this.#isPrefixed ? frameMessages(messages) : joinMessages(messages));
  }

  pause(): void {
    if (!this.#socket.writable) return;
    this.#socket.pause();
    this.#awake.begin();
  }

  resume(): void {
    this.#socket.resume();
    this.#awake.end();
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  close(): void {
    if (!this.#socket.writable) return;
    this.resume();
    this.#socket.end();
    this.#destroyLater();
  }

  /** Ends it at once. */
  fail(error: OcapnError): void {
    this.#socket.destroy(error);
  }

  /** A peer that does not read, or does not close, must not keep the connection for ever. */
  #destroyLater(): void {
    const timer = setTimeout(() => this.#socket.destroy(), limits.CLOSE_TIMEOUT_MS);
    this.#socket.once("close", () => clearTimeout(timer));
  }
}
