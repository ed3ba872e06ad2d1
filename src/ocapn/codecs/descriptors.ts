/**
 * Certificates and locators as they stand in messages (CapTP draft, Descriptors; Locators draft), and what is signed of them.
 *
 * @module
 */

import { type SyrupReader, SyrupWriter } from "../../passable/index.ts";
import type { PeerLocator } from "../locator.ts";
import { bytes, peerLocator, position, publicKey, signature } from "./fields.ts";
import type { Hooks } from "./hooks.ts";
import { nested, record, type ValuesOf } from "./record.ts";

const GIVE_FIELDS = {
  receiverKey: publicKey,
  exporterLocation: peerLocator,
  session: bytes,
  gifterSide: bytes,
  giftId: bytes,
};
export const HANDOFF_GIVE = record("desc:handoff-give", GIVE_FIELDS);
export type HandoffGive = ValuesOf<typeof GIVE_FIELDS>;

export const SIGNED_GIVE = record("desc:sig-envelope", { signed: nested(HANDOFF_GIVE), signature });
export interface SignedGive {
  readonly signed: HandoffGive;
  readonly signature: Uint8Array;
}

const RECEIVE_FIELDS = {
  receivingSession: bytes,
  receivingSide: bytes,
  handoffCount: position,
  signedGive: nested(SIGNED_GIVE),
};
export const HANDOFF_RECEIVE = record("desc:handoff-receive", RECEIVE_FIELDS);
export type HandoffReceive = ValuesOf<typeof RECEIVE_FIELDS>;

export const SIGNED_RECEIVE = record("desc:sig-envelope", { signed: nested(HANDOFF_RECEIVE), signature });
export interface SignedReceive {
  readonly signed: HandoffReceive;
  readonly signature: Uint8Array;
}

export const STURDYREF = record("ocapn-sturdyref", { peer: peerLocator, swissNumber: bytes });

/** Not in the draft, but signed by all implementations: a signature over the bare location could be taken for another one. */
const MY_LOCATION = record("my-location", { location: peerLocator });

/** Nothing in here is a reference. */
export const NO_REFERENCES: Hooks = Object.freeze({
  writeReference(): never {
    throw new TypeError("reference: none is expected here");
  },
  readReference(label: string, reader: SyrupReader): never {
    return reader.fail(`expected no reference, got ${label}`);
  },
});

/** Syrup is canonical: whoever encodes the same values again gets the bytes that were signed. */
export function giveToSign(give: HandoffGive): Uint8Array {
  const writer = new SyrupWriter();
  HANDOFF_GIVE.write(writer, give, NO_REFERENCES);
  return writer.take();
}

export function receiveToSign(receive: HandoffReceive): Uint8Array {
  const writer = new SyrupWriter();
  HANDOFF_RECEIVE.write(writer, receive, NO_REFERENCES);
  return writer.take();
}

export function locationToSign(location: PeerLocator): Uint8Array {
  const writer = new SyrupWriter();
  MY_LOCATION.write(writer, { location }, NO_REFERENCES);
  return writer.take();
}
