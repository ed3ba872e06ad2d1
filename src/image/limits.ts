/**
 * Every limit on what an image may hold. The fixed ones belong to the format (docs/spec/image.md lists them); those in
 * `ImageLimits` bound what one reader spends on an image that it does not trust, and are checked before anything is allocated.
 * @module
 */

/** The newest format that this code reads and writes. */
export const IMAGE_FORMAT_VERSION = 3;
/** Of images in which no message waits for a promise. */
export const IMAGE_FORMAT_VERSION_NESTED = 2;
/** Of images in which no call is nested in another, or could be: what Caper wrote before it knew of any. */
export const IMAGE_FORMAT_VERSION_PLAIN = 1;
export const DIFFERENCE_FORMAT_VERSION = 1;

/** Unit of memory in an image. Chosen by measurement, see docs/spec/image.md. */
export const PAGE_BYTES = 4096;
/** Pages named by one page table, so a table covers 1 MiB. */
export const TABLE_PAGES = 256;
export const WASM_PAGE_BYTES = 65536;
export const PAGES_PER_WASM_PAGE: number = WASM_PAGE_BYTES / PAGE_BYTES;

/** Byte strings in plain data that are longer than this are blocks of their own … */
export const INLINE_BYTES_MAX = 4096;
/** … of this size. */
export const BYTES_CHUNK = 16384;

/** Elements of a table, entries of a c-list, that share a block. */
export const ELEMENTS_CHUNK = 4096;
export const CLIST_CHUNK = 256;
/** A block of frames is closed when it holds this many frames or values. */
export const FRAMES_CHUNK = 256;
export const FRAME_VALUES_CHUNK = 4096;

export const CBOR_BLOCK_BYTES_MAX: number = 16 << 20;
export const CBOR_DEPTH_MAX = 160;
/** Nesting of plain data; less than CBOR_DEPTH_MAX, since a value's encoding may be nested deeper than the value. */
export const PLAIN_DEPTH_MAX = 64;
export const BIGINT_DIGITS_MAX = 65536;
export const MODULE_BYTES_MAX: number = 1 << 30;
export const MODULES_MAX = 4096;
export const IMAGES_MAX = 4096;
export const MEMORIES_MAX = 64;
export const MEMORY_WASM_PAGES_MAX = 65536;
/** Calls above the first, each in an open host call of the one before. */
export const NESTED_CALLS_MAX = 64;
export const TABLES_MAX = 1024;
export const TABLE_ELEMENTS_MAX = 10_000_000;
export const GLOBALS_MAX = 100_000;
export const SEGMENTS_MAX = 100_000;
export const FUNCTIONS_MAX = 1_000_000;
export const FRAME_POINTS_MAX = 10_000_000;
export const FRAME_VALUES_MAX = 200_000;
export const FRAMES_MAX: number = 1 << 20;
export const CLIST_MAX: number = 1 << 20;
export const MAILBOX_MAX = 65536;
export const NAME_LENGTH_MAX = 256;
export const MESSAGE_LENGTH_MAX = 8192;
export const COUNTERS_MAX = 32;

/** Of all blocks that the patches of one difference make: a patch of a few bytes can make megabytes. */
export const PATCHED_BYTES_MAX: number = 1 << 30;

/** What one reader accepts of an image it does not trust. All are totals over the whole image. */
export interface ImageLimits {
  readonly processesMax: number;
  /** Of all memories of all processes, in WebAssembly pages of 64 KiB. */
  readonly memoryWasmPagesMax: number;
  readonly tableElementsMax: number;
  readonly framesMax: number;
  readonly frameValuesMax: number;
  /** Of byte strings in plain data that are kept outside it: content addressing lets one block be named a million times. */
  readonly plainBytesMax: number;
}

export const DEFAULT_LIMITS: ImageLimits = Object.freeze({
  processesMax: 4096,
  memoryWasmPagesMax: 65536,
  tableElementsMax: TABLE_ELEMENTS_MAX,
  framesMax: FRAMES_MAX,
  frameValuesMax: 16 << 20,
  plainBytesMax: 256 << 20,
});
