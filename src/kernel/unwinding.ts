/**
 * What rewritten code hands over piece by piece: frames as they leave the engine's stack, and the results of calls.
 * @module
 */

import type { SavedFrame } from "./machine-frames.ts";
import type { Carrier } from "./machine-values.ts";

export class Unwinding {
  /** Innermost first. */
  frames: SavedFrame[] = [];
  /** Of the call that is over, or that the innermost frame waits for. */
  results: Carrier[] = [];
  /** Where the values of the frame that is being handed over go; before them, results of the call it waits for. */
  #sink: Carrier[] | undefined;
  #resultSink: Carrier[] | undefined;
  #resultsLeft = 0;

  /** What follows are results, or dummies that nobody wants. */
  beginResults(areWanted: boolean): void {
    this.results = [];
    this.#sink = areWanted ? this.results : undefined;
  }

  /** What follows are so many results, wanted or not, and then the frame's values. */
  beginFrame(frame: SavedFrame, resultCarriers: number, areWanted: boolean): void {
    if (areWanted) this.results = [];
    this.#resultSink = areWanted ? this.results : undefined;
    this.#resultsLeft = resultCarriers;
    this.frames.push(frame);
    this.#sink = frame.values;
  }

  value(carrier: Carrier): void {
    if (this.#resultsLeft > 0) {
      this.#resultsLeft--;
      this.#resultSink?.push(carrier);
    } else {
      this.#sink?.push(carrier);
    }
  }

  /** Forgets the frames. */
  clear(): void {
    if (this.frames.length > 0) this.frames = [];
  }
}
