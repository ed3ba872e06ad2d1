/**
 * Globals, tables and segments of the original module, written again with the target's numbers.
 * @module
 */

import { ByteReader, type ByteWriter } from "../../bytes/index.ts";
import { writeGlobalType } from "../encode.ts";
import type { ConstExpr, DataSegment, ElementItem, ElementSegment, GlobalType, WasmModule } from "../module.ts";
import * as o from "../opcodes.ts";
import type { Target } from "./target.ts";

export function writeGlobal(
  out: ByteWriter,
  module: WasmModule,
  global: GlobalType,
  init: ConstExpr | undefined,
  target: Target,
): void {
  if (init === undefined) throw new Error("an imported global has no initial value");
  writeGlobalType(out, global);
  writeConstExpr(out, module, init, target);
}

/** The items as expressions, which every kind of segment may have. */
export function writeElementSegment(
  out: ByteWriter,
  module: WasmModule,
  segment: ElementSegment,
  target: Target,
): void {
  switch (segment.mode) {
    case "passive":
      out.u8(5);
      break;
    case "declarative":
      out.u8(7);
      break;
    case "active":
      out.u8(6);
      out.u32(target.table(segment.table));
      writeConstExpr(out, module, segment.offset as ConstExpr, target);
      break;
  }
  out.u8(segment.type);
  out.u32(segment.items.length);
  for (const item of segment.items) writeItem(out, segment, item, target);
}

function writeItem(out: ByteWriter, segment: ElementSegment, item: ElementItem, target: Target): void {
  if (item === null) {
    out.u8(o.OP_REF_NULL);
    out.u8(segment.type);
  } else if (typeof item === "number") {
    out.u8(o.OP_REF_FUNC);
    out.u32(target.func(item));
  } else {
    out.u8(o.OP_GLOBAL_GET);
    out.u32(target.global(item.global));
  }
  out.u8(o.OP_END);
}

/**
 * Active segments are copied into memory by the machine, once, when a process begins; here they are as empty as the
 * specification says that they are afterwards.
 */
export function writeDataSegment(out: ByteWriter, module: WasmModule, segment: DataSegment): void {
  out.u8(1);
  if (segment.mode === "active") {
    out.u32(0);
    return;
  }
  out.u32(segment.end - segment.start);
  out.bytes(module.bytes, segment.start, segment.end);
}

function writeConstExpr(out: ByteWriter, module: WasmModule, expr: ConstExpr, target: Target): void {
  const reader = new ByteReader(module.bytes, expr.start, expr.end);
  while (!reader.done) {
    const start = reader.position;
    const op = reader.u8();
    switch (op) {
      case o.OP_REF_FUNC:
        out.u8(op);
        out.u32(target.func(reader.u32()));
        continue;
      case o.OP_GLOBAL_GET:
        out.u8(op);
        out.u32(target.global(reader.u32()));
        continue;
      case o.OP_I32_CONST:
        reader.s32();
        break;
      case o.OP_I64_CONST:
        reader.s64();
        break;
      case o.OP_F32_CONST:
        reader.skip(4);
        break;
      case o.OP_F64_CONST:
        reader.skip(8);
        break;
      case o.PREFIX_SIMD:
        reader.u32();
        reader.skip(16);
        break;
      case o.OP_REF_NULL:
        reader.u8();
        break;
    }
    out.bytes(module.bytes, start, reader.position);
  }
}
