/**
 * What a process can be made from: a program with its kind of guest, or a frozen tree.
 * @module
 */

import type { MachineState, Plain, TreeState } from "../image/index.ts";
import { tableElements, tablePages } from "./growth.ts";
import type { GuestKind } from "./guest.ts";
import { PAGE_BYTES } from "./limits.ts";
import type { Program } from "./program.ts";

/** What a saved frame, and a value in it, take of the host's memory. */
const FRAME_BYTES = 96;
const VALUE_BYTES = 8;

export type Source =
  | { readonly form: "program"; readonly kind: GuestKind; readonly program: Program }
  | { readonly form: "image"; readonly tree: TreeState };

/** Elements of all tables of the processes that are made from it. */
export function sourceElements(source: Source): number {
  return source.form === "program" ? tableElements(source.program.module, undefined) : treeElements(source.tree);
}

function treeElements(tree: TreeState): number {
  const tables = tree.processes.flatMap(({ machine }) => machine?.tables ?? []);
  return tables.reduce((sum, table) => sum + table.length, 0);
}

/** The memory of all processes of a tree, in pages, with their tables, their stacks, and the bytes that wait in it. */
export function treePages(tree: TreeState): number {
  let pages = tablePages(treeElements(tree));
  let bytes = plainBytes(tree.kernel);
  for (const process of tree.processes) {
    for (const memory of process.machine?.memories ?? []) pages += memory.pages;
    bytes += stackBytes(process.machine);
    bytes += plainBytes(process.guest.state) + plainBytes(process.mailbox) + plainBytes(process.kernel);
  }
  return pages + Math.floor(bytes / PAGE_BYTES);
}

function stackBytes(machine: MachineState | null): number {
  const calls = machine === null ? [] : [machine, ...(machine.nested ?? [])];
  const frames = calls.flatMap((call) => call.frames);
  return frames.reduce((sum, { values }) => sum + FRAME_BYTES + VALUE_BYTES * values.length, 0);
}

function plainBytes(value: Plain): number {
  if (value instanceof Uint8Array || typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((sum: number, item: Plain) => sum + plainBytes(item), 0);
}
