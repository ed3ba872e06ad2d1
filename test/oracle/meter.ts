/**
 * The dynamic half of the gas schedule: what was used, what is left of the slice, and what counts at a trap.
 * @module
 */

import type { TrapCode } from "./values.ts";

export const EPOCH_GAS: number = 2 ** 28;

export class Meter {
  /** All that was charged. */
  used = 0;
  /** Of the current slice; negative when overdrawn. */
  left = 0;
  #epochEnd = EPOCH_GAS;

  charge(gas: number): void {
    this.used += gas;
    this.left -= gas;
  }

  /** At a safepoint: false if the program stops there. */
  passSafepoint(): boolean {
    if (this.left < 0) return false;
    this.renewEpoch();
    return true;
  }

  renewEpoch(): void {
    this.#epochEnd = Math.max(1, Math.ceil(this.used / EPOCH_GAS)) * EPOCH_GAS;
  }

  trap(code: TrapCode): void {
    if (code === "memory-out-of-bounds" || code === "table-out-of-bounds") this.used = this.#epochEnd;
  }
}
