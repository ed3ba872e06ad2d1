/**
 * Collects garbage again and again, so that what is dropped is soon known to be. For processes with --expose-gc.
 *
 * @module
 */
const INTERVAL_MS = 50;

export function collectAlways(): void {
  const collect = globalThis.gc;
  if (collect === undefined) throw new Error("run this with node --expose-gc");
  setInterval(() => collect(), INTERVAL_MS).unref();
}
