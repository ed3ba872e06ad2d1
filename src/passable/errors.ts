/**
 * The one error of this layer.
 * @module
 */

/** `unpassable`: the value cannot cross; `malformed`: the bytes are no passable value; `limit`: one of limits.ts is passed. */
export type PassableErrorCode = "unpassable" | "malformed" | "limit";

export class PassableError extends Error {
  readonly code: PassableErrorCode;

  constructor(code: PassableErrorCode, message: string) {
    super(message);
    this.name = "PassableError";
    this.code = code;
  }
}
