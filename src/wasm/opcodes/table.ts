/**
 * Every supported instruction as one table, in the order of the specification's index of instructions (appendix A.7):
 * where a run of opcodes starts, their immediates, their operands and results, their names. The tables that the rest of
 * the layer indexes by opcode are derived from it.
 * @module
 */

/** Immediates that follow an opcode. From `LABEL` to `DATA`: one index. */
export const NONE = 0;
export const BLOCK_TYPE = 1;
export const LABEL = 2;
export const FUNC = 3;
export const LOCAL = 4;
export const GLOBAL = 5;
export const TABLE = 6;
export const TAG = 7;
export const ELEM = 8;
export const DATA = 9;
export const TYPE_TABLE = 10;
export const BR_TABLE = 11;
export const MEMARG = 12;
export const MEMARG_LANE = 13;
export const MEMORY = 14;
export const MEMORY_MEMORY = 15;
export const DATA_MEMORY = 16;
export const ELEM_TABLE = 17;
export const TABLE_TABLE = 18;
export const I32_CONST = 19;
export const I64_CONST = 20;
export const F32_CONST = 21;
export const F64_CONST = 22;
export const V128_CONST = 23;
export const SHUFFLE = 24;
export const LANE = 25;
export const REF_TYPE = 26;
export const SELECT_TYPES = 27;
export const TRY_TABLE = 28;
/** Not a supported instruction. */
export const UNKNOWN = 255;

/**
 * A run of consecutive opcodes. `signature` reads operands, colon, results, with i, l, f, d, v, r for i32, i64, f32, f64,
 * v128, funcref; undefined where the types depend on context. `size` is what a memory access touches, as log2 of bytes,
 * or the number of lanes of a lane instruction.
 */
export type Row = readonly [
  start: number,
  immediates: number,
  signature: string | undefined,
  names: string,
  size?: number,
];

const CONTROL: readonly Row[] = [
  [0x00, NONE, undefined, "unreachable"],
  [0x01, NONE, ":", "nop"],
  [0x02, BLOCK_TYPE, undefined, "block loop if"],
  [0x05, NONE, undefined, "else"],
  [0x08, TAG, undefined, "throw"],
  [0x0a, NONE, undefined, "throw_ref end"],
  [0x0c, LABEL, undefined, "br br_if"],
  [0x0e, BR_TABLE, undefined, "br_table"],
  [0x0f, NONE, undefined, "return"],
  [0x10, FUNC, undefined, "call"],
  [0x11, TYPE_TABLE, undefined, "call_indirect"],
  [0x12, FUNC, undefined, "return_call"],
  [0x13, TYPE_TABLE, undefined, "return_call_indirect"],
  [0x1a, NONE, undefined, "drop select"],
  [0x1c, SELECT_TYPES, undefined, "select_t"],
  [0x1f, TRY_TABLE, undefined, "try_table"],
  [0x20, LOCAL, undefined, "local.get local.set local.tee"],
  [0x23, GLOBAL, undefined, "global.get global.set"],
  [0x25, TABLE, undefined, "table.get table.set"],
];

const MEMORY_ACCESS: readonly Row[] = [
  [0x28, MEMARG, "i:i", "i32.load", 2],
  [0x29, MEMARG, "i:l", "i64.load", 3],
  [0x2a, MEMARG, "i:f", "f32.load", 2],
  [0x2b, MEMARG, "i:d", "f64.load", 3],
  [0x2c, MEMARG, "i:i", "i32.load8_s i32.load8_u", 0],
  [0x2e, MEMARG, "i:i", "i32.load16_s i32.load16_u", 1],
  [0x30, MEMARG, "i:l", "i64.load8_s i64.load8_u", 0],
  [0x32, MEMARG, "i:l", "i64.load16_s i64.load16_u", 1],
  [0x34, MEMARG, "i:l", "i64.load32_s i64.load32_u", 2],
  [0x36, MEMARG, "ii:", "i32.store", 2],
  [0x37, MEMARG, "il:", "i64.store", 3],
  [0x38, MEMARG, "if:", "f32.store", 2],
  [0x39, MEMARG, "id:", "f64.store", 3],
  [0x3a, MEMARG, "ii:", "i32.store8", 0],
  [0x3b, MEMARG, "ii:", "i32.store16", 1],
  [0x3c, MEMARG, "il:", "i64.store8", 0],
  [0x3d, MEMARG, "il:", "i64.store16", 1],
  [0x3e, MEMARG, "il:", "i64.store32", 2],
  [0x3f, MEMORY, ":i", "memory.size"],
  [0x40, MEMORY, "i:i", "memory.grow"],
];

