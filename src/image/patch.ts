/**
 * A block as what has to be overwritten in another: the length of the result, then runs of (bytes to keep, count, bytes), all
 * numbers as unsigned varints. A process changes a few words in many pages, so this makes its image some ten times smaller than
 * whole pages do.
 * @module
 */

import { varint } from "multiformats";
import { ImageError } from "./errors.ts";
import { PAGE_BYTES } from "./limits.ts";
import { takeVarint } from "./varints.ts";

/** Equal bytes between two differences that are cheaper to repeat than to start another run. */
const GAP_MAX = 2;
/** Blocks have less than 2^28 bytes. */
const VARINT_BYTES_MAX = 4;

/** undefined where the patch would be no smaller than the block. */
export function makePatch(source: Uint8Array, target: Uint8Array): Uint8Array | undefined {
  if (target.length < VARINT_BYTES_MAX) return undefined;
  const patch = new Uint8Array(target.length);
  const from = padded(source, target.length);
  let used = putVarint(patch, 0, target.length);
  let kept = 0;
  for (let at = nextDifference(from, target, 0); at < target.length; at = nextDifference(from, target, kept)) {
    const end = runEnd(from, target, at);
    if (used + 2 * VARINT_BYTES_MAX + end - at > patch.length) return undefined;
    used = putVarint(patch, used, at - kept);
    used = putVarint(patch, used, end - at);
    // Runs are a few bytes long, for which a loop beats `set`.
    for (let i = at; i < end; i++) patch[used++] = target[i] as number;
    kept = end;
  }
  if (target.length > source.length + used + PAGE_BYTES) return undefined;
  return patch.slice(0, used);
}

/** Beyond its end a source counts as zeros. */
function padded(source: Uint8Array, length: number): Uint8Array {
  if (source.length >= length) return source;
  const bytes = new Uint8Array(length);
  bytes.set(source);
  return bytes;
}

/** A function of its own, so that the engine makes one tight loop of it. */
function nextDifference(from: Uint8Array, target: Uint8Array, start: number): number {
  const end = target.length;
  let at = start;
  while (at < end && target[at] === from[at]) at += 1;
  return at;
}

/** Where the differences that begin at `start` end, small gaps included. */
function runEnd(from: Uint8Array, target: Uint8Array, start: number): number {
  let end = start + 1;
  for (let i = end; i < target.length && i - end <= GAP_MAX; i++) if (target[i] !== from[i]) end = i + 1;
  return end;
}

function putVarint(target: Uint8Array, at: number, value: number): number {
  varint.encodeTo(value, target, at);
  return at + varint.encodingLength(value);
}

export function applyPatch(source: Uint8Array, patch: Uint8Array, where: string): Uint8Array {
  const reader = { bytes: patch, at: 0, where };
  const length = takeVarint(reader);
  // Beyond the source a writer leaves zeros out, but no more of them than a page.
  if (length > source.length + patch.length + PAGE_BYTES) throw fail(where, `would make a block of ${length} bytes`);
  const target = new Uint8Array(length);
  target.set(source.subarray(0, length));
  let at = 0;
  while (reader.at < patch.length) {
    at += takeVarint(reader);
    const count = takeVarint(reader);
    if (count === 0 || at + count > length || reader.at + count > patch.length)
      throw fail(where, "has a run that does not fit");
    target.set(patch.subarray(reader.at, reader.at + count), at);
    reader.at += count;
    at += count;
  }
  return target;
}

function fail(where: string, what: string): ImageError {
  return new ImageError({ code: "bad-field", where, what });
}
