/**
 * Names between rewritten modules and the machine that runs them (docs/spec/rewriting.md). The guest's own imports and
 * exports do not appear in a rewritten module under their own names, so that no name of a guest's can clash with these.
 * @module
 */

import { EXTERNREF, F32, F64, FUNCREF, type FunctionType, I32, I64, V128, type ValueType } from "../module.ts";

/** Version of what the rewriter makes of a module: part of the cache's key and of every image. */
export const REWRITER_VERSION = "9";
/** Version of docs/spec/gas.md. */
export const GAS_SCHEDULE_VERSION = 1;

/** Module name of the machine's own functions. */
export const RUNTIME = "caper:runtime";
/** Module name of the guest's imports; import i of the original has the name `String(i)`, counting functions. */
export const GUEST_IMPORTS = "caper:imports";
/** Module name under which a continuation imports from the hot instance. */
export const HOT = "caper:hot";
/** Name of the custom section with what the machine must know of each function. */
export const METADATA = "caper:functions";

/** Point number of a finished call: what follows are its results. */
export const POINT_FINISHED = -1;

/**
 * Bytes that one memory.copy or memory.fill moves in one go. A frame that is about to move more is saved, gas or not: the machine
 * does all but the last of it piece by piece, so that no thread is gone for longer than a piece takes.
 */
export const MOVE_BYTES_MAX: number = 2 << 20;

/** The machine's functions, in the order in which the hot module imports them. */
export const RUNTIME_FUNCTIONS: readonly { readonly name: string; readonly type: FunctionType }[] = [
  { name: "frame", type: { params: [I32, I32, I32], results: [] } },
  { name: "i32", type: { params: [I32], results: [] } },
  { name: "i64", type: { params: [I64], results: [] } },
  { name: "funcref", type: { params: [FUNCREF], results: [] } },
  { name: "externref", type: { params: [EXTERNREF], results: [] } },
  { name: "memory.grow", type: { params: [I32], results: [I32] } },
];
export const RUNTIME_FRAME = 0;
const RUNTIME_I32 = 1;
const RUNTIME_I64 = 2;
const RUNTIME_FUNCREF = 3;
const RUNTIME_EXTERNREF = 4;
export const RUNTIME_MEMORY_GROW = 5;

/** How a value of a type travels to and from the machine: floats and vectors as integers, so that all bits arrive. */
export function carriers(type: ValueType): readonly ValueType[] {
  switch (type) {
    case F32:
      return [I32];
    case F64:
      return [I64];
    case V128:
      return [I64, I64];
    default:
      return [type];
  }
}

/** Which of `RUNTIME_FUNCTIONS` takes a value of a carrier type. */
export function carrierFunction(type: ValueType): number {
  switch (type) {
    case I32:
      return RUNTIME_I32;
    case I64:
      return RUNTIME_I64;
    case FUNCREF:
      return RUNTIME_FUNCREF;
    case EXTERNREF:
      return RUNTIME_EXTERNREF;
    default:
      throw new Error(`type ${type} has no carrier`);
  }
}

/** Names of the hot module's exports. */
export const EXPORT_MEMORY = "memory";
export const EXPORT_GAS = "gas";
/** Slots of the stack segment that were left at the last call of a guest import. */
export const EXPORT_DEPTH = "depth";
/** A table of all functions: the rewritten form of original function i is at i, once it has been put there. */
export const EXPORT_FUNCTIONS = "functions";
/** (part): puts the functions of a part of that table into it. */
export const EXPORT_FILL = "functions.fill";
/** Functions of one part; of the last there may be fewer. */
export const FUNCTION_TABLE_PART = 64;
export const exportOf = {
  table: (i: number): string => `table ${i}`,
  global: (i: number): string => `global ${i}`,
  /** For floats and vectors, whose bits JavaScript could lose: functions that take and give carriers. */
  globalGet: (i: number, part: number): string => `global.get ${i} ${part}`,
  globalSet: (i: number): string => `global.set ${i}`,
  tag: (i: number): string => `tag ${i}`,
  droppedData: (i: number): string => `dropped data ${i}`,
  droppedElement: (i: number): string => `dropped element ${i}`,
};
