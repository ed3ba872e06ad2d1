/**
 * Certificates of handoffs, made and checked (CapTP draft, `desc:handoff-give` and `desc:handoff-receive`).
 *
 * @module
 */

import { sameBytes } from "../captp/identity.ts";
import type { Session } from "../captp/session.ts";
import { giveToSign, receiveToSign, type SignedGive, type SignedReceive } from "../codecs/descriptors.ts";
import { OcapnError } from "../errors.ts";
import type { Ed25519 } from "../keys.ts";

/** The gifter's: whoever has the key that the receiver uses with the gifter may withdraw the gift. */
export function makeSignedGive(init: {
  /** Gifter and exporter. */
  readonly exporter: Session;
  /** Gifter and receiver. */
  readonly receiver: Session;
  readonly giftId: Uint8Array;
}): SignedGive {
  const { exporter, receiver, giftId } = init;
  const signed = {
    receiverKey: receiver.init.peerKey,
    exporterLocation: exporter.init.peerLocation,
    session: exporter.init.id,
    gifterSide: exporter.init.side,
    giftId,
  };
  return { signed, signature: exporter.init.key.sign(giveToSign(signed)) };
}

/** The receiver's: that it is the one whom the gifter named, and that it asks in this session. */
export function makeSignedReceive(init: {
  /** Receiver and gifter. */
  readonly gifter: Session;
  /** Receiver and exporter. */
  readonly exporter: Session;
  readonly certificate: SignedGive;
}): SignedReceive {
  const { gifter, exporter, certificate } = init;
  const signed = {
    receivingSession: exporter.init.id,
    receivingSide: exporter.init.side,
    handoffCount: exporter.takeHandoffCount(),
    signedGive: certificate,
  };
  return { signed, signature: gifter.init.key.sign(receiveToSign(signed)) };
}

/** Throws if the peer of `receiver` may not have the gift, but for the handoff count. */
export function checkSignedReceive(init: {
  readonly ed25519: Ed25519;
  /** Exporter and receiver: who shows the certificate. */
  readonly receiver: Session;
  readonly certificate: SignedReceive;
  /** The gifter's in its session with the exporter. */
  readonly gifterKey: Uint8Array;
}): void {
  const { ed25519, receiver, certificate, gifterKey } = init;
  const { signed, signature } = certificate;
  const { signed: give, signature: giveSignature } = signed.signedGive;
  if (
    !sameBytes(signed.receivingSession, receiver.init.id) ||
    !sameBytes(signed.receivingSide, receiver.init.peerSide)
  ) {
    throw refused("it was made for another session");
  }
  if (!ed25519.verify({ bytes: giveToSign(give), signature: giveSignature, publicKey: gifterKey })) {
    throw refused("its giver did not sign it");
  }
  if (!ed25519.verify({ bytes: receiveToSign(signed), signature, publicKey: give.receiverKey })) {
    throw refused("the receiver whom its giver named did not sign it");
  }
}

function refused(why: string): OcapnError {
  return new OcapnError("handoff", `withdraw-gift: the certificate is not valid: ${why}`);
}
