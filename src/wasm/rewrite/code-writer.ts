/**
 * Writes instructions. Runs of instructions that stay as they are go out in one copy; the rest is written here, in the
 * few shapes that rewritten code is made of.
 * @module
 */

import type { ByteWriter } from "../../bytes/index.ts";
import { EXTERNREF, F32, F64, FUNCREF, type FunctionType, I32, I64, V128, type ValueType } from "../module.ts";
import * as o from "../opcodes.ts";
import type { Body, CatchClause } from "./body.ts";
import { DIRTY_LANES_8 } from "./float-sources.ts";
import type { Target } from "./target.ts";

const BLOCK_EMPTY = 0x40;
/** Most that a table operation is charged, so that gas can not wrap around. */
const TABLE_COST_MAX = 0x1fff_ffff;

/** Number of the scratch locals that values are made canonical in. */
const CANONICAL_SCRATCH = 0x1000;

export interface CodeWriterInit {
  /** The original module, from which unchanged instructions are copied. */
  readonly source: Uint8Array;
  /** Number of the first local that is not the function's own. */
  readonly firstFree: number;
  readonly temporaryTypes: readonly ValueType[];
  /** Cleared at the start; large enough, and used again, it spares growing for each function. */
  readonly out: ByteWriter;
}

export class CodeWriter {
  /** How many blocks are open. */
  level = 0;
  readonly #out: ByteWriter;
  readonly #init: CodeWriterInit;
  readonly #scratchTypes: ValueType[] = [];
  readonly #scratch = new Map<number, number>();
  #copyStart = 0;
  #copyEnd = 0;

  constructor(init: CodeWriterInit) {
    this.#init = init;
    this.#out = init.out;
    this.#out.clear();
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#out.length;
  }

  /** The instructions written so far; valid until more is written. */
  finish(): Uint8Array {
    this.#flush();
    return this.#out.view();
  }

