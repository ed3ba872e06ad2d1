/**
 * Instructions that exist but are refused, with the reason and the remedy that an error message gives. Keys are the
 * opcode, or prefix * 0x1000 + sub-opcode for prefixed instructions.
 * @module
 */

export interface Refusal {
  readonly name: string;
  readonly reason: string;
}

/** Key of a prefixed instruction in the table of refusals. */
export function refusalKey(prefix: number, sub: number): number {
  return prefix * 0x1000 + sub;
}

const THREADS = "(threads) is not supported; build without -pthread and -matomics";
const RELAXED =
  "(relaxed SIMD) is not supported because its results differ between machines; build without -mrelaxed-simd";
const GC = "(garbage-collected types) is not supported";
const LEGACY = "(legacy exception handling) is not supported; translate with wasm-opt --translate-to-exnref";
const TYPED_REFERENCES = "(typed function references) is not supported";

const LEGACY_NAMES: { readonly [opcode: number]: string } = {
  0x06: "try",
  0x07: "catch",
  0x09: "rethrow",
  0x18: "delegate",
  0x19: "catch_all",
};

const TYPED_REFERENCE_NAMES: { readonly [opcode: number]: string } = {
  0x14: "call_ref",
  0x15: "return_call_ref",
  0xd4: "ref.as_non_null",
  0xd5: "br_on_null",
  0xd6: "br_on_non_null",
};

const RELAXED_NAMES = (
  "i8x16.relaxed_swizzle i32x4.relaxed_trunc_f32x4_s i32x4.relaxed_trunc_f32x4_u i32x4.relaxed_trunc_f64x2_s_zero " +
  "i32x4.relaxed_trunc_f64x2_u_zero f32x4.relaxed_madd f32x4.relaxed_nmadd f64x2.relaxed_madd f64x2.relaxed_nmadd " +
  "i8x16.relaxed_laneselect i16x8.relaxed_laneselect i32x4.relaxed_laneselect i64x2.relaxed_laneselect " +
  "f32x4.relaxed_min f32x4.relaxed_max f64x2.relaxed_min f64x2.relaxed_max i16x8.relaxed_q15mulr_s " +
  "i16x8.relaxed_dot_i8x16_i7x16_s i32x4.relaxed_dot_i8x16_i7x16_add_s"
).split(" ");

const GC_NAMES = (
  "struct.new struct.new_default struct.get struct.get_s struct.get_u struct.set array.new array.new_default " +
  "array.new_fixed array.new_data array.new_elem array.get array.get_s array.get_u array.set array.len array.fill " +
  "array.copy array.init_data array.init_elem ref.test ref.test_null ref.cast ref.cast_null br_on_cast " +
  "br_on_cast_fail any.convert_extern extern.convert_any ref.i31 i31.get_s i31.get_u"
).split(" ");

const ATOMIC_ACCESS_NAMES = (
  "i32.atomic.load i64.atomic.load i32.atomic.load8_u i32.atomic.load16_u i64.atomic.load8_u i64.atomic.load16_u " +
  "i64.atomic.load32_u i32.atomic.store i64.atomic.store i32.atomic.store8 i32.atomic.store16 i64.atomic.store8 " +
  "i64.atomic.store16 i64.atomic.store32"
).split(" ");

const ATOMIC_UPDATE_SHAPES =
  "i32.atomic.rmw i64.atomic.rmw i32.atomic.rmw8 i32.atomic.rmw16 i64.atomic.rmw8 i64.atomic.rmw16 i64.atomic.rmw32".split(
    " ",
  );

function collectRefusals(): Map<number, Refusal> {
  const refusals = new Map<number, Refusal>();
  const add = (key: number, name: string, reason: string) => refusals.set(key, { name, reason });
  for (const [opcode, name] of Object.entries(LEGACY_NAMES)) add(Number(opcode), name, LEGACY);
  for (const [opcode, name] of Object.entries(TYPED_REFERENCE_NAMES)) add(Number(opcode), name, TYPED_REFERENCES);
  add(0xd3, "ref.eq", GC);
  RELAXED_NAMES.forEach((name, i) => {
    add(refusalKey(0xfd, 0x100 + i), name, RELAXED);
  });
  GC_NAMES.forEach((name, i) => {
    add(refusalKey(0xfb, i), name, GC);
  });
  ["memory.atomic.notify", "memory.atomic.wait32", "memory.atomic.wait64", "atomic.fence"].forEach((name, i) => {
    add(refusalKey(0xfe, i), name, THREADS);
  });
  ATOMIC_ACCESS_NAMES.forEach((name, i) => {
    add(refusalKey(0xfe, 0x10 + i), name, THREADS);
  });
  ["add", "sub", "and", "or", "xor", "xchg", "cmpxchg"].forEach((operation, i) => {
    ATOMIC_UPDATE_SHAPES.forEach((shape, j) => {
      const unsigned = shape.endsWith("rmw") ? "" : "_u";
      add(refusalKey(0xfe, 0x1e + i * 7 + j), `${shape}.${operation}${unsigned}`, THREADS);
    });
  });
  return refusals;
}

export const REFUSALS: ReadonlyMap<number, Refusal> = collectRefusals();
