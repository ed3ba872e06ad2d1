/**
 * Names of blocks: CIDv1 with SHA-256, as raw or dag-cbor, and nothing else. Internally a CID is its 36 bytes; at the border and
 * as a map's key it is its usual base32 text.
 * @module
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { CID } from "multiformats/cid";
import { ImageError } from "./errors.ts";

/** SHA-256, synchronous; with it comes what else the system does faster with bytes than JavaScript can. */
export interface Hasher {
  (bytes: Uint8Array): Uint8Array;
  /** Whether two arrays of the same length hold the same bytes. */
  readonly same?: (a: Uint8Array, b: Uint8Array) => boolean;
}

/** Works everywhere; a host with a faster one passes it (Node's `node:crypto` is about ten times as fast). */
export const defaultHasher: Hasher = sha256;

export type Codec = "raw" | "dag-cbor";

export const HASH_BYTES = 32;
export const CID_BYTES = 36;
const RAW = 0x55;
const DAG_CBOR = 0x71;
const SHA_256 = 0x12;

export function makeCid(codec: Codec, hash: Uint8Array): Uint8Array {
  const cid = new Uint8Array(CID_BYTES);
  cid[0] = 1;
  cid[1] = codec === "raw" ? RAW : DAG_CBOR;
  cid[2] = SHA_256;
  cid[3] = HASH_BYTES;
  cid.set(hash, 4);
  return cid;
}

/** The codec of the CID that starts at `at`, or undefined if what starts there is no CID that images use. */
export function codecAt(bytes: Uint8Array, at: number): Codec | undefined {
  if (at + CID_BYTES > bytes.length || bytes[at] !== 1 || bytes[at + 2] !== SHA_256 || bytes[at + 3] !== HASH_BYTES) {
    return undefined;
  }
  if (bytes[at + 1] === RAW) return "raw";
  return bytes[at + 1] === DAG_CBOR ? "dag-cbor" : undefined;
}

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const PAIRS: readonly string[] = Array.from(
  { length: 1024 },
  (_, index) => `${ALPHABET[index >> 5]}${ALPHABET[index & 31]}`,
);

/** Names that were written lately, by bits of their hash. An image's names are written a dozen times on its way into a file. */
const RECENT = 4096;
const recentBytes: Uint8Array = new Uint8Array(RECENT * CID_BYTES);
const recentTexts: string[] = new Array<string>(RECENT).fill("");

/**
 * Multibase base32. A 64 MB memory has 16,384 of these names, and the general encoder of multiformats took 10 µs for each
 * (Node 24, November 2026) where this takes 0.3; a test compares the two.
 */
export function cidToText(cid: Uint8Array): string {
  if (cid.length !== CID_BYTES) return writeText(cid);
  const slot = ((((cid[4] as number) << 8) | (cid[5] as number)) ^ (cid[1] as number)) & (RECENT - 1);
  const start = slot * CID_BYTES;
  let same = 0;
  while (same < CID_BYTES && recentBytes[start + same] === cid[same]) same++;
  if (same === CID_BYTES && recentTexts[slot] !== "") return recentTexts[slot] as string;
  const text = writeText(cid);
  recentBytes.set(cid, start);
  recentTexts[slot] = text;
  return text;
}

function writeText(cid: Uint8Array): string {
  let text = "b";
  let bits = 0;
  let held = 0;
  for (let i = 0; i < cid.length; i++) {
    held = ((held << 8) | (cid[i] as number)) & 0x3ffff;
    bits += 8;
    if (bits >= 10) {
      bits -= 10;
      text += PAIRS[(held >> bits) & 1023];
    }
  }
  if (bits > 5) return text + PAIRS[(held << (10 - bits)) & 1023];
  return bits > 0 ? text + ALPHABET[(held << (5 - bits)) & 31] : text;
}

export function textToCid(text: string): Uint8Array {
  let cid: CID | undefined;
  try {
    cid = CID.parse(text);
  } catch {
    // Falls through to the same refusal as a CID of another kind.
  }
  if (cid === undefined || codecAt(cid.bytes, 0) === undefined || cidToText(cid.bytes) !== text) {
    throw new ImageError({
      code: "bad-field",
      where: "root",
      what: `${JSON.stringify(text.slice(0, 80))} is not the name of a block (base32 CIDv1, SHA-256, raw or dag-cbor)`,
      advice: "copy the whole name, it begins with bafy or bafk",
    });
  }
  return cid.bytes;
}

export function codecOfText(cid: string): Codec {
  return cid.startsWith("bafk") ? "raw" : "dag-cbor";
}

/** The name of a module: CIDv1 (raw) of its original bytes. */
export function moduleCid(bytes: Uint8Array, hasher: Hasher = defaultHasher): string {
  return cidToText(makeCid("raw", hasher(bytes)));
}
