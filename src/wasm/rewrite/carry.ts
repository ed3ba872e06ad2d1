/**
 * Code that turns values into the integers they travel as, and back.
 * @module
 */

import { F32, F64, V128, type ValueType } from "../module.ts";
import * as o from "../opcodes.ts";
import type { CodeWriter } from "./code-writer.ts";
import { carrierFunction, carriers } from "./runtime-abi.ts";

/** Calls the machine's function for each part of the value in a local. */
export function emitPush(code: CodeWriter, type: ValueType, local: number, runtime: (index: number) => number): void {
  carriers(type).forEach((carrier, part) => {
    code.get(local);
    emitToCarrier(code, type, part);
    code.indexed(o.OP_CALL, runtime(carrierFunction(carrier)));
  });
}

/** Value on the stack to its carrier number `part`. */
export function emitToCarrier(code: CodeWriter, type: ValueType, part: number): void {
  if (type === F32) code.op(o.OP_I32_REINTERPRET_F32);
  else if (type === F64) code.op(o.OP_I64_REINTERPRET_F64);
  else if (type === V128) {
    code.simd(o.OP_I64X2_EXTRACT_LANE);
    code.byte(part);
  }
}

/** Leaves the value on the stack whose carriers are in locals from `first` on. */
export function emitFromCarriers(code: CodeWriter, type: ValueType, first: number): void {
  code.get(first);
  if (type === F32) code.op(o.OP_F32_REINTERPRET_I32);
  else if (type === F64) code.op(o.OP_F64_REINTERPRET_I64);
  else if (type === V128) {
    code.simd(o.OP_I64X2_SPLAT);
    code.get(first + 1);
    code.simd(o.OP_I64X2_REPLACE_LANE);
    code.byte(1);
  }
}
