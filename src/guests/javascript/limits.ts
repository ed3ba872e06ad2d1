/**
 * Bounds of the JavaScript guest.
 * @module
 */

import { limits } from "../../kernel/index.ts";

/** Answers to synchronous calls are handed over in parts of this size. */
export const MAILBOX_BYTES = 16_384;

/**
 * Of the engine's 1 MiB of C stack. A JavaScript call takes about 240 bytes of it. What is above is for native functions, which look at
 * the limit only when they call back.
 */
export const ENGINE_STACK_BYTES: number = 768 << 10;

/**
 * So many that the engine's own check, which scripts can catch, always comes before this limit, which ends the process: the worst
 * found, the parser on nested parentheses, takes two to three and a half slots for a byte of C stack.
 */
export const ENGINE_STACK_SLOTS: number = 4 << 20;

/** Rejections without a handler that one turn reports; those beyond are counted by nobody. */
export const REJECTIONS_PER_TURN_MAX = 1_000;

/** One line of the console; the rest is cut. */
export const LOG_LINE_BYTES_MAX = 65_536;

/** Modules of one `import` message, and sources that wait for being imported. */
export const MODULES_MAX = 10_000;

/** Arguments of one direct call. */
export const DIRECT_ARGS_MAX = 32;

/** Characters (units of 16 bits) of all arguments of a direct call together; and of its result. */
export const DIRECT_UNITS_MAX: number = 16 << 20;

/** Arguments of a call by name that is made directly. */
export const NAMED_ARGS_MAX = 4;

/** Functions that are registered for direct calls at the same time. */
export const FUNCTIONS_MAX = 65_536;

/** Turns in each other, each with its own space for the arguments of the driver's calls: as many as the kernel allows. */
export const TURNS_MAX: number = limits.NESTED_TURNS_MAX + 1;

/** A name of a module or a script. */
export const NAME_BYTES_MAX = 1_024;

/** A process that has no clock: 2000-01-01T00:00:00Z, and one nanosecond for each gas. */
export const EPOCH_NS = 946_684_800_000_000_000n;
