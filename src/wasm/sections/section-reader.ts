/**
 * What all section decoders share: a reader that knows which section and which item it is in (for error messages), and
 * the pieces of the format that occur in several sections.
 * @module
 */

import { ByteReader } from "../../bytes/index.ts";
import { InstructionCursor } from "../cursor.ts";
import { WasmError } from "../errors.ts";
import { MEMORY_PAGES_MAX, NAME_BYTES_MAX, TABLE_ELEMENTS_MAX } from "../limits.ts";
import type { ConstExpr, GlobalType, Limits, TableType, ValueType, WasmModule } from "../module.ts";
import { readReferenceType, readValueType } from "../value-types.ts";

/** The module while its sections are read one after another. */
export type Draft = {
  -readonly [Key in keyof WasmModule]: WasmModule[Key] extends readonly (infer Item)[] ? Item[] : WasmModule[Key];
} & {
  /** How many functions the function section declares, until the code section has given them bodies. */
  declaredFunctions: number;
};

export class SectionReader extends ByteReader {
  readonly section: string;
  /** What is being read, such as a "function"; empty outside of items. */
  item = "";
  /** Which of them. */
  itemIndex = 0;

  constructor(bytes: Uint8Array, start: number, end: number, section: string) {
    super(bytes, start, end);
    this.section = section;
  }

  get place(): string {
    return `${this.section} section${this.item === "" ? "" : `: ${this.item} ${this.itemIndex}`}`;
  }

  /** Reads a count and then that many items; `firstIndex` is the index of the first of them in its index space. */
  vector(item: string, countMax: number, read: (index: number) => void, firstIndex = 0): void {
    const at = this.position;
    const count = this.u32();
    // No item is smaller than a byte, so a larger count cannot be true and needs no attempt.
    if (count > this.end - this.position) throw new WasmError("malformed", `${count} items do not fit the section`, at);
    if (firstIndex + count > countMax) throw new WasmError("unsupported", `more than ${countMax} ${item}s`, at);
    this.item = item;
    for (let i = 0; i < count; i++) {
      this.itemIndex = firstIndex + i;
      read(firstIndex + i);
    }
    this.item = "";
  }

  /** A name of an import or export; `name` reads one of any length. */
  shortName(): string {
    const at = this.position;
    const name = this.name();
    if (this.position - at > NAME_BYTES_MAX) {
      throw new WasmError("unsupported", `a name is longer than ${NAME_BYTES_MAX} bytes`, at);
    }
    return name;
  }

  valueType(): ValueType {
    return readValueType(this);
  }

  tableType(): TableType {
    const at = this.position;
    const element = readReferenceType(this);
    const limits = this.#limits("table");
    if (limits.min > TABLE_ELEMENTS_MAX) {
      throw new WasmError("unsupported", `the table starts with more than ${TABLE_ELEMENTS_MAX} elements`, at);
    }
    return { element, limits };
  }

  memoryType(): Limits {
    const at = this.position;
    const limits = this.#limits("memory");
    if (limits.min > MEMORY_PAGES_MAX || (limits.max ?? 0) > MEMORY_PAGES_MAX) {
      throw new WasmError("invalid", `a memory has at most ${MEMORY_PAGES_MAX} pages`, at);
    }
    return limits;
  }

  globalType(): GlobalType {
    const type = this.valueType();
    const at = this.position;
    const mutability = this.u8();
    if (mutability > 3) throw new WasmError("malformed", `unknown mutability 0x${mutability.toString(16)}`, at);
    if (mutability > 1) throw new WasmError("unsupported", "a shared global (threads) is not supported", at);
    return { type, mutable: mutability === 1 };
  }

  /** Finds the end of a constant expression; whether it is one is for the validator to say. */
  constExpr(): ConstExpr {
    const start = this.position;
    const cursor = new InstructionCursor(this.bytes, start, this.end);
    const end = cursor.skipExpression();
    this.position = end;
    return { start, end };
  }

  #limits(what: "table" | "memory"): Limits {
    const at = this.position;
    const flags = this.u8();
    if (flags > 1) throw refuseLimits(flags, what, at);
    const min = this.u32();
    const max = flags === 1 ? this.u32() : undefined;
    if (max !== undefined && max < min) {
      throw new WasmError("invalid", `the ${what}'s maximum ${max} is below its minimum ${min}`, at);
    }
    return { min, max };
  }
}

function refuseLimits(flags: number, what: "table" | "memory", at: number): WasmError {
  if (flags > 0x0f) return new WasmError("malformed", `unknown limits flags 0x${flags.toString(16)}`, at);
  if (flags & 0x08) return new WasmError("unsupported", `a ${what} with its own page size is not supported`, at);
  if (flags & 0x04) {
    return new WasmError("unsupported", `a 64-bit ${what} (memory64) is not supported; build for wasm32`, at);
  }
  return new WasmError("unsupported", `a shared ${what} (threads) is not supported; build without -pthread`, at);
}
