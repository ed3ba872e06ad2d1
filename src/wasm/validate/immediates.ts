/**
 * Checks of immediates, for instructions whose operands have fixed types: alignment, lanes, and that what they name
 * exists.
 * @module
 */

import { WasmError } from "../errors.ts";
import { valueTypeName } from "../module.ts";
import * as o from "../opcodes.ts";
import { type BodyState, elementTypeOfTable, itemAt, typeOfFunction, unknownIndex } from "./body-state.ts";

const V128_BYTES = 16;
const SHUFFLE_LANES = 32;

/** The kind is the one of `state.cursor.opcode`. */
export function checkImmediates(state: BodyState, kind: number): void {
  switch (kind) {
    case o.MEMARG:
      checkMemoryAccess(state);
      break;
    case o.MEMARG_LANE:
      checkMemoryAccess(state);
      checkLane(state, V128_BYTES >> (o.SIZES[state.cursor.opcode] as number));
      break;
    case o.MEMORY:
    case o.MEMORY_MEMORY:
      checkMemory(state);
      break;
    case o.DATA_MEMORY:
      checkMemory(state);
      checkData(state);
      break;
    case o.DATA:
      checkData(state);
      break;
    case o.TABLE:
      itemAt(state.module.tables, state.cursor.index, "table");
      break;
    case o.ELEM:
      itemAt(state.module.elements, state.cursor.index, "element segment");
      break;
    case o.ELEM_TABLE:
      checkTableInit(state);
      break;
    case o.TABLE_TABLE:
      checkTableCopy(state);
      break;
    case o.LANE:
      checkLane(state, o.SIZES[state.cursor.opcode] as number);
      break;
    case o.SHUFFLE:
      if (state.cursor.v128.some((lane) => lane >= SHUFFLE_LANES)) {
        throw new WasmError("invalid", `a lane is not below ${SHUFFLE_LANES}`);
      }
      break;
    case o.FUNC:
      checkReferencedFunction(state);
      break;
  }
}

function checkMemoryAccess(state: BodyState): void {
  const { cursor, module } = state;
  if (module.memories.length === 0) checkMemory(state);
  const natural = o.SIZES[cursor.opcode] as number;
  if (cursor.align > natural) {
    throw new WasmError(
      "invalid",
      `its alignment of 2^${cursor.align} is larger than the ${1 << natural} bytes it touches`,
    );
  }
}

function checkMemory({ module }: BodyState): void {
  if (module.memories.length === 0) throw new WasmError("invalid", "there is no memory");
}

function checkLane({ cursor }: BodyState, lanes: number): void {
  if (cursor.lane >= lanes) throw new WasmError("invalid", `lane ${cursor.lane} does not exist, there are ${lanes}`);
}

/** The code section comes before the data, so that the number of segments must have been announced. */
function checkData({ module, cursor }: BodyState): void {
  if (module.dataCount === undefined) throw new WasmError("malformed", "it needs a data count section");
  if (cursor.index >= module.dataCount) throw unknownIndex("data segment", cursor.index, module.dataCount);
}

function checkTableInit({ module, cursor }: BodyState): void {
  const segment = itemAt(module.elements, cursor.index, "element segment");
  const element = elementTypeOfTable(module, cursor.index2);
  if (segment.type !== element) throw differentElements(element, segment.type);
}

function checkTableCopy({ module, cursor }: BodyState): void {
  const target = elementTypeOfTable(module, cursor.index);
  const source = elementTypeOfTable(module, cursor.index2);
  if (source !== target) throw differentElements(target, source);
}

function differentElements(target: number, source: number): WasmError {
  return new WasmError(
    "invalid",
    `the table holds ${valueTypeName(target)}, what is copied is ${valueTypeName(source)}`,
  );
}

function checkReferencedFunction({ module, cursor, declared }: BodyState): void {
  typeOfFunction(module, cursor.index);
  if (declared[cursor.index] !== 1) {
    const remedy = "it must occur in an export, a global or an element segment";
    throw new WasmError("invalid", `function ${cursor.index} is not declared for references: ${remedy}`);
  }
}
