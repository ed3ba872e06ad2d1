/**
 * Sections of the modules that the rewriter writes, and their table of types.
 * @module
 */

import { ByteWriter } from "../../bytes/index.ts";
import { writeCustomSection, writeFunctionType, writeHeader, writeSection, writeVectorSection } from "../encode.ts";
import type { FunctionType, ValueType } from "../module.ts";
import { SECTION_CODE } from "../sections/section-ids.ts";

export const KIND_FUNC = 0;
export const KIND_TABLE = 1;
export const KIND_MEMORY = 2;
export const KIND_GLOBAL = 3;
export const KIND_TAG = 4;

/** Types by structure: equal types have one index. */
export class TypeTable {
  readonly #types: FunctionType[] = [];
  readonly #indices = new Map<string, number>();

  index(type: FunctionType): number {
    const key = `${type.params.join()}:${type.results.join()}`;
    let index = this.#indices.get(key);
    if (index === undefined) {
      index = this.#types.length;
      this.#types.push(type);
      this.#indices.set(key, index);
    }
    return index;
  }

  write(out: ByteWriter): void {
    out.u32(this.#types.length);
    for (const type of this.#types) writeFunctionType(out, type);
  }
}

/** Locals as runs of equal types. */
export function writeLocals(out: ByteWriter, types: readonly ValueType[] | Uint8Array): void {
  const runs: { type: ValueType; count: number }[] = [];
  for (const type of types) {
    const last = runs[runs.length - 1];
    if (last !== undefined && last.type === type) last.count++;
    else runs.push({ type, count: 1 });
  }
  out.u32(runs.length);
  for (const run of runs) {
    out.u32(run.count);
    out.u8(run.type);
  }
}

/** A function's body, ready for the code section. */
export type CodeEntry = Uint8Array;

export function makeCodeEntry(locals: readonly ValueType[] | Uint8Array, code: Uint8Array): CodeEntry {
  const out = new ByteWriter(code.length + 32);
  writeLocals(out, locals);
  out.bytes(code);
  return out.view();
}

export class ModuleWriter {
  readonly #out = new ByteWriter(1 << 16);

  constructor() {
    writeHeader(this.#out);
  }

  section(id: number, write: (out: ByteWriter) => void): void {
    writeSection(this.#out, id, write);
  }

  /** A section that is a vector; left out when empty. */
  vector<T>(id: number, items: readonly T[], write: (out: ByteWriter, item: T) => void): void {
    writeVectorSection(this.#out, id, items, write);
  }

  custom(name: string, write: (out: ByteWriter) => void): void {
    writeCustomSection(this.#out, name, write);
  }

  code(entries: readonly CodeEntry[]): void {
    this.vector(SECTION_CODE, entries, (out, entry) => {
      out.u32(entry.length);
      out.bytes(entry);
    });
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#out.toBytes();
  }
}