  /** Types of the locals that the writer has added to the function's own. */
  addedLocals(): readonly ValueType[] {
    return [...this.#init.temporaryTypes, ...this.#scratchTypes];
  }

  /** Instruction i as it is. */
  instruction(i: number, body: Body): void {
    const start = body.position[i] as number;
    if (start !== this.#copyEnd) {
      this.#flush();
      this.#copyStart = start;
    }
    this.#copyEnd = body.position[i + 1] as number;
  }

  op(op: number): void {
    this.#flush();
    this.#out.u8(op);
  }

  indexed(op: number, index: number): void {
    this.#flush();
    this.#out.u8(op);
    this.#out.u32(index);
  }

  get(local: number): void {
    this.indexed(o.OP_LOCAL_GET, local);
  }

  set(local: number): void {
    this.indexed(o.OP_LOCAL_SET, local);
  }

  tee(local: number): void {
    this.indexed(o.OP_LOCAL_TEE, local);
  }

  getTemporary(temporary: number): void {
    this.get(this.#init.firstFree + temporary);
  }

  setTemporary(temporary: number): void {
    this.set(this.#init.firstFree + temporary);
  }

  teeTemporary(temporary: number): void {
    this.tee(this.#init.firstFree + temporary);
  }

  /** A local for the moment; calls with the same type and number give the same one. */
  scratch(type: ValueType, number: number): number {
    const key = number * 0x80 + type;
    let local = this.#scratch.get(key);
    if (local === undefined) {
      local = this.#init.firstFree + this.#init.temporaryTypes.length + this.#scratchTypes.length;
      this.#scratchTypes.push(type);
      this.#scratch.set(key, local);
    }
    return local;
  }

  constant(value: number): void {
    this.op(o.OP_I32_CONST);
    this.#out.s32(value);
  }

  /** local -= amount, with the new value left on the stack if `keep`. */
  subtract(local: number, amount: number, keep: boolean): void {
    this.get(local);
    this.constant(amount);
    this.op(o.OP_I32_SUB);
    this.indexed(keep ? o.OP_LOCAL_TEE : o.OP_LOCAL_SET, local);
  }

  /** Whether the value on the stack is negative. */
  isNegative(): void {
    this.constant(0);
    this.op(o.OP_I32_LT_S);
  }

  /** Opens a block. */
  block(op: number, type: FunctionType, target: Target): void {
    this.op(op);
    this.#blockType(type, target);
    this.level++;
  }

  /** Closes the innermost block. */
  end(): void {
    this.op(o.OP_END);
    this.level--;
  }

  tryTable(type: FunctionType, clauses: readonly CatchClause[], target: Target): void {
    this.block(o.OP_TRY_TABLE, type, target);
    this.#out.u32(clauses.length);
    clauses.forEach((clause, c) => {
      this.#out.u8(clause.kind);
      if (clause.tag >= 0) this.#out.u32(target.tag(clause.tag));
      this.#out.u32(c);
    });
  }

  branch(op: number, depth: number): void {
    this.indexed(op, depth);
  }

  branchTable(depths: readonly number[]): void {
    this.indexed(o.OP_BR_TABLE, depths.length - 1);
    for (const depth of depths) this.#out.u32(depth);
  }

  callIndirect(op: number, type: number, table: number): void {
    this.indexed(op, type);
    this.#out.u32(table);
  }

  /** An instruction of prefix 0xFC with its indices. */
  misc(key: number, ...indices: readonly number[]): void {
    this.op(o.PREFIX_MISC);
    this.#out.u32(key - o.KEY_MISC);
    for (const index of indices) this.#out.u32(index);
  }

  /** An immediate that is one byte, after an instruction. */
  byte(value: number): void {
    this.#out.u8(value);
  }

  simd(key: number): void {
    this.op(o.PREFIX_SIMD);
    this.#out.u32(key - o.KEY_SIMD);
  }

  /** Leaves on the stack what a bulk operation of the size in a temporary costs beside its instruction. */
  bulkCost(op: number, size: number): void {
    this.getTemporary(size);
    if (op === o.OP_MEMORY_INIT || op === o.OP_MEMORY_COPY || op === o.OP_MEMORY_FILL) {
      this.constant(3);
      this.op(o.OP_I32_SHR_U);
    } else {
      this.constant(TABLE_COST_MAX);
      this.getTemporary(size);
      this.constant(TABLE_COST_MAX);
      this.op(o.OP_I32_LT_U);
      this.op(o.OP_SELECT);
    }
  }

  /**
   * Makes the float on the stack the canonical NaN if it is a NaN. As a statement: measured on V8 13.6 and 14.6 (2026),
   * 1.15x in a loop that does little else, against 1.4x for `select`.
   *
   * @param source the kind of arithmetic that it is a result of: for vectors, which lanes
   */
  canonical(type: ValueType, source: number): void {
    if (type === V128) {
      this.#canonicalLanes(source === DIRTY_LANES_8 ? 8 : 4);
      return;
    }
    const x = this.scratch(type, CANONICAL_SCRATCH);
    this.set(x);
    this.get(x);
    this.get(x);
    this.op(type === F64 ? o.OP_F64_NE : o.OP_F32_NE);
    this.op(o.OP_IF);
    this.#out.u8(BLOCK_EMPTY);
    this.nan(type);
    this.set(x);
    this.op(o.OP_END);
    this.get(x);
  }

  /** The same for each lane of the vector on the stack. */
  #canonicalLanes(laneBytes: number): void {
    const x = this.scratch(V128, CANONICAL_SCRATCH);
    this.tee(x);
    this.simd(o.OP_V128_CONST);
    for (let at = 0; at < 16; at += laneBytes) this.#nanBytes(laneBytes === 8 ? F64 : F32);
    this.get(x);
    this.get(x);
    this.simd(laneBytes === 8 ? o.OP_F64X2_EQ : o.OP_F32X4_EQ);
    this.simd(o.OP_V128_BITSELECT);
  }

  /** The zero of a type. */
  zero(type: ValueType): void {
    switch (type) {
      case I32:
        this.constant(0);
        return;
      case I64:
        this.op(o.OP_I64_CONST);
        this.#out.u8(0);
        return;
      case F32:
        this.op(o.OP_F32_CONST);
        this.#out.u32le(0);
        return;
      case F64:
        this.op(o.OP_F64_CONST);
        this.#out.u64le(0n);
        return;
      case V128:
        this.simd(o.OP_V128_CONST);
        this.#out.u64le(0n);
        this.#out.u64le(0n);
        return;
      case FUNCREF:
      case EXTERNREF:
        this.op(o.OP_REF_NULL);
        this.#out.u8(type);
        return;
      default:
        throw new Error(`type ${type} has no zero`);
    }
  }

  nan(type: ValueType): void {
    this.op(type === F64 ? o.OP_F64_CONST : o.OP_F32_CONST);
    this.#nanBytes(type);
  }

  #nanBytes(type: ValueType): void {
    if (type === F64) this.#out.u64le(0x7ff8000000000000n);
    else this.#out.u32le(0x7fc00000);
  }

  #blockType(type: FunctionType, target: Target): void {
    const [result, ...others] = type.results;
    if (type.params.length > 0 || others.length > 0) this.#out.s32(target.type(type));
    else this.#out.u8(result ?? BLOCK_EMPTY);
  }

  #flush(): void {
    if (this.#copyEnd === this.#copyStart) return;
    this.#out.bytes(this.#init.source, this.#copyStart, this.#copyEnd);
    this.#copyStart = 0;
    this.#copyEnd = 0;
  }
}
