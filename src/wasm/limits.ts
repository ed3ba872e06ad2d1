/**
 * What a module may hold at most. Most are the limits that engines agreed on for the JavaScript interface (its section
 * "Implementation-defined Limits"), so that a module accepted here is not refused by an engine later.
 * @module
 */

export const MODULE_BYTES_MAX = 0x40000000;
export const TYPES_MAX = 1_000_000;
export const FUNCTIONS_MAX = 1_000_000;
export const IMPORTS_MAX = 1_000_000;
export const EXPORTS_MAX = 1_000_000;
export const GLOBALS_MAX = 1_000_000;
export const TAGS_MAX = 1_000_000;
export const TABLES_MAX = 100_000;
/** Those beyond the first are refused one by one, with a reason. */
export const MEMORIES_MAX = 100;
export const DATA_SEGMENTS_MAX = 100_000;
export const ELEMENT_SEGMENTS_MAX = 10_000_000;
export const ELEMENT_ITEMS_MAX = 10_000_000;
export const CUSTOM_SECTIONS_MAX = 100_000;
export const NAME_BYTES_MAX = 100_000;

/** Engines allow 1,000 of each; the rest is room for what the rewriter adds to every function. */
export const PARAMS_MAX = 990;
export const RESULTS_MAX = 990;
export const BODY_BYTES_MAX = 7_654_321;
/** Parameters included. */
export const LOCALS_MAX = 50_000;
export const BR_TABLE_LABELS_MAX = 65_520;
export const CATCHES_MAX = 10_000;
/** Blocks within blocks. Nothing here recurses over them; it bounds what later passes must stand. */
export const NESTING_MAX = 100_000;

export const TABLE_ELEMENTS_MAX = 10_000_000;
/** All that 32-bit addresses reach: a limit of the specification, beyond which a module is invalid. */
export const MEMORY_PAGES_MAX = 65_536;
