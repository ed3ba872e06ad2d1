/**
 * Bounds on passable values. A value beyond them is refused by whoever encodes it and by whoever decodes it.
 * @module
 */

/** Of lists, structs, tagged values and errors within each other. */
export const PASSABLE_DEPTH_MAX = 256;

/** Of one message of the kernel's. */
export const MESSAGE_BYTES_MAX: number = 16 << 20;

/** In one message of the kernel's. */
export const MESSAGE_CAPABILITIES_MAX = 1_024;

/** Of one encoded value: as many as one message may have. */
export const PASSABLE_BYTES_MAX: number = MESSAGE_BYTES_MAX;

/** Capabilities and promises in one value: as many as one message may have. */
export const PASSABLE_SLOTS_MAX: number = MESSAGE_CAPABILITIES_MAX;

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
