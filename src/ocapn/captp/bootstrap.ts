/**
 * The object at position 0, by which a peer gets its first references (CapTP draft, The bootstrap Object).
 *
 * @module
 */

import { Far, isTarget } from "../../passable/index.ts";
import { OcapnError } from "../errors.ts";
import { handlerOf } from "../eventual/handler.ts";
import { checkSignedReceive } from "../handoff/certificates.ts";
import { HandoffCounts } from "../handoff/counts.ts";
import { SignedReceiveValue } from "../handoff/envelope.ts";
import type { Gifts } from "../handoff/gifts.ts";
import type { Ed25519 } from "../keys.ts";
import { Presence } from "./import-table.ts";
import type { Served } from "./served.ts";
import type { Session } from "./session.ts";

export interface BootstrapInit {
  readonly session: Session;
  readonly gifts: Gifts;
  readonly ed25519: Ed25519;
  lookUp(swissNumber: Uint8Array): Served | undefined;
}

export function makeBootstrap(init: BootstrapInit): object {
  const { session, gifts } = init;
  const counts = new HandoffCounts();
  /** Only what this side has given away can be handed on through it: neither data, nor an object of the gifter's own. */
  const asGift = (value: unknown): object => {
    const target = isTarget(value) ? (value as object) : undefined;
    if (target === undefined || isFrom(session, target)) {
      throw new OcapnError("handoff", "deposit-gift: expected an object of this peer's");
    }
    // It stays as revocable as it is for the giver.
    return session.exports.servedOf(target) ?? target;
  };
  return Far("bootstrap", {
    fetch(swissNumber: unknown): object {
      const served = swissNumber instanceof Uint8Array ? init.lookUp(swissNumber) : undefined;
      if (served === undefined)
        throw new OcapnError("unknown-object", "fetch: no object is served under that swiss number");
      return served;
    },
    "deposit-gift": (giftId: unknown, gift: unknown): void => {
      if (!(giftId instanceof Uint8Array))
        throw new OcapnError("handoff", "deposit-gift: expected a gift identifier in bytes");
      gifts.deposit(session.init.id, giftId, isLocalPromise(gift) ? promised(gift, asGift) : asGift(gift));
    },
    "withdraw-gift": (value: unknown): unknown => {
      if (!(value instanceof SignedReceiveValue))
        throw new OcapnError("handoff", "withdraw-gift: expected a certificate");
      const { certificate } = value;
      const { session: gifterSession, giftId } = certificate.signed.signedGive.signed;
      const gifterKey = gifts.gifterKey(gifterSession);
      if (gifterKey === undefined)
        throw new OcapnError("handoff", "withdraw-gift: this peer has no session with the giver");
      checkSignedReceive({ ed25519: init.ed25519, receiver: session, certificate, gifterKey });
      counts.use(certificate.signed.handoffCount);
      return gifts.withdraw({ session: gifterSession, giftId, receiver: session.init.id });
    },
  });
}

/** Gifters may hand on an answer that this side owes them still. */
function isLocalPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise && handlerOf(value) === undefined;
}

function promised(gift: Promise<unknown>, asGift: (value: unknown) => object): Promise<object> {
  const promise = gift.then(asGift);
  // Whoever withdraws it learns of a failure.
  promise.catch(() => {});
  return promise;
}

function isFrom(session: Session, value: object): boolean {
  const handler = handlerOf(value);
  return handler instanceof Presence && handler.sender === session;
}
