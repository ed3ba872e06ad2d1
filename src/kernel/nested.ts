/**
 * Calls of the host's into a tree that runs: from within a host function that a process has called openly, on top of whatever
 * is on the engine's stack, until they are done, parked, stopped or out of their share of gas.
 * @module
 */

import { account } from "./accounts.ts";
import { KernelError } from "./errors.ts";
import { NESTED_TURNS_MAX } from "./limits.ts";
import { hasStackRoom } from "./native-stack.ts";
import type { ProcessRecord } from "./record.ts";
import { waitPath, waitsForOutside } from "./record.ts";
import { nestTurn } from "./step.ts";
import type { Tree } from "./tree.ts";
import type { Turn } from "./turn.ts";

/** Begins a turn of a process; false where that cannot be. */
export type Push = (process: ProcessRecord, turn: Turn) => boolean;

export function pushToMailbox(process: ProcessRecord, turn: Turn): boolean {
  return process.push(turn);
}

/**
 * Calls `run` with what begins a turn of the process now: in its mailbox, or nested where the process waits openly for the host,
 * be it parked or in this very host function.
 *
 * @throws KernelError "state" where the tree runs and the process is in no open call, "limit" where turns are nested too deeply
 */
export function enter<T>(process: ProcessRecord, what: string, run: (push: Push) => T): T {
  const { tree } = process;
  const outer = tree.running;
  if (outer === undefined) {
    return run(waitsForOutside(process) ? nestFirst : pushToMailbox);
  }
  const isOpen = outer.machine?.isNative === true && outer.machine.accepts && waitPath(process, outer) === "open";
  if (!isOpen) {
    throw new KernelError("state", `${what}: the tree is running; do it between slices, or within an open call`);
  }
  if (!hasStackRoom() || process.turns.length > NESTED_TURNS_MAX) {
    throw new KernelError("limit", `${what}: calls of guest and host are nested too deeply in one another`);
  }
  return runInside(tree, outer, () => run(nestFirst));
}

/** While others run on top of it, a process in a host function is not in the queue, unless with a turn that was nested in it. */
function runInside<T>(tree: Tree, outer: ProcessRecord, run: () => T): T {
  if (outer.machine !== undefined) account(outer, outer.machine);
  if (outer.machine?.isNative === true) tree.dequeue(outer);
  try {
    return run();
  } finally {
    if (outer.state === "ready" && !tree.queue.includes(outer)) tree.enqueueFirst(outer);
  }
}

function nestFirst(process: ProcessRecord, turn: Turn): boolean {
  if (!nestTurn(process, turn)) return false;
  process.tree.enqueueFirst(process);
  return true;
}

/** The turn that a host finishes: where it is in a host function of the process, the one that it began there; else the outermost. */
export function turnToFinish(process: ProcessRecord, what: string): Turn | undefined {
  const { running } = process.tree;
  if (running !== undefined && running !== process) {
    throw new KernelError("state", `${what}: the tree is running; do it between slices, or within an open call`);
  }
  return process.turns[process.machine?.nativeCalls ?? 0];
}

/** Goes on with what was begun in this host function, or with the tree. */
export function goOn<T>(process: ProcessRecord, run: () => T): T {
  const { tree } = process;
  return tree.running === undefined ? run() : runInside(tree, tree.running, run);
}
