/**
 * The functions of `spectest`, the host module that the suite's modules may import: they print, which nothing asserts. Its memory,
 * tables and globals are not here: guests import functions only.
 *
 * @module
 */
import { F32, F64, type FunctionType, I32, I64 } from "../../src/wasm/index.ts";

function takes(...params: number[]): FunctionType {
  return { params, results: [] };
}

export const SPECTEST: ReadonlyMap<string, FunctionType> = new Map([
  ["print", takes()],
  ["print_i32", takes(I32)],
  ["print_i64", takes(I64)],
  ["print_f32", takes(F32)],
  ["print_f64", takes(F64)],
  ["print_i32_f32", takes(I32, F32)],
  ["print_f64_f64", takes(F64, F64)],
]);
