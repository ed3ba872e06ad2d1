/**
 * Certificates and locators as they stand in messages (CapTP draft, Descriptors; Locators draft), and what is signed of them.
 *
 * @module
 */

import { type SyrupReader, SyrupWriter } from "../../passable/index.ts";
import type { PeerLocator, SturdyrefLocator } from "../locator.ts";
import { bytes, peerLocator, position, publicKey, signature } from "./fields.ts";
import type { Hooks } from "./hooks.ts";
import { nested, type RecordCodec, record } from "./record.ts";

export interface HandoffGive {
  /** Of the receiver, in its session with the gifter. */
  readonly receiverKey: Uint8Array;
  readonly exporterLocation: PeerLocator;
  /** Of gifter and exporter, and the gifter's side in it. */
  readonly session: Uint8Array;
  readonly gifterSide: Uint8Array;
  readonly giftId: Uint8Array;
}
export const HANDOFF_GIVE: RecordCodec<"desc:handoff-give", HandoffGive> = record("desc:handoff-give", {
  receiverKey: publicKey,
  exporterLocation: peerLocator,
  session: bytes,
  gifterSide: bytes,
  giftId: bytes,
});

export interface SignedGive {
  readonly signed: HandoffGive;
  readonly signature: Uint8Array;
}
export const SIGNED_GIVE: RecordCodec<"desc:sig-envelope", SignedGive> = record("desc:sig-envelope", {
  signed: nested(HANDOFF_GIVE),
  signature,
});

export interface HandoffReceive {
  /** Of receiver and exporter, and the receiver's side in it. */
  readonly receivingSession: Uint8Array;
  readonly receivingSide: Uint8Array;
  readonly handoffCount: number;
  readonly signedGive: SignedGive;
}
export const HANDOFF_RECEIVE: RecordCodec<"desc:handoff-receive", HandoffReceive> = record("desc:handoff-receive", {
  receivingSession: bytes,
  receivingSide: bytes,
  handoffCount: position,
  signedGive: nested(SIGNED_GIVE),
});

export interface SignedReceive {
  readonly signed: HandoffReceive;
  readonly signature: Uint8Array;
}
export const SIGNED_RECEIVE: RecordCodec<"desc:sig-envelope", SignedReceive> = record("desc:sig-envelope", {
  signed: nested(HANDOFF_RECEIVE),
  signature,
});

export const STURDYREF: RecordCodec<"ocapn-sturdyref", SturdyrefLocator> = record("ocapn-sturdyref", {
  peer: peerLocator,
  swissNumber: bytes,
});

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
