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
  readonly #byObject = new Map<Held, T>();
  readonly #byExport = new Map<ProcessRecord, Map<number, T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(held: Held): T | undefined {
    const reference = ExportReference.resolve(held);
    if (reference === undefined) return this.#byObject.get(held);
    return this.#byExport.get(reference.process)?.get(reference.target);
  }

  set(held: Held, value: T): void {
    if (this.get(held) === undefined) this.#size++;
    const reference = ExportReference.resolve(held);
    if (reference === undefined) {
      this.#byObject.set(held, value);
      return;
    }
    const targets = this.#byExport.get(reference.process) ?? new Map<number, T>();
    this.#byExport.set(reference.process, targets);
    targets.set(reference.target, value);
  }

  delete(held: Held): void {
    if (this.get(held) === undefined) return;
    this.#size--;
    const reference = ExportReference.resolve(held);
    if (reference === undefined) {
      this.#byObject.delete(held);
      return;
    }
    const targets = this.#byExport.get(reference.process);
    targets?.delete(reference.target);
    if (targets?.size === 0) this.#byExport.delete(reference.process);
  }
}
