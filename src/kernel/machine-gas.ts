/**
 * The gas of one machine: what it has used in all, and what is left of the slice. While guest code runs, what is left is in a
 * register of its own and, at calls of the host, in a global of the instance.
 * @module
 */

import { EPOCH_GAS, GAS_FLOOR } from "./machine-limits.ts";

/** Where a run that is interrupted by another one stands. */
export interface GasMark {
  readonly slice: number;
  readonly epochEnd: number;
  /** Of the slice of the other run. */
  readonly given: number;
}

export class MachineGas {
  /** Accounted so far. */
  used = 0;
  /** Left of the slice; negative when it is used up. */
  slice = 0;
  /** What the guest went on with: what is left of the slice or of the epoch, whichever is less. */
  given = 0;
  /** Gas used at which the epoch ends. */
  epochEnd: number = EPOCH_GAS;
  /** Charged by host functions beyond what the global can hold. */
  #overcharge = 0;
  readonly #global: WebAssembly.Global;

  constructor(global: WebAssembly.Global) {
    this.#global = global;
  }

  /** What the global says. */
  get left(): number {
    return this.#global.value as number;
  }

  /** All that was used, while guest code or a host function runs. */
  get usedNow(): number {
    return this.used + this.given - this.left + this.#overcharge;
  }

  beginEpoch(): void {
    this.epochEnd = Math.max(1, Math.ceil(this.used / EPOCH_GAS)) * EPOCH_GAS;
  }

  /** Puts what the guest may use where it looks for it. */
  give(): void {
    this.given = Math.min(this.slice, this.epochEnd - this.used);
    this.#set(this.given);
  }

  /** Accounts what was used since the slice began or since this was last called. */
  use(left: number = this.left): void {
    const used = this.given - left + this.#overcharge;
    this.used += used;
    this.slice -= used;
    this.given -= used;
    this.#overcharge = 0;
  }

  charge(gas: number): void {
    this.#set(this.left - gas);
  }

  /** Makes the guest stop as soon as the host function returns. */
  stopGuest(): void {
    this.use();
    this.#global.value = -1;
  }

  /** Takes gas away without counting it as used. */
  reduceSlice(gas: number): void {
    const left = this.left;
    // One below zero stops the guest at the next safepoint, where the slice is found to be used up.
    const taken = Math.max(0, Math.min(gas, left + 1));
    this.#global.value = left - taken;
    this.given -= taken;
    this.slice -= gas;
  }

  /** Another run with a slice of its own begins in the middle of this one. */
  interrupt(given: number): GasMark {
    this.use();
    const mark = { slice: this.slice, epochEnd: this.epochEnd, given };
    this.slice = given;
    return mark;
  }

  /** The interrupted run goes on: the other one has used up a part of its slice. */
  goOn(mark: GasMark): void {
    this.slice = mark.slice - (mark.given - this.slice);
    this.epochEnd = mark.epochEnd;
    this.give();
  }

  /** What the global cannot hold is kept aside. */
  #set(left: number): void {
    this.#global.value = Math.max(left, GAS_FLOOR);
    if (left < GAS_FLOOR) this.#overcharge += GAS_FLOOR - left;
  }
}
