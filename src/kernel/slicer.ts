/**
 * How much gas a slice has. With a clock it aims at a few milliseconds; without one it is fixed. Slices decide only when the host
 * gets its thread back, never what a guest computes.
 * @module
 */

import { SLICE_GAS_MIN } from "./limits.ts";
import { SLICE_GAS_MAX } from "./machine.ts";

/**
 * Well below what a host's thread can miss, because a slice can turn out ten times slower than the one before it: code that
 * the engine has not optimised yet, a deep stack to save.
 */
const SLICE_TARGET_MS = 6;
/** Slices grow slowly, for the same reason, and shrink at once. */
const GROWTH_MAX = 1.5;

export interface Slicer {
  /** Gas of the slice that begins. */
  begin(): number;
  /** Has the slice taken its time, whatever it has used? What the host does for a guest takes time, too. */
  isOver(): boolean;
  /** The slice is over, with so much of its gas left. */
  end(gasLeft: number): void;
}

export function makeSlicer(init: { readonly sliceGas: number; readonly now?: (() => number) | undefined }): Slicer {
  const now = init.now;
  if (now === undefined) return { begin: () => init.sliceGas, isOver: () => false, end: () => {} };
  // The first is as short as any: everything in it is new to the engine.
  let gas = SLICE_GAS_MIN;
  let startMs = 0;
  return {
    begin() {
      startMs = now();
      return gas;
    },
    isOver: () => now() - startMs >= SLICE_TARGET_MS,
    end(gasLeft) {
      const elapsedMs = now() - startMs;
      // A short slice that was not used up says little about the speed.
      if (gasLeft > gas / 2 && elapsedMs < SLICE_TARGET_MS) return;
      const ideal = ((gas - gasLeft) * SLICE_TARGET_MS) / Math.max(elapsedMs, 0.05);
      gas = Math.round(Math.min(SLICE_GAS_MAX, Math.max(SLICE_GAS_MIN, Math.min(ideal, gas * GROWTH_MAX))));
    },
  };
}
