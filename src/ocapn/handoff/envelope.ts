/**
 * Signed certificates among the arguments of a message (CapTP draft, `desc:sig-envelope`): a gift's certificate becomes a promise for the gift,
 * the receiver's is an argument of `withdraw-gift`.
 *
 * @module
 */

import type { SyrupReader, SyrupWriter } from "../../passable/index.ts";
import {
  HANDOFF_GIVE,
  HANDOFF_RECEIVE,
  NO_REFERENCES,
  SIGNED_RECEIVE,
  type SignedGive,
  type SignedReceive,
} from "../codecs/descriptors.ts";
import { signature } from "../codecs/fields.ts";

/** As an argument. */
export class SignedReceiveValue {
  readonly certificate: SignedReceive;

  constructor(certificate: SignedReceive) {
    this.certificate = certificate;
    Object.freeze(this);
  }
}

export type Envelope =
  | { readonly kind: "give"; readonly certificate: SignedGive }
  | { readonly kind: "receive"; readonly value: SignedReceiveValue };

/** After the label of the envelope. */
export function readEnvelope(reader: SyrupReader): Envelope {
  reader.beginRecord();
  const label = reader.readSymbol();
  if (label === HANDOFF_GIVE.label) {
    const signed = HANDOFF_GIVE.readBody(reader, NO_REFERENCES);
    const certificate = { signed, signature: signature.read(reader, NO_REFERENCES) };
    reader.endRecord();
    return { kind: "give", certificate };
  }
  if (label !== HANDOFF_RECEIVE.label)
    return reader.fail(`expected a certificate of a handoff, got ${label.slice(0, 64)}`);
  const signed = HANDOFF_RECEIVE.readBody(reader, NO_REFERENCES);
  const certificate = { signed, signature: signature.read(reader, NO_REFERENCES) };
  reader.endRecord();
  return { kind: "receive", value: new SignedReceiveValue(certificate) };
}

export function writeSignedReceive(writer: SyrupWriter, value: SignedReceiveValue): void {
  SIGNED_RECEIVE.write(writer, value.certificate, NO_REFERENCES);
}
