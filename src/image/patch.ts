/**
 * A block as what has to be overwritten in another: the length of the result, then runs of (bytes to keep, count, bytes), all
 * numbers as unsigned varints. A process changes a few words in many pages, so this makes its image some ten times smaller than
 * whole pages do.
 * @module
 */

import { ImageError } from "./errors.ts";
import { PAGE_BYTES } from "./limits.ts";
import { putVarint, takeVarint } from "./varints.ts";

/** Equal bytes between two differences that are cheaper to repeat than to start another run. */
const GAP_MAX = 2;

export function makePatch(source: Uint8Array, target: Uint8Array): Uint8Array {
  const parts: number[] = [];
  putVarint(parts, target.length);
  let kept = 0;
  for (let at = 0; at < target.length; ) {
    if (target[at] === (source[at] ?? 0)) {
      at += 1;
      continue;
    }
    const end = runEnd(source, target, at);
    putVarint(parts, at - kept);
    putVarint(parts, end - at);
    for (let i = at; i < end; i++) parts.push(target[i] as number);
    kept = end;
    at = end;
  }
  return Uint8Array.from(parts);
}

/** Where the differences that begin at `start` end, small gaps included. */
function runEnd(source: Uint8Array, target: Uint8Array, start: number): number {
  let end = start + 1;
  for (let i = end; i < target.length && i - end <= GAP_MAX; i++) if (target[i] !== (source[i] ?? 0)) end = i + 1;
  return end;
}

export function applyPatch(source: Uint8Array, patch: Uint8Array, where: string): Uint8Array {
  const reader = { bytes: patch, at: 0, where };
  const length = takeVarint(reader);
  // Whatever is longer consists of bytes that the patch holds, but for a page, which may begin as zeros.
  if (length > Math.max(source.length + patch.length, PAGE_BYTES))
    throw fail(where, `would make a block of ${length} bytes`);
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
