/**
 * Checks of the instructions that change where execution goes: blocks, branches, calls, exceptions.
 * @module
 */

import { BLOCK_EMPTY, CATCH_ALL, CATCH_ALL_REF, CATCH_REF, type CatchClause } from "../cursor.ts";
import { WasmError } from "../errors.ts";
import { EXNREF, FUNCREF, type FunctionType, I32, type ValueType, valueTypeName, type WasmModule } from "../module.ts";
import * as o from "../opcodes.ts";
import { type BodyState, elementTypeOfTable, itemAt, typeOfFunction, typeOfTag } from "./body-state.ts";
import { sameTypes } from "./type-stack.ts";

const EMPTY: FunctionType = { params: [], results: [] };
/** Block types that are one value type, by its byte - 0x40. */
const ONE_RESULT: readonly FunctionType[] = Array.from({ length: 0x40 }, (_, i) => ({
  params: [],
  results: [0x40 + i],
}));

/** The types of a block, whose encoding is as in `InstructionCursor.blockType`. */
export function typeOfBlock(module: WasmModule, blockType: number): FunctionType {
  if (blockType === BLOCK_EMPTY) return EMPTY;
  if (blockType < 0) return ONE_RESULT[blockType + 0x40] as FunctionType;
  return itemAt(module.types, blockType, "type");
}

/** Whether `checkControl` is for the instruction. */
export function isControl(opcode: number): boolean {
  return opcode <= o.OP_RETURN_CALL_INDIRECT || opcode === o.OP_TRY_TABLE;
}

export function checkControl(state: BodyState): void {
  const { stack, cursor, module } = state;
  switch (cursor.opcode) {
    case o.OP_UNREACHABLE:
      stack.leave();
      break;
    case o.OP_BLOCK:
    case o.OP_LOOP:
      open(state);
      break;
    case o.OP_IF:
      stack.expect(I32);
      open(state);
      break;
    case o.OP_TRY_TABLE:
      for (const clause of cursor.catches) checkCatch(state, clause);
      open(state);
      break;
    case o.OP_ELSE:
      stack.openElse();
      break;
    case o.OP_END:
      stack.close();
      break;
    case o.OP_THROW:
      stack.expectAll(typeOfTag(module, cursor.index).params);
      stack.leave();
      break;
    case o.OP_THROW_REF:
      stack.expect(EXNREF);
      stack.leave();
      break;
    case o.OP_CALL:
      call(state, typeOfFunction(module, cursor.index));
      break;
    case o.OP_CALL_INDIRECT:
      call(state, popCallee(state));
      break;
    case o.OP_RETURN_CALL:
      returnCall(state, typeOfFunction(module, cursor.index));
      break;
    case o.OP_RETURN_CALL_INDIRECT:
      returnCall(state, popCallee(state));
      break;
    default:
      checkBranch(state);
  }
}

function checkBranch({ stack, cursor, type }: BodyState): void {
  switch (cursor.opcode) {
    case o.OP_BR:
      stack.expectAll(stack.labelTypes(cursor.index));
      stack.leave();
      break;
    case o.OP_BR_IF: {
      stack.expect(I32);
      const types = stack.labelTypes(cursor.index);
      stack.expectAll(types);
      stack.pushAll(types);
      break;
    }
    case o.OP_BR_TABLE: {
      stack.expect(I32);
      const { labels, labelCount } = cursor;
      const arity = stack.labelTypes(labels[labelCount - 1] as number).length;
      for (let i = 0; i < labelCount; i++) {
        const types = stack.labelTypes(labels[i] as number);
        if (types.length !== arity) {
          throw new WasmError(
            "invalid",
            `label ${labels[i]} takes ${types.length} operands, the default takes ${arity}`,
          );
        }
        stack.peekAll(types);
      }
      stack.leave();
      break;
    }
    case o.OP_RETURN:
      stack.expectAll(type.results);
      stack.leave();
      break;
  }
}

function open({ stack, cursor, module }: BodyState): void {
  const type = typeOfBlock(module, cursor.blockType);
  stack.expectAll(type.params);
  stack.open(cursor.opcode, type);
}

function checkCatch({ stack, module }: BodyState, { kind, tag, label }: CatchClause): void {
  const types: ValueType[] = kind >= CATCH_ALL ? [] : [...typeOfTag(module, tag).params];
  if (kind === CATCH_REF || kind === CATCH_ALL_REF) types.push(EXNREF);
  const expected = stack.labelTypes(label);
  if (!sameTypes(types, expected)) {
    const [got, wanted] = [types, expected].map((list) => list.map(valueTypeName).join(" "));
    throw new WasmError("invalid", `a clause gives [${got}] to label ${label}, which takes [${wanted}]`);
  }
}

function popCallee({ stack, cursor, module }: BodyState): FunctionType {
  const element = elementTypeOfTable(module, cursor.index2);
  if (element !== FUNCREF) {
    throw new WasmError("invalid", `table ${cursor.index2} holds ${valueTypeName(element)}, expected funcref`);
  }
  const type = itemAt(module.types, cursor.index, "type");
  stack.expect(I32);
  return type;
}

function call({ stack }: BodyState, callee: FunctionType): void {
  stack.expectAll(callee.params);
  stack.pushAll(callee.results);
}

function returnCall({ stack, type }: BodyState, callee: FunctionType): void {
  if (!sameTypes(callee.results, type.results)) {
    throw new WasmError("invalid", "the function called has other results than this one");
  }
  stack.expectAll(callee.params);
  stack.leave();
}
