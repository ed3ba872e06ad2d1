/**
 * A map by what processes hold. References to exports count by what they refer to: within a tree there may be several objects for the
 * same export, since one that each process remembered for each of its exports would be memory of the host's that no meter knows of.
 * @module
 */

import type { Capability } from "../passable/index.ts";
import type { PromiseCell } from "./promise-cell.ts";
import type { ProcessRecord } from "./record.ts";
import { ExportReference } from "./reference.ts";

export type Held = Capability | PromiseCell | ProcessRecord;

export class HeldMap<T> {
  readonly #byObject = new Map<Held | number, T>();
  readonly #byExport = new Map<ProcessRecord, Map<Held | number, T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(held: Held): T | undefined {
    const reference = ExportReference.resolve(held);
    return reference === undefined
      ? this.#byObject.get(held)
      : this.#byExport.get(reference.process)?.get(reference.target);
  }

  set(held: Held, value: T): void {
    const reference = ExportReference.resolve(held);
    const map = reference === undefined ? this.#byObject : this.#exportsOf(reference.process);
    const before = map.size;
    map.set(reference?.target ?? held, value);
    this.#size += map.size - before;
  }

  delete(held: Held): void {
    const reference = ExportReference.resolve(held);
    const map = reference === undefined ? this.#byObject : this.#byExport.get(reference.process);
    if (map?.delete(reference?.target ?? held) !== true) return;
    this.#size--;
    if (reference !== undefined && map.size === 0) this.#byExport.delete(reference.process);
  }

  #exportsOf(process: ProcessRecord): Map<Held | number, T> {
    let targets = this.#byExport.get(process);
    if (targets === undefined) {
      targets = new Map();
      this.#byExport.set(process, targets);
    }
    return targets;
  }
}
