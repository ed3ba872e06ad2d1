/**
 * How a guest's imports are provided: the types between the kernel, which calls host functions, and the guest kinds
 * (WASI, the guest ABI, the JavaScript engine), which are made of them. It holds no behaviour beyond three small values.
 *
 * @module
 */

/** i32, f32 and f64 travel as number (i32 signed), i64 as signed bigint. */
export type HostValue = number | bigint;

/** The calling process, as a host function sees it. */
export interface HostContext {
  /** A view on memory 0, valid until the host function returns: a later `memory.grow` detaches it. */
  memory(): Uint8Array;
  /** The `state` with which this very call suspended before, now that it is made again; else undefined. */
  readonly suspended: unknown;
  /** All gas that the process has used so far, exact at every host call. It is the clock of a process that has none. */
  readonly gasUsed: number;
  /** Adds gas for work that the host did. A call that parks must charge only when it completes, or gas would count wake-ups. */
  charge(gas: number): void;
  /**
   * Makes this call *open*: until it has returned, also while it is suspended, other calls of exports may be started on the same
   * process, each above the one before. Take `memory()` again after whatever may have done so.
   */
  open(): void;
}

/** A host function that throws has a bug (a host fault); what a guest did wrong is always a returned value. */
export type HostFunction = (context: HostContext, ...args: HostValue[]) => HostValue | undefined | Suspend | Exit;

/**
 * Parks the process. The same function is called again with the same arguments after `wake` settles, whichever way, or at
 * once after a thaw; so `wake` may come early and must never be the only carrier of information.
 */
export class Suspend {
  readonly wake: Promise<unknown>;
  /** Plain data (what DAG-CBOR holds: null, boolean, number, bigint, string, Uint8Array, arrays, plain objects). */
  readonly state: unknown;

  constructor(wake: Promise<unknown>, state?: unknown) {
    this.wake = wake;
    this.state = state;
  }
}

/** Ends the process with this code. */
export class Exit {
  readonly code: number;

  constructor(code: number) {
    this.code = code;
  }
}

/** A set of host functions with the state behind them. */
export interface HostModule {
  readonly functions: { readonly [name: string]: HostFunction };
  /** Plain data for the image; the maker of the module takes it back on thaw. Called only between host calls. */
  save(): unknown;
}
