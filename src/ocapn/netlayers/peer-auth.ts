/**
 * How the peer that is dialled proves that its designator is its own, on the WebSocket netlayer of Endo and of Goblins since 0.18 (in
 * no draft yet): the dialler sends random bytes as `<init:peer-auth payload>`, the other answers with the same record and its signature
 * as `<desc:sig-envelope record signature>`. Because it is such a record that is signed, nobody can have something else signed by it.
 *
 * @module
 */

import { base32 } from "multiformats/bases/base32";
import { PassableError, SyrupReader, SyrupWriter } from "../../passable/index.ts";
import { readSignature, writeSignature } from "../codecs/keys.ts";
import { OcapnError } from "../errors.ts";
import { type Ed25519, KEY_BYTES, type SigningKey } from "../keys.ts";
import { PEER_AUTH_BYTES_MAX } from "../limits.ts";

export const CHALLENGE_BYTES = 32;

/** Base32 of the public key (RFC 4648, lower case, no padding). */
export function keyToDesignator(publicKey: Uint8Array): string {
  return base32.baseEncode(publicKey);
}

/** Undefined for what `keyToDesignator` would not have made: one key has one designator. */
export function designatorToKey(designator: string): Uint8Array | undefined {
  try {
    const publicKey = base32.baseDecode(designator);
    return publicKey.length === KEY_BYTES && keyToDesignator(publicKey) === designator ? publicKey : undefined;
  } catch {
    return undefined;
  }
}

export function encodeChallenge(payload: Uint8Array): Uint8Array {
  const writer = new SyrupWriter();
  writer.beginRecord();
  writer.writeSymbol("init:peer-auth");
  writer.writeBytes(payload);
  writer.endRecord();
  return writer.take();
}

/** Throws an `OcapnError` for what is no challenge. */
export function answerChallenge(challenge: Uint8Array, key: SigningKey): Uint8Array {
  readWhole(challenge, (reader) => {
    reader.beginRecord();
    expectSymbol(reader, "init:peer-auth");
    reader.readBytes();
    reader.endRecord();
  });
  const writer = new SyrupWriter();
  writer.beginRecord();
  writer.writeSymbol("desc:sig-envelope");
  writer.writeRaw(challenge);
  writeSignature(writer, key.sign(challenge));
  writer.endRecord();
  return writer.take();
}

/** Throws an `OcapnError` unless it is the answer to this challenge, by the holder of this key. */
export function checkAnswer(
  answer: Uint8Array,
  expected: { readonly challenge: Uint8Array; readonly publicKey: Uint8Array; readonly ed25519: Ed25519 },
): void {
  const { challenge, publicKey, ed25519 } = expected;
  const signature = readWhole(answer, (reader) => {
    reader.beginRecord();
    expectSymbol(reader, "desc:sig-envelope");
    const start = reader.position;
    reader.skip();
    const signed = answer.subarray(start, reader.position);
    if (signed.length !== challenge.length || signed.some((byte, at) => byte !== challenge[at])) {
      reader.fail("an answer to another challenge");
    }
    const read = readSignature(reader);
    reader.endRecord();
    return read;
  });
  if (!ed25519.verify({ bytes: challenge, signature, publicKey })) {
    throw new OcapnError("handshake", "the peer has not the key that its designator names");
  }
}

function readWhole<T>(bytes: Uint8Array, read: (reader: SyrupReader) => T): T {
  if (bytes.length > PEER_AUTH_BYTES_MAX) {
    throw new OcapnError("limit", `peer-auth: more than ${PEER_AUTH_BYTES_MAX} bytes`);
  }
  try {
    const reader = new SyrupReader(bytes, { isCanonical: true });
    const value = read(reader);
    if (!reader.isAtEnd) reader.fail("more bytes after the end of the record");
    return value;
  } catch (cause) {
    if (!(cause instanceof PassableError)) throw cause;
    throw new OcapnError("malformed", `peer-auth: ${cause.message}`, { cause });
  }
}

function expectSymbol(reader: SyrupReader, expected: string): void {
  if (reader.readSymbol() !== expected) reader.fail(`expected a record ${expected}`);
}
