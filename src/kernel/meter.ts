/**
 * The meter tree: budgets of gas and memory pages. A child's budget is taken out of its parent's when it is spawned, and what is left
 * of it comes back when it ends. The sums are exact at every moment: for each meter
 * `granted = used + spent + lent + left`, where `lent` is what its open children were granted.
 * A process overdraws by at most one straight stretch of code and what the host did for it there: then `left` is negative (a debt). The
 * next refill pays it, or when the process ends its parent, which may be overdrawn thereby: whatever a tree uses is its root's in the end.
 * @module
 */

import { GAS_MAX, PAGES_MAX } from "./limits.ts";

export interface Budget {
  readonly gas: number;
  readonly pages: number;
}

export interface MeterReading {
  /** All gas ever put into this meter. */
  readonly gasGranted: number;
  /** Used by the process itself, debt included. */
  readonly gasUsed: number;
  /** All that children used that have ended, with what they and theirs overdrew. */
  readonly gasSpent: number;
  /** Granted to children that still live. */
  readonly gasLent: number;
  /** May be negative: a debt. */
  readonly gasLeft: number;
  readonly pagesMax: number;
  readonly pagesUsed: number;
  /** Of children that are not discarded yet. */
  readonly pagesLent: number;
  /** For images and programs that the process keeps. */
  readonly pagesHeld: number;
}

/** What an image holds of a meter; the rest follows from the tree. */
export interface SavedMeter {
  readonly gasGranted: number;
  readonly gasUsed: number;
  readonly gasSpent: number;
  readonly pagesMax: number;
}

export class Meter {
  readonly #parent: Meter | undefined;
  #gasGranted: number;
  #gasUsed = 0;
  #gasSpent = 0;
  #gasLent = 0;
  #pagesMax: number;
  #pagesUsed = 0;
  #pagesLent = 0;
  #pagesHeld = 0;
  /** "ended": the gas went back, the memory is still held for inspection. */
  #state: "open" | "ended" | "released" = "open";

  private constructor(parent: Meter | undefined, budget: Budget) {
    this.#parent = parent;
    this.#gasGranted = budget.gas;
    this.#pagesMax = budget.pages;
  }

  /** The meter of a root process: its budget comes from the host. */
  static root(budget: Budget): Meter {
    assertGas(budget.gas);
    assertPages(budget.pages);
    return new Meter(undefined, budget);
  }

  /** A meter as it was in an image. The budget counts as lent by the parent, but of one that has ended only the memory does. */
  static restore(
    saved: SavedMeter,
    options: { readonly parent?: Meter | undefined; readonly ended?: boolean } = {},
  ): Meter {
    assertGas(saved.gasGranted);
    assertPages(saved.pagesMax);
    const parent = options.parent;
    const meter = new Meter(parent, { gas: saved.gasGranted, pages: saved.pagesMax });
    meter.#gasUsed = saved.gasUsed;
    meter.#gasSpent = saved.gasSpent;
    if (options.ended === true) meter.#state = "ended";
    else if (parent !== undefined) parent.#gasLent += saved.gasGranted;
    if (parent !== undefined) parent.#pagesLent += saved.pagesMax;
    return meter;
  }

  get gasLeft(): number {
    return this.#gasGranted - this.#gasUsed - this.#gasSpent - this.#gasLent;
  }

  get gasUsed(): number {
    return this.#gasUsed;
  }

  get pagesMax(): number {
    return this.#pagesMax;
  }

  /** What the process's own memories may have in all. */
  get pagesOwnMax(): number {
    return this.#pagesMax - this.#pagesLent - this.#pagesHeld;
  }

  get pagesFree(): number {
    return this.pagesOwnMax - this.#pagesUsed;
  }

  get reading(): MeterReading {
    return Object.freeze({
      gasGranted: this.#gasGranted,
      gasUsed: this.#gasUsed,
      gasSpent: this.#gasSpent,
      gasLent: this.#gasLent,
      gasLeft: this.gasLeft,
      pagesMax: this.#pagesMax,
      pagesUsed: this.#pagesUsed,
      pagesLent: this.#pagesLent,
      pagesHeld: this.#pagesHeld,
    });
  }

