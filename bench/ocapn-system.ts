/**
 * What a system of remote objects must do to be measured: serve one small object, and call it from another process. One driver
 * file each, written as the system's own documentation shows; what is measured is in ocapn-process.ts, the same for all.
 *
 * @module
 */

/** Calls to the object that `serve` offers: `increment(n)`, `echo(value)`, `next()` and `value()`. */
export interface Client {
  /** One call with a small number, answered with the next. */
  increment(n: number): PromiseLike<number>;
  /** There and back. */
  echo<T extends string | Uint8Array>(value: T): PromiseLike<T>;
  /**
   * `next()` answers a new object that counts one more, so each of the calls but the first goes to an answer that has not come
   * yet; the last is `value()`, which tells `depth - 1`.
   */
  chain(depth: number): PromiseLike<number>;
  close(): void | Promise<void>;
}

export interface System {
  readonly name: string;
  /** False for those whose values have no bytes. */
  readonly takesBytes: boolean;
  /** Serves until the process ends; answers what `connect` needs to know. */
  serve(): Promise<string>;
  /** A connection of its own each time: nothing is shared with one made before. */
  connect(address: string): Promise<Client>;
}

/** Why a system is not measured here, with the remedy. */
export interface Missing {
  readonly name: string;
  readonly missing: string;
}

/** In the order of the columns; the first is what the others are compared with. Loaded only in the process that drives it. */
export const SYSTEMS: { readonly [key: string]: () => Promise<System | Missing> } = {
  capnweb: async () => (await import("./ocapn-capnweb.ts")).capnweb,
  "endo-captp": async () => (await import("./ocapn-endo-captp.ts")).endoCaptp,
  "endo-ocapn": async () => (await import("./ocapn-endo.ts")).loadEndoOcapn(),
  "caper-tcp": async () => (await import("./ocapn-caper.ts")).caperTcp,
  "caper-websocket": async () => (await import("./ocapn-caper.ts")).caperWebSocket,
  "caper-libp2p": async () => (await import("./ocapn-caper.ts")).caperLibp2p,
  bare: async () => (await import("./ocapn-bare.ts")).bare,
};

export function isMissing(system: System | Missing): system is Missing {
  return "missing" in system;
}
