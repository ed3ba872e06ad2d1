/**
 * DAG-CBOR blocks, strictly: a linear scan bounds depth and length and collects the links before the library builds any
 * object, and what was decoded must encode to the same bytes again (https://ipld.io/specs/codecs/dag-cbor/spec/).
 * @module
 */

import { decode, encode } from "@ipld/dag-cbor";
import { CID } from "multiformats/cid";
import { CID_BYTES, codecAt } from "./cid.ts";
import { ImageError } from "./errors.ts";
import { CBOR_BLOCK_BYTES_MAX, CBOR_DEPTH_MAX } from "./limits.ts";

export function cidToLink(cid: Uint8Array): CID {
  return CID.decode(cid);
}

export function encodeCbor(value: unknown, where: string): Uint8Array {
  // Copied, since in Node the library returns a `Buffer`, often a view on a pool that would be kept and cloned as a whole.
  const bytes = new Uint8Array(encode(value));
  assertBlockSize(bytes, where);
  return bytes;
}

/** What some blocks were made from. Neither may be changed. */
const known = new WeakMap<Uint8Array, unknown>();

/** The same for a block that will be looked at: it is not decoded then. */
export function encodeKnownCbor(value: unknown, where: string): Uint8Array {
  const bytes = encodeCbor(value, where);
  known.set(bytes, value);
  return bytes;
}

/** What `decodeCbor` gives, for those who only look. */
export function lookAtCbor(bytes: Uint8Array, where: string): unknown {
  return known.get(bytes) ?? decodeCbor(bytes, where);
}

export function decodeCbor(bytes: Uint8Array, where: string): unknown {
  assertBlockSize(bytes, where);
  scanCbor(bytes, where);
  let value: unknown;
  let again: Uint8Array;
  try {
    value = decode(bytes);
    again = encode(value);
  } catch (cause) {
    throw new ImageError({ code: "not-canonical", where, what: "is not DAG-CBOR", cause });
  }
  if (!equalBytes(bytes, again)) {
    throw new ImageError({ code: "not-canonical", where, what: "is not in the one canonical form of DAG-CBOR" });
  }
  return value;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function assertBlockSize(bytes: Uint8Array, where: string): void {
  if (bytes.length > CBOR_BLOCK_BYTES_MAX) {
    throw new ImageError({
      code: "limit",
      where,
      what: `has ${bytes.length} bytes, a block may have ${CBOR_BLOCK_BYTES_MAX}`,
      advice: "split the message or the state that is so large",
    });
  }
}

/**
 * Checks that the bytes are one well-formed CBOR item that is not nested too deeply, and returns the CIDs in it, in the order
 * in which they appear, as views. The library's decoder recurses, so a few kilobytes of `[[[[` would overflow its stack.
 */
export function scanCbor(bytes: Uint8Array, where: string): Uint8Array[] {
  const links: Uint8Array[] = [];
  // Items still to come, per open array or map.
  const open: number[] = [1];
  let at = 0;
  const fail = (what: string): ImageError =>
    new ImageError({ code: "not-canonical", where, what: `${what} at byte ${at}` });
  while (open.length > 0) {
    const top = open.length - 1;
    if (open[top] === 0) {
      open.pop();
      continue;
    }
    open[top] = (open[top] as number) - 1;
    if (at >= bytes.length) throw fail("ends in the middle");
    const head = readHead(bytes, at);
    if (head === undefined) throw fail("is not DAG-CBOR");
    at += head.size;
    if (head.major === 2 || head.major === 3) {
      at += head.argument;
      if (at > bytes.length) throw fail("ends in the middle");
    } else if (head.major === 4 || head.major === 5) {
      if (open.length > CBOR_DEPTH_MAX) throw fail(`is nested deeper than ${CBOR_DEPTH_MAX}`);
      open.push(head.major === 4 ? head.argument : head.argument * 2);
    } else if (head.major === 6) {
      // Tag 42 is a byte string of 37 bytes: a zero and the CID.
      const start = at + 3;
      if (head.argument !== 42 || bytes[at] !== 0x58 || bytes[at + 1] !== CID_BYTES + 1 || bytes[at + 2] !== 0) {
        throw fail("has a tag that is no link");
      }
      if (codecAt(bytes, start) === undefined)
        throw fail("has a link that is not CIDv1 with SHA-256, raw or dag-cbor,");
      links.push(bytes.subarray(start, start + CID_BYTES));
      at = start + CID_BYTES;
    }
  }
  if (at !== bytes.length) throw fail("goes on after its end");
  return links;
}

interface Head {
  readonly major: number;
  readonly argument: number;
  readonly size: number;
}

/** An item's first byte and the 0, 1, 2, 4 or 8 bytes of its argument; shortest form is not checked here. */
function readHead(bytes: Uint8Array, at: number): Head | undefined {
  const first = bytes[at] as number;
  const major = first >> 5;
  const low = first & 31;
  if (low < 24) {
    // Of the simple values only false, true and null belong to DAG-CBOR.
    return major === 7 && (low < 20 || low > 22) ? undefined : { major, argument: low, size: 1 };
  }
  if (low > 27 || (major === 7 && low !== 27)) return undefined;
  const extra = 1 << (low - 24);
  if (at + 1 + extra > bytes.length) return undefined;
  let argument = 0;
  for (let i = 1; i <= extra; i++) argument = argument * 256 + (bytes[at + i] as number);
  return { major, argument, size: 1 + extra };
}
