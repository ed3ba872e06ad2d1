/**
 * Gifts at their exporter (CapTP draft, Third Party Handoffs): deposited by a gifter, withdrawn by the receiver it named, in whichever order. A
 * gift outlives its gifter's session; who waits for one that can not come any more learns it.
 *
 * @module
 */

import { bytesKey } from "../captp/identity.ts";
import { OcapnError } from "../errors.ts";
import { GIFT_ID_BYTES_MAX, GIFTS_MAX, GIFTS_ORPHANED_MAX } from "../limits.ts";

interface Waiting {
  resolve(gift: object): void;
  reject(error: OcapnError): void;
}

/** What is known of one gifter's session. */
interface Account {
  /** Gifts are checked against it also after the session. */
  readonly gifterKey: Uint8Array;
  readonly gifts: Map<string, object>;
  readonly waiting: Map<string, Waiting>;
}

export class Gifts {
  readonly #open = new Map<string, Account>();
  /** Of sessions that are over; the oldest first. */
  readonly #orphaned = new Map<string, Account>();

  open(session: Uint8Array, gifterKey: Uint8Array): void {
    this.#open.set(bytesKey(session), { gifterKey, gifts: new Map(), waiting: new Map() });
  }

  close(session: Uint8Array): void {
    const key = bytesKey(session);
    const account = this.#open.get(key);
    if (account === undefined) return;
    this.#open.delete(key);
    for (const { reject } of account.waiting.values()) {
      reject(new OcapnError("handoff", "the peer that promised this object went away before it handed it over"));
    }
    account.waiting.clear();
    if (account.gifts.size > 0) this.#orphaned.set(key, account);
    let left = [...this.#orphaned.values()].reduce((sum, { gifts }) => sum + gifts.size, 0);
    for (const [oldest, { gifts }] of this.#orphaned) {
      if (left <= GIFTS_ORPHANED_MAX) break;
      this.#orphaned.delete(oldest);
      left -= gifts.size;
    }
  }

  /** Undefined for a session that this peer never had, or has forgotten. */
  gifterKey(session: Uint8Array): Uint8Array | undefined {
    return this.#find(session)?.gifterKey;
  }

  #find(session: Uint8Array): Account | undefined {
    const key = bytesKey(session);
    return this.#open.get(key) ?? this.#orphaned.get(key);
  }

  deposit(session: Uint8Array, giftId: Uint8Array, gift: object): void {
    const account = this.#open.get(bytesKey(session));
    if (account === undefined) return;
    const id = giftKey(giftId);
    const waiting = account.waiting.get(id);
    if (waiting !== undefined) {
      account.waiting.delete(id);
      waiting.resolve(gift);
      return;
    }
    if (account.gifts.has(id))
      throw new OcapnError("handoff", "deposit-gift: there is a gift of that identifier already");
    assertRoom(account);
    account.gifts.set(id, gift);
  }

  /** The gift, or a promise for it. Whoever asks was checked to be the one whom the gifter named. */
  withdraw(session: Uint8Array, giftId: Uint8Array): object | Promise<object> {
    const account = this.#find(session);
    const id = giftKey(giftId);
    const gift = account?.gifts.get(id);
    if (account !== undefined && gift !== undefined) {
      account.gifts.delete(id);
      if (account.gifts.size === 0) this.#orphaned.delete(bytesKey(session));
      return gift;
    }
    if (account === undefined || !this.#open.has(bytesKey(session))) {
      throw new OcapnError("handoff", "withdraw-gift: there is no such gift, and its giver is gone");
    }
    if (account.waiting.has(id)) throw new OcapnError("handoff", "withdraw-gift: somebody waits for that gift already");
    assertRoom(account);
    return new Promise((resolve, reject) => account.waiting.set(id, { resolve, reject }));
  }

  /** Gifts and those who wait for one. */
  get size(): number {
    return [...this.#open.values(), ...this.#orphaned.values()].reduce(
      (sum, { gifts, waiting }) => sum + gifts.size + waiting.size,
      0,
    );
  }
}

function giftKey(giftId: Uint8Array): string {
  if (giftId.length > GIFT_ID_BYTES_MAX) {
    throw new OcapnError("limit", `gift identifier: expected at most ${GIFT_ID_BYTES_MAX} bytes, got ${giftId.length}`);
  }
  return bytesKey(giftId);
}

function assertRoom({ gifts, waiting }: Account): void {
  if (gifts.size + waiting.size >= GIFTS_MAX) {
    throw new OcapnError("limit", `gifts: ${GIFTS_MAX} of this peer are deposited or asked for, which is the limit`);
  }
}
