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

/** Anything of a type. */
export interface Typed {
  readonly type: ValueType;
}

/**
 * Numbers the signatures of save functions in the order in which they are first asked for. A tree with an edge for each
 * type: every safepoint asks, and text as a key would have to be made each time.
 */
export class SaveSignatures {
  readonly items: SaveSignature[] = [];
  readonly #root = new SignatureNode();

  index(results: readonly ValueType[], slots: readonly Typed[]): number {
    let node = this.#root;
    for (let r = 0; r < results.length; r++) node = node.next(results[r] as number);
    node = node.next(END_OF_RESULTS);
    for (let s = 0; s < slots.length; s++) node = node.next((slots[s] as Typed).type);
    if (node.index < 0) node.index = this.items.push({ results, values: slots.map((slot) => slot.type) }) - 1;
    return node.index;
  }
}

/** Not a type; types are below and near. */
const END_OF_RESULTS = 0x80;

class SignatureNode {
  index = -1;
  readonly #next: (SignatureNode | undefined)[] = [];

  next(type: number): SignatureNode {
    let node = this.#next[END_OF_RESULTS - type];
    if (node === undefined) {
      node = new SignatureNode();
      this.#next[END_OF_RESULTS - type] = node;
    }
    return node;
  }
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
  /** Index of the function that saves a frame with these results of a call and these values. */
  save(results: readonly ValueType[], slots: readonly Typed[]): number;
  /** Index of a type as it is. */
  type(type: FunctionType): number;
  /** Index of the rewritten form of an original type: with gas and depth. */
  gasType(original: number): number;
  table(original: number): number;
  global(original: number): number;
  tag(original: number): number;
  readonly gasGlobal: number;
}
