/**
 * `timers/promises`.
 *
 * @module
 */
import { setImmediate as soon } from "./timers.ts";

const setTimeout = <T>(delayMs?: number, value?: T): Promise<T | undefined> =>
  new Promise((resolve) => globalThis.setTimeout(() => resolve(value), delayMs));
const setImmediate = <T>(value?: T): Promise<T | undefined> => new Promise((resolve) => soon(() => resolve(value)));

async function* setInterval<T>(delayMs?: number, value?: T): AsyncGenerator<T | undefined> {
  for (;;) yield await setTimeout(delayMs, value);
}

const exported: object = {
  setImmediate,
  setInterval,
  setTimeout,
  scheduler: { wait: setTimeout, yield: setImmediate },
};

export default exported;
