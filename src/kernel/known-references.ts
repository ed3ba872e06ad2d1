/**
 * The references to exports of one process that its host knows: one object for each export for as long as anybody has it, so that a
 * reference which travels around keeps its identity.
 * @module
 */

import type { ProcessRecord } from "./record.ts";
import { ExportReference } from "./reference.ts";

export class KnownReferences {
  readonly #process: ProcessRecord;
  readonly #known = new Map<number, WeakRef<ExportReference>>();
  readonly #collected = new FinalizationRegistry<number>((target) => {
    if (this.#known.get(target)?.deref() === undefined) this.#known.delete(target);
  });

  constructor(process: ProcessRecord) {
    this.#process = process;
  }

  get size(): number {
    return this.#known.size;
  }

  get(target: number): ExportReference {
    const known = this.#known.get(target)?.deref();
    if (known !== undefined) return known;
    const reference = new ExportReference(this.#process, target);
    this.#known.set(target, new WeakRef(reference));
    this.#collected.register(reference, target);
    return reference;
  }
}
