/**
 * Walks instructions in place, one at a time, without allocating: after each `next()` the instruction's opcode and
 * immediates are in fields. It checks the encoding (specification, section 5.4), not the types, and refuses instructions
 * that are not supported by name.
 * @module
 */

import { ByteReader } from "../bytes/index.ts";
import { WasmError } from "./errors.ts";
import { BR_TABLE_LABELS_MAX, CATCHES_MAX, NESTING_MAX } from "./limits.ts";
import { isReferenceType, isValueType } from "./module.ts";
import * as o from "./opcodes.ts";
import { readValueType, refuseType } from "./value-types.ts";

/** `blockType` of a block without parameters and results. */
export const BLOCK_EMPTY = -0x40;

export const CATCH = 0;
export const CATCH_REF = 1;
export const CATCH_ALL = 2;
export const CATCH_ALL_REF = 3;

export interface CatchClause {
  /** `CATCH`, `CATCH_REF`, `CATCH_ALL` or `CATCH_ALL_REF`. */
  readonly kind: number;
  /** 0 where the clause catches all. */
  readonly tag: number;
  /** Counted from outside of the `try_table`. */
  readonly label: number;
}

const NO_LABELS = new Uint32Array(0);
const NO_CATCHES: readonly CatchClause[] = [];

export class InstructionCursor extends ByteReader {
  /** Key of the instruction as in opcodes.ts. */
  opcode = 0;
  /** Where the instruction starts. `position` is where it ends. */
  offset = 0;
  /** Where its immediates start. */
  immediates = 0;
  /** The first index: label, function, type, local, global, table, tag, element or data segment. */
  index = 0;
  /** The second index: the table of call_indirect and table.init, the source table of table.copy. */
  index2 = 0;
  /** The value of i32.const. Other constants are read on demand. */
  value = 0;
  /** Alignment of a memory access, as a power of two. */
  align = 0;
  /** Constant offset of a memory access. */
  memoryOffset = 0;
  lane = 0;
  /** A value type, as its byte - 0x80; or `BLOCK_EMPTY`; or a type index. */
  blockType = 0;
  /** The type of ref.null and of select with a type. */
  type = 0;
  /** Labels of br_table, the default last; only the first `labelCount` count. The array is reused. */
  labels: Uint32Array = NO_LABELS;
  labelCount = 0;
  /** Clauses of try_table. */
  catches: readonly CatchClause[] = NO_CATCHES;

  /** Reads the next instruction; false at the end of the range. */
  next(): boolean {
    const at = this.position;
    if (at >= this.end) return false;
    this.offset = at;
    const byte = this.bytes[at] as number;
    this.position = at + 1;
    this.opcode = byte;
    let kind = o.IMMEDIATES[byte] as number;
    if (kind === o.UNKNOWN) {
      this.opcode = this.#prefixed(byte);
      kind = o.IMMEDIATES[this.opcode] as number;
    }
    this.immediates = this.position;
    if (kind === o.NONE) return true;
    if (kind >= o.LABEL && kind <= o.DATA) this.index = this.u32();
    else if (kind === o.I32_CONST) this.value = this.s32();
    else if (kind === o.MEMARG) this.#memarg();
    else if (kind === o.BLOCK_TYPE) this.#blockType();
    else this.#rareImmediates(kind);
    return true;
  }

  /** Of i64.const. */
  get i64(): bigint {
    return this.#immediatesReader().s64();
  }

  /** Bits of f32.const. */
  get f32Bits(): number {
    return this.#immediatesReader().u32le();
  }

  /** Bits of f64.const. */
  get f64Bits(): bigint {
    return this.#immediatesReader().u64le();
  }

  /** The 16 bytes of v128.const or the 16 lanes of i8x16.shuffle, as a view. */
  get v128(): Uint8Array {
    return this.bytes.subarray(this.immediates, this.immediates + 16);
  }

  /** Moves behind the `end` that closes the expression at the position, and returns that place. */
  skipExpression(): number {
    let depth = 0;
    while (this.next()) {
      if (this.opcode === o.OP_END) {
        if (depth === 0) return this.position;
        depth--;
      } else if (isOpener(this.opcode)) {
        depth++;
        if (depth > NESTING_MAX)
          throw new WasmError("unsupported", `more than ${NESTING_MAX} nested blocks`, this.offset);
      }
    }
    throw new WasmError("malformed", "the expression has no end", this.position);
  }

