/**
 * What the commands throw for the user to read: one sentence that says what is wrong, where, and what to do. Everything else
 * that reaches the top is a bug of Caper and is reported as one.
 *
 * @module
 */
import type { ExitName } from "./exit-codes.ts";

export class CliError extends Error {
  override readonly name = "CliError";
  readonly exit: ExitName;

  constructor(exit: ExitName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exit = exit;
  }
}

const SYSTEM_REASONS: { readonly [code: string]: string } = {
  ENOENT: "no such file or folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is not a folder",
  ENOSPC: "the disk is full",
  EROFS: "the disk is read-only",
  ENAMETOOLONG: "the name is too long",
};

/** A system error in a person's words. */
export function describeSystemError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return SYSTEM_REASONS[code] ?? error.message;
}
