/**
 * Gifts of one giver that lie ready. Receivers may leave them where they are, and that must keep the giver neither from giving more nor others from
 * finding theirs: where there are too many, the oldest of the receiver with most of them goes. Exporters are not told who the receiver is; that of a
 * gift is known here by the first half of its identifier, which the givers of this program make so. Others' identifiers are as good as receivers of
 * their own, and then the oldest of all goes.
 *
 * @module
 */

import { GIFTS_MAX } from "../limits.ts";

/** Of a gift's identifier, for one receiver all the same; and as many more that are no others' own. */
export const GIFT_ID_HALF_BYTES = 16;

/** Of an identifier as a key, which has two digits for a byte. */
const RECEIVER_KEY_LENGTH = 2 * GIFT_ID_HALF_BYTES;

export class GiftShelf {
  /** By receiver, and then by identifier; both the oldest first. */
  readonly #byReceiver = new Map<string, Map<string, object>>();
  /** The last that had to go. */
  readonly #forgotten = new Set<string>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(id: string): boolean {
    return this.#of(id)?.has(id) === true;
  }

  /** Whether it was there and had to go. */
  hasForgotten(id: string): boolean {
    return this.#forgotten.has(id);
  }

  put(id: string, gift: object): void {
    if (this.#size >= GIFTS_MAX) this.#forgetOne();
    this.#forgotten.delete(id);
    const gifts = this.#of(id) ?? new Map<string, object>();
    this.#byReceiver.set(receiverOf(id), gifts.set(id, gift));
    this.#size += 1;
  }

  /** Undefined if it is not there. */
  take(id: string): object | undefined {
    const gifts = this.#of(id);
    const gift = gifts?.get(id);
    if (gifts === undefined || gift === undefined) return undefined;
    gifts.delete(id);
    this.#size -= 1;
    if (gifts.size === 0) this.#byReceiver.delete(receiverOf(id));
    return gift;
  }

  #of(id: string): Map<string, object> | undefined {
    return this.#byReceiver.get(receiverOf(id));
  }

  #forgetOne(): void {
    let most = new Map<string, object>();
    for (const gifts of this.#byReceiver.values()) if (gifts.size > most.size) most = gifts;
    for (const id of most.keys()) {
      this.take(id);
      this.#forgotten.add(id);
      break;
    }
    const [oldest] = this.#forgotten;
    if (this.#forgotten.size > GIFTS_MAX && oldest !== undefined) this.#forgotten.delete(oldest);
  }
}

function receiverOf(id: string): string {
  return id.slice(0, RECEIVER_KEY_LENGTH);
}
