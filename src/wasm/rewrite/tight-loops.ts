/**
 * Tight loops: a straight line that ends in the branch back. In them the test of the gas is the dearest part (a second
 * branch where the engine would have one), so several iterations share one test: see `FunctionEmitter.#tightLoop`.
 * @module
 */

import * as o from "../opcodes.ts";
import { blockType } from "./body.ts";
import type { Flow } from "./flow.ts";

/** Iterations between two tests. */
export const TIGHT_LOOP_COPIES = 4;
/** Longest body that is copied, in bytes. */
const TIGHT_LOOP_BYTES_MAX = 64;

/** Instructions that end a straight line, or may stop in the middle of it. */
const NOT_STRAIGHT: ReadonlySet<number> = new Set([
  ...[o.OP_BLOCK, o.OP_LOOP, o.OP_IF, o.OP_TRY_TABLE, o.OP_BR, o.OP_BR_IF, o.OP_BR_TABLE, o.OP_END, o.OP_ELSE],
  ...[o.OP_CALL, o.OP_CALL_INDIRECT, o.OP_RETURN_CALL, o.OP_RETURN_CALL_INDIRECT, o.OP_RETURN, o.OP_UNREACHABLE],
  ...[o.OP_THROW, o.OP_THROW_REF, o.OP_MEMORY_GROW, o.OP_TABLE_GROW, o.OP_MEMORY_INIT, o.OP_MEMORY_COPY],
  ...[o.OP_MEMORY_FILL, o.OP_TABLE_INIT, o.OP_TABLE_COPY, o.OP_TABLE_FILL, o.OP_DATA_DROP, o.OP_ELEM_DROP],
]);

/** The instruction that branches back, if the loop opened at `opener` is tight; else undefined. */
export function tightLoopEnd(flow: Flow, opener: number): number | undefined {
  const { body } = flow;
  const back = (body.match[opener] as number) - 1;
  if (body.op[back] !== o.OP_BR_IF || body.a[back] !== 0) return undefined;
  if ((body.position[back] as number) - (body.position[opener] as number) > TIGHT_LOOP_BYTES_MAX) return undefined;
  const type = blockType(body, opener);
  if (type.params.length > 0 || type.results.length > 0) return undefined;
  for (let i = opener + 1; i < back; i++) if (NOT_STRAIGHT.has(body.op[i] as number)) return undefined;
  return back;
}
