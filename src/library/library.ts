/**
 * A library as its importer holds it: the options it is imported with, and what can be done with it beside calling it.
 * @module
 */

import type { Inspection, Keeper, MeterReading, Process } from "../kernel/index.ts";
import type { Policy } from "./bundle.ts";

export interface ImportOptions {
  /** What it may use in all, loading included. */
  readonly gas: number;
  readonly memoryBytes: number;
  /** By the names of docs/powers: what is not here does not exist for it. Default: none. */
  readonly powers?: { readonly [name: string]: unknown };
  /** What one call may use. Default: all that is left. */
  readonly gasPerCall?: number;
  /** Asked when it stops, out of gas or memory, outside of a synchronous call. */
  readonly keeper?: Keeper;
  /** For the packages that it is made of. */
  readonly policy?: Policy;
}

/** An asynchronous form of each method of a function. */
export type AsyncForm<F> = F extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never;

/** The library behind a namespace. */
export interface Library extends Disposable {
  readonly name: string;
  readonly version: string;
  readonly process: Process;
  readonly meter: MeterReading;
  /** More budget. */
  refill(budget: { readonly gas?: number; readonly memoryBytes?: number }): void;
  /** Goes on with a call that was interrupted by the end of its gas or memory: the promise of its result. */
  resume(options?: { readonly refuse?: boolean }): Promise<unknown>;
  /** The form of a function of the library's that may wait: for callbacks that return promises, and for powers that answer late. */
  async<F extends (...args: never[]) => unknown>(fn: F): AsyncForm<F>;
  /** Objects that the two sides hold of each other. */
  readonly held: { readonly exported: number; readonly imported: number };
  inspect(): Inspection;
  /** Ends its process; every proxy of it throws `ended` from then on. */
  dispose(): void;
}

/** Imports a package; `T` is the type of its namespace: `importLibrary<typeof import("marked")>("marked", …)`. */
export type ImportLibrary = <T = { readonly [name: string]: unknown }>(
  specifier: string,
  options: ImportOptions,
) => Promise<T>;

/** Images of libraries after loading, where they are kept beyond the importer. */
export interface ImageCache {
  get(key: string): Uint8Array | undefined;
  put(key: string, bytes: Uint8Array): void;
}
