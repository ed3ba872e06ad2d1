/**
 * The sections that declare what a module defines: functions, tables, memories, globals, tags, exports, the start
 * function and the number of data segments.
 * @module
 */

import { WasmError } from "../errors.ts";
import { EXPORTS_MAX, FUNCTIONS_MAX, GLOBALS_MAX, MEMORIES_MAX, TABLES_MAX, TAGS_MAX } from "../limits.ts";
import type { ExternalKind } from "../module.ts";
import type { Draft, SectionReader } from "./section-reader.ts";

export function decodeFunctions(reader: SectionReader, draft: Draft): void {
  reader.vector(
    "function",
    FUNCTIONS_MAX,
    () => {
      draft.functions.push(reader.u32());
      draft.declaredFunctions++;
    },
    draft.functions.length,
  );
}

/** A table with an initial value is written as 0x40 0x00, table type, expression. */
const TABLE_WITH_VALUE = 0x40;

export function decodeTables(reader: SectionReader, draft: Draft): void {
  reader.vector(
    "table",
    TABLES_MAX,
    () => {
      const at = reader.position;
      if (reader.bytes[at] === TABLE_WITH_VALUE) {
        throw new WasmError("unsupported", "an initial value (typed function references) is not supported", at);
      }
      draft.tables.push(reader.tableType());
    },
    draft.tables.length,
  );
}

export function decodeMemories(reader: SectionReader, draft: Draft): void {
  reader.vector(
    "memory",
    MEMORIES_MAX,
    () => {
      const at = reader.position;
      draft.memories.push(reader.memoryType());
      checkOneMemory(draft, at);
    },
    draft.memories.length,
  );
}

export function checkOneMemory(draft: Draft, at: number): void {
  if (draft.memories.length > 1) {
    throw new WasmError("unsupported", "a second memory (multi-memory) is not supported", at);
  }
}

export function decodeTags(reader: SectionReader, draft: Draft): void {
  reader.vector("tag", TAGS_MAX, () => draft.tags.push(readTagType(reader)), draft.tags.length);
}

/** The type index of a tag, after its attribute, of which there is only one kind: exceptions. */
export function readTagType(reader: SectionReader): number {
  const at = reader.position;
  const attribute = reader.u8();
  if (attribute !== 0) throw new WasmError("malformed", `unknown attribute of a tag 0x${attribute.toString(16)}`, at);
  return reader.u32();
}

export function decodeGlobals(reader: SectionReader, draft: Draft): void {
  reader.vector(
    "global",
    GLOBALS_MAX,
    () => {
      draft.globals.push(reader.globalType());
      draft.globalInits.push(reader.constExpr());
    },
    draft.globals.length,
  );
}

const EXTERNAL_KINDS: readonly ExternalKind[] = ["func", "table", "memory", "global", "tag"];

export function decodeExports(reader: SectionReader, draft: Draft): void {
  reader.vector("export", EXPORTS_MAX, () => {
    const name = reader.shortName();
    const at = reader.position;
    const kindByte = reader.u8();
    const kind = EXTERNAL_KINDS[kindByte];
    if (kind === undefined) throw new WasmError("malformed", `unknown kind of export 0x${kindByte.toString(16)}`, at);
    draft.exports.push({ name, kind, index: reader.u32() });
  });
}

export function decodeStart(reader: SectionReader, draft: Draft): void {
  draft.start = reader.u32();
}

export function decodeDataCount(reader: SectionReader, draft: Draft): void {
  draft.dataCount = reader.u32();
}
