/**
 * The plain data of processes at rest: what is encoded into an image and what comes out of one. It knows nothing of
 * execution; whether a frame fits its function is for the kernel to check.
 * @module
 */

import type { Image } from "./blocks.ts";

/**
 * i32: signed number; f32: its bits as unsigned number; i64: signed bigint; f64: its bits as unsigned bigint; v128: 16 bytes;
 * funcref: function index or null; externref: null.
 */
export type Value = number | bigint | Uint8Array | null;

/** One activation: original function index, safepoint number within it, the values that are live there. */
export interface Frame {
  readonly func: number;
  readonly point: number;
  readonly values: readonly Value[];
}

export interface MemoryState {
  /** Current size in WebAssembly pages of 64 KiB. */
  readonly pages: number;
  /** Exactly `pages * 65536` bytes. Encoding only reads it, so it may be a view on live memory. */
  readonly bytes: Uint8Array;
}

/** What the innermost frame is to go on with. */
export type Pending =
  | { readonly kind: "none" }
  | { readonly kind: "results"; readonly values: readonly Value[] }
  /** An imported function that suspended, to be called again. `open`: other calls may be nested in it; only there if so. */
  | {
      readonly kind: "call";
      readonly func: number;
      readonly args: readonly Value[];
      readonly state: Plain;
      readonly open?: true;
    }
  /** An imported function that has answered while a call that was nested in it was not over. */
  | { readonly kind: "answered"; readonly func: number; readonly values: readonly Value[] };

/** One call of an export that is under way. */
export interface NestedState {
  /** Outermost first. */
  readonly frames: readonly Frame[];
  readonly pending: Pending;
}

/** All that an image must hold of a running module. */
export interface MachineState extends NestedState {
  readonly memories: readonly MemoryState[];
  /** Function index per slot. */
  readonly tables: readonly (readonly (number | null)[])[];
  /** Every global, by index. */
  readonly globals: readonly Value[];
  /** Segments that were dropped, ascending. */
  readonly droppedData: readonly number[];
  readonly droppedElements: readonly number[];
  /** Calls above that of `frames` and `pending`, each started while the one before was in an open host call. Only there if there are any. */
  readonly nested?: readonly NestedState[];
  /** Named integers of the machine, such as the gas used. */
  readonly counters: { readonly [name: string]: number };
}

/**
 * Data without behaviour. It comes back exactly as it went in (also bigint, NaN and -0), but for the order of keys.
 * Strings must be well-formed Unicode; `undefined`, functions and class instances are refused.
 */
export type Plain =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Plain[]
  | { readonly [key: string]: Plain };

/** Why a process stopped or ended. */
export type StopState =
  | { readonly kind: "out-of-gas" | "deadlock" | "paused" | "frozen" | "discarded" }
  | { readonly kind: "out-of-memory"; readonly pagesWanted: number }
  | { readonly kind: "trap"; readonly code: string; readonly message: string }
  | { readonly kind: "exit"; readonly code: number }
  | { readonly kind: "fault"; readonly message: string };

export type StatusState =
  | { readonly state: "idle" | "ready" | "parked" }
  | { readonly state: "stopped" | "ended"; readonly stop: StopState };

/** Named integers from -(2^53-1) to 2^53-1. The three that every process has are used to describe an image. */
export type MeterState = { readonly gasGranted: number; readonly gasUsed: number; readonly pagesMax: number } & {
  readonly [name: string]: number;
};

export interface ProcessState {
  /** Index of the parent, smaller than the own; -1 for processes whose parent is outside. */
  readonly parent: number;
  /** Index into `TreeState.modules`. */
  readonly module: number;
  readonly guest: { readonly kind: string; readonly state: Plain };
  /** null: not started yet. */
  readonly machine: MachineState | null;
  readonly meter: MeterState;
  readonly status: StatusState;
  /** By position; null where nothing is. What an entry looks like is the kernel's, but `locator` in it is shown to users. */
  readonly clist: readonly Plain[];
  /** Oldest first. */
  readonly mailbox: readonly Plain[];
  /** Everything else that the kernel must remember of this process. */
  readonly kernel: Plain;
}

export interface ModuleState {
  /** CIDv1 (raw, SHA-256) of the original module's bytes; see `moduleCid`. */
  readonly cid: string;
  /** undefined where the receiver is expected to have it. */
  readonly bytes: Uint8Array | undefined;
}

/** A process with its children: what is frozen and thawed as one. */
export interface TreeState {
  readonly rewriter: string;
  readonly gasSchedule: number;
  /** Every module that a process runs or that a c-list entry names by its index here. */
  readonly modules: readonly ModuleState[];
  /** Images that are held as values; named by their index here. Their blocks travel along. */
  readonly images: readonly Image[];
  /** Parents before children; at least one. */
  readonly processes: readonly ProcessState[];
  /** What the kernel must remember beyond the single processes. */
  readonly kernel: Plain;
}
