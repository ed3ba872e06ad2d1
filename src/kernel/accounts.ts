/**
 * Keeps meters and machines in step where budgets change hands in the middle of a slice: the meter learns first what was used so far, and the machine
 * what is left, so that nothing is spent twice, and where a process stops does not depend on slices.
 * @module
 */

import type { Machine } from "./machine.ts";
import type { Budget, Meter } from "./meter.ts";
import type { ProcessRecord } from "./record.ts";

/** The meter learns what the running process has used since the slice began, or since this was last called. */
export function account(process: ProcessRecord, machine: Machine): void {
  const used = process.tree.running === process ? machine.gasUsed - process.sliceStart : 0;
  process.sliceStart = machine.gasUsed;
  process.meter.use(used);
  if (!process.isEnded) process.meter.setPagesUsed(machine.memoryPages);
  process.tree.addGas(used);
}

/** The meter learns what the machine has grown to in this slice, the machine what the meter leaves it. */
export function syncPages(process: ProcessRecord): void {
  const machine = process.machine;
  if (machine === undefined) return;
  process.meter.setPagesUsed(machine.memoryPages);
  machine.memoryPagesMax = process.meter.pagesOwnMax;
}

/** A meter for a child; undefined where the parent cannot afford it. */
export function lendBudget(parent: ProcessRecord, budget: Budget): Meter | undefined {
  syncPages(parent);
  const meter = parent.meter.lend(budget, parent.gasRunning);
  if (meter !== undefined) withdraw(parent, budget.gas);
  return meter;
}

/** More budget, out of the parent's, or for a root from the host. Says whether it was done. */
export function refillBudget(process: ProcessRecord, budget: Budget): boolean {
  const { parent } = process;
  if (parent !== undefined) syncPages(parent);
  if (!process.meter.refill(budget, parent?.gasRunning)) return false;
  syncPages(process);
  if (parent !== undefined) withdraw(parent, budget.gas);
  return true;
}

/** The process has ended: what is left of its gas goes back, what it used beyond its budget its parent pays. */
export function closeAccount(process: ProcessRecord): void {
  const debt = process.meter.end();
  if (debt > 0) process.parent?.machine?.reduceSlice(debt);
}

/** The process is gone: its memory goes back. */
export function returnMemory(process: ProcessRecord): void {
  process.meter.release();
  if (process.parent !== undefined) syncPages(process.parent);
}

/** What is the process's no more it must not use in the rest of its slice. */
function withdraw(process: ProcessRecord, gas: number): void {
  process.machine?.reduceSlice(gas);
  syncPages(process);
}
