/**
 * Reads the instructions of one validated body into the arrays of `Body`. Speed matters here: this loop sees every
 * instruction of every module, so it reads LEB128 in place and checks nothing that validation has checked.
 * @module
 */

import type { FunctionBody, FunctionType, WasmModule } from "../module.ts";
import * as o from "../opcodes.ts";
import type { Body, CatchClause } from "./body.ts";

type Instructions = Omit<Body, "module" | "func" | "type" | "locals">;

const EMPTY: FunctionType = { params: [], results: [] };
const CATCH_ALL = 2;

/**
 * Where instructions are collected before their number is known. One for all bodies: they are read one at a time, and
 * fresh arrays of the largest possible size would cost more than the reading.
 */
let scratch = makeScratch(1 << 12);

function makeScratch(room: number): { op: Uint16Array; position: Uint32Array; a: Int32Array; b: Int32Array } {
  return {
    op: new Uint16Array(room),
    position: new Uint32Array(room),
    a: new Int32Array(room),
    b: new Int32Array(room),
  };
}

/** LEB128 reading shared by the functions below; `at` is the position. */
class Cursor {
  readonly bytes: Uint8Array;
  at: number;
  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  signed(): number {
    const bytes = this.bytes;
    let result = 0;
    let shift = 0;
    let byte: number;
    do {
      byte = bytes[this.at++] as number;
      result |= (byte & 0x7f) << shift;
      shift += 7;
    } while (byte >= 0x80);
    return shift < 32 && byte & 0x40 ? result | (-1 << shift) : result;
  }

  /** Unsigned up to 2^32 - 1. */
  index(): number {
    const bytes = this.bytes;
    let byte = bytes[this.at++] as number;
    if (byte < 0x80) return byte;
    let result = byte & 0x7f;
    let shift = 7;
    do {
      byte = bytes[this.at++] as number;
      result |= (byte & 0x7f) << shift;
      shift += 7;
    } while (byte >= 0x80);
    return result >>> 0;
  }

  skip(): void {
    while ((this.bytes[this.at++] as number) >= 0x80);
  }
}

export function readBody(module: WasmModule, body: FunctionBody): Instructions {
  const room = body.end - body.codeStart + 1;
  if (scratch.op.length < room) scratch = makeScratch(room * 2);
  const { op, position, a, b } = scratch;
  const tables = new Map<number, readonly number[]>();
  const clauses = new Map<number, readonly CatchClause[]>();
  const blockTypes = new Map<number, FunctionType>();
  const cursor = new Cursor(module.bytes, body.codeStart);
  const bytes = module.bytes;
  let count = 0;
  while (cursor.at < body.end) {
    const i = count++;
    position[i] = cursor.at;
    a[i] = 0;
    b[i] = 0;
    let key = bytes[cursor.at++] as number;
    if (key === o.PREFIX_MISC) key = o.KEY_MISC + cursor.index();
    else if (key === o.PREFIX_SIMD) key = o.KEY_SIMD + cursor.index();
    op[i] = key;
    switch (o.IMMEDIATES[key]) {
      case o.NONE:
        break;
      case o.LOCAL:
      case o.LABEL:
      case o.FUNC:
      case o.GLOBAL:
      case o.TABLE:
      case o.TAG:
      case o.ELEM:
      case o.DATA:
      case o.MEMORY:
        a[i] = cursor.index();
        break;
      case o.I32_CONST:
        a[i] = cursor.signed();
        break;
      case o.MEMARG:
        cursor.skip();
        cursor.skip();
        break;
      case o.TYPE_TABLE:
      case o.ELEM_TABLE:
      case o.TABLE_TABLE:
      case o.DATA_MEMORY:
      case o.MEMORY_MEMORY:
        a[i] = cursor.index();
        b[i] = cursor.index();
        break;
      case o.TRY_TABLE:
        blockTypes.set(i, readBlockType(module, cursor));
        clauses.set(i, readClauses(cursor));
        break;
      case o.BLOCK_TYPE:
        blockTypes.set(i, readBlockType(module, cursor));
        break;
      case o.BR_TABLE:
        tables.set(i, readTargets(cursor));
        break;
      default:
        readOther(key, cursor, a, i);
    }
  }
  position[count] = body.end;
  return {
    count,
    op: op.slice(0, count),
    position: position.slice(0, count + 1),
    a: a.slice(0, count),
    b: b.slice(0, count),
    tables,
    clauses,
    blockTypes,
    ...matchEnds(op, count),
  };
}

function readOther(key: number, cursor: Cursor, a: Int32Array, i: number): void {
  switch (o.IMMEDIATES[key]) {
    case o.I64_CONST:
      cursor.skip();
      break;
    case o.F32_CONST:
      cursor.at += 4;
      break;
    case o.F64_CONST:
      cursor.at += 8;
      break;
    case o.V128_CONST:
    case o.SHUFFLE:
      cursor.at += 16;
      break;
    case o.LANE:
      a[i] = cursor.bytes[cursor.at++] as number;
      break;
    case o.MEMARG_LANE:
      cursor.skip();
      cursor.skip();
      cursor.at++;
      break;
    case o.REF_TYPE:
      a[i] = cursor.bytes[cursor.at++] as number;
      break;
    case o.SELECT_TYPES: {
      const count = cursor.index();
      a[i] = cursor.bytes[cursor.at] as number;
      cursor.at += count;
      break;
    }
    default:
      throw new Error(`instruction ${o.NAMES[key] ?? key} has no reader`);
  }
}

function readBlockType(module: WasmModule, cursor: Cursor): FunctionType {
  const first = cursor.bytes[cursor.at] as number;
  if (first === 0x40) {
    cursor.at++;
    return EMPTY;
  }
  if (first >= 0x69 && first <= 0x7f) {
    cursor.at++;
    return { params: EMPTY.params, results: [first] };
  }
  return module.types[cursor.index()] as FunctionType;
}

function readClauses(cursor: Cursor): CatchClause[] {
  const clauses: CatchClause[] = [];
  for (let left = cursor.index(); left > 0; left--) {
    const kind = cursor.bytes[cursor.at++] as number;
    const tag = kind < CATCH_ALL ? cursor.index() : -1;
    clauses.push({ kind, tag, depth: cursor.index() });
  }
  return clauses;
}

function readTargets(cursor: Cursor): number[] {
  const targets: number[] = [];
  for (let left = cursor.index(); left >= 0; left--) targets.push(cursor.index());
  return targets;
}

function matchEnds(op: Uint16Array, count: number): { match: Int32Array; elseOf: Int32Array } {
  const match = new Int32Array(count).fill(-1);
  const elseOf = new Int32Array(count).fill(-1);
  const open: number[] = [];
  for (let i = 0; i < count; i++) {
    switch (op[i]) {
      case o.OP_BLOCK:
      case o.OP_LOOP:
      case o.OP_IF:
      case o.OP_TRY_TABLE:
        open.push(i);
        break;
      case o.OP_ELSE: {
        const opener = open[open.length - 1] as number;
        elseOf[opener] = i;
        match[i] = opener;
        break;
      }
      case o.OP_END: {
        const opener = open.pop();
        if (opener === undefined) break;
        match[opener] = i;
        match[i] = opener;
        break;
      }
    }
  }
  return { match, elseOf };
}
