/**
 * What the checks of instructions share while one body is validated.
 * @module
 */

import type { InstructionCursor } from "../cursor.ts";
import { WasmError } from "../errors.ts";
import type { FunctionType, ValueType, WasmModule } from "../module.ts";
import type { TypeStack } from "./type-stack.ts";

export interface BodyState {
  readonly module: WasmModule;
  /** By function: 1 where a reference may be taken of it with ref.func. */
  readonly declared: Uint8Array;
  readonly stack: TypeStack;
  /** Stands on the instruction that is checked. */
  readonly cursor: InstructionCursor;
  readonly type: FunctionType;
  /** Types of parameters and locals; only the first `localCount` count. */
  readonly locals: Uint8Array;
  readonly localCount: number;
}

/** An item of an index space, or an error that says which is missing. */
export function itemAt<T>(items: readonly T[], index: number, what: string): T {
  const item = items[index];
  if (item === undefined) throw unknownIndex(what, index, items.length);
  return item;
}

export function unknownIndex(what: string, index: number, count: number): WasmError {
  return new WasmError("invalid", `unknown ${what} ${index}, there ${count === 1 ? "is" : "are"} ${count}`);
}

export function typeOfFunction(module: WasmModule, func: number): FunctionType {
  return itemAt(module.types, itemAt(module.functions, func, "function"), "type");
}

export function typeOfTag(module: WasmModule, tag: number): FunctionType {
  return itemAt(module.types, itemAt(module.tags, tag, "tag"), "type");
}

export function elementTypeOfTable(module: WasmModule, table: number): ValueType {
  return itemAt(module.tables, table, "table").element;
}
