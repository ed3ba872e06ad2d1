/**
 * What a process can be made from: a program with its kind of guest, or a frozen tree.
 * @module
 */

import type { Plain, TreeState } from "../image/index.ts";
import type { GuestKind } from "./guest.ts";
import { PAGE_BYTES } from "./limits.ts";
import type { Program } from "./program.ts";

export type Source =
  | { readonly form: "program"; readonly kind: GuestKind; readonly program: Program }
  | { readonly form: "image"; readonly tree: TreeState };

/** The memory of all processes of a tree, in pages, with the bytes that wait in it. */
export function treePages(tree: TreeState): number {
  let pages = 0;
  let bytes = plainBytes(tree.kernel);
  for (const process of tree.processes) {
    for (const memory of process.machine?.memories ?? []) pages += memory.pages;
    bytes += plainBytes(process.guest.state) + plainBytes(process.mailbox) + plainBytes(process.kernel);
  }
  return pages + Math.floor(bytes / PAGE_BYTES);
}

function plainBytes(value: Plain): number {
  if (value instanceof Uint8Array || typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((sum: number, item: Plain) => sum + plainBytes(item), 0);
}
