/**
 * Runs a process in steps of a given gas. Between two steps it is frozen, encoded, written as the bytes of a .caper file,
 * read back, decoded and thawed into a new process with a new instance; or, where that happens only at every n-th stop,
 * it just goes on.
 *
 * @module
 */

import {
  type Base,
  bytesToImage,
  decodeImage,
  encodeImage,
  imageToBytes,
  makeBase,
  type TreeState,
} from "../../src/image/index.ts";
import type { Kernel, Process, ThawInit } from "../../src/kernel/index.ts";
import { nodeHasher } from "../../src/node/index.ts";

export interface StepPlan {
  readonly kernel: Kernel;
  /** Makes the process and begins what is to be run, for at most `gas`. */
  readonly begin: (gas: number) => Process;
  /** Powers of the thawed processes. */
  readonly thaw: ThawInit;
  readonly gas: number;
  /** Each stop whose number is a multiple of this goes through bytes. */
  readonly freezeEvery: number;
  /** What images are written as differences to. */
  readonly base?: Base;
}

export interface SteppedRun {
  readonly gasUsed: number;
  readonly root: string;
  /** How the process stands at the end. */
  readonly status: unknown;
  readonly stops: number;
  readonly freezes: number;
}

/** Everything about a run's end that may not depend on how it was stopped. */
export function endOf({ gasUsed, root, status }: SteppedRun): Pick<SteppedRun, "gasUsed" | "root" | "status"> {
  return { gasUsed, root, status };
}

/** Enough for any of the runs at once. */
export const UNINTERRUPTED: number = 2 ** 40;
/** For `freezeEvery`. */
export const NEVER: number = Number.POSITIVE_INFINITY;

const hasher = nodeHasher;

export function rootOf(state: TreeState): string {
  return encodeImage(state, { hasher }).root;
}

export function baseOf(state: TreeState): Base {
  return makeBase(encodeImage(state, { hasher }), { hasher });
}

/** The state as another machine reads it from a file. */
export function throughBytes(state: TreeState, base: Base | undefined): TreeState {
  const known = base === undefined ? { hasher } : { hasher, base };
  const bytes = imageToBytes(encodeImage(state, known), known);
  const image = bytesToImage(bytes, { hasher, base: (root) => (root === base?.root ? base : undefined) });
  return decodeImage(image, known);
}

export function runInSteps(plan: StepPlan): SteppedRun {
  const { kernel, gas } = plan;
  let process = plan.begin(gas);
  let stops = 0;
  let freezes = 0;
  while (isUnderWay(process)) {
    stops++;
    if (stops % plan.freezeEvery === 0) {
      const state = throughBytes(process.freeze({ copy: false }), plan.base);
      freezes++;
      process.discard();
      process = kernel.thaw(state, plan.thaw);
    }
    process.finishSync({ gas });
  }
  const { status } = process;
  const { gasUsed } = process.meter;
  const root = rootOf(process.freeze());
  process.discard();
  return { gasUsed, root, status, stops, freezes };
}

function isUnderWay(process: Process): boolean {
  return process.status.state === "ready" || process.status.state === "parked";
}
