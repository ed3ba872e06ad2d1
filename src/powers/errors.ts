/**
 * What a power answers when it cannot or will not: one error class whose `code` is the whole story. The message is for the
 * host's own eyes; guests are only ever shown the code.
 *
 * @module
 */

export type PowerErrorCode =
  | "not-found"
  | "exists"
  | "not-directory"
  | "is-directory"
  | "is-symlink"
  | "not-empty"
  | "read-only"
  | "no-space"
  | "too-big"
  | "too-many-links"
  | "invalid-path"
  | "name-too-long"
  /** The path, or a symbolic link on it, leads out of the folder. */
  | "outside"
  | "denied"
  /** Not part of what was granted: a method outside of a facet, an origin, a variable. */
  | "not-granted"
  | "revoked"
  | "expired"
  /** Too much at once, or in all. */
  | "rate-limited"
  | "busy"
  | "unsupported"
  | "cross-device"
  | "broken-pipe"
  | "io";

export class PowerError extends Error {
  override readonly name = "PowerError";
  readonly code: PowerErrorCode;

  constructor(code: PowerErrorCode, message: string = code, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Compares by name and code, not by class, so that powers made by another copy of this package work too. */
export function powerErrorCode(error: unknown): PowerErrorCode | undefined {
  if (!(error instanceof Error) || error.name !== "PowerError" || !("code" in error)) return undefined;
  return error.code as PowerErrorCode;
}

const DENIALS: ReadonlySet<PowerErrorCode> = new Set([
  "read-only",
  "outside",
  "denied",
  "not-granted",
  "revoked",
  "expired",
  "rate-limited",
]);

/** Whether the power refused, rather than failed. */
export function isDenial(error: unknown): boolean {
  const code = powerErrorCode(error);
  return code !== undefined && DENIALS.has(code);
}
