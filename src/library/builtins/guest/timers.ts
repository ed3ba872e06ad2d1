/**
 * `timers`, and `setImmediate`: "immediately" is after what is waiting already, for which no clock is needed.
 *
 * @module
 */

class Immediate {
  isCleared = false;
}

export function setImmediate(callback: (...args: unknown[]) => void, ...args: unknown[]): Immediate {
  const immediate = new Immediate();
  // Two rounds: jobs that are waiting now, and those that they make, come first.
  queueMicrotask(() =>
    queueMicrotask(() => {
      if (!immediate.isCleared) callback(...args);
    }),
  );
  return immediate;
}

export function clearImmediate(immediate: unknown): void {
  if (immediate instanceof Immediate) immediate.isCleared = true;
}

const exported: object = {
  clearImmediate,
  clearInterval: globalThis.clearInterval,
  clearTimeout: globalThis.clearTimeout,
  setImmediate,
  setInterval: globalThis.setInterval,
  setTimeout: globalThis.setTimeout,
};

export default exported;
