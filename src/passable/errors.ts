/**
 * The errors of this layer.
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

/**
 * A call that its guard does not let through: arguments of the caller, or a result of the method. Its name is TypeError, so that
 * guests see what JavaScript itself throws for such calls.
 */
export class GuardError extends Error {
  override readonly name = "TypeError";
  readonly side: "argument" | "result";

  constructor(side: "argument" | "result", message: string) {
    super(message);
    this.side = side;
  }
}

/** On which side a guard refused; undefined for other errors. Compares by shape, so that errors of another copy of this package count. */
export function guardErrorSide(error: unknown): "argument" | "result" | undefined {
  if (!(error instanceof Error) || error.name !== "TypeError" || !("side" in error)) return undefined;
  return error.side === "argument" || error.side === "result" ? error.side : undefined;
}
