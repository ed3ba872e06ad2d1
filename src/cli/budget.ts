/**
 * The budget of a frozen process, changed before it goes on.
 *
 * @module
 */
import type { TreeState } from "../image/index.ts";
import { limits } from "../kernel/index.ts";

export interface Budget {
  readonly gas: number;
  readonly pages: number;
}

/** What a tree may still use, by its own account: whoever made the image chose the numbers. */
export function budgetOf(state: TreeState): Budget {
  const meter = state.processes[0]?.meter;
  if (meter === undefined) return { gas: 0, pages: 0 };
  return { gas: meter.gasGranted - meter.gasUsed - (meter.gasSpent ?? 0), pages: meter.pagesMax };
}

/** What its root has lent of that to processes that still live. */
export function gasLent(state: TreeState): number {
  return state.processes
    .filter((process) => process.parent === 0 && process.status.state !== "ended")
    .reduce((sum, process) => sum + process.meter.gasGranted, 0);
}

/** The tree with its root's budget changed by these amounts. */
export function changeBudget(state: TreeState, change: Budget): TreeState {
  return {
    ...state,
    processes: state.processes.map((process, index) => {
      if (index > 0) return process;
      const { meter } = process;
      const gasGranted = Math.min(meter.gasGranted + change.gas, limits.GAS_MAX);
      const pagesMax = Math.min(meter.pagesMax + change.pages, limits.PAGES_MAX);
      return { ...process, meter: { ...meter, gasGranted, pagesMax } };
    }),
  };
}