const I_COMPARE = "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u";
const F_COMPARE = "eq ne lt gt le ge";
const I_BINARY = "add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr";
const F_UNARY = "abs neg ceil floor trunc nearest sqrt";
const F_BINARY = "add sub mul div min max copysign";

/** "i32" and "add sub" to "i32.add i32.sub". */
function of(shape: string, names: string): string {
  return names.replace(/\S+/g, (name) => `${shape}.${name}`);
}

const NUMERIC: readonly Row[] = [
  [0x41, I32_CONST, ":i", "i32.const"],
  [0x42, I64_CONST, ":l", "i64.const"],
  [0x43, F32_CONST, ":f", "f32.const"],
  [0x44, F64_CONST, ":d", "f64.const"],
  [0x45, NONE, "i:i", "i32.eqz"],
  [0x46, NONE, "ii:i", of("i32", I_COMPARE)],
  [0x50, NONE, "l:i", "i64.eqz"],
  [0x51, NONE, "ll:i", of("i64", I_COMPARE)],
  [0x5b, NONE, "ff:i", of("f32", F_COMPARE)],
  [0x61, NONE, "dd:i", of("f64", F_COMPARE)],
  [0x67, NONE, "i:i", "i32.clz i32.ctz i32.popcnt"],
  [0x6a, NONE, "ii:i", of("i32", I_BINARY)],
  [0x79, NONE, "l:l", "i64.clz i64.ctz i64.popcnt"],
  [0x7c, NONE, "ll:l", of("i64", I_BINARY)],
  [0x8b, NONE, "f:f", of("f32", F_UNARY)],
  [0x92, NONE, "ff:f", of("f32", F_BINARY)],
  [0x99, NONE, "d:d", of("f64", F_UNARY)],
  [0xa0, NONE, "dd:d", of("f64", F_BINARY)],
  [0xa7, NONE, "l:i", "i32.wrap_i64"],
  [0xa8, NONE, "f:i", "i32.trunc_f32_s i32.trunc_f32_u"],
  [0xaa, NONE, "d:i", "i32.trunc_f64_s i32.trunc_f64_u"],
  [0xac, NONE, "i:l", "i64.extend_i32_s i64.extend_i32_u"],
  [0xae, NONE, "f:l", "i64.trunc_f32_s i64.trunc_f32_u"],
  [0xb0, NONE, "d:l", "i64.trunc_f64_s i64.trunc_f64_u"],
  [0xb2, NONE, "i:f", "f32.convert_i32_s f32.convert_i32_u"],
  [0xb4, NONE, "l:f", "f32.convert_i64_s f32.convert_i64_u"],
  [0xb6, NONE, "d:f", "f32.demote_f64"],
  [0xb7, NONE, "i:d", "f64.convert_i32_s f64.convert_i32_u"],
  [0xb9, NONE, "l:d", "f64.convert_i64_s f64.convert_i64_u"],
  [0xbb, NONE, "f:d", "f64.promote_f32"],
  [0xbc, NONE, "f:i", "i32.reinterpret_f32"],
  [0xbd, NONE, "d:l", "i64.reinterpret_f64"],
  [0xbe, NONE, "i:f", "f32.reinterpret_i32"],
  [0xbf, NONE, "l:d", "f64.reinterpret_i64"],
  [0xc0, NONE, "i:i", "i32.extend8_s i32.extend16_s"],
  [0xc2, NONE, "l:l", "i64.extend8_s i64.extend16_s i64.extend32_s"],
  [0xd0, REF_TYPE, undefined, "ref.null"],
  [0xd1, NONE, undefined, "ref.is_null"],
  [0xd2, FUNC, ":r", "ref.func"],
];

