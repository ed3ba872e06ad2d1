/**
 * Sockets that came to a server and have not got further: so many, for so long. Of more the oldest goes, and not the newest: else silent strangers could
 * keep out everybody, and an honest peer goes on at once.
 *
 * @module
 */
import type { Socket } from "node:net";
import { limits } from "../../ocapn/index.ts";

export class Newcomers {
  readonly #timers = new Map<Socket, NodeJS.Timeout>();

  add(socket: Socket): void {
    const [oldest] = this.#timers.keys();
    if (oldest !== undefined && this.#timers.size >= limits.HANDSHAKES_MAX) this.#turnAway(oldest);
    this.#timers.set(
      socket,
      setTimeout(() => this.#turnAway(socket), limits.CONNECT_TIMEOUT_MS),
    );
    socket.once("close", () => this.release(socket));
  }

  /** It got further. */
  release(socket: Socket): void {
    clearTimeout(this.#timers.get(socket));
    this.#timers.delete(socket);
  }

  turnAwayAll(): void {
    for (const socket of this.#timers.keys()) this.#turnAway(socket);
  }

  #turnAway(socket: Socket): void {
    this.release(socket);
    socket.destroy();
  }
}
