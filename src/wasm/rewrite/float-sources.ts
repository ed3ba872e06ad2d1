/**
 * Where the bits of a float come from, and where they are seen. Engines may give any NaN as the result of arithmetic
 * (specification 4.3.3); the rewriter makes it the canonical one, but only where somebody could look at the bits:
 * stores, reinterpretations, sign operations, calls, returns, joins. Values that are merely moved keep their bits.
 * @module
 */

import { F32, F64, V128, type ValueType } from "../module.ts";
import * as o from "../opcodes.ts";
import type { Body } from "./body.ts";

/** Bits that must be kept: loaded, passed, reinterpreted. A source >= 0 is a local: see `localSources`. */
export const CLEAN = -1;
/** Result of scalar arithmetic: if it is a NaN, any NaN. */
export const DIRTY = -2;
/** Not a NaN, or the canonical one: making it canonical changes nothing. */
export const NEUTRAL = -3;
/** Result of vector arithmetic on lanes of four or eight bytes. */
export const DIRTY_LANES_4 = -4;
export const DIRTY_LANES_8 = -5;

/** Whether values of the type hold floats. */
export function holdsFloats(type: ValueType): boolean {
  return type === F64 || type === F32 || type === V128;
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

/** 4 or 8 where a vector instruction is float arithmetic on such lanes, by the shape in its name; else 0. */
function arithmeticLanes(name: string): number {
  if (name === "f32x4.demote_f64x2_zero") return 4;
  if (name === "f64x2.promote_low_f32x4") return 8;
  const [shape, operation = ""] = name.split(".");
  if (!ARITHMETIC.includes(operation)) return 0;
  return shape === "f32x4" ? 4 : shape === "f64x2" ? 8 : 0;
}

/** Source of an instruction's result, by opcode key. */
export const RESULT_SOURCE: Int8Array = perName((name) => {
  const lanes = arithmeticLanes(name);
  if (lanes !== 0) return lanes === 4 ? DIRTY_LANES_4 : DIRTY_LANES_8;
  if (NAMES_DIRTY.includes(name)) return DIRTY;
  return /^f(32|64)\.convert_|^f32x4\.convert_|^f64x2\.convert_/.test(name) ? NEUTRAL : CLEAN;
});

/**
 * Source of vector operands whose bits an instruction does not show, by opcode key: it only sees NaNs as such, in lanes
 * of one size. 0 for the others.
 */
export const UNSEEN_SOURCE: Int8Array = perName((name) => {
  if (/^f32x4\.(eq|ne|lt|gt|le|ge)$|trunc_sat_f32x4|promote_low_f32x4/.test(name)) return DIRTY_LANES_4;
  if (/^f64x2\.(eq|ne|lt|gt|le|ge)$|trunc_sat_f64x2|demote_f64x2/.test(name)) return DIRTY_LANES_8;
  const lanes = arithmeticLanes(name);
  return lanes === 4 ? DIRTY_LANES_4 : lanes === 8 ? DIRTY_LANES_8 : 0;
});

/** 1 where an instruction may show the bits of operands that hold floats, by opcode key. */
export const OBSERVED: Int8Array = Int8Array.from(o.NAMES, (name, key) =>
  name !== undefined && (NAMES_OBSERVED.includes(name) || o.SIGNATURES[key]?.params.includes(V128) === true) ? 1 : 0,
);

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
 * What the locals that hold floats may hold: parameters, and those with a clean definition, directly or by a copy, are
 * clean; those that only ever hold results of one kind of arithmetic are made canonical where their bits are seen.
 *
 * @param definitions local, source, local, source, … as in `Flow.definitions`
 * @returns a source (negative) for each local
 */
export function localSources(body: Body, definitions: readonly number[]): Int8Array {
  const sources = new Int8Array(body.locals.length).fill(NEUTRAL);
  sources.fill(CLEAN, 0, body.type.params.length);
  for (let changed = true; changed; ) {
    changed = false;
    for (let d = 0; d < definitions.length; d += 2) {
      const local = definitions[d] as number;
      const given = definitions[d + 1] as number;
      const joined = joinSources(sources[local] as number, given >= 0 ? (sources[given] as number) : given);
      if (joined !== sources[local]) {
        sources[local] = joined;
        changed = true;
      }
    }
  }
  return sources;
}

/** Of a value that is one or the other. */
export function joinSources(x: number, y: number): number {
  if (x === y || y === NEUTRAL) return x;
  return x === NEUTRAL ? y : CLEAN;
}
