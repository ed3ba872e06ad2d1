/**
 * What it costs a guest to make processes, or to freeze them: in proportion to what they consist of.
 * @module
 */

import type { Plain, TreeState } from "../image/index.ts";
import type { WasmModule } from "../wasm/index.ts";
import type { GuestKind } from "./guest.ts";
import {
  copyGas,
  GAS_PER_DEFINITION,
  GAS_PER_ENTRY,
  GAS_PER_FROZEN_PAGE,
  GAS_PER_GLOBAL,
  GAS_PER_IMPORT,
  GAS_PER_SPAWN,
} from "./prices.ts";
import type { Program } from "./program.ts";
import type { ProcessRecord } from "./record.ts";
import { type Source, sourceElements, treePages } from "./source.ts";
import type { KernelCore } from "./tree.ts";

/** For a `spawn`. */
export function spawnGas(core: KernelCore, source: Source): number {
  if (source.form === "image") return imageGas(core, source.tree);
  return processGas(source.kind, source.program) + sourceElements(source);
}

/** For a `freeze`, before anything is saved; its pages come to this when they are known. */
export function freezeGas({ kind, program, clist, mailbox, children }: ProcessRecord): number {
  let gas = processGas(kind, program) + GAS_PER_ENTRY * (clist.size + mailbox.length);
  // An image that it holds becomes bytes.
  for (const [, entry] of clist.entries()) {
    if (entry.kind === "source" && entry.source.form === "image") gas += GAS_PER_FROZEN_PAGE * entry.pages;
  }
  for (const child of children) gas += freezeGas(child);
  return gas;
}

function imageGas(core: KernelCore, tree: TreeState): number {
  const programs = tree.modules.map(({ cid, bytes }) =>
    bytes === undefined ? core.findProgram(cid) : core.load(bytes),
  );
  let gas = GAS_PER_FROZEN_PAGE * treePages(tree) + sourceElements({ form: "image", tree });
  gas += GAS_PER_ENTRY * countOf(tree.kernel, "cells");
  for (const { module, guest, clist, mailbox } of tree.processes) {
    gas += processGas(core.guestKind(guest.kind), programs[module]);
    gas += GAS_PER_ENTRY * (countOf(clist) + countOf(mailbox));
  }
  return gas;
}

function countOf(plain: Plain, field?: string): number {
  const list = field === undefined ? plain : (plain as { readonly [key: string]: Plain } | null)?.[field];
  return Array.isArray(list) ? list.length : 0;
}

/** A program that all guests of a kind share is the host's, and no guest can make it larger. */
function processGas(kind: GuestKind | undefined, program: Program | undefined): number {
  if (program === undefined || kind?.program === program) return GAS_PER_SPAWN;
  return GAS_PER_SPAWN + instanceGas(program.module);
}

const known = new WeakMap<WasmModule, number>();

/** For an instance of a module. */
function instanceGas(module: WasmModule): number {
  let gas = known.get(module);
  if (gas === undefined) {
    const { imports, globals, bodies, exports, data, elements } = module;
    gas = GAS_PER_IMPORT * imports.length + GAS_PER_GLOBAL * globals.length;
    gas += GAS_PER_DEFINITION * (bodies.length + exports.length + data.length + elements.length);
    gas += copyGas(data.reduce((sum, { start, end }) => sum + end - start, 0));
    known.set(module, gas);
  }
  return gas;
}
