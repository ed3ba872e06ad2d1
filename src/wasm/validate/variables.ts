/**
 * Checks of the instructions whose types are those of a local, a global, a table, or of an operand.
 * @module
 */

import { WasmError } from "../errors.ts";
import { I32, isReferenceType, valueTypeName } from "../module.ts";
import * as o from "../opcodes.ts";
import { type BodyState, elementTypeOfTable, itemAt, unknownIndex } from "./body-state.ts";
import { ANY } from "./type-stack.ts";

/** local.get, local.set and local.tee: half of all code. */
export function checkLocal({ stack, cursor, locals, localCount }: BodyState): void {
  const { opcode, index } = cursor;
  if (index >= localCount) throw unknownIndex("local", index, localCount);
  const type = locals[index] as number;
  if (opcode !== o.OP_LOCAL_GET) stack.expect(type);
  if (opcode !== o.OP_LOCAL_SET) stack.push(type);
}

export function checkVariable(state: BodyState): void {
  const { stack, cursor } = state;
  switch (cursor.opcode) {
    case o.OP_GLOBAL_GET:
      stack.push(itemAt(state.module.globals, cursor.index, "global").type);
      break;
    case o.OP_GLOBAL_SET: {
      const global = itemAt(state.module.globals, cursor.index, "global");
      if (!global.mutable) throw new WasmError("invalid", `global ${cursor.index} is immutable`);
      stack.expect(global.type);
      break;
    }
    case o.OP_DROP:
      stack.pop();
      break;
    case o.OP_SELECT:
      checkSelect(state);
      break;
    case o.OP_SELECT_T:
      stack.expect(I32);
      stack.expect(cursor.type);
      stack.expect(cursor.type);
      stack.push(cursor.type);
      break;
    default:
      checkReference(state);
  }
}

function checkSelect({ stack }: BodyState): void {
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
}

function checkReference({ stack, cursor, module }: BodyState): void {
  switch (cursor.opcode) {
    case o.OP_REF_NULL:
      stack.push(cursor.type);
      break;
    case o.OP_REF_IS_NULL: {
      const type = stack.pop();
      if (type !== ANY && !isReferenceType(type)) {
        throw new WasmError("invalid", `expected a reference, found ${valueTypeName(type)}`);
      }
      stack.push(I32);
      break;
    }
    case o.OP_TABLE_GET: {
      const element = elementTypeOfTable(module, cursor.index);
      stack.expect(I32);
      stack.push(element);
      break;
    }
    case o.OP_TABLE_SET:
      stack.expect(elementTypeOfTable(module, cursor.index));
      stack.expect(I32);
      break;
    case o.OP_TABLE_GROW:
      stack.expect(I32);
      stack.expect(elementTypeOfTable(module, cursor.index));
      stack.push(I32);
      break;
    case o.OP_TABLE_FILL:
      stack.expect(I32);
      stack.expect(elementTypeOfTable(module, cursor.index));
      stack.expect(I32);
      break;
  }
}
