/**
 * The keys that sessions and some netlayers sign with: Ed25519, as bytes. How they look on the wire is the codecs'.
 *
 * @module
 */

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