/** Prefix 0xFC: sub-opcode n has the key 0x100 + n. */
const MISC: readonly Row[] = [
  [0x100, NONE, "f:i", "i32.trunc_sat_f32_s i32.trunc_sat_f32_u"],
  [0x102, NONE, "d:i", "i32.trunc_sat_f64_s i32.trunc_sat_f64_u"],
  [0x104, NONE, "f:l", "i64.trunc_sat_f32_s i64.trunc_sat_f32_u"],
  [0x106, NONE, "d:l", "i64.trunc_sat_f64_s i64.trunc_sat_f64_u"],
  [0x108, DATA_MEMORY, "iii:", "memory.init"],
  [0x109, DATA, ":", "data.drop"],
  [0x10a, MEMORY_MEMORY, "iii:", "memory.copy"],
  [0x10b, MEMORY, "iii:", "memory.fill"],
  [0x10c, ELEM_TABLE, "iii:", "table.init"],
  [0x10d, ELEM, ":", "elem.drop"],
  [0x10e, TABLE_TABLE, "iii:", "table.copy"],
  [0x10f, TABLE, undefined, "table.grow"],
  [0x110, TABLE, ":i", "table.size"],
  [0x111, TABLE, undefined, "table.fill"],
];

/** Prefix 0xFD: sub-opcode n has the key 0x200 + n. */
const SIMD_MEMORY: readonly Row[] = [
  [0x200, MEMARG, "i:v", "v128.load", 4],
  [0x201, MEMARG, "i:v", of("v128", "load8x8_s load8x8_u load16x4_s load16x4_u load32x2_s load32x2_u"), 3],
  [0x207, MEMARG, "i:v", "v128.load8_splat", 0],
  [0x208, MEMARG, "i:v", "v128.load16_splat", 1],
  [0x209, MEMARG, "i:v", "v128.load32_splat", 2],
  [0x20a, MEMARG, "i:v", "v128.load64_splat", 3],
  [0x20b, MEMARG, "iv:", "v128.store", 4],
  [0x254, MEMARG_LANE, "iv:v", "v128.load8_lane", 0],
  [0x255, MEMARG_LANE, "iv:v", "v128.load16_lane", 1],
  [0x256, MEMARG_LANE, "iv:v", "v128.load32_lane", 2],
  [0x257, MEMARG_LANE, "iv:v", "v128.load64_lane", 3],
  [0x258, MEMARG_LANE, "iv:", "v128.store8_lane", 0],
  [0x259, MEMARG_LANE, "iv:", "v128.store16_lane", 1],
  [0x25a, MEMARG_LANE, "iv:", "v128.store32_lane", 2],
  [0x25b, MEMARG_LANE, "iv:", "v128.store64_lane", 3],
  [0x25c, MEMARG, "i:v", "v128.load32_zero", 2],
  [0x25d, MEMARG, "i:v", "v128.load64_zero", 3],
];

