/**
 * The errors of this layer.
 *
 * @module
 */

/**
 * - `malformed`: a locator, message or descriptor that is none; `limit`: one of limits.ts is passed;
 * - `unreachable`: no connection to the peer; `handshake`: the peer is there, but no session came about;
 * - `disconnected`: the session ended before the answer came, which may have had its effect; `aborted`: the peer ended it, with a reason;
 * - `revoked`: the reference was withdrawn; `unknown-object`: no object there by that swiss number; `handoff`: a gift could not be had;
 * - `closed`: this side was closed.
 */
export type OcapnErrorCode =
  | "malformed"
  | "limit"
  | "unreachable"
  | "handshake"
  | "disconnected"
  | "aborted"
  | "revoked"
  | "unknown-object"
  | "handoff"
  | "closed";

export class OcapnError extends Error {
  readonly code: OcapnErrorCode;

  constructor(code: OcapnErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "OcapnError";
    this.code = code;
  }
}
