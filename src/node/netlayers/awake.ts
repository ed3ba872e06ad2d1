/**
 * Keeps the program running while a socket is paused: Node ends one that has nothing else to do, and a socket that is not read is nothing to it.
 *
 * @module
 */

const LONG_MS = 1_000_000_000;

export class Awake {
  #timer: NodeJS.Timeout | undefined;

  begin(): void {
    this.#timer ??= setInterval(() => {}, LONG_MS);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
