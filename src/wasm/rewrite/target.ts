/**
 * Where code is emitted into: the hot module and each continuation number their functions, types and globals differently.
 * @module
 */

import type { FunctionType, ValueType } from "../module.ts";

/** Signature of a save function: the results of a call first, then live values. */
export interface SaveSignature {
  readonly results: readonly ValueType[];
  readonly values: readonly ValueType[];
}

/** Functions beside the guest's own that emitted code calls. */
export type Helper =
  | { readonly kind: "memory.init" | "data.drop" | "elem.drop" | "table.grow"; readonly index: number }
  | { readonly kind: "table.init"; readonly index: number; readonly table: number }
  | { readonly kind: "memory.grow" | "rethrow" }
  | { readonly kind: "frame" | "push"; readonly type: ValueType };

export interface Target {
  /** Index of the rewritten form of an original function. */
  func(original: number): number;
  helper(helper: Helper): number;
  /** Index of the function that saves a frame with these values. */
  save(signature: SaveSignature): number;
  /** Index of a type as it is. */
  type(type: FunctionType): number;
  /** Index of the rewritten form of an original type: with gas and depth. */
  gasType(original: number): number;
  table(original: number): number;
  global(original: number): number;
  tag(original: number): number;
  readonly gasGlobal: number;
}
