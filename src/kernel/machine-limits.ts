/**
 * Bounds of one machine, as docs/spec/gas.md and docs/spec/rewriting.md give them.
 * @module
 */

/** Most gas of one slice: gas is an i32 in rewritten code, with room for overdrafts. */
export const SLICE_GAS_MAX: number = 2 ** 30;
/**
 * Slots of the engine's stack that uninterrupted stretches may use together: one, or where a host function calls back into a
 * guest, all that are on the stack at once. Far below what any engine gives, main threads included.
 */
export const NATIVE_STACK_SLOTS = 32_000;
/** What a host function that calls back may use of them itself. */
export const NATIVE_HOST_SLOTS = 1_000;
/** Slots of 8 bytes that all frames of a process may use together. */
export const STACK_SLOTS_DEFAULT: number = 1 << 20;
/** Frames that a brief run resumes and saves until it is over; or more, where a whole segment is saved. Each takes the host some microseconds. */
export const BRIEF_FRAMES_MAX = 256;
/** Elements of one table, at most. */
export const TABLE_ELEMENTS_MAX = 10_000_000;
/** Elements of tables that count as one page of memory: 32 bytes each. V8 needs some 28 for one. */
export const TABLE_ELEMENTS_PER_PAGE = 2048;
/** Gas is accounted in epochs of this size where a trap leaves no better trace (docs/spec/gas.md, "Traps"). */
export const EPOCH_GAS: number = 2 ** 28;
export const MEMORY_PAGES_MAX = 65_536;
export const GAS_PER_PAGE = 1024;
/** Host functions may charge more than an i32 holds; the rest is kept aside. */
export const GAS_FLOOR: number = -(2 ** 30);
