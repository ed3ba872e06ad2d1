/**
 * What is known of a body before anything is decided: what is reachable, which values lie on the operand stack where, what
 * each straight run costs (docs/spec/gas.md), where the safepoints are, and where the bits of a float become observable.
 * @module
 */

import { WasmError } from "../errors.ts";
import type { ValueType } from "../module.ts";
import type { Body } from "./body.ts";

/** Values saved at one safepoint, at most: engines take 1000 parameters. */
export const POINT_VALUES_MAX = 900;

/** What is refused about a function, with where it is. */
export function refuse(body: Body, why: string): WasmError {
  return new WasmError("unsupported", `code section: function ${body.func} ${why}`, body.position[0] as number);
}

export type PointKind = "entry" | "loop" | "call" | "bulk";

/** A place where a frame may be captured. Its number is its place in `Flow.points`, after unneeded ones are removed. */
export interface Point {
  readonly kind: PointKind;
  /** Instruction; -1 for the entry. */
  readonly index: number;
  /** Directly called function, or -1. */
  readonly callee: number;
  /** Opener of the innermost block around it, or -1. */
  readonly opener: number;
  /** Values on the operand stack that must survive, bottom first. */
  readonly stack: readonly number[];
  /** What the call leaves on the stack; empty for other kinds. */
  readonly results: readonly ValueType[];
}

export interface Flow {
  readonly body: Body;
  readonly points: readonly Point[];
  /** Gas charged after instruction i at [i + 1]; at [0], on entry. */
  readonly charges: Int32Array;
  /** Values, by number: type, and where a float's bits come from (float-sources.ts). */
  readonly valueTypes: Uint8Array;
  readonly valueSources: Int32Array;
  /** The first value that instruction i makes; those of i end where those of i + 1 begin. */
  readonly produced: Int32Array;
  /** Float operands whose bits an instruction makes observable, by instruction: values, top of the stack first. */
  readonly observed: ReadonlyMap<number, readonly number[]>;
  /** Definitions of float locals: local, source, local, source, … */
  readonly definitions: readonly number[];
  /** Height of the operand stack under a block and its parameters, by block number; of live blocks only. */
  readonly bases: readonly number[];
  /** Opener of the block around a block, or -1, by block number; of live blocks only. */
  readonly parents: readonly number[];
  /** Ends of blocks that are reached by falling through or by a branch, one flag an instruction. */
  readonly live: Uint8Array;
  /** A branch goes to the function's own label. */
  readonly endTargeted: boolean;
  /** Direct callees, one entry a call site. */
  readonly callees: readonly number[];
  /** Cost of all reachable instructions, without callees. */
  readonly cost: number;
  /** Highest operand stack, in slots of 8 bytes. */
  readonly stackSlots: number;
  /** Has a loop, an indirect call, or another instruction that no bounded function may have. */
  readonly unbounded: boolean;
  /** Has an instruction that changes a table. */
  readonly changesTables: boolean;
}
