/**
 * Ed25519 (RFC 8032) by Node's OpenSSL.
 *
 * @module
 */
import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { type Ed25519, KEY_BYTES, SIGNATURE_BYTES, type SigningKey } from "../ocapn/index.ts";

/** What stands before a seed in PKCS #8, and before a public key in SubjectPublicKeyInfo (RFC 8410): Node takes no bare keys. */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

export function makeNodeEd25519(): Ed25519 {
  return Object.freeze({
    makeKey(seed: Uint8Array): SigningKey {
      if (!(seed instanceof Uint8Array)) throw new TypeError(`seed: expected ${KEY_BYTES} bytes, got ${typeof seed}`);
      if (seed.length !== KEY_BYTES) throw new RangeError(`seed: expected ${KEY_BYTES} bytes, got ${seed.length}`);
      const secret = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" });
      const spki = createPublicKey(secret).export({ format: "der", type: "spki" });
      return Object.freeze({
        publicKey: new Uint8Array(spki.subarray(SPKI_PREFIX.length)),
        sign: (bytes: Uint8Array) => new Uint8Array(sign(null, bytes, secret)),
      });
    },
    verify({ bytes, signature, publicKey }): boolean {
      try {
        if (publicKey.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
        const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: "der", type: "spki" });
        return verify(null, bytes, key, signature);
      } catch {
        return false; // What is no point.
      }
    },
  } satisfies Ed25519);
}
