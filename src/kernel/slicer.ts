/**
 * How much gas a slice has. With a clock it aims at a few milliseconds; without one it is fixed. Slices decide only when the host
 * gets its thread back, never what a guest computes.
 * @module
 */

import { SLICE_GAS_MIN } from "./limits.ts";
import { SLICE_GAS_MAX } from "./machine.ts";

/** What a host's thread can miss: less than a frame of animation, and long enough that the ends of slices cost little. */
const SLICE_TARGET_MS = 12;

export interface Slicer {
  /** Gas of the slice that begins. */
  begin(): number;
  /** The slice is over, with so much of its gas left. */
  end(gasLeft: number): void;
}

export function makeSlicer(init: { readonly sliceGas: number; readonly now?: (() => number) | undefined }): Slicer {
  let gas = init.sliceGas;
  let startMs = 0;
  const now = init.now;
  if (now === undefined) return { begin: () => gas, end: () => {} };
  return {
    begin() {
      startMs = now();
      return gas;
    },
    end(gasLeft) {
      const tookMs = now() - startMs;
      // A slice that was not used up says little about the speed.
      if (gasLeft > gas / 2) return;
      const ideal = (gas * SLICE_TARGET_MS) / Math.max(tookMs, 0.05);
      // Half-way each time, so that one slow slice (a collection of garbage, another program) does not upset the next.
      gas = Math.round(Math.min(SLICE_GAS_MAX, Math.max(SLICE_GAS_MIN, (gas + ideal) / 2)));
    },
  };
}
