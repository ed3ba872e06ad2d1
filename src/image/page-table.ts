/**
 * Page tables: dag-cbor lists of at most 256 links to pages, null where a page is all zeros. They are written and read by hand,
 * since their shape is fixed and they are most of what an image says about a memory: the general codec took 1.4 ms for
 * 256 links (Node 24, November 2026), this takes a hundredth. A test compares the two.
 * @module
 */

import { codecAt, HASH_BYTES } from "./cid.ts";
import { ImageError } from "./errors.ts";
import { TABLE_PAGES } from "./limits.ts";

/** SHA-256 per page, null for zeros. */
export type PageHashes = readonly (Uint8Array | null)[];

const NULL = 0xf6;
/** Tag 42, byte string of 37, the zero before a CID, CIDv1 raw SHA-256 of 32 bytes. */
const LINK_PREFIX: readonly number[] = [0xd8, 0x2a, 0x58, 0x25, 0x00, 0x01, 0x55, 0x12, 0x20];
/** Of the prefix, what comes before the CID. */
const TAG_BYTES = 5;
const LINK_BYTES = LINK_PREFIX.length + HASH_BYTES;

export function encodePageTable(hashes: PageHashes): Uint8Array {
  const header = listHeader(hashes.length);
  let size = header.length;
  for (const hash of hashes) size += hash === null ? 1 : LINK_BYTES;
  const bytes = new Uint8Array(size);
  bytes.set(header);
  let at = header.length;
  for (const hash of hashes) {
    if (hash === null) {
      bytes[at++] = NULL;
      continue;
    }
    bytes.set(LINK_PREFIX, at);
    bytes.set(hash, at + LINK_PREFIX.length);
    at += LINK_BYTES;
  }
  return bytes;
}

/** A list of up to 256 items; 256 itself needs a two-byte length. */
function listHeader(count: number): readonly number[] {
  if (count < 24) return [0x80 | count];
  return count < 256 ? [0x98, count] : [0x99, count >> 8, count & 255];
}

/** The hashes are views. `count` is what the memory's size demands. */
export function decodePageTable(bytes: Uint8Array, init: { count: number; where: string }): (Uint8Array | null)[] {
  const { count, where } = init;
  const hashes = new Array<Uint8Array | null>(count);
  const header = listHeader(count);
  for (const [index, byte] of header.entries()) {
    if (bytes[index] !== byte) throw fail(where, `is not a list of ${count} pages`);
  }
  let at = header.length;
  let used = 0;
  for (let i = 0; i < count; i++) {
    if (bytes[at] === NULL) {
      hashes[i] = null;
      at += 1;
      continue;
    }
    for (let k = 0; k < LINK_PREFIX.length; k++) {
      if (bytes[at + k] !== LINK_PREFIX[k]) throw linkError(bytes, at, `${where}: page ${i}`);
    }
    hashes[i] = bytes.subarray(at + LINK_PREFIX.length, at + LINK_BYTES);
    at += LINK_BYTES;
    used += 1;
  }
  if (at !== bytes.length) throw fail(where, `has ${bytes.length} bytes instead of ${at}`);
  if (used === 0) throw fail(where, "names no page and should have been left out");
  return hashes;
}

/** The same, where it is not known whether the block is a page table at all. */
export function tryPageTable(bytes: Uint8Array): (Uint8Array | null)[] | undefined {
  const first = bytes[0];
  let count = 0;
  if (first === undefined) return undefined;
  if (first >= 0x80 && first < 0x98) count = first & 31;
  else if (first === 0x98) count = bytes[1] ?? 0;
  else if (first === 0x99) count = TABLE_PAGES;
  else return undefined;
  try {
    return decodePageTable(bytes, { count, where: "" });
  } catch {
    return undefined;
  }
}

function linkError(bytes: Uint8Array, at: number, where: string): ImageError {
  const isLink = bytes[at] === LINK_PREFIX[0] && bytes[at + 1] === LINK_PREFIX[1];
  if (isLink && codecAt(bytes, at + TAG_BYTES) === "dag-cbor") {
    return new ImageError({ code: "wrong-codec", where, what: "is a link to a block that is not raw" });
  }
  return fail(where, "is neither null nor a link to a page");
}

function fail(where: string, what: string): ImageError {
  return new ImageError({ code: "bad-field", where, what });
}
