/**
 * What goes wrong with packages, as exit codes.
 *
 * @module
 */
import { LibraryError, type LibraryErrorCode, PolicyError } from "../library/index.ts";
import { CliError } from "./errors.ts";
import type { ExitName } from "./exit-codes.ts";

const EXITS: { readonly [code in LibraryErrorCode]: ExitName } = {
  "not-found": "input",
  network: "network",
  "broken-package": "input",
  integrity: "input",
  syntax: "input",
  "missing-builtin": "input",
  "cannot-cross": "input",
  "must-wait": "input",
  "load-budget": "out-of-gas",
  "out-of-gas": "out-of-gas",
  "out-of-memory": "out-of-memory",
  revoked: "input",
  ended: "trap",
  trap: "trap",
};

/** The same error as the command line's, where it is one about a package or a policy. */
export function toCliError(error: unknown): unknown {
  if (error instanceof PolicyError) return new CliError("input", error.message, { cause: error });
  if (!(error instanceof LibraryError)) return error;
  // The two budgets of loading have one code among libraries.
  const exit = error.code === "load-budget" && error.message.includes("memory") ? "out-of-memory" : EXITS[error.code];
  return new CliError(exit, oneLine(error.message), { cause: error });
}

export function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " ").replace(/[\p{Cc}\u2028\u2029]/gu, "?");
}
