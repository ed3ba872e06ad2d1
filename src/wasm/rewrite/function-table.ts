/**
 * The table of all functions of a hot module, out of which the machine takes those that continuations need. It begins empty, and
 * is filled by parts: an instance would spend half the time that it is made in on filling it, for a few of thousands of functions.
 * @module
 */

import type { ByteWriter } from "../../bytes/index.ts";
import { writeLimits } from "../encode.ts";
import { FUNCREF, type FunctionType, I32, type WasmModule } from "../module.ts";
import * as o from "../opcodes.ts";
import { finishEntry, newCode } from "./helpers.ts";
import type { CodeEntry } from "./module-writer.ts";
import { FUNCTION_TABLE_PART } from "./runtime-abi.ts";
import type { Target } from "./target.ts";

const NO_VALUES: FunctionType = { params: [], results: [] };
/** Of the helper that fills a part. */
export const FILL_TYPE: FunctionType = { params: [I32], results: [] };

function partCount(module: WasmModule): number {
  return Math.ceil(module.functions.length / FUNCTION_TABLE_PART);
}

export function writeFunctionTable(out: ByteWriter, module: WasmModule): void {
  const count = module.functions.length;
  out.u8(FUNCREF);
  writeLimits(out, { min: count, max: count });
}

/** How many segments follow those of the guest's own. */
export function countFunctionSegments(module: WasmModule): number {
  return partCount(module);
}

/** A passive segment for each part. Together they declare every function for ref.func. */
export function writeFunctionSegments(out: ByteWriter, module: WasmModule, target: Target): void {
  for (let first = 0; first < module.functions.length; first += FUNCTION_TABLE_PART) {
    const end = Math.min(first + FUNCTION_TABLE_PART, module.functions.length);
    out.u8(1);
    out.u8(0);
    out.u32(end - first);
    for (let func = first; func < end; func++) out.u32(target.func(func));
  }
}

/** Fills the part whose number it is given. */
export function makeFill(module: WasmModule, target: Target): CodeEntry {
  const parts = partCount(module);
  const code = newCode(1);
  for (let part = 0; part < parts; part++) code.block(o.OP_BLOCK, NO_VALUES, target);
  code.get(0);
  code.branchTable([...Array(parts).keys(), Math.max(0, parts - 1)]);
  for (let part = 0; part < parts; part++) {
    code.end();
    const first = part * FUNCTION_TABLE_PART;
    code.constant(first);
    code.constant(0);
    code.constant(Math.min(FUNCTION_TABLE_PART, module.functions.length - first));
    code.misc(o.OP_TABLE_INIT, module.elements.length + part, module.tables.length);
    code.op(o.OP_RETURN);
  }
  return finishEntry(code);
}
