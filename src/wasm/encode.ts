/**
 * Writes the pieces of the binary format: header, sections, types, imports, exports. The rewriter builds its modules
 * with them section by section; encode-module.ts writes a whole module from data.
 * @module
 */

import type { ByteWriter } from "../bytes/index.ts";
import type { Export, ExternalKind, FunctionType, GlobalType, Import, Limits, TableType, ValueType } from "./module.ts";

const EXTERNAL_KIND_BYTES: { readonly [kind in ExternalKind]: number } = {
  func: 0,
  table: 1,
  memory: 2,
  global: 3,
  tag: 4,
};

const FUNCTION_TYPE = 0x60;
const TAG_EXCEPTION = 0x00;

export function writeHeader(out: ByteWriter): void {
  out.u32le(0x6d736100);
  out.u32le(1);
}

/** The size takes its full five bytes, so that contents of any size are written once and never moved. */
export function writeSection(out: ByteWriter, id: number, writeContents: (out: ByteWriter) => void): void {
  out.u8(id);
  writeSized(out, writeContents);
}

/** A section of a known count of items; an empty one is left out. */
export function writeVectorSection<T>(
  out: ByteWriter,
  id: number,
  items: readonly T[],
  writeItem: (out: ByteWriter, item: T, index: number) => void,
): void {
  if (items.length > 0) writeSection(out, id, () => writeVector(out, items, writeItem));
}

export function writeCustomSection(out: ByteWriter, name: string, writeContents: (out: ByteWriter) => void): void {
  writeSection(out, 0, () => {
    out.name(name);
    writeContents(out);
  });
}

/** Something preceded by its size in bytes, such as a function body. */
export function writeSized(out: ByteWriter, writeContents: (out: ByteWriter) => void): void {
  const place = out.reserveU32();
  const start = out.length;
  writeContents(out);
  out.setU32(place, out.length - start);
}

export function writeVector<T>(
  out: ByteWriter,
  items: readonly T[],
  writeItem: (out: ByteWriter, item: T, index: number) => void,
): void {
  out.u32(items.length);
  for (let i = 0; i < items.length; i++) writeItem(out, items[i] as T, i);
}

export function writeValueTypes(out: ByteWriter, types: readonly ValueType[]): void {
  writeVector(out, types, (_, type) => out.u8(type));
}

export function writeFunctionType(out: ByteWriter, type: FunctionType): void {
  out.u8(FUNCTION_TYPE);
  writeValueTypes(out, type.params);
  writeValueTypes(out, type.results);
}

export function writeLimits(out: ByteWriter, limits: Limits): void {
  out.u8(limits.max === undefined ? 0 : 1);
  out.u32(limits.min);
  if (limits.max !== undefined) out.u32(limits.max);
}

export function writeTableType(out: ByteWriter, table: TableType): void {
  out.u8(table.element);
  writeLimits(out, table.limits);
}

export function writeGlobalType(out: ByteWriter, global: GlobalType): void {
  out.u8(global.type);
  out.u8(global.mutable ? 1 : 0);
}

export function writeTagType(out: ByteWriter, type: number): void {
  out.u8(TAG_EXCEPTION);
  out.u32(type);
}

export function writeImport(out: ByteWriter, item: Import): void {
  out.name(item.module);
  out.name(item.name);
  out.u8(EXTERNAL_KIND_BYTES[item.kind]);
  switch (item.kind) {
    case "func":
      out.u32(item.type);
      break;
    case "table":
      writeTableType(out, item.table);
      break;
    case "memory":
      writeLimits(out, item.memory);
      break;
    case "global":
      writeGlobalType(out, item.global);
      break;
    case "tag":
      writeTagType(out, item.type);
      break;
  }
}

export function writeExport(out: ByteWriter, item: Export): void {
  out.name(item.name);
  out.u8(EXTERNAL_KIND_BYTES[item.kind]);
  out.u32(item.index);
}
