/**
 * The dynamic half of the gas schedule: what was used, what is left of the slice, and what counts at a trap.
 * @module
 */

export class Meter {
  /** All that was charged. */
  used = 0;
  /** `used` at the last checkpoint. */
  atCheckpoint = 0;
  /** Of the current slice; negative when overdrawn. */
  left = 0;

  charge(gas: number): void {
    this.used += gas;
    this.left -= gas;
  }

  checkpoint(): void {
    this.atCheckpoint = this.used;
  }

  get isOverdrawn(): boolean {
    return this.left < 0;
  }
}
