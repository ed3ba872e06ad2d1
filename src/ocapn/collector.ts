/**
 * When far references are dropped: learnt from the engine's garbage collector, or, in simulations, from whoever plays it.
 *
 * An object is kept alive at its peer for as long as this side has not said that it dropped it; so a reference that is never collected
 * here costs the peer memory, not correctness.
 *
 * @module
 */

export interface Held {
  /** Undefined once it was collected. */
  deref(): object | undefined;
  /** `onCollected` will not be called any more. */
  release(): void;
}

export interface Collector {
  /** Does not keep the object alive. `onCollected` is called once, in a turn of its own, and must not throw. */
  watch(object: object, onCollected: () => void): Held;
}

/** By `WeakRef` and `FinalizationRegistry`. */
export function makeWeakCollector(): Collector {
  const registry = new FinalizationRegistry<() => void>((onCollected) => onCollected());
  return Object.freeze({
    watch(object: object, onCollected: () => void): Held {
      const reference = new WeakRef(object);
      registry.register(object, onCollected, reference);
      return Object.freeze({
        deref: () => reference.deref(),
        release: () => void registry.unregister(reference),
      });
    },
  });
}
