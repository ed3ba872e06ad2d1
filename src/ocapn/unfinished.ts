/**
 * Bytes of messages, or of frames, that have not come whole, of all connections together. One connection may hold a whole message; if all did at
 * once, it would be too much.
 *
 * @module
 */

import { OcapnError } from "./errors.ts";

export interface Holder {
  /** It shall hold nothing any more. */
  giveUp(error: OcapnError): void;
}

export class Unfinished {
  readonly #bytesMax: number;
  readonly #held = new Map<Holder, number>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Of all. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * From now on the holder holds so many. Where it is too much together, who holds most gives up: else those who hold much for long could end
   * everybody's connection with the next bytes that come.
   */
  set(holder: Holder, bytes: number): void {
    const before = this.#held.get(holder) ?? 0;
    if (bytes === before) return;
    this.#bytes += bytes - before;
    this.#held.set(holder, bytes);
    while (this.#bytes > this.#bytesMax) this.#giveUpLargest();
  }

  /** It is gone, with what it held. */
  forget(holder: Holder): void {
    this.#bytes -= this.#held.get(holder) ?? 0;
    this.#held.delete(holder);
  }

  #giveUpLargest(): void {
    const [holder, bytes] = [...this.#held].reduce((most, next) => (next[1] > most[1] ? next : most));
    const words = `${this.#bytes} bytes of unfinished messages of all peers, of which at most ${this.#bytesMax} are held`;
    this.set(holder, 0);
    holder.giveUp(new OcapnError("limit", `${words}; ${bytes} of them, the most, came by this connection`));
  }
}
