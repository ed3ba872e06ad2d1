/**
 * Bodies of the small functions that rewritten code calls: saving a frame, calling the host, growing, and the operations
 * on segments, which only the module that owns the segments can do.
 * @module
 */

import { ByteWriter } from "../../bytes/index.ts";
import { F32, F64, type FunctionType, I32, type ValueType } from "../module.ts";
import * as o from "../opcodes.ts";
import { emitPush } from "./carry.ts";
import { CodeWriter } from "./code-writer.ts";
import { DIRTY } from "./float-sources.ts";
import { type CodeEntry, makeCodeEntry } from "./module-writer.ts";
import { carriers, RUNTIME_FRAME, RUNTIME_MEMORY_GROW } from "./runtime-abi.ts";
import type { SaveSignature } from "./target.ts";

/** Index of the machine's function with this number. */
export type RuntimeIndex = (number: number) => number;

const NO_SOURCE = new Uint8Array(0);

/** Written to by one helper after the other: each is copied when it is finished. */
const scratch = new ByteWriter();

export function newCode(firstFree: number): CodeWriter {
  return new CodeWriter({ source: NO_SOURCE, firstFree, temporaryTypes: [], out: scratch });
}

export function finishEntry(code: CodeWriter): CodeEntry {
  code.op(o.OP_END);
  const bytes = code.finish();
  return makeCodeEntry(code.addedLocals(), bytes);
}

/** With gas and depth, as every rewritten function has them. */
export function withGas(type: FunctionType): FunctionType {
  return { params: [...type.params, I32, I32], results: [...type.results, I32] };
}

/** Parameters of a save function: point, gas, results of the call, live values. */
export function saveType(signature: SaveSignature): FunctionType {
  return { params: [I32, I32, ...signature.results, ...signature.values], results: [] };
}

export function makeSave(signature: SaveSignature, runtime: RuntimeIndex): CodeEntry {
  const types = [...signature.results, ...signature.values];
  const code = newCode(types.length + 2);
  code.get(0);
  code.get(1);
  code.constant(signature.results.flatMap((type) => carriers(type)).length);
  code.indexed(o.OP_CALL, runtime(RUNTIME_FRAME));
  for (const [i, type] of types.entries()) emitPush(code, type, i + 2, runtime);
  return finishEntry(code);
}

/**
 * Around a function of the host: the gas is in the global while the host runs, which may take of it, or stop. Where the host may
 * call back into the guest, it must also know how much of the engine's stack is left.
 */
export function makeHostCall(type: FunctionType, func: number, gasGlobal: number, depthGlobal?: number): CodeEntry {
  const gas = type.params.length;
  const code = newCode(gas + 2);
  if (depthGlobal !== undefined) {
    code.get(gas + 1);
    code.indexed(o.OP_GLOBAL_SET, depthGlobal);
  }
  code.get(gas);
  code.indexed(o.OP_GLOBAL_SET, gasGlobal);
  for (let i = 0; i < gas; i++) code.get(i);
  code.indexed(o.OP_CALL, func);
  canonicalResults(code, type.results);
  code.indexed(o.OP_GLOBAL_GET, gasGlobal);
  return finishEntry(code);
}

/** JavaScript has only one NaN, and leaves it to the engine which bits it has in WebAssembly. */
function canonicalResults(code: CodeWriter, results: readonly ValueType[]): void {
  if (!results.some((type) => type === F32 || type === F64)) return;
  for (let r = results.length - 1; r >= 0; r--) code.set(code.scratch(results[r] as number, r));
  results.forEach((type, r) => {
    code.get(code.scratch(type, r));
    if (type === F32 || type === F64) code.canonical(type, DIRTY);
  });
}

export function makeMemoryGrow(runtime: RuntimeIndex, gasGlobal: number): CodeEntry {
  return makeHostCall({ params: [I32], results: [I32] }, runtime(RUNTIME_MEMORY_GROW), gasGlobal);
}

/** memory.init or table.init: operands destination, source, size. */
export function makeInit(key: number, first: number, second: number): CodeEntry {
  const code = newCode(3);
  for (let i = 0; i < 3; i++) code.get(i);
  code.misc(key, first, second);
  return finishEntry(code);
}

/** data.drop or elem.drop, noted in a global for the image. */
export function makeDrop(key: number, segment: number, flagGlobal: number): CodeEntry {
  const code = newCode(0);
  code.misc(key, segment);
  code.constant(1);
  code.indexed(o.OP_GLOBAL_SET, flagGlobal);
  return finishEntry(code);
}
