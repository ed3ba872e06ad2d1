/**
 * The engine's garbage collector, made to work only when the simulation says so: until then everything that was watched is held. So what
 * is found to be garbage is so indeed, whoever had it, and a run depends on its seed alone.
 *
 * @module
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Collector, Held } from "../../../src/ocapn/index.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

interface Watched {
  readonly owner: object;
  readonly weak: WeakRef<object>;
  strong: object | undefined;
  readonly onCollected: () => void;
}

export class Garbage {
  #watched = new Set<Watched>();

  /** What the owner watches: forgotten with `forget`. */
  collectorOf(owner: object): Collector {
    return {
      watch: (object: object, onCollected: () => void): Held => {
        const watched: Watched = { owner, weak: new WeakRef(object), strong: object, onCollected };
        this.#watched.add(watched);
        return {
          deref: () => watched.strong ?? watched.weak.deref(),
          release: () => void this.#watched.delete(watched),
        };
      },
    };
  }

  forget(owner: object): void {
    for (const watched of this.#watched) if (watched.owner === owner) this.#watched.delete(watched);
  }

  /** Tells of all that nobody has any more. How many there were. */
  async collect(): Promise<number> {
    for (const watched of this.#watched) watched.strong = undefined;
    // What was made or looked at in a turn is kept until its end.
    await turn();
    collectGarbage();
    const dead: Watched[] = [];
    for (const watched of this.#watched) {
      watched.strong = watched.weak.deref();
      if (watched.strong === undefined) dead.push(watched);
    }
    for (const watched of dead) this.#watched.delete(watched);
    for (const { onCollected } of dead) onCollected();
    return dead.length;
  }
}