const SIMD_LANES: readonly Row[] = [
  [0x20c, V128_CONST, ":v", "v128.const"],
  [0x20d, SHUFFLE, "vv:v", "i8x16.shuffle"],
  [0x20e, NONE, "vv:v", "i8x16.swizzle"],
  [0x20f, NONE, "i:v", "i8x16.splat i16x8.splat i32x4.splat"],
  [0x212, NONE, "l:v", "i64x2.splat"],
  [0x213, NONE, "f:v", "f32x4.splat"],
  [0x214, NONE, "d:v", "f64x2.splat"],
  [0x215, LANE, "v:i", "i8x16.extract_lane_s i8x16.extract_lane_u", 16],
  [0x217, LANE, "vi:v", "i8x16.replace_lane", 16],
  [0x218, LANE, "v:i", "i16x8.extract_lane_s i16x8.extract_lane_u", 8],
  [0x21a, LANE, "vi:v", "i16x8.replace_lane", 8],
  [0x21b, LANE, "v:i", "i32x4.extract_lane", 4],
  [0x21c, LANE, "vi:v", "i32x4.replace_lane", 4],
  [0x21d, LANE, "v:l", "i64x2.extract_lane", 2],
  [0x21e, LANE, "vl:v", "i64x2.replace_lane", 2],
  [0x21f, LANE, "v:f", "f32x4.extract_lane", 4],
  [0x220, LANE, "vf:v", "f32x4.replace_lane", 4],
  [0x221, LANE, "v:d", "f64x2.extract_lane", 2],
  [0x222, LANE, "vd:v", "f64x2.replace_lane", 2],
];

const SIMD_COMPARE: readonly Row[] = [
  [0x223, NONE, "vv:v", of("i8x16", I_COMPARE)],
  [0x22d, NONE, "vv:v", of("i16x8", I_COMPARE)],
  [0x237, NONE, "vv:v", of("i32x4", I_COMPARE)],
  [0x241, NONE, "vv:v", of("f32x4", F_COMPARE)],
  [0x247, NONE, "vv:v", of("f64x2", F_COMPARE)],
  [0x24d, NONE, "v:v", "v128.not"],
  [0x24e, NONE, "vv:v", "v128.and v128.andnot v128.or v128.xor"],
  [0x252, NONE, "vvv:v", "v128.bitselect"],
  [0x253, NONE, "v:i", "v128.any_true"],
];

const SIMD_8: readonly Row[] = [
  [0x25e, NONE, "v:v", "f32x4.demote_f64x2_zero f64x2.promote_low_f32x4"],
  [0x260, NONE, "v:v", of("i8x16", "abs neg popcnt")],
  [0x263, NONE, "v:i", of("i8x16", "all_true bitmask")],
  [0x265, NONE, "vv:v", of("i8x16", "narrow_i16x8_s narrow_i16x8_u")],
  [0x267, NONE, "v:v", of("f32x4", "ceil floor trunc nearest")],
  [0x26b, NONE, "vi:v", of("i8x16", "shl shr_s shr_u")],
  [0x26e, NONE, "vv:v", of("i8x16", "add add_sat_s add_sat_u sub sub_sat_s sub_sat_u")],
  [0x274, NONE, "v:v", of("f64x2", "ceil floor")],
  [0x276, NONE, "vv:v", of("i8x16", "min_s min_u max_s max_u")],
  [0x27a, NONE, "v:v", "f64x2.trunc"],
  [0x27b, NONE, "vv:v", "i8x16.avgr_u"],
  [0x27c, NONE, "v:v", of("i16x8", "extadd_pairwise_i8x16_s extadd_pairwise_i8x16_u")],
  [0x27e, NONE, "v:v", of("i32x4", "extadd_pairwise_i16x8_s extadd_pairwise_i16x8_u")],
];

const EXTEND_8 = "extend_low_i8x16_s extend_high_i8x16_s extend_low_i8x16_u extend_high_i8x16_u";
const EXTMUL_8 = EXTEND_8.replaceAll("extend", "extmul");

