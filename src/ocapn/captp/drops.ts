/**
 * What the peer may forget, until it is told.
 *
 * @module
 */

import type { SyrupWriter } from "../../passable/index.ts";
import { NO_REFERENCES } from "../codecs/descriptors.ts";
import { GC_ANSWERS, GC_EXPORTS } from "../codecs/messages.ts";
import { POSITIONS_PER_GC_MESSAGE_MAX } from "../limits.ts";

export class Drops {
  /** How often each object was sent. */
  #exports = new Map<number, number>();
  #answers: number[] = [];

  get isEmpty(): boolean {
    return this.#exports.size === 0 && this.#answers.length === 0;
  }

  addExport(position: number, wireDelta: number): void {
    this.#exports.set(position, (this.#exports.get(position) ?? 0) + wireDelta);
  }

  addAnswer(position: number): void {
    this.#answers.push(position);
  }

  /** Writes messages about all of them, which are none afterwards. */
  write(writer: SyrupWriter, onMessage: () => void): void {
    if (this.#exports.size > 0) {
      for (const some of portions([...this.#exports])) {
        const exportPositions = some.map(([position]) => position);
        GC_EXPORTS.write(
          writer,
          { exportPositions, wireDeltas: some.map(([, wireDelta]) => wireDelta) },
          NO_REFERENCES,
        );
        onMessage();
      }
    }
    if (this.#answers.length > 0) {
      for (const answerPositions of portions(this.#answers)) {
        GC_ANSWERS.write(writer, { answerPositions }, NO_REFERENCES);
        onMessage();
      }
    }
    this.clear();
  }

  clear(): void {
    // Cleared, it would live as long as the session, and be what a ChurnMap is against.
    if (this.#exports.size > 0) this.#exports = new Map();
    if (this.#answers.length > 0) this.#answers = [];
  }
}

/** In so many messages as it takes. */
function portions<T>(list: readonly T[]): readonly (readonly T[])[] {
  if (list.length <= POSITIONS_PER_GC_MESSAGE_MAX) return [list];
  const count = Math.ceil(list.length / POSITIONS_PER_GC_MESSAGE_MAX);
  return Array.from({ length: count }, (_, at) =>
    list.slice(at * POSITIONS_PER_GC_MESSAGE_MAX, (at + 1) * POSITIONS_PER_GC_MESSAGE_MAX),
  );
}
