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
const WORD_BYTES = 4;
/** Runs up to this length are a few bytes, for which a loop beats `set`. */
const SHORT_RUN = 32;
/** Patches of pages are written here first. */
const scratch: Uint8Array = new Uint8Array(PAGE_BYTES);

/** undefined where the patch would be no smaller than the block. */
export function makePatch(source: Uint8Array, target: Uint8Array): Uint8Array | undefined {
  if (target.length < VARINT_BYTES_MAX) return undefined;
  const patch = target.length <= PAGE_BYTES ? scratch : new Uint8Array(target.length);
  const from = padded(source, target.length);
  const fromBytes: Bytes = viewed(from);
  const targetBytes: Bytes = viewed(target);
  let used = putVarint(patch, 0, target.length);
  let kept = 0;
  const next = (start: number): number => nextDifference(fromBytes, targetBytes, start);
  for (let at = next(0); at < target.length; at = next(kept)) {
    const end = runEnd(from, target, at);
    if (used + 2 * VARINT_BYTES_MAX + end - at > target.length) return undefined;
    used = putVarint(patch, used, at - kept);
    used = putVarint(patch, used, end - at);
    copyRun(patch, used, { bytes: target, start: at, end });
    used += end - at;
    kept = end;
  }
  if (target.length > source.length + used + PAGE_BYTES) return undefined;
  return patch.slice(0, used);
}

interface Bytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

function viewed(bytes: Uint8Array): Bytes {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

/** Beyond its end a source counts as zeros. */
function padded(source: Uint8Array, length: number): Uint8Array {
  if (source.length >= length) return source;
  const bytes = new Uint8Array(length);
  bytes.set(source);
  return bytes;
}

/** By words, then by bytes: nearly all of a page is as it was. A function of its own, so that the engine makes tight loops of it. */
function nextDifference(from: Bytes, target: Bytes, start: number): number {
  const end = target.bytes.length;
  const words = target.view;
  const fromWords = from.view;
  let at = start;
  while (at + WORD_BYTES <= end && words.getInt32(at, true) === fromWords.getInt32(at, true)) at += WORD_BYTES;
  while (at < end && target.bytes[at] === from.bytes[at]) at += 1;
  return at;
}

/** Where the differences that begin at `start` end, small gaps included. */
function runEnd(from: Uint8Array, target: Uint8Array, start: number): number {
  let end = start + 1;
  for (let i = end; i < target.length && i - end <= GAP_MAX; i++) if (target[i] !== from[i]) end = i + 1;
  return end;
}

function copyRun(target: Uint8Array, at: number, run: { bytes: Uint8Array; start: number; end: number }): void {
  const { bytes, start, end } = run;
  if (end - start > SHORT_RUN) target.set(bytes.subarray(start, end), at);
  else for (let i = start; i < end; i++) target[at + i - start] = bytes[i] as number;
}

function putVarint(target: Uint8Array, at: number, value: number): number {
  if (value < 0x80) {
    target[at] = value;
    return at + 1;
  }
  varint.encodeTo(value, target, at);
  return at + varint.encodingLength(value);
}

export function applyPatch(source: Uint8Array, patch: Uint8Array, where: string): Uint8Array {
  const reader = { bytes: patch, at: 0, where };
  const length = takeVarint(reader);
  // Beyond the source a writer leaves zeros out, but no more of them than a page.
  if (length > source.length + patch.length + PAGE_BYTES) throw fail(where, `would make a block of ${length} bytes`);
  // A copy in any case: the source is a block of the base.
  const target = source.length >= length ? source.slice(0, length) : padded(source, length);
  let at = 0;
  while (reader.at < patch.length) {
    at += takeVarint(reader);
    const count = takeVarint(reader);
    if (count === 0 || at + count > length || reader.at + count > patch.length)
      throw fail(where, "has a run that does not fit");
    copyRun(target, at, { bytes: patch, start: reader.at, end: reader.at + count });
    reader.at += count;
    at += count;
  }
  return target;
}

function fail(where: string, what: string): ImageError {
  return new ImageError({ code: "bad-field", where, what });
}
