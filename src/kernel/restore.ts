/**
 * Thaw: a tree of processes from an image. Nothing in the image is trusted: each part is checked, and what leads out of the tree
 * is what the thawing side gives for the names in it.
 * @module
 */

import type { ModuleState, Plain, ProcessState, TreeState } from "../image/index.ts";
import type { Capability, PendingAnswer } from "../passable/index.ts";
import { makeRecord } from "./create.ts";
import { KernelError } from "./errors.ts";
import type { GuestKind } from "./guest.ts";
import type { Keeper } from "./keeper.ts";
import { GAS_MAX, NESTING_DEPTH_MAX, PROCESSES_PER_TREE_MAX } from "./limits.ts";
import { StateError } from "./machine-errors.ts";
import { Meter } from "./meter.ts";
import { PlainReader } from "./plain-reader.ts";
import type { Program } from "./program.ts";
import type { ProcessRecord } from "./record.ts";
import { RestoreTables } from "./restore-tables.ts";
import { programCid } from "./save.ts";
import type { KernelCore, TreeCounters } from "./tree.ts";
import { Tree } from "./tree.ts";

/** A call that was under way outside when the image was taken. */
export interface OutstandingCall {
  readonly callId: number;
  /** Whom it went to, as far as that could be resolved. */
  readonly capability: Capability;
}

export interface RestoreInit {
  readonly core: KernelCore;
  readonly state: TreeState;
  readonly keeper: Keeper | undefined;
  readonly powers: unknown;
  resolveLocator(locator: Plain): Capability | undefined;
  resolveCall?: ((call: OutstandingCall) => PendingAnswer | undefined) | undefined;
  /** Where the tree goes on below a process; without it, it is a tree of its own with the meters that it had. */
  readonly under?: { readonly parent: ProcessRecord; readonly meter: Meter } | undefined;
}

/** Makes all processes of an image, or none. */
export function restoreTree(init: RestoreInit): ProcessRecord {
  const { core, state } = init;
  const kernel = new PlainReader(state.kernel, "kernel");
  const tree = init.under?.parent.tree ?? new Tree(core, readCounters(kernel.field("counters")));
  checkSize(init, tree);
  const programs = state.modules.map((module, index) => programOf(core, module, index));
  const gasNeeded = init.under === undefined ? [] : gasNeededIn(state);
  const records: ProcessRecord[] = [];
  try {
    state.processes.forEach((saved, index) => {
      const record = restoreProcess(init, { tree, records, programs, gasNeeded, index, saved });
      records.push(record);
      if (record.depth > NESTING_DEPTH_MAX)
        throw new KernelError("limit", `image: nested deeper than ${NESTING_DEPTH_MAX}`);
    });
    checkMeters(records);
    const tables = new RestoreTables({ ...init, records, programs });
    tables.restore(kernel);
    const root = records[0] as ProcessRecord;
    // A new parent has not heard of a stop that the old one knew.
    if (init.under !== undefined) root.told = false;
    return root;
  } catch (error) {
    for (const record of records.reverse()) removeRecord(record);
    throw error;
  }
}

function restoreProcess(
  init: RestoreInit,
  at: {
    readonly tree: Tree;
    readonly records: readonly ProcessRecord[];
    readonly programs: readonly Program[];
    /** Of each process, where it begins anew under another parent. */
    readonly gasNeeded: readonly number[];
    readonly index: number;
    readonly saved: ProcessState;
  },
): ProcessRecord {
  const { tree, records, index, saved } = at;
  const where = `process ${index}`;
  const parent = index === 0 ? init.under?.parent : records[saved.parent];
  if (index > 0 && parent === undefined)
    throw new KernelError("image", `image: ${where}: its parent must come before it`);
  const program = at.programs[saved.module];
  if (program === undefined) throw new KernelError("image", `image: ${where}: module ${saved.module} does not exist`);
  const kind = kindOf(init.core, saved.guest.kind, program, where);
  const ownId = new PlainReader(saved.kernel, where).field("id").int(0, Number.MAX_SAFE_INTEGER);
  const meter =
    index === 0 && init.under !== undefined
      ? init.under.meter
      : Meter.restore(
          init.under === undefined ? readMeter(saved, where) : freshMeter(init.state, index, at.gasNeeded),
          {
            parent: parent?.meter,
            ended: saved.status.state === "ended",
          },
        );
  try {
    return makeRecord({
      id: init.under === undefined ? ownId : tree.takeProcessId(),
      tree,
      parent,
      kind,
      program,
      meter,
      keeper: index === 0 ? init.keeper : undefined,
      powers: index === 0 ? init.powers : undefined,
      machine: saved.machine ?? undefined,
      saved: saved.guest.state,
    });
  } catch (error) {
    meter.release();
    if (!(error instanceof StateError)) throw error;
    throw new KernelError("image", `image: ${where}: ${error.message}`, { cause: error });
  }
}

