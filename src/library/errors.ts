/**
 * What can go wrong with a library, from finding its package to a call of one of its functions: each says which package, what
 * happened, and what to do about it.
 * @module
 */

/**
 * - `not-found`: no such package or file; `network`: its registry could not be reached; `broken-package`: it cannot be unpacked,
 *   or resolved; `integrity`: what came is not what was promised; `syntax`: a module of it cannot be parsed;
 * - `missing-builtin`: it needs a built-in module of Node that no power given to it provides;
 * - `cannot-cross`: a value that the membrane does not take; `path` says where in the arguments or the result;
 * - `must-wait`: a synchronous call whose answer needs something that is not there yet;
 * - `load-budget`: its budget does not even suffice to load it;
 * - `out-of-gas`, `out-of-memory`: it stopped in the middle of a call; a refill lets it go on;
 * - `revoked`: it, or what it was given, was taken back; `ended`: its process is gone; `trap`: its process failed.
 */
export type LibraryErrorCode =
  | "not-found"
  | "network"
  | "broken-package"
  | "integrity"
  | "syntax"
  | "missing-builtin"
  | "cannot-cross"
  | "must-wait"
  | "load-budget"
  | "out-of-gas"
  | "out-of-memory"
  | "revoked"
  | "ended"
  | "trap";

export interface LibraryErrorInit {
  /** The package that it is about. */
  readonly package?: string;
  /** For `cannot-cross`: where the value is, as a program would write it: `options.plugins[2].render`. */
  readonly path?: string;
  /** The error that led to it, if that is one of the host's own. It never reaches a guest. */
  readonly cause?: unknown;
}

export class LibraryError extends Error {
  readonly code: LibraryErrorCode;
  readonly package: string | undefined;
  readonly path: string | undefined;

  constructor(code: LibraryErrorCode, message: string, init: LibraryErrorInit = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = "LibraryError";
    this.code = code;
    this.package = init.package;
    this.path = init.path;
  }
}
