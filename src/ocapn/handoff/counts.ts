/**
 * Which handoff counts a session has seen: each may be used once, so that nobody can withdraw a gift by showing a certificate again.
 *
 * @module
 */

import { OcapnError } from "../errors.ts";
import { HANDOFF_COUNTS_MAX } from "../limits.ts";

export class HandoffCounts {
  /** All below it were used, or may not be used any more. */
  #below = 0;
  readonly #used = new Set<number>();

  /** Throws for one that was used. Peers count upwards, so only few are remembered one by one. */
  use(count: number): void {
    if (count < this.#below || this.#used.has(count)) {
      throw new OcapnError("handoff", `handoff-count ${count}: it was used already`);
    }
    this.#used.add(count);
    while (this.#used.delete(this.#below)) this.#below += 1;
    if (this.#used.size <= HANDOFF_COUNTS_MAX) return;
    this.#below = Math.min(...this.#used) + 1;
    for (const used of this.#used) if (used < this.#below) this.#used.delete(used);
    while (this.#used.delete(this.#below)) this.#below += 1;
  }
}
