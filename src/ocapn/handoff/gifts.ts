/**
 * Gifts at their exporter (CapTP draft, Third Party Handoffs): deposited by a gifter, withdrawn by the receiver it named, in whichever order. A
 * gift outlives its gifter's session; who waits for one that can not come any more learns it.
 *
 * @module
 */

import { bytesKey } from "../captp/identity.ts";
import { OcapnError } from "../errors.ts";
import { GIFT_ID_BYTES_MAX, GIFTS_MAX, GIFTS_ORPHANED_MAX } from "../limits.ts";
import { GiftShelf } from "./gift-shelf.ts";

interface Waiting {
  /** The session of whoever waits. */
  readonly receiver: string;
  resolve(gift: object): void;
  reject(error: OcapnError): void;
}

/** What is known of one gifter's session. */
interface Account {
  /** Gifts are checked against it also after the session. */
  readonly gifterKey: Uint8Array;
  readonly gifts: GiftShelf;
  readonly waiting: Map<string, Waiting>;
  /** How many of those each receiver's session waits for: none can keep another one from waiting. */
  readonly waitsOf: Map<string, number>;
}

export class Gifts {
  readonly #open = new Map<string, Account>();
  /** Of sessions that are over; the oldest first. */
  readonly #orphaned = new Map<string, Account>();

  open(session: Uint8Array, gifterKey: Uint8Array): void {
    this.#open.set(bytesKey(session), { gifterKey, gifts: new GiftShelf(), waiting: new Map(), waitsOf: new Map() });
  }

  close(session: Uint8Array): void {
    const key = bytesKey(session);
    const account = this.#open.get(key);
    if (account === undefined) return;
    this.#open.delete(key);
    for (const { reject } of account.waiting.values()) {
      reject(new OcapnError("handoff", "the peer that promised this object went away before it handed it over"));
    }
    for (const { waiting, waitsOf } of this.#open.values()) {
      if (!waitsOf.delete(key)) continue;
      for (const [id, { receiver }] of waiting) if (receiver === key) waiting.delete(id);
    }
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
      stopWaiting(account, id, waiting);
      waiting.resolve(gift);
      return;
    }
    if (account.gifts.has(id))
      throw new OcapnError("handoff", "deposit-gift: there is a gift of that identifier already");
    account.gifts.put(id, gift);
  }

  /** The gift, or a promise for it. Whoever asks was checked to be the one whom the gifter named. */
  withdraw(wanted: {
    readonly session: Uint8Array;
    readonly giftId: Uint8Array;
    /** The session of whoever asks; if it ends, nobody waits any more. */
    readonly receiver: Uint8Array;
  }): object | Promise<object> {
    const { session, giftId } = wanted;
    const account = this.#find(session);
    const id = giftKey(giftId);
    const gift = account?.gifts.take(id);
    if (account !== undefined && gift !== undefined) {
      if (account.gifts.size === 0) this.#orphaned.delete(bytesKey(session));
      return gift;
    }
    if (account === undefined || !this.#open.has(bytesKey(session))) {
      throw new OcapnError("handoff", "withdraw-gift: there is no such gift, and its giver is gone");
    }
    if (account.gifts.hasForgotten(id)) {
      throw new OcapnError("handoff", "withdraw-gift: it lay here for too long, and had to make room for others");
    }
    if (account.waiting.has(id)) throw new OcapnError("handoff", "withdraw-gift: somebody waits for that gift already");
    return wait(account, id, bytesKey(wanted.receiver));
  }

  /** Of a gifter's session: gifts that lie there, and those that are waited for. */
  countOf(session: Uint8Array): number {
    const account = this.#find(session);
    return account === undefined ? 0 : account.gifts.size + account.waiting.size;
  }
}

function wait(account: Account, id: string, receiver: string): Promise<object> {
  const waits = account.waitsOf.get(receiver) ?? 0;
  if (waits >= GIFTS_MAX) {
    throw new OcapnError("limit", `withdraw-gift: ${waits} gifts of its giver are waited for, which is the limit`);
  }
  account.waitsOf.set(receiver, waits + 1);
  return new Promise((resolve, reject) => account.waiting.set(id, { receiver, resolve, reject }));
}

function stopWaiting(account: Account, id: string, { receiver }: Waiting): void {
  account.waiting.delete(id);
  const waits = (account.waitsOf.get(receiver) ?? 0) - 1;
  if (waits > 0) account.waitsOf.set(receiver, waits);
  else account.waitsOf.delete(receiver);
}

function giftKey(giftId: Uint8Array): string {
  if (giftId.length > GIFT_ID_BYTES_MAX) {
    throw new OcapnError("limit", `gift identifier: expected at most ${GIFT_ID_BYTES_MAX} bytes, got ${giftId.length}`);
  }
  return bytesKey(giftId);
}
