/**
 * The keys that sessions and some netlayers sign with: Ed25519, as bytes. How they look on the wire is the codecs'.
 *
 * @module
 */

import { ed25519 } from "@noble/curves/ed25519.js";

/** Of a public key and a seed. */
export const KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/** Holds a secret: whoever has it can sign. */
export interface SigningKey {
  readonly publicKey: Uint8Array;
  sign(bytes: Uint8Array): Uint8Array;
}

/** RFC 8032, Ed25519. Synchronous. */
export interface Ed25519 {
  /** The seed is the secret: 32 random bytes. */
  makeKey(seed: Uint8Array): SigningKey;
  /** False for anything that is not right, whatever it is. */
  verify(signed: {
    readonly bytes: Uint8Array;
    readonly signature: Uint8Array;
    readonly publicKey: Uint8Array;
  }): boolean;
}

/** Runs everywhere. Where Node is, `makeNodeEd25519` is many times faster and agrees on every signature that `sign` can make. */
export function makeNobleEd25519(): Ed25519 {
  return Object.freeze({
    makeKey(seed: Uint8Array): SigningKey {
      if (!(seed instanceof Uint8Array)) throw new TypeError(`seed: expected ${KEY_BYTES} bytes, got ${typeof seed}`);
      if (seed.length !== KEY_BYTES) throw new RangeError(`seed: expected ${KEY_BYTES} bytes, got ${seed.length}`);
      const secret = seed.slice();
      return Object.freeze({
        publicKey: ed25519.getPublicKey(secret),
        sign: (bytes: Uint8Array) => ed25519.sign(bytes, secret),
      });
    },
    verify({ bytes, signature, publicKey }): boolean {
      try {
        // As RFC 8032 and OpenSSL have it: no point has two encodings. (The library's default is the laxer ZIP 215.)
        return ed25519.verify(signature, bytes, publicKey, { zip215: false });
      } catch {
        return false; // Wrong lengths, and what is no point.
      }
    },
  } satisfies Ed25519);
}