  save(): SavedMeter {
    return {
      gasGranted: this.#gasGranted,
      gasUsed: this.#gasUsed,
      gasSpent: this.#gasSpent,
      pagesMax: this.#pagesMax,
    };
  }

  /** The process used so much; negative when a trap takes back what was charged since the last checkpoint. */
  use(gas: number): void {
    this.#gasUsed += gas;
    if (this.#state !== "open") this.#passOn(-this.gasLeft);
  }

  setPagesUsed(pages: number): void {
    this.#pagesUsed = pages;
  }

  /** Takes pages for an image or a program that the process keeps. */
  hold(pages: number): boolean {
    if (pages > this.pagesFree) return false;
    this.#pagesHeld += pages;
    return true;
  }

  unhold(pages: number): void {
    if (pages > this.#pagesHeld)
      throw new RangeError(`pages: expected at most the held ${this.#pagesHeld}, got ${pages}`);
    this.#pagesHeld -= pages;
  }

  /** A child's meter, or undefined where this one cannot afford it. `gasNow` is what the running slice has used already. */
  lend(budget: Budget, gasNow = 0): Meter | undefined {
    if (!this.#canGive(budget, gasNow)) return undefined;
    this.#gasLent += budget.gas;
    this.#pagesLent += budget.pages;
    return new Meter(this, budget);
  }

  /** More budget: from the parent, which must afford it, or for a root from the host. Says whether it was done. */
  refill(budget: Budget, gasNow = 0): boolean {
    if (this.#state !== "open") return false;
    assertGas(budget.gas);
    assertPages(budget.pages);
    if (this.#gasGranted + budget.gas > GAS_MAX || this.#pagesMax + budget.pages > PAGES_MAX) return false;
    const parent = this.#parent;
    if (parent !== undefined) {
      if (!parent.#canGive(budget, gasNow)) return false;
      parent.#gasLent += budget.gas;
      parent.#pagesLent += budget.pages;
    }
    this.#gasGranted += budget.gas;
    this.#pagesMax += budget.pages;
    return true;
  }

  /**
   * The process has ended: what is left of its gas goes back; what it used beyond its budget its parent pays, and this says how much.
   * Its children must have ended before.
   */
  end(): number {
    if (this.#state !== "open") return 0;
    if (this.#gasLent !== 0) throw new Error("meter: a child is still open");
    this.#state = "ended";
    const parent = this.#parent;
    if (parent === undefined) return 0;
    const debt = Math.max(0, -this.gasLeft);
    parent.#gasLent -= this.#gasGranted;
    this.#gasGranted -= this.gasLeft;
    parent.#gasSpent += this.#gasGranted;
    return debt;
  }

  /** What a process uses after its end, in the host function that it has called, is its parent's at once; or that of the first one that lives. */
  #passOn(gas: number): void {
    const parent = this.#parent;
    if (parent === undefined) return;
    this.#gasGranted += gas;
    parent.#gasSpent += gas;
    if (parent.#state !== "open") parent.#passOn(gas);
  }

  /** The process is gone: its memory goes back too. */
  release(): void {
    this.end();
    if (this.#state === "released") return;
    this.#state = "released";
    if (this.#parent !== undefined) this.#parent.#pagesLent -= this.#pagesMax;
  }

  #canGive(budget: Budget, gasNow: number): boolean {
    assertGas(budget.gas);
    assertPages(budget.pages);
    const gasFree = Math.max(0, this.gasLeft - gasNow);
    return this.#state === "open" && budget.gas <= gasFree && budget.pages <= this.pagesFree;
  }
}

function assertGas(gas: number): void {
  if (!Number.isSafeInteger(gas) || gas < 0)
    throw new RangeError(`gas: expected an integer from 0 to ${GAS_MAX}, got ${gas}`);
}

function assertPages(pages: number): void {
  if (!Number.isSafeInteger(pages) || pages < 0 || pages > PAGES_MAX) {
    throw new RangeError(`pages: expected an integer from 0 to ${PAGES_MAX}, got ${pages}`);
  }
}
