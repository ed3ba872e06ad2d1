/**
 * Handing objects over between sessions (CapTP draft, Third Party Handoffs): this peer as gifter and as receiver. As exporter it acts through its
 * bootstrap object.
 *
 * @module
 */

import type { SyrupWriter } from "../../passable/index.ts";
import { sameBytes } from "../captp/identity.ts";
import type { Presence } from "../captp/import-table.ts";
import { Served } from "../captp/served.ts";
import { Session } from "../captp/session.ts";
import { giveToSign, NO_REFERENCES, SIGNED_GIVE, type SignedGive } from "../codecs/descriptors.ts";
import { OcapnError } from "../errors.ts";
import { makeSignedGive, makeSignedReceive } from "../handoff/certificates.ts";
import { SignedReceiveValue } from "../handoff/envelope.ts";
import type { Gifts } from "../handoff/gifts.ts";
import type { Ed25519 } from "../keys.ts";
import { GIFTS_MAX } from "../limits.ts";
import type { Sessions } from "./sessions.ts";

export interface HandoffsInit {
  readonly sessions: Sessions;
  readonly gifts: Gifts;
  readonly ed25519: Ed25519;
  random(byteLength: number): Uint8Array;
}

const GIFT_ID_BYTES = 32;

export class Handoffs {
  readonly #init: HandoffsInit;
  /** Gifts on their way to this peer. */
  #underWay = 0;

  constructor(init: HandoffsInit) {
    this.#init = init;
  }

  /** As gifter. False where the object's session is over, or is another peer's in this program. */
  give(handoff: {
    readonly receiver: Session;
    readonly reference: object;
    readonly presence: Presence;
    readonly writer: SyrupWriter;
  }): boolean {
    const { receiver, reference, presence, writer } = handoff;
    const exporter = presence.sender;
    if (!(exporter instanceof Session) || exporter.isOver || exporter.init.host !== receiver.init.host) return false;
    const giftId = this.#init.random(GIFT_ID_BYTES);
    SIGNED_GIVE.write(writer, makeSignedGive({ exporter, receiver, giftId }), NO_REFERENCES);
    exporter.tellBootstrap("deposit-gift", giftId, reference);
    return true;
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
    if (this.#init.sessions.isOwn(signed.exporterLocation)) return this.#withdrawAtHome(certificate);
    if (this.#underWay >= GIFTS_MAX)
      throw new OcapnError("limit", `${GIFTS_MAX} gifts are under way, which is the limit`);
    this.#underWay += 1;
    try {
      const exporter = await this.#init.sessions.provide(signed.exporterLocation);
      const receive = makeSignedReceive({ gifter, exporter, certificate });
      return await exporter.askBootstrap("withdraw-gift", new SignedReceiveValue(receive));
    } finally {
      this.#underWay -= 1;
    }
  }

  /** The gifter knows this peer by two of its locations. */
  async #withdrawAtHome({ signed, signature }: SignedGive): Promise<unknown> {
    const publicKey = this.#init.gifts.gifterKey(signed.session);
    if (publicKey === undefined || !this.#init.ed25519.verify({ bytes: giveToSign(signed), signature, publicKey })) {
      throw new OcapnError("handoff", "desc:handoff-give: the certificate is not valid here");
    }
    const gift = await this.#init.gifts.withdraw(signed.session, signed.giftId);
    return gift instanceof Served ? gift.current : gift;
  }
}

function ignore(): void {}
