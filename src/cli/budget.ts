/**
 * Holding gas back from a frozen process, so that it stops after a chosen amount to be frozen again.
 *
 * @module
 */
import type { TreeState } from "../image/index.ts";

/** Gas that the root of the tree may still use. */
export function gasLeft(state: TreeState): number {
  const meter = state.processes[0]?.meter;
  if (meter === undefined) return 0;
  const lent = state.processes
    .filter((process) => process.parent === 0 && process.status.state !== "ended")
    .reduce((sum, process) => sum + process.meter.gasGranted, 0);
  return meter.gasGranted - meter.gasUsed - (meter.gasSpent ?? 0) - lent;
}

/** The tree with its root's budget changed by these amounts. */
export function changeBudget(state: TreeState, change: { readonly gas: number; readonly pages: number }): TreeState {
  return {
    ...state,
    processes: state.processes.map((process, index) => {
      if (index > 0) return process;
      const { meter } = process;
      return {
        ...process,
        meter: { ...meter, gasGranted: meter.gasGranted + change.gas, pagesMax: meter.pagesMax + change.pages },
      };
    }),
  };
}
