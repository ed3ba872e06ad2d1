/**
 * Reads the instructions of one validated body into the arrays of `Body`. Speed matters here: this loop sees every
 * instruction of every module, so it reads LEB128 in place and checks nothing that validation has checked.
 * @module
 */

import type { FunctionBody, FunctionType, WasmModule } from "../module.ts";
import * as o from "../opcodes.ts";
import type { Body, CatchClause } from "./body.ts";

type Header = Pick<Body, "module" | "func" | "type" | "locals">;

const EMPTY: FunctionType = { params: [], results: [] };
const ONE_RESULT: readonly FunctionType[] = Array.from({ length: 0x80 }, (_, type) => ({
  params: [],
  results: [type],
}));
const CATCH_ALL = 2;
/** Most bodies have none: they share these. */
const NO_TABLES: Body["tables"] = new Map();
const NO_CLAUSES: Body["clauses"] = new Map();

/** How a loop over all instructions treats one, by opcode key. */
const NO_IMMEDIATE = 0;
const INDEX = 1;
const SIGNED = 2;
const MEMARG = 3;
const RARE = 4;

const SHAPES: Uint8Array = Uint8Array.from(o.IMMEDIATES, (immediates, key) => {
  if (key === o.OP_END || key === o.OP_ELSE) return RARE;
  if ((immediates >= o.LABEL && immediates <= o.DATA) || immediates === o.MEMORY) return INDEX;
  switch (immediates) {
    case o.NONE:
      return NO_IMMEDIATE;
    case o.I32_CONST:
      return SIGNED;
    case o.MEMARG:
      return MEMARG;
    default:
      return RARE;
  }
});

// Constants of this file are cheaper to get at than another's.
const { PREFIX_MISC, KEY_MISC, KEY_SIMD } = o;

/** Instructions in one chunk. */
const CHUNK_INSTRUCTIONS = 1 << 15;

/**
 * Where bodies are read into: each takes the next piece, as long as there is room for one instruction a byte. Typed arrays
 * of their own for thousands of small functions would cost more than the reading.
 */
interface Chunk {
  readonly op: Uint16Array;
  readonly position: Uint32Array;
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly match: Int32Array;
  used: number;
}

let chunk: Chunk = makeChunk(0);

function makeChunk(room: number): Chunk {
  return {
    op: new Uint16Array(room),
    position: new Uint32Array(room),
    a: new Int32Array(room),
    b: new Int32Array(room),
    match: new Int32Array(room),
    used: 0,
  };
}

/** Reads blocks and what else is not every second instruction; `at` is the position. */
class RareReader {
  at = 0;
  readonly elseOf: number[] = [];
  readonly blockTypes: FunctionType[] = [];
  tables: Map<number, readonly number[]> | undefined;
  clauses: Map<number, readonly CatchClause[]> | undefined;
  readonly #module: WasmModule;
  readonly #bytes: Uint8Array;
  readonly #chunk: Chunk;
  readonly #start: number;
  /** Openers of the blocks that are open. */
  readonly #open: number[] = [];

  /** @param start the place of the body's first instruction in the chunk */
  constructor(module: WasmModule, chunk: Chunk, start: number) {
    this.#module = module;
    this.#bytes = module.bytes;
    this.#chunk = chunk;
    this.#start = start;
  }

  signed(): number {
    const bytes = this.#bytes;
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
    const bytes = this.#bytes;
    let result = 0;
    let shift = 0;
    let byte: number;
    do {
      byte = bytes[this.at++] as number;
      result |= (byte & 0x7f) << shift;
      shift += 7;
    } while (byte >= 0x80);
    return result >>> 0;
  }