function kindOf(core: KernelCore, name: string, program: Program, where: string): GuestKind {
  const kind = core.guestKind(name);
  if (kind === undefined)
    throw new KernelError("unknown-guest", `image: ${where}: this kernel has no guests of kind ${name}`);
  if (kind.program !== undefined && programCid(kind.program, undefined) !== programCid(program, undefined)) {
    throw new KernelError(
      "unknown-guest",
      `image: ${where}: runs another version of the ${name} engine than this kernel has`,
    );
  }
  return kind;
}

function programOf(core: KernelCore, module: ModuleState, index: number): Program {
  const program = module.bytes === undefined ? core.findProgram(module.cid) : core.load(module.bytes);
  if (program === undefined) {
    throw new KernelError("image", `image: module ${index}: ${module.cid} is not in the image and not known here`);
  }
  return program;
}

function checkSize(init: RestoreInit, tree: Tree): void {
  const count = init.state.processes.length;
  if (count === 0) throw new KernelError("image", "image: has no process");
  if (tree.processes.size + count > PROCESSES_PER_TREE_MAX) {
    throw new KernelError("limit", `image: ${count} processes; a tree has at most ${PROCESSES_PER_TREE_MAX}`);
  }
}

function readCounters(reader: PlainReader): TreeCounters {
  const read = (name: string): number => reader.field(name).int(0, Number.MAX_SAFE_INTEGER);
  return {
    nextProcessId: read("nextProcessId"),
    nextCallId: read("nextCallId"),
    gasUsed: read("gasUsed"),
  };
}

function readMeter(
  saved: ProcessState,
  where: string,
): { gasGranted: number; gasUsed: number; gasSpent: number; pagesMax: number } {
  const reader = new PlainReader({ ...saved.meter }, `${where}: meter`);
  const read = (name: string): number => reader.field(name).int(0, GAS_MAX);
  return {
    gasGranted: read("gasGranted"),
    gasUsed: read("gasUsed"),
    gasSpent: read("gasSpent"),
    pagesMax: read("pagesMax"),
  };
}

/** Under a new parent the account starts anew: what was left is granted. Debts the old one paid when the image was taken. */
function freshMeter(
  state: TreeState,
  index: number,
  gasNeeded: readonly number[],
): { gasGranted: number; gasUsed: number; gasSpent: number; pagesMax: number } {
  const pagesMax = state.processes[index]?.meter.pagesMax ?? 0;
  return { gasGranted: gasNeeded[index] ?? 0, gasUsed: 0, gasSpent: 0, pagesMax };
}

/** What is left in each saved process and its descendants: children come after their parents, so from the last to the first. */
function gasNeededIn(state: TreeState): readonly number[] {
  const needed = state.processes.map(() => 0);
  const lent = state.processes.map(() => 0);
  for (let index = needed.length - 1; index >= 0; index--) {
    const saved = state.processes[index] as ProcessState;
    if (saved.status.state === "ended") {
      needed[index] = 0;
      continue;
    }
    const { gasGranted, gasUsed, gasSpent } = readMeter(saved, `process ${index}`);
    needed[index] = (needed[index] ?? 0) + Math.max(0, gasGranted - gasUsed - gasSpent - (lent[index] ?? 0));
    if (saved.parent < 0 || saved.parent >= index) continue;
    lent[saved.parent] = (lent[saved.parent] ?? 0) + gasGranted;
    needed[saved.parent] = (needed[saved.parent] ?? 0) + (needed[index] ?? 0);
  }
  return needed;
}

/** The sums must hold, and nobody may have lent more than it had. */
function checkMeters(records: readonly ProcessRecord[]): void {
  records.forEach((record, index) => {
    const { gasLeft, gasUsed, gasSpent } = record.meter.reading;
    // What it and its children used may be more than that, what its children still have never is.
    if (!Number.isSafeInteger(gasLeft) || gasLeft < -(gasUsed + gasSpent)) {
      throw new KernelError("budget", `image: process ${index}: meter: its children have more gas than it was granted`);
    }
    if (record.meter.pagesFree < 0) {
      throw new KernelError("budget", `image: process ${index}: meter: more memory in use than it was granted`);
    }
  });
}

function removeRecord(record: ProcessRecord): void {
  record.tree.dequeue(record);
  record.tree.processes.delete(record);
  record.clist.release();
  record.parent?.children.delete(record);
  record.meter.release();
}
