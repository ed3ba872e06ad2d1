/**
 * What a process can be made from: a program with its kind of guest, or a frozen tree.
 * @module
 */

import type { TreeState } from "../image/index.ts";
import type { GuestKind } from "./guest.ts";
import type { Program } from "./program.ts";

export type Source =
  | { readonly form: "program"; readonly kind: GuestKind; readonly program: Program }
  | { readonly form: "image"; readonly tree: TreeState };

/** The memory of all processes of a tree, in pages. */
export function treePages(tree: TreeState): number {
  let pages = 0;
  for (const process of tree.processes) {
    for (const memory of process.machine?.memories ?? []) pages += memory.pages;
  }
  return pages;
}
