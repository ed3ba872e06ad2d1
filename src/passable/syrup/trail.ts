/**
 * Where in a value something went wrong, as a path such as `args[1].plugins[2].render`. It is put together while an error is on its way
 * out, so that values without errors do not pay for it.
 * @module
 */

import { PassableError } from "../errors.ts";

/** Steps of a path that are shown. */
const STEPS_SHOWN_MAX = 24;

export class Trail {
  /** Innermost first, as the containers that they are taken from. */
  readonly #steps: string[] = [];
  readonly #containers: object[] = [];

  add(step: string, container: object): void {
    this.#steps.push(step);
    this.#containers.push(container);
  }

  /** The error with the path in front. Others than ours pass as they are: they may be the hooks' own. */
  located(error: unknown, where: string): unknown {
    if (!(error instanceof PassableError)) return error;
    const steps = this.#steps.toReversed();
    const circle = error.code === "limit" ? this.#circle() : undefined;
    if (circle !== undefined) {
      const path = (length: number): string => where + steps.slice(0, length).join("");
      return new PassableError("unpassable", `${path(circle.again)}: contains itself, as it is ${path(circle.first)}`);
    }
    const more = steps.length - STEPS_SHOWN_MAX;
    const path = steps.slice(0, STEPS_SHOWN_MAX).join("") + (more > 0 ? `… (${more} steps more)` : "");
    return new PassableError(error.code, `${where}${path}: ${error.message}`);
  }

  /** After how many steps a container comes for the second time, and after how many it came for the first. */
  #circle(): { readonly first: number; readonly again: number } | undefined {
    const containers = this.#containers.toReversed();
    const again = containers.findIndex((container, at) => containers.indexOf(container) < at);
    return again < 0 ? undefined : { first: containers.indexOf(containers[again]!), again };
  }
}
