/**
 * Instances whose process is gone, blank and ready for the next one that begins from a state: to make one anew, and to have the
 * operating system give it every page of memory again, takes longer than all else that starting a small process needs.
 * @module
 */

import type { Instance, RuntimeCalls } from "./instance.ts";
import type { Program } from "./program.ts";

/** Of one program. */
const SPARE_INSTANCES_MAX = 4;
/** Larger memories are given back to the system. */
const SPARE_PAGES_MAX = 64;

/** Those with less memory first: they serve more processes. */
const spares = new WeakMap<Program, Instance[]>();

/** One with at most so many pages of memory, all zero; its globals are anything. undefined if there is none. */
export function takeSpare(program: Program, calls: RuntimeCalls, pages: number): Instance | undefined {
  const known = spares.get(program) ?? [];
  const at = known.findLastIndex((spare) => spare.memoryPages <= pages);
  if (at < 0) return undefined;
  const [spare] = known.splice(at, 1) as [Instance];
  spare.attach(calls);
  return spare;
}

/** Nobody else may hold the instance. Does nothing where it cannot be made blank, or enough are kept that serve better. */
export function keepSpare(program: Program, instance: Instance): void {
  const known = spares.get(program) ?? [];
  const pages = instance.memoryPages;
  const isWanted = known.length < SPARE_INSTANCES_MAX || pages < (known.at(-1) as Instance).memoryPages;
  if (!isWanted || pages > SPARE_PAGES_MAX || !instance.clear()) return;
  instance.attach(NOBODY);
  const after = known.findIndex((spare) => spare.memoryPages > pages);
  known.splice(after < 0 ? known.length : after, 0, instance);
  spares.set(program, known.slice(0, SPARE_INSTANCES_MAX));
}

function refuse(): never {
  throw new Error("this instance has no machine");
}

const NOBODY: RuntimeCalls = {
  frame: refuse,
  value: refuse,
  rethrow: refuse,
  hostCall: refuse,
  memoryGrow: refuse,
  tableGrow: refuse,
};