  #immediatesReader(): ByteReader {
    return new ByteReader(this.bytes, this.immediates, this.end);
  }

  #prefixed(byte: number): number {
    if (byte < 0xfb || byte > 0xfe) throw refuseInstruction(byte, byte, this.offset);
    const sub = this.u32();
    if (sub < 0x100) {
      const key = byte === o.PREFIX_MISC ? o.KEY_MISC + sub : byte === o.PREFIX_SIMD ? o.KEY_SIMD + sub : -1;
      if (key >= 0 && o.IMMEDIATES[key] !== o.UNKNOWN) return key;
    }
    throw refuseInstruction(o.refusalKey(byte, sub), byte, this.offset, sub);
  }

  #memarg(): void {
    const flags = this.u32();
    if (flags >= 0x80) throw new WasmError("malformed", "unknown flags of a memory access", this.immediates);
    if (flags >= 0x40) throw refuseMemoryIndex(this.offset, this.opcode);
    this.align = flags;
    if (this.#isLongInteger()) {
      this.u64();
      throw new WasmError(
        "unsupported",
        `${o.NAMES[this.opcode]} with a 64-bit offset (memory64) is not supported`,
        this.offset,
      );
    }
    this.memoryOffset = this.u32();
  }

  /** Whether a LEB128 integer of more than five bytes follows, which 32 bits never need. */
  #isLongInteger(): boolean {
    const { bytes, position: at } = this;
    for (let i = at; i < at + 5; i++) if (!((bytes[i] as number) >= 0x80)) return false;
    return true;
  }

  #memory(): void {
    if (this.u32() !== 0) throw refuseMemoryIndex(this.offset, this.opcode);
  }

  #blockType(): void {
    const at = this.position;
    const byte = at < this.end ? (this.bytes[at] as number) : 0;
    if (byte >= 0x40 && byte < 0x80) {
      this.position = at + 1;
      if (byte !== 0x40 && !isValueType(byte)) throw refuseType(byte, at);
      this.blockType = byte - 0x80;
      return;
    }
    this.blockType = this.s33();
    if (this.blockType < 0) throw refuseOverlongType(at);
  }

  #rareImmediates(kind: number): void {
    switch (kind) {
      case o.BR_TABLE:
        this.#brTable();
        break;
      case o.TYPE_TABLE:
      case o.ELEM_TABLE:
      case o.TABLE_TABLE:
        this.index = this.u32();
        this.index2 = this.u32();
        break;
      case o.DATA_MEMORY:
        this.index = this.u32();
        this.#memory();
        break;
      case o.MEMORY_MEMORY:
        this.#memory();
        this.#memory();
        break;
      case o.MEMORY:
        this.#memory();
        break;
      case o.MEMARG_LANE:
        this.#memarg();
        this.lane = this.u8();
        break;
      case o.LANE:
        this.lane = this.u8();
        break;
      case o.I64_CONST:
        this.#skipS64();
        break;
      case o.F32_CONST:
        this.skip(4);
        break;
      case o.F64_CONST:
        this.skip(8);
        break;
      case o.V128_CONST:
      case o.SHUFFLE:
        this.skip(16);
        break;
      case o.REF_TYPE:
        this.#heapType();
        break;
      case o.SELECT_TYPES:
        this.#selectTypes();
        break;
      default:
        this.#tryTable();
    }
  }

  #skipS64(): void {
    // The value is seldom wanted: look at all bytes but the tenth, whose bits must be checked, without making it.
    const { bytes, end } = this;
    const last = this.position + 9;
    let at = this.position;
    while (at < last && at < end && (bytes[at] as number) >= 0x80) at++;
    if (at === last) this.s64();
    else this.skip(at + 1 - this.position);
  }

  #heapType(): void {
    const at = this.position;
    const byte = this.u8();
    if (!isReferenceType(byte)) {
      if (byte >= 0x40 && byte < 0x80) throw refuseType(byte, at);
      this.position = at;
      if (this.s33() < 0) throw refuseOverlongType(at);
      throw new WasmError("unsupported", "a typed reference (typed function references) is not supported", at);
    }
    this.type = byte;
  }

  #selectTypes(): void {
    const at = this.position;
    const count = this.u32();
    if (count !== 1) throw new WasmError("invalid", `select has ${count} types, expected 1`, at);
    this.type = readValueType(this);
  }

  #brTable(): void {
    const at = this.position;
    const count = this.u32();
    if (count > this.end - this.position) throw new WasmError("malformed", "br_table is longer than the code", at);
    if (count > BR_TABLE_LABELS_MAX) {
      throw new WasmError("unsupported", `br_table has more than ${BR_TABLE_LABELS_MAX} labels`, at);
    }
    if (count >= this.labels.length) this.labels = new Uint32Array(Math.max(count + 1, this.labels.length * 2, 16));
    for (let i = 0; i <= count; i++) this.labels[i] = this.u32();
    this.labelCount = count + 1;
  }

  #tryTable(): void {
    this.#blockType();
    const at = this.position;
    const count = this.u32();
    if (count > this.end - this.position) throw new WasmError("malformed", "try_table is longer than the code", at);
    if (count > CATCHES_MAX) throw new WasmError("unsupported", `try_table has more than ${CATCHES_MAX} clauses`, at);
    const catches: CatchClause[] = [];
    for (let i = 0; i < count; i++) {
      const kind = this.u8();
      if (kind > CATCH_ALL_REF) throw new WasmError("malformed", `unknown catch clause ${kind}`, this.position - 1);
      const tag = kind < CATCH_ALL ? this.u32() : 0;
      catches.push({ kind, tag, label: this.u32() });
    }
    this.catches = catches;
  }
}

/** Whether the instruction opens a block that an `end` closes. */
export function isOpener(opcode: number): boolean {
  return (opcode >= o.OP_BLOCK && opcode <= o.OP_IF) || opcode === o.OP_TRY_TABLE;
}

/** Engines take it, the specification does not. */
function refuseOverlongType(at: number): WasmError {
  return new WasmError("unsupported", "a type is written with more than one byte", at);
}

function refuseMemoryIndex(at: number, opcode: number): WasmError {
  return new WasmError("unsupported", `${o.NAMES[opcode]} of a second memory (multi-memory) is not supported`, at);
}

function refuseInstruction(key: number, byte: number, at: number, sub?: number): WasmError {
  const refusal = o.REFUSALS.get(key);
  if (refusal !== undefined) return new WasmError("unsupported", `${refusal.name} ${refusal.reason}`, at);
  const number = sub === undefined ? "" : ` 0x${sub.toString(16)}`;
  return new WasmError("malformed", `unknown instruction 0x${byte.toString(16)}${number}`, at);
}
