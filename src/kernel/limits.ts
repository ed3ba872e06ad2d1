/**
 * Every bound of the kernel, in one place (docs/limits.md explains them to users). Each is tested at the limit and one past it.
 * @module
 */

/** Turns of one process above its first, each begun while the one before waited in an open call. */
export { NESTED_CALLS_MAX as NESTED_TURNS_MAX } from "../image/index.ts";

/** Gas is counted in JavaScript numbers; budgets stay exact integers. */
export const GAS_MAX: number = Number.MAX_SAFE_INTEGER;

/**
 * A slice where no clock sizes it: ten to thirty milliseconds on a machine of 2025. The end of a slice unwinds the whole stack, so
 * much shorter ones slow down deep recursion.
 */
export const SLICE_GAS_DEFAULT: number = 1 << 24;

export const SLICE_GAS_MIN: number = 1 << 18;

export const PAGE_BYTES = 65_536;

/** A memory of WebAssembly has at most this many pages. */
export const PAGES_MAX = 65_536;

export const PROCESSES_PER_TREE_MAX = 4_096;

export const CHILDREN_PER_PROCESS_MAX = 1_024;

/** A root has depth 0; its deepest descendant at most this. */
export const NESTING_DEPTH_MAX = 256;

/** A multiple of 32 less one: the c-list keeps a bit for each position, and 0 is none. */
export const CLIST_ENTRIES_MAX = 65_535;

/** Of all c-lists of a tree: each with its promise takes some 200 bytes of the host's memory, which no meter counts. */
export const CLIST_ENTRIES_PER_TREE_MAX: number = 1 << 19;

/** Also: messages of one process that wait for promises. */
export const MAILBOX_TURNS_MAX = 4_096;

/**
 * Messages and answers that wait for one process, and messages of its own that wait for promises, together; and never more than the
 * memory that it was granted.
 */
export const MESSAGES_BYTES_MAX: number = 32 << 20;

/** What a capability in a message that waits counts for. */
export const CAPABILITY_BYTES = 32;

export { MESSAGE_BYTES_MAX, MESSAGE_CAPABILITIES_MAX } from "../passable/index.ts";

/** Calls of one tree to capabilities outside of it that are not answered yet. */
export const OUTSTANDING_CALLS_MAX = 4_096;

/** A message to a promise that came to a promise, and so on, follows them so far. */
export const PROMISES_PASSED_MAX = 1_024;

/** One `log`; more is cut. */
export const LOG_BYTES_MAX = 65_536;

/** Of a child's memory that one `peek` copies. */
export { MESSAGE_BYTES_MAX as PEEK_BYTES_MAX } from "../passable/index.ts";

/** Of a name in the guest ABI: an endowment, an export. */
export const NAME_BYTES_MAX = 1_024;

/** Arguments of `invoke`. */
export const INVOKE_VALUES_MAX = 1_000;

export const ENDOWMENTS_MAX = 1_024;

export * from "./prices.ts";

/** A guest's loaded program costs this many pages for each page of its bytes: the original, the rewritten, the compiled. */
export const PAGES_PER_PROGRAM_PAGE = 4;

/** Compiled programs that a kernel keeps though nobody may use them any more. */
export const PROGRAMS_CACHED_MAX = 64;
