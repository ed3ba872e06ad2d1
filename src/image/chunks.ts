/**
 * How long lists are cut into blocks. The cuts depend on the list alone and on what comes before them, so that a stack
 * whose top has changed keeps the blocks of its bottom.
 * @module
 */

import { FRAME_VALUES_CHUNK, FRAMES_CHUNK } from "./limits.ts";
import type { Frame } from "./state.ts";

/** Ends of the blocks of a list that is cut every `size` items. */
export function chunkEnds(length: number, size: number): number[] {
  const ends: number[] = [];
  for (let end = size; end < length; end += size) ends.push(end);
  if (length > 0) ends.push(length);
  return ends;
}

/** A block of frames is closed after 256 frames, or after the frame with which it holds 4096 values. */
export function frameChunkEnds(frames: readonly Frame[]): number[] {
  const ends: number[] = [];
  let start = 0;
  let values = 0;
  for (const [index, frame] of frames.entries()) {
    values += frame.values.length;
    if (index + 1 - start < FRAMES_CHUNK && values < FRAME_VALUES_CHUNK) continue;
    ends.push(index + 1);
    start = index + 1;
    values = 0;
  }
  if (start < frames.length) ends.push(frames.length);
  return ends;
}
