/**
 * What goes wrong in a remote call, as exit codes: nobody was reached, the answer was lost, or the answer is an error.
 *
 * @module
 */
import { OcapnError, type OcapnErrorCode } from "../ocapn/index.ts";
import { CliError } from "./errors.ts";
import type { ExitName } from "./exit-codes.ts";
import { oneLine } from "./library-errors.ts";

const EXITS: { readonly [code in OcapnErrorCode]: ExitName } = {
  malformed: "usage",
  limit: "usage",
  unreachable: "unreachable",
  handshake: "unreachable",
  "unknown-object": "unreachable",
  handoff: "unreachable",
  disconnected: "broken",
  aborted: "broken",
  closed: "broken",
  revoked: "rejected",
};

/** While the object was looked for, nothing has been called. */
export function explainLookUp(error: unknown): unknown {
  if (error instanceof CliError) return error;
  if (error instanceof OcapnError) return new CliError(EXITS[error.code], oneLine(error.message), { cause: error });
  return new CliError("unreachable", describe(error), { cause: error });
}

export function explainCall(error: unknown): unknown {
  if (error instanceof CliError) return error;
  if (!(error instanceof OcapnError)) return new CliError("rejected", describe(error), { cause: error });
  const exit = EXITS[error.code] === "rejected" ? "rejected" : "broken";
  const effect = exit === "broken" ? "; the call may have had its effect" : "";
  return new CliError(exit, oneLine(error.message) + effect, { cause: error });
}

/** What a peer throws is data, and need not be an error. */
function describe(error: unknown): string {
  return oneLine(
    error instanceof Error ? `${error.name}: ${error.message}` : `the answer is no value: ${typeof error}`,
  );
}
