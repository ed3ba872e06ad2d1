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
function writeLocals(out: ByteWriter, types: readonly ValueType[] | Uint8Array): void {
  let runs = 0;
  for (let i = 0; i < types.length; i++) if (i === 0 || types[i] !== types[i - 1]) runs++;
  out.u32(runs);
  for (let start = 0; start < types.length; ) {
    let end = start + 1;
    while (end < types.length && types[end] === types[start]) end++;
    out.u32(end - start);
    out.u8(types[start] as number);
    start = end;
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

/** The bodies of a code section, each with its size, in one piece. */
export class CodeEntries {
  #count = 0;
  readonly #out: ByteWriter;
  readonly #locals = new ByteWriter();

  constructor(capacity?: number) {
    this.#out = new ByteWriter(capacity);
  }

  /** Bytes so far. */
  get length(): number {
    return this.#out.length;
  }

  /** A body from its parts: the parts are copied. */
  add(locals: readonly ValueType[] | Uint8Array, code: Uint8Array): void {
    this.#locals.clear();
    writeLocals(this.#locals, locals);
    this.#out.u32(this.#locals.length + code.length);
    this.#out.bytes(this.#locals.view());
    this.#out.bytes(code);
    this.#count++;
  }

  addEntry(entry: CodeEntry): void {
    this.#out.u32(entry.length);
    this.#out.bytes(entry);
    this.#count++;
  }

  write(out: ByteWriter): void {
    out.u32(this.#count);
    out.bytes(this.#out.view());
  }
}

export class ModuleWriter {
  readonly #out: ByteWriter;

  /** @param capacity what the module will need, about */
  constructor(capacity: number) {
    this.#out = new ByteWriter(capacity);
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

  code(entries: CodeEntries): void {
    this.section(SECTION_CODE, (out) => entries.write(out));
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#out.toBytes();
  }
}