  #skip(): void {
    while ((this.#bytes[this.at++] as number) >= 0x80);
  }

  rare(key: number, place: number): void {
    const { a, b } = this.#chunk;
    switch (o.IMMEDIATES[key]) {
      case o.BLOCK_TYPE:
      case o.TRY_TABLE:
        this.#opener(key, place);
        break;
      case o.NONE:
        this.#close(key, place);
        break;
      case o.BR_TABLE:
        this.tables ??= new Map();
        this.tables.set(place - this.#start, this.#targets());
        break;
      case o.TYPE_TABLE:
      case o.ELEM_TABLE:
      case o.TABLE_TABLE:
      case o.DATA_MEMORY:
      case o.MEMORY_MEMORY:
        a[place] = this.index();
        b[place] = this.index();
        break;
      case o.I64_CONST:
        this.#skip();
        break;
      case o.F32_CONST:
        this.at += 4;
        break;
      case o.F64_CONST:
        this.at += 8;
        break;
      case o.V128_CONST:
      case o.SHUFFLE:
        this.at += 16;
        break;
      case o.LANE:
      case o.REF_TYPE:
        a[place] = this.#bytes[this.at++] as number;
        break;
      case o.MEMARG_LANE:
        this.#skip();
        this.#skip();
        this.at++;
        break;
      case o.SELECT_TYPES: {
        const count = this.index();
        a[place] = this.#bytes[this.at] as number;
        this.at += count;
        break;
      }
      default:
        throw new Error(`instruction ${o.NAMES[key] ?? key} has no reader`);
    }
  }

  #opener(key: number, place: number): void {
    const i = place - this.#start;
    this.#chunk.a[place] = this.blockTypes.length;
    this.#open.push(i);
    this.elseOf.push(-1);
    this.blockTypes.push(this.#blockType());
    if (key !== o.OP_TRY_TABLE) return;
    this.clauses ??= new Map();
    this.clauses.set(i, this.#clauses());
  }

  /** `else`, `end` */
  #close(key: number, place: number): void {
    const { a, match } = this.#chunk;
    const i = place - this.#start;
    const depth = this.#open.length;
    const opener = depth === 0 ? -1 : (this.#open[depth - 1] as number);
    match[place] = opener;
    if (key === o.OP_ELSE) {
      this.elseOf[a[this.#start + opener] as number] = i;
    } else if (depth > 0) {
      this.#open.pop();
      match[this.#start + opener] = i;
    }
  }

  #blockType(): FunctionType {
    const first = this.#bytes[this.at] as number;
    if (first === 0x40) {
      this.at++;
      return EMPTY;
    }
    if (first >= 0x69 && first <= 0x7f) {
      this.at++;
      return ONE_RESULT[first] as FunctionType;
    }
    return this.#module.types[this.index()] as FunctionType;
  }

  #clauses(): CatchClause[] {
    const clauses: CatchClause[] = [];
    for (let left = this.index(); left > 0; left--) {
      const kind = this.#bytes[this.at++] as number;
      const tag = kind < CATCH_ALL ? this.index() : -1;
      clauses.push({ kind, tag, depth: this.index() });
    }
    return clauses;
  }

  #targets(): number[] {
    const targets: number[] = [];
    for (let left = this.index(); left >= 0; left--) targets.push(this.index());
    return targets;
  }
}

export function readBody(header: Header, { codeStart, end }: FunctionBody): Body {
  const { bytes } = header.module;
  const room = end - codeStart + 1;
  if (chunk.used + room > chunk.op.length) chunk = makeChunk(Math.max(room, CHUNK_INSTRUCTIONS));
  const start = chunk.used;
  const reader = new RareReader(header.module, chunk, start);
  const { op, position, a } = chunk;
  let at = codeStart;
  let place = start;
  for (; at < end; place++) {
    position[place] = at;
    let key = bytes[at++] as number;
    if (key >= PREFIX_MISC) {
      reader.at = at;
      key = (key === PREFIX_MISC ? KEY_MISC : KEY_SIMD) + reader.index();
      at = reader.at;
    }
    op[place] = key;
    const shape = SHAPES[key] as number;
    if (shape === NO_IMMEDIATE) continue;
    if (shape === INDEX || shape === SIGNED) {
      const byte = bytes[at] as number;
      if (byte < 0x40 || (byte < 0x80 && shape === INDEX)) {
        a[place] = byte;
        at++;
      } else {
        reader.at = at;
        a[place] = shape === INDEX ? reader.index() : reader.signed();
        at = reader.at;
      }
    } else if (shape === MEMARG) {
      while ((bytes[at++] as number) >= 0x80);
      while ((bytes[at++] as number) >= 0x80);
    } else {
      reader.at = at;
      reader.rare(key, place);
      at = reader.at;
    }
  }
  position[place] = end;
  chunk.used = place + 1;
  return {
    ...header,
    count: place - start,
    op: op.subarray(start, place),
    position: position.subarray(start, place + 1),
    a: a.subarray(start, place),
    b: chunk.b.subarray(start, place),
    match: chunk.match.subarray(start, place),
    elseOf: reader.elseOf,
    blockTypes: reader.blockTypes,
    tables: reader.tables ?? NO_TABLES,
    clauses: reader.clauses ?? NO_CLAUSES,
  };
}
