/**
 * References at rest: a locator as a value, which can be passed, kept, and made a live reference again (`enliven`).
 *
 * @module
 */

import type { SturdyrefLocator } from "./locator.ts";

/** Whoever has it can get the object. Printing it shows nothing of it. */
export class SturdyRef {
  readonly #locator: SturdyrefLocator;

  constructor(locator: SturdyrefLocator) {
    this.#locator = locator;
    Object.freeze(this);
  }

  get locator(): SturdyrefLocator {
    return this.#locator;
  }
}
