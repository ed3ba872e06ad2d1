/**
 * Element section: what tables are filled with, in its eight forms (specification, section 5.5.12).
 * @module
 */

import { InstructionCursor } from "../cursor.ts";
import { quoteName, WasmError } from "../errors.ts";
import { ELEMENT_ITEMS_MAX, ELEMENT_SEGMENTS_MAX } from "../limits.ts";
import { type ElementItem, type ElementSegment, FUNCREF, type ValueType, valueTypeName } from "../module.ts";
import * as o from "../opcodes.ts";
import { readReferenceType } from "../value-types.ts";
import type { Draft, SectionReader } from "./section-reader.ts";

// Bits of a segment's flags.
const NOT_ACTIVE = 1;
/** Of an active segment: the table is given. Of another: it is declarative. */
const EXPLICIT_TABLE = 2;
const EXPRESSIONS = 4;
const FLAGS_MAX = 7;

/** The only kind of elements that are not expressions: functions. */
const ELEMENT_KIND_FUNCTION = 0x00;

export function decodeElements(reader: SectionReader, draft: Draft): void {
  reader.vector("element segment", ELEMENT_SEGMENTS_MAX, () => {
    draft.elements.push(readSegment(reader));
  });
}

function readSegment(reader: SectionReader): ElementSegment {
  const at = reader.position;
  const flags = reader.u32();
  if (flags > FLAGS_MAX) throw new WasmError("malformed", `unknown flags ${flags}`, at);
  const active = (flags & NOT_ACTIVE) === 0;
  const explicit = (flags & EXPLICIT_TABLE) !== 0;
  const table = active && explicit ? reader.u32() : 0;
  const offset = active ? reader.constExpr() : undefined;
  const expressions = (flags & EXPRESSIONS) !== 0;
  const typed = !active || explicit;
  const type = typed ? readType(reader, expressions) : FUNCREF;
  const items = readItems(reader, expressions, type);
  return { mode: active ? "active" : explicit ? "declarative" : "passive", table, type, offset, items };
}

function readType(reader: SectionReader, expressions: boolean): ValueType {
  if (expressions) return readReferenceType(reader);
  const at = reader.position;
  const kind = reader.u8();
  if (kind !== ELEMENT_KIND_FUNCTION) {
    throw new WasmError("malformed", `unknown kind of elements 0x${kind.toString(16)}`, at);
  }
  return FUNCREF;
}

function readItems(reader: SectionReader, expressions: boolean, type: ValueType): ElementItem[] {
  const at = reader.position;
  const count = reader.u32();
  if (count > reader.end - reader.position)
    throw new WasmError("malformed", `${count} items do not fit the section`, at);
  if (count > ELEMENT_ITEMS_MAX) throw new WasmError("unsupported", `more than ${ELEMENT_ITEMS_MAX} items`, at);
  const items: ElementItem[] = [];
  if (!expressions) {
    for (let i = 0; i < count; i++) items.push(reader.u32());
    return items;
  }
  const cursor = new InstructionCursor(reader.bytes, reader.position, reader.end);
  for (let i = 0; i < count; i++) items.push(readItem(cursor, type));
  reader.position = cursor.position;
  return items;
}

/** Without garbage-collected types an item can only be one of three instructions, so a value is made of it here. */
function readItem(cursor: InstructionCursor, type: ValueType): ElementItem {
  const at = cursor.position;
  if (!cursor.next()) throw new WasmError("malformed", "unexpected end", at);
  const { opcode, index } = cursor;
  if (opcode === o.OP_REF_NULL && cursor.type !== type) {
    throw new WasmError("invalid", `expected ${valueTypeName(type)}, found ${valueTypeName(cursor.type)}`, at);
  }
  if (opcode === o.OP_REF_FUNC && type !== FUNCREF) {
    throw new WasmError("invalid", `expected ${valueTypeName(type)}, found funcref`, at);
  }
  if (opcode !== o.OP_REF_NULL && opcode !== o.OP_REF_FUNC && opcode !== o.OP_GLOBAL_GET) throw notAnItem(cursor, at);
  if (!cursor.next()) throw new WasmError("malformed", "the expression has no end", cursor.position);
  if (cursor.opcode !== o.OP_END) throw notAnItem(cursor, cursor.offset);
  if (opcode === o.OP_REF_NULL) return null;
  return opcode === o.OP_REF_FUNC ? index : { global: index };
}

function notAnItem(cursor: InstructionCursor, at: number): WasmError {
  const name = quoteName(o.NAMES[cursor.opcode] ?? "");
  // Read the rest, so that what is not even an expression is called malformed.
  if (cursor.opcode !== o.OP_END) cursor.skipExpression();
  return new WasmError("invalid", `${name} cannot be in an element; expected ref.func, ref.null or global.get`, at);
}
