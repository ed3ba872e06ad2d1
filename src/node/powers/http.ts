/**
 * The http power over Node's own `fetch`.
 *
 * @module
 */
import type { HttpPower, HttpPowerOptions } from "../../powers/index.ts";
import { makeHttpPower } from "../../powers/index.ts";
import { makeNodeClock } from "./clock.ts";

/** See `makeHttpPower`; the clock for time limits and rates is the machine's, unless another one is given. */
export function makeNodeHttpPower(options: HttpPowerOptions): HttpPower {
  return makeHttpPower((url, init) => fetch(url, init), { clock: makeNodeClock(), ...options });
}
