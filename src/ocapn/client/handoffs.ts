/**
 * Handing objects over between sessions (CapTP draft, Third Party Handoffs): this peer as gifter and as receiver. As exporter it acts through its
 * bootstrap object.
 *
 * @module
 */

import type { SyrupWriter } from "../../passable/index.ts";
import { sameBytes } from "../captp/identity.ts";
import type { Presence } from "../captp/import-table.ts";
import { Session } from "../captp/session.ts";
import { giveToSign, NO_REFERENCES, SIGNED_GIVE, type SignedGive } from "../codecs/descriptors.ts";
import { OcapnError } from "../errors.ts";
import { makeSignedGive, makeSignedReceive } from "../handoff/certificates.ts";
import { SignedReceiveValue } from "../handoff/envelope.ts";
import { GIFT_ID_HALF_BYTES } from "../handoff/gift-shelf.ts";
import type { Gifts } from "../handoff/gifts.ts";
import type { Ed25519 } from "../keys.ts";
import { GIFT_DIALS_MAX, GIFTS_MAX } from "../limits.ts";
import { type PeerLocator, peerKey } from "../locator.ts";
import type { Sessions } from "./sessions.ts";

export interface HandoffsInit {
  readonly sessions: Sessions;
  readonly gifts: Gifts;
  readonly ed25519: Ed25519;
  random(byteLength: number): Uint8Array;
}

/** On their way to this peer. */
interface UnderWay {
  gifts: number;
  /** Exporters with whom there is no session yet. */
  readonly dials: Set<string>;
}

export class Handoffs {
  readonly #init: HandoffsInit;
  /** By gifter: so none can keep this peer from taking the gifts of others. */
  readonly #underWay = new WeakMap<Session, UnderWay>();
  /** By receiver: how the identifiers of its gifts begin. */
  readonly #giftIdStarts = new WeakMap<Session, Uint8Array>();

  constructor(init: HandoffsInit) {
    this.#init = init;
  }

  /** As gifter. Undefined where the object's session is over, or is another peer's in this program. */
  give(handoff: {
    readonly receiver: Session;
    readonly reference: object;
    readonly presence: Presence;
    readonly writer: SyrupWriter;
  }): (() => void) | undefined {
    const { receiver, reference, presence, writer } = handoff;
    const exporter = presence.sender;
    if (!(exporter instanceof Session) || exporter.isOver || exporter.init.host !== receiver.init.host)
      return undefined;
    const giftId = this.#giftIdFor(receiver);
    SIGNED_GIVE.write(writer, makeSignedGive({ exporter, receiver, giftId }), NO_REFERENCES);
    return () => exporter.tellBootstrap("deposit-gift", giftId, reference);
  }

  /** By its first half the exporter can tell gifts to one receiver from gifts to others, and nothing else. */
  #giftIdFor(receiver: Session): Uint8Array {
    const giftId = this.#init.random(2 * GIFT_ID_HALF_BYTES);
    const start = this.#giftIdStarts.get(receiver) ?? giftId.slice(0, GIFT_ID_HALF_BYTES);
    this.#giftIdStarts.set(receiver, start);
    giftId.set(start);
    return giftId;
  }

  /** As receiver: the gift, when its exporter has been reached. */
  receive(gifter: Session, certificate: SignedGive): Promise<unknown> {
    const promise = this.#withdraw(gifter, certificate);
    promise.catch(ignore);
    return promise;
  }

  async #withdraw(gifter: Session, certificate: SignedGive): Promise<unknown> {
    const { signed } = certificate;
    if (!sameBytes(signed.receiverKey, gifter.init.key.publicKey)) {
      throw new OcapnError("handoff", "desc:handoff-give: it names another receiver");
    }
    if (this.#init.sessions.isOwn(signed.exporterLocation)) return this.#withdrawAtHome(gifter, certificate);
    const underWay = this.#underWayFrom(gifter);
    if (underWay.gifts >= GIFTS_MAX) {
      throw new OcapnError("limit", `${GIFTS_MAX} gifts of this giver are under way, which is the limit`);
    }
    underWay.gifts += 1;
    try {
      const exporter = await this.#reach(signed.exporterLocation, underWay.dials);
      const receive = makeSignedReceive({ gifter, exporter, certificate });
      return await exporter.askBootstrap("withdraw-gift", new SignedReceiveValue(receive));
    } finally {
      underWay.gifts -= 1;
    }
  }

  #underWayFrom(gifter: Session): UnderWay {
    const found = this.#underWay.get(gifter) ?? { gifts: 0, dials: new Set() };
    this.#underWay.set(gifter, found);
    return found;
  }

  /** A giver may not make this peer dial as many others as it likes at once. */
  async #reach(exporter: PeerLocator, dials: Set<string>): Promise<Session> {
    const active = this.#init.sessions.active(exporter);
    if (active !== undefined) return active;
    const name = peerKey(exporter);
    if (!dials.has(name) && dials.size >= GIFT_DIALS_MAX) {
      throw new OcapnError(
        "limit",
        `${GIFT_DIALS_MAX} peers whose objects were given are being dialled, which is the limit`,
      );
    }
    dials.add(name);
    try {
      return await this.#init.sessions.provide(exporter);
    } finally {
      dials.delete(name);
    }
  }

  /** The gifter knows this peer by two of its locations. */
  async #withdrawAtHome(gifter: Session, { signed, signature }: SignedGive): Promise<unknown> {
    const publicKey = this.#init.gifts.gifterKey(signed.session);
    if (publicKey === undefined || !this.#init.ed25519.verify({ bytes: giveToSign(signed), signature, publicKey })) {
      throw new OcapnError("handoff", "desc:handoff-give: the certificate is not valid here");
    }
    const { session, giftId } = signed;
    const gift = await this.#init.gifts.withdraw({ session, giftId, receiver: gifter.init.id });
    return gifter.exports.takeHome(gift);
  }
}

function ignore(): void {}
