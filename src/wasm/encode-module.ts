/**
 * Writes a whole module from data in which every part but the imports may be left out. Expressions and bodies are given
 * as bytes. It writes what it is told, valid or not.
 * @module
 */

import { ByteWriter } from "../bytes/index.ts";
import {
  writeCustomSection,
  writeExport,
  writeFunctionType,
  writeGlobalType,
  writeHeader,
  writeImport,
  writeLimits,
  writeSection,
  writeSized,
  writeTableType,
  writeTagType,
  writeVector,
  writeVectorSection,
} from "./encode.ts";
import type {
  ConstExpr,
  ElementItem,
  ElementSegment,
  Export,
  FunctionType,
  GlobalType,
  Import,
  Limits,
  LocalRun,
  TableType,
  WasmModule,
} from "./module.ts";
import { OP_END, OP_GLOBAL_GET, OP_REF_FUNC, OP_REF_NULL } from "./opcodes.ts";
import * as id from "./sections/section-ids.ts";

/** The bytes of instructions up to and including the final `end`. */
export type Expression = Uint8Array | readonly number[];

export interface BodyParts {
  readonly locals?: readonly LocalRun[];
  readonly code: Expression;
}

export type ElementParts = Omit<ElementSegment, "offset"> & { readonly offset?: Expression };

export interface DataParts {
  readonly mode: "active" | "passive";
  readonly memory?: number;
  readonly offset?: Expression;
  readonly bytes: Uint8Array | readonly number[];
}

export interface ModuleParts {
  readonly types?: readonly FunctionType[];
  readonly imports?: readonly Import[];
  /** Type index of every function that is defined here. */
  readonly functions?: readonly number[];
  readonly tables?: readonly TableType[];
  readonly memories?: readonly Limits[];
  readonly tags?: readonly number[];
  readonly globals?: readonly { readonly global: GlobalType; readonly init: Expression }[];
  readonly exports?: readonly Export[];
  readonly start?: number | undefined;
  readonly elements?: readonly ElementParts[];
  readonly dataCount?: number | undefined;
  readonly bodies?: readonly BodyParts[];
  readonly data?: readonly DataParts[];
  readonly customs?: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

export function encodeModule(parts: ModuleParts): Uint8Array<ArrayBuffer> {
  const { start, dataCount } = parts;
  const out = new ByteWriter(1024);
  writeHeader(out);
  writeVectorSection(out, id.SECTION_TYPE, parts.types ?? [], writeFunctionType);
  writeVectorSection(out, id.SECTION_IMPORT, parts.imports ?? [], writeImport);
  writeVectorSection(out, id.SECTION_FUNCTION, parts.functions ?? [], (_, type) => out.u32(type));
  writeVectorSection(out, id.SECTION_TABLE, parts.tables ?? [], writeTableType);
  writeVectorSection(out, id.SECTION_MEMORY, parts.memories ?? [], writeLimits);
  writeVectorSection(out, id.SECTION_TAG, parts.tags ?? [], writeTagType);
  writeVectorSection(out, id.SECTION_GLOBAL, parts.globals ?? [], (_, item) => {
    writeGlobalType(out, item.global);
    writeRaw(out, item.init);
  });
  writeVectorSection(out, id.SECTION_EXPORT, parts.exports ?? [], writeExport);
  if (start !== undefined) writeSection(out, id.SECTION_START, () => out.u32(start));
  writeVectorSection(out, id.SECTION_ELEMENT, parts.elements ?? [], writeElements);
  if (dataCount !== undefined) writeSection(out, id.SECTION_DATA_COUNT, () => out.u32(dataCount));
  writeVectorSection(out, id.SECTION_CODE, parts.bodies ?? [], writeBody);
  writeVectorSection(out, id.SECTION_DATA, parts.data ?? [], writeData);
  for (const custom of parts.customs ?? []) writeCustomSection(out, custom.name, () => out.bytes(custom.bytes));
  return out.toBytes();
}

/** The parts that a decoded module is made of: encoded again they make an equal module. */
export function moduleToParts(module: WasmModule): ModuleParts {
  const cut = ({ start, end }: ConstExpr) => module.bytes.subarray(start, end);
  const { importedFunctions, importedTables, importedMemories, importedGlobals, importedTags } = module;
  return {
    types: module.types,
    imports: module.imports,
    functions: module.functions.slice(importedFunctions),
    tables: module.tables.slice(importedTables),
    memories: module.memories.slice(importedMemories),
    tags: module.tags.slice(importedTags),
    globals: module.globals.slice(importedGlobals).map((global, i) => {
      const init = module.globalInits[importedGlobals + i];
      return { global, init: init === undefined ? [] : cut(init) };
    }),
    exports: module.exports,
    start: module.start,
    elements: module.elements.map(({ offset, ...rest }) => (offset ? { ...rest, offset: cut(offset) } : rest)),
    dataCount: module.dataCount,
    bodies: module.bodies.map(({ locals, codeStart, end }) => ({ locals, code: cut({ start: codeStart, end }) })),
    data: module.data.map(({ mode, memory, offset, ...range }) => {
      const rest = { mode, memory, bytes: cut(range) };
      return offset ? { ...rest, offset: cut(offset) } : rest;
    }),
    customs: module.customs.map(({ name, ...range }) => ({ name, bytes: cut(range) })),
  };
}

function writeRaw(out: ByteWriter, bytes: Expression): void {
  if (bytes instanceof Uint8Array) out.bytes(bytes);
  else for (const byte of bytes) out.u8(byte);
}

function writeBody(out: ByteWriter, body: BodyParts): void {
  writeSized(out, () => {
    writeVector(out, body.locals ?? [], (_, { count, type }) => {
      out.u32(count);
      out.u8(type);
    });
    writeRaw(out, body.code);
  });
}

/** The one form of the eight that can say everything for this mode: items as expressions. */
function writeElements(out: ByteWriter, segment: ElementParts): void {
  if (segment.mode === "active") {
    out.u32(6);
    out.u32(segment.table);
    writeRaw(out, segment.offset ?? [OP_END]);
  } else {
    out.u32(segment.mode === "passive" ? 5 : 7);
  }
  out.u8(segment.type);
  writeVector(out, segment.items, (_, item) => writeItem(out, item, segment.type));
}

function writeItem(out: ByteWriter, item: ElementItem, type: number): void {
  if (item === null) {
    out.u8(OP_REF_NULL);
    out.u8(type);
  } else if (typeof item === "number") {
    out.u8(OP_REF_FUNC);
    out.u32(item);
  } else {
    out.u8(OP_GLOBAL_GET);
    out.u32(item.global);
  }
  out.u8(OP_END);
}

function writeData(out: ByteWriter, segment: DataParts): void {
  const memory = segment.memory ?? 0;
  if (segment.mode === "passive") {
    out.u32(1);
  } else {
    out.u32(memory === 0 ? 0 : 2);
    if (memory !== 0) out.u32(memory);
    writeRaw(out, segment.offset ?? [OP_END]);
  }
  out.u32(segment.bytes.length);
  writeRaw(out, segment.bytes);
}
