/**
 * A function body as flat arrays: one entry an instruction, with its first two immediates and the matching of
 * openers and ends. Everything the rewriter does (analysis, hot code, continuations) walks these arrays.
 * @module
 */

import type { FunctionType, ValueType, WasmModule } from "../module.ts";
import { readBody } from "./read-body.ts";

export interface Body {
  readonly module: WasmModule;
  /** Function index, imported functions counted. */
  readonly func: number;
  readonly type: FunctionType;
  /** Types of all locals, parameters first. */
  readonly locals: Uint8Array;
  /** How many instructions; the last is the function's own `end`. */
  readonly count: number;
  /** Opcode key: plain opcode, 0x100 + sub for 0xFC, 0x200 + sub for 0xFD. */
  readonly op: Uint16Array;
  /** Where each instruction starts in the module's bytes; entry `count` is the body's end. */
  readonly position: Uint32Array;
  /**
   * First immediate that is an index, a depth, or the i32.const value. Of an opener: the number of its block, in the order
   * of their openers. Else 0.
   */
  readonly a: Int32Array;
  /** Second immediate (table of call_indirect, and the like); else 0. */
  readonly b: Int32Array;
  /** Opener to its `end`, `else` and `end` to their opener; the function's `end` to -1. Of others: no meaning. */
  readonly match: Int32Array;
  /** An `if` to its `else`, by block number; -1 where there is none. */
  readonly elseOf: readonly number[];
  /** Types, by block number. */
  readonly blockTypes: readonly FunctionType[];
  /** br_table targets, by instruction: all depths, the default last. */
  readonly tables: ReadonlyMap<number, readonly number[]>;
  /** try_table clauses, by instruction. */
  readonly clauses: ReadonlyMap<number, readonly CatchClause[]>;
}

export interface CatchClause {
  /** 0 catch, 1 catch_ref, 2 catch_all, 3 catch_all_ref */
  readonly kind: number;
  readonly tag: number;
  readonly depth: number;
}

/** Type of the block that instruction `opener` opens. */
export function blockType(body: Body, opener: number): FunctionType {
  return body.blockTypes[body.a[opener] as number] as FunctionType;
}

/** Place of the `else` of the block that instruction `opener` opens, or -1. */
export function elseOf(body: Body, opener: number): number {
  return body.elseOf[body.a[opener] as number] as number;
}

/** Reads the body of a defined function. The module has been validated: nothing is checked here. */
export function makeBody(module: WasmModule, func: number): Body {
  const index = func - module.importedFunctions;
  const type = module.types[module.functions[func] as number] as FunctionType;
  const body = module.bodies[index];
  if (body === undefined) throw new RangeError(`func: expected a defined function, got ${func}`);
  return readBody({ module, func, type, locals: localTypes(type, body.locals) }, body);
}

function localTypes(type: FunctionType, runs: readonly { count: number; type: ValueType }[]): Uint8Array {
  let count = type.params.length;
  for (const run of runs) count += run.count;
  const types = new Uint8Array(count);
  types.set(type.params as number[]);
  let at = type.params.length;
  for (const run of runs) {
    types.fill(run.type, at, at + run.count);
    at += run.count;
  }
  return types;
}
