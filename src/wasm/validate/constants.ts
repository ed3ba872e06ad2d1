/**
 * Constant expressions: initial values of globals and offsets of segments (specification, section 3.3.13, with the
 * additions of version 3: arithmetic, and every immutable global that stands before).
 * @module
 */

import { InstructionCursor } from "../cursor.ts";
import { WasmError } from "../errors.ts";
import type { ConstExpr, ValueType, WasmModule } from "../module.ts";
import * as o from "../opcodes.ts";
import { itemAt, typeOfFunction } from "./body-state.ts";
import { PARAM_COUNTS, PARAMS, PARAMS_STRIDE, RESULTS } from "./signatures.ts";
import type { TypeStack } from "./type-stack.ts";

const CONSTANT: ReadonlySet<number> = new Set([
  o.OP_I32_CONST,
  o.OP_I64_CONST,
  o.OP_F32_CONST,
  o.OP_F64_CONST,
  o.OP_V128_CONST,
  o.OP_I32_ADD,
  o.OP_I32_SUB,
  o.OP_I32_MUL,
  o.OP_I64_ADD,
  o.OP_I64_SUB,
  o.OP_I64_MUL,
]);

export interface ConstContext {
  readonly module: WasmModule;
  /** Functions that a reference is taken of are marked with 1. */
  readonly declared: Uint8Array;
  /** Made once for all expressions. */
  readonly stack: TypeStack;
}

/** Globals below the index `globalsEnd` may be read. */
export function validateConstExpr(
  context: ConstContext,
  expression: ConstExpr,
  type: ValueType,
  globalsEnd: number = context.module.globals.length,
): void {
  const cursor = new InstructionCursor(context.module.bytes, expression.start, expression.end);
  const { stack } = context;
  stack.reset();
  try {
    stack.open(o.OP_BLOCK, { params: [], results: [type] });
    while (cursor.next()) {
      if (cursor.opcode === o.OP_END) {
        stack.close();
        return;
      }
      checkInstruction(context, cursor, globalsEnd);
    }
    throw new WasmError("malformed", "the expression has no end");
  } catch (error) {
    if (!(error instanceof WasmError) || error.offset !== undefined) throw error;
    throw new WasmError(error.code, `${o.NAMES[cursor.opcode]}: ${error.message}`, cursor.offset);
  }
}

function checkInstruction(context: ConstContext, cursor: InstructionCursor, globalsEnd: number): void {
  const { opcode, index } = cursor;
  const { module, stack, declared } = context;
  if (opcode === o.OP_GLOBAL_GET) {
    checkGlobal(module, index, globalsEnd);
    stack.push(itemAt(module.globals, index, "global").type);
  } else if (opcode === o.OP_REF_NULL) {
    stack.push(cursor.type);
  } else if (opcode === o.OP_REF_FUNC) {
    typeOfFunction(module, index);
    declared[index] = 1;
    stack.push(RESULTS[opcode] as number);
  } else if (CONSTANT.has(opcode)) {
    const first = opcode * PARAMS_STRIDE;
    for (let i = (PARAM_COUNTS[opcode] as number) - 1; i >= 0; i--) stack.expect(PARAMS[first + i] as number);
    stack.push(RESULTS[opcode] as number);
  } else {
    throw new WasmError("invalid", "it cannot be in a constant expression");
  }
}

/** Whether a constant expression may read the global. */
export function checkGlobal(module: WasmModule, index: number, globalsEnd: number): void {
  const global = itemAt(module.globals, index, "global");
  if (index >= globalsEnd) throw new WasmError("invalid", `global ${index} has no value yet`);
  if (global.mutable) throw new WasmError("invalid", `global ${index} is mutable`);
}
