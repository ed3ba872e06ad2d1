/**
 * Where the bits of a float come from, and where they are seen. Engines may give any NaN as the result of arithmetic
 * (specification 4.3.3); the rewriter makes it the canonical one, but only where somebody could look at the bits:
 * stores, reinterpretations, sign operations, calls, returns, joins. Values that are merely moved keep their bits.
 * @module
 */

import { F32, F64, type ValueType } from "../module.ts";
import * as o from "../opcodes.ts";
import type { Body } from "./body.ts";

/** Bits that must be kept: loaded, passed, reinterpreted. A source >= 0 is a local: see `cleanLocals`. */
export const CLEAN = -1;
/** Result of arithmetic: if it is a NaN, any NaN. */
export const DIRTY = -2;
/** Not a NaN, or the canonical one: making it canonical changes nothing. */
export const NEUTRAL = -3;

export function isFloat(type: ValueType): boolean {
  return type === F64 || type === F32;
}

const ARITHMETIC = ["ceil", "floor", "trunc", "nearest", "sqrt", "add", "sub", "mul", "div", "min", "max"];
const NAMES_DIRTY = [
  ...["f32", "f64"].flatMap((shape) => ARITHMETIC.map((name) => `${shape}.${name}`)),
  "f32.demote_f64",
  "f64.promote_f32",
];
const NAMES_OBSERVED = [
  ...["f32", "f64"].flatMap((shape) => ["store", "neg", "abs", "copysign"].map((name) => `${shape}.${name}`)),
  "i32.reinterpret_f32",
  "i64.reinterpret_f64",
  "f32x4.splat",
  "f64x2.splat",
  "f32x4.replace_lane",
  "f64x2.replace_lane",
];
const SIMD_ARITHMETIC = ARITHMETIC;

/** Source of an instruction's result, by opcode key. */
export const RESULT_SOURCE: Int8Array = perName((name) =>
  NAMES_DIRTY.includes(name) ? DIRTY : /^f(32|64)\.convert_/.test(name) ? NEUTRAL : CLEAN,
);

/** 1 where an instruction shows the bits of its float operands, by opcode key. */
export const OBSERVED: Int8Array = perName((name) => (NAMES_OBSERVED.includes(name) ? 1 : 0));

/** 4 or 8, the size of the lanes to be made canonical after a SIMD instruction; else 0. */
export const CANONICAL_LANES: Int8Array = perName((name) => {
  if (name === "f32x4.demote_f64x2_zero") return 4;
  if (name === "f64x2.promote_low_f32x4") return 8;
  const [shape, operation] = name.split(".") as [string, string | undefined];
  if (operation === undefined || !SIMD_ARITHMETIC.includes(operation)) return 0;
  return shape === "f32x4" ? 4 : shape === "f64x2" ? 8 : 0;
});

function perName(of: (name: string) => number): Int8Array {
  return Int8Array.from(o.NAMES, (name) => (name === undefined ? 0 : of(name)));
}

/** Source of the float constant at instruction i: a NaN with bits of its own must keep them. */
export function constSource(body: Body, i: number): number {
  const at = (body.position[i] as number) + 1;
  const { bytes } = body.module;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (body.op[i] === o.OP_F32_CONST) return Number.isNaN(view.getFloat32(at, true)) ? CLEAN : NEUTRAL;
  return Number.isNaN(view.getFloat64(at, true)) ? CLEAN : NEUTRAL;
}

/**
 * Which float locals may hold bits that must be kept: parameters, and those with a clean definition, directly or by a
 * copy. The others only ever hold arithmetic results, and are made canonical where their bits are seen.
 *
 * @param definitions local, source, local, source, … as in `Flow.definitions`
 */
export function cleanLocals(body: Body, definitions: readonly number[]): Uint8Array {
  const clean = new Uint8Array(body.locals.length);
  clean.fill(1, 0, body.type.params.length);
  for (let changed = true; changed; ) {
    changed = false;
    for (let d = 0; d < definitions.length; d += 2) {
      const local = definitions[d] as number;
      const source = definitions[d + 1] as number;
      if (clean[local] === 0 && (source === CLEAN || (source >= 0 && clean[source] === 1))) {
        clean[local] = 1;
        changed = true;
      }
    }
  }
  return clean;
}