const SIMD_16: readonly Row[] = [
  [0x280, NONE, "v:v", of("i16x8", "abs neg")],
  [0x282, NONE, "vv:v", "i16x8.q15mulr_sat_s"],
  [0x283, NONE, "v:i", of("i16x8", "all_true bitmask")],
  [0x285, NONE, "vv:v", of("i16x8", "narrow_i32x4_s narrow_i32x4_u")],
  [0x287, NONE, "v:v", of("i16x8", EXTEND_8)],
  [0x28b, NONE, "vi:v", of("i16x8", "shl shr_s shr_u")],
  [0x28e, NONE, "vv:v", of("i16x8", "add add_sat_s add_sat_u sub sub_sat_s sub_sat_u")],
  [0x294, NONE, "v:v", "f64x2.nearest"],
  [0x295, NONE, "vv:v", of("i16x8", "mul min_s min_u max_s max_u")],
  [0x29b, NONE, "vv:v", "i16x8.avgr_u"],
  [0x29c, NONE, "vv:v", of("i16x8", EXTMUL_8)],
];

const SIMD_32: readonly Row[] = [
  [0x2a0, NONE, "v:v", of("i32x4", "abs neg")],
  [0x2a3, NONE, "v:i", of("i32x4", "all_true bitmask")],
  [0x2a7, NONE, "v:v", of("i32x4", EXTEND_8.replaceAll("i8x16", "i16x8"))],
  [0x2ab, NONE, "vi:v", of("i32x4", "shl shr_s shr_u")],
  [0x2ae, NONE, "vv:v", "i32x4.add"],
  [0x2b1, NONE, "vv:v", "i32x4.sub"],
  [0x2b5, NONE, "vv:v", of("i32x4", "mul min_s min_u max_s max_u dot_i16x8_s")],
  [0x2bc, NONE, "vv:v", of("i32x4", EXTMUL_8.replaceAll("i8x16", "i16x8"))],
];

const SIMD_64: readonly Row[] = [
  [0x2c0, NONE, "v:v", of("i64x2", "abs neg")],
  [0x2c3, NONE, "v:i", of("i64x2", "all_true bitmask")],
  [0x2c7, NONE, "v:v", of("i64x2", EXTEND_8.replaceAll("i8x16", "i32x4"))],
  [0x2cb, NONE, "vi:v", of("i64x2", "shl shr_s shr_u")],
  [0x2ce, NONE, "vv:v", "i64x2.add"],
  [0x2d1, NONE, "vv:v", "i64x2.sub"],
  [0x2d5, NONE, "vv:v", of("i64x2", "mul eq ne lt_s gt_s le_s ge_s")],
  [0x2dc, NONE, "vv:v", of("i64x2", EXTMUL_8.replaceAll("i8x16", "i32x4"))],
];

const SIMD_FLOAT: readonly Row[] = [
  [0x2e0, NONE, "v:v", of("f32x4", "abs neg")],
  [0x2e3, NONE, "v:v", "f32x4.sqrt"],
  [0x2e4, NONE, "vv:v", of("f32x4", "add sub mul div min max pmin pmax")],
  [0x2ec, NONE, "v:v", of("f64x2", "abs neg")],
  [0x2ef, NONE, "v:v", "f64x2.sqrt"],
  [0x2f0, NONE, "vv:v", of("f64x2", "add sub mul div min max pmin pmax")],
  [0x2f8, NONE, "v:v", "i32x4.trunc_sat_f32x4_s i32x4.trunc_sat_f32x4_u"],
  [0x2fa, NONE, "v:v", "f32x4.convert_i32x4_s f32x4.convert_i32x4_u"],
  [0x2fc, NONE, "v:v", "i32x4.trunc_sat_f64x2_s_zero i32x4.trunc_sat_f64x2_u_zero"],
  [0x2fe, NONE, "v:v", "f64x2.convert_low_i32x4_s f64x2.convert_low_i32x4_u"],
];

export const ROWS: readonly Row[] = [
  ...CONTROL,
  ...MEMORY_ACCESS,
  ...NUMERIC,
  ...MISC,
  ...SIMD_MEMORY,
  ...SIMD_LANES,
  ...SIMD_COMPARE,
  ...SIMD_8,
  ...SIMD_16,
  ...SIMD_32,
  ...SIMD_64,
  ...SIMD_FLOAT,
];
