/**
 * Moves: memory.copy and memory.fill. A large one is done in pieces, so the machine must know where in a frame its operands are,
 * without a plan of the function.
 * @module
 */

import { I32 } from "../module.ts";
import * as o from "../opcodes.ts";
import type { Plan } from "./plan.ts";

/** A safepoint before a move. */
export interface Move {
  readonly point: number;
  readonly kind: "copy" | "fill";
  /** Place of the first of the three operands among the saved values, which come one after the other. */
  readonly operands: number;
}

export function isMove(op: number): boolean {
  return op === o.OP_MEMORY_COPY || op === o.OP_MEMORY_FILL;
}

export function findMoves({ flow, points }: Plan): Move[] {
  const moves: Move[] = [];
  for (let p = 0; p < points.length; p++) {
    const point = points[p];
    if (point?.kind !== "bulk") continue;
    const op = flow.body.op[point.index] as number;
    if (!isMove(op)) continue;
    // 32-bit integers are saved first, and of these what is on top of the operand stack last.
    const integers = point.slots.reduce((count, slot) => (slot.type === I32 ? count + 1 : count), 0);
    moves.push({ point: p, kind: op === o.OP_MEMORY_COPY ? "copy" : "fill", operands: integers - OPERANDS });
  }
  return moves;
}

/** Destination, source or value, size. */
const OPERANDS = 3;
