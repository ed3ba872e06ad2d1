/**
 * Large moves in pieces. A memory.copy or memory.fill of more than `MOVE_BYTES_MAX` is done here up to its last piece, between slices;
 * its frame holds what is left of it, and is valid in every state between.
 * @module
 */

import { rewriting } from "../wasm/index.ts";
import type { Carrier } from "./machine-values.ts";

/** Does a piece of the move that a frame with these values is before; false if the guest can do what is left of it. */
export function movePiece(memory: Uint8Array, values: Carrier[], { kind, operands }: rewriting.Move): boolean {
  const [to = 0, from = 0, size = 0] = values.slice(operands, operands + 3).map((value) => Number(value) >>> 0);
  const isInside = to + size <= memory.length && (kind === "fill" || from + size <= memory.length);
  // One that leads out of the memory traps before anything is moved: that is for the guest.
  if (size <= rewriting.MOVE_BYTES_MAX || !isInside) return false;
  const piece = rewriting.MOVE_BYTES_MAX;
  const rest = size - piece;
  values[operands + 2] = rest | 0;
  if (kind === "copy" && to > from) {
    // The source may overlap what lies behind it, so the end goes first.
    memory.copyWithin(to + rest, from + rest, from + size);
    return true;
  }
  if (kind === "copy") {
    memory.copyWithin(to, from, from + piece);
    values[operands + 1] = (from + piece) | 0;
  } else {
    memory.fill(from & 0xff, to, to + piece);
  }
  values[operands] = (to + piece) | 0;
  return true;
}
