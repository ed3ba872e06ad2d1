/**
 * A map for entries that come and go.
 *
 * The engine's `Map` makes itself a new table every few of them, and each table points to the next, for iterators' sake. A table that has grown
 * old is not looked at by the quick collections of young memory: all that came after it, and what is in them, then seems to be in use, and the
 * heap of a session that is busy grows until the whole is collected. Now and then a new `Map` cuts that chain.
 *
 * @module
 */

/** Entries that one `Map` takes, beside as many as it holds. */
const ADDED_MAX = 64;

export class ChurnMap<K, V> {
  #map = new Map<K, V>();
  #added = 0;

  get size(): number {
    return this.#map.size;
  }

  get(key: K): V | undefined {
    return this.#map.get(key);
  }

  has(key: K): boolean {
    return this.#map.has(key);
  }

  values(): Iterable<V> {
    return this.#map.values();
  }

  set(key: K, value: V): void {
    this.#added += 1;
    if (this.#added > ADDED_MAX + this.#map.size) {
      this.#map = new Map(this.#map);
      this.#added = 0;
    }
    this.#map.set(key, value);
  }

  delete(key: K): void {
    this.#map.delete(key);
  }

  clear(): void {
    this.#map = new Map();
  }
}
