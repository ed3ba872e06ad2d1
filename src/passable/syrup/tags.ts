/**
 * The bytes that Syrup's values begin and end with (Syrup draft, "Syrup at a glance"; Notation draft).
 * @module
 */

export const ZERO = 0x30;
export const NINE = 0x39;
export const PLUS = 0x2b;
export const MINUS = 0x2d;
export const TRUE = 0x74;
export const FALSE = 0x66;
export const FLOAT32 = 0x46;
export const FLOAT64 = 0x44;
export const STRING = 0x22;
export const SYMBOL = 0x27;
export const BYTES = 0x3a;
export const RECORD = 0x3c;
export const RECORD_END = 0x3e;
export const LIST = 0x5b;
export const LIST_END = 0x5d;
export const STRUCT = 0x7b;
export const STRUCT_END = 0x7d;
export const SET = 0x23;
export const SET_END = 0x24;

/** Bytes of a float64 after its tag. */
export const FLOAT64_BYTES = 8;
