/**
 * Checks of the instructions whose types are those of a local, a global, a table, or of an operand.
 * @module
 */

import { WasmError } from "../errors.ts";
import { I32, isReferenceType, type ValueType, valueTypeName } from "../module.ts";
import * as o from "../opcodes.ts";
import { type BodyState, elementTypeOfTable, itemAt, unknownIndex } from "./body-state.ts";
import { ANY } from "./type-stack.ts";

/** False where the instruction is none of them. */
export function checkVariable(state: BodyState): boolean {
  const { stack, cursor } = state;
  switch (cursor.opcode) {
    case o.OP_LOCAL_GET:
      stack.push(localType(state));
      return true;
    case o.OP_LOCAL_SET:
      stack.expect(localType(state));
      return true;
    case o.OP_LOCAL_TEE: {
      const type = localType(state);
      stack.expect(type);
      stack.push(type);
      return true;
    }
    case o.OP_GLOBAL_GET:
      stack.push(itemAt(state.module.globals, cursor.index, "global").type);
      return true;
    case o.OP_GLOBAL_SET: {
      const global = itemAt(state.module.globals, cursor.index, "global");
      if (!global.mutable) throw new WasmError("invalid", `global ${cursor.index} is immutable`);
      stack.expect(global.type);
      return true;
    }
    case o.OP_DROP:
      stack.pop();
      return true;
    default:
      return checkSelect(state) || checkReference(state);
  }
}

function localType({ cursor, locals, localCount }: BodyState): ValueType {
  if (cursor.index >= localCount) throw unknownIndex("local", cursor.index, localCount);
  return locals[cursor.index] as number;
}

function checkSelect({ stack, cursor }: BodyState): boolean {
  if (cursor.opcode === o.OP_SELECT_T) {
    stack.expect(I32);
    stack.expect(cursor.type);
    stack.expect(cursor.type);
    stack.push(cursor.type);
    return true;
  }
  if (cursor.opcode !== o.OP_SELECT) return false;
  stack.expect(I32);
  const second = stack.pop();
  const first = stack.pop();
  if (isReferenceType(first) || isReferenceType(second)) {
    throw new WasmError("invalid", "references need the select that names its type");
  }
  if (first !== second && first !== ANY && second !== ANY) {
    throw new WasmError(
      "invalid",
      `expected two of one type, found ${valueTypeName(first)} and ${valueTypeName(second)}`,
    );
  }
  stack.push(first === ANY ? second : first);
  return true;
}

function checkReference({ stack, cursor, module }: BodyState): boolean {
  switch (cursor.opcode) {
    case o.OP_REF_NULL:
      stack.push(cursor.type);
      return true;
    case o.OP_REF_IS_NULL: {
      const type = stack.pop();
      if (type !== ANY && !isReferenceType(type)) {
        throw new WasmError("invalid", `expected a reference, found ${valueTypeName(type)}`);
      }
      stack.push(I32);
      return true;
    }
    case o.OP_TABLE_GET: {
      const element = elementTypeOfTable(module, cursor.index);
      stack.expect(I32);
      stack.push(element);
      return true;
    }
    case o.OP_TABLE_SET:
      stack.expect(elementTypeOfTable(module, cursor.index));
      stack.expect(I32);
      return true;
    case o.OP_TABLE_GROW:
      stack.expect(I32);
      stack.expect(elementTypeOfTable(module, cursor.index));
      stack.push(I32);
      return true;
    case o.OP_TABLE_FILL:
      stack.expect(I32);
      stack.expect(elementTypeOfTable(module, cursor.index));
      stack.expect(I32);
      return true;
    default:
      return false;
  }
}
