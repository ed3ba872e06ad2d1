/**
 * Bounds on passable values. A value beyond them is refused by whoever encodes it and by whoever decodes it.
 * @module
 */

/** Of lists, structs, tagged values and errors within each other. */
export const PASSABLE_DEPTH_MAX = 256;

/** Of one encoded value. The same as the kernel allows in one message. */
export const PASSABLE_BYTES_MAX: number = 16 << 20;

/** Capabilities and promises in one value. The same as the kernel allows in one message. */
export const PASSABLE_SLOTS_MAX = 1024;

/** Digits of an integer: reading a number of n digits takes an engine more than n steps. */
export const PASSABLE_DIGITS_MAX = 65_536;

/** Of a string in a guarded call whose guard names no other limit, in UTF-16 units. */
export const GUARD_STRING_LENGTH_MAX: number = 16 << 20;

/** Of bytes in a guarded call whose guard names no other limit. */
export const GUARD_BYTES_MAX: number = 16 << 20;

/** Of items of a list, and of properties of a record of one kind, where the guard names no other limit; and of rest arguments. */
export const GUARD_LIST_LENGTH_MAX = 65_536;

/** Of patterns within each other. */
export const GUARD_DEPTH_MAX = 64;
