/**
 * The error of the WebAssembly layer. A module from anywhere ends either as a decoded module or as one of these, whose
 * message says where in the module the fault is and, where it helps, what to do about it.
 * @module
 */

import { BytesError } from "../bytes/index.ts";

/**
 * - `malformed`: not the binary format at all;
 * - `invalid`: well-formed, but against the typing rules;
 * - `unsupported`: a real feature of WebAssembly that is refused here, or a limit of ours exceeded.
 */
export type WasmErrorCode = "malformed" | "invalid" | "unsupported";

export class WasmError extends Error {
  override readonly name = "WasmError";
  readonly code: WasmErrorCode;
  /** Position in the module's bytes, where there is one. */
  readonly offset: number | undefined;

  constructor(code: WasmErrorCode, message: string, offset?: number) {
    super(message);
    this.code = code;
    this.offset = offset;
  }
}

const BYTES_REASONS: { readonly [code in BytesError["code"]]: string } = {
  end: "unexpected end",
  leb128: "an integer is encoded with too many bytes or bits",
  utf8: "a name is not valid UTF-8",
};

/**
 * Adds the place to an error thrown by code that knows only the offset. Anything that is neither a `WasmError` nor a
 * `BytesError` is a bug of ours and passes unchanged.
 */
export function locateError(error: unknown, place: string): unknown {
  if (error instanceof BytesError) return locate("malformed", place, BYTES_REASONS[error.code], error.offset);
  if (error instanceof WasmError) return locate(error.code, place, error.message, error.offset);
  return error;
}

function locate(code: WasmErrorCode, place: string, reason: string, offset: number | undefined): WasmError {
  const at = offset === undefined ? "" : ` at ${offsetToHex(offset)}`;
  return new WasmError(code, `${place}${at}: ${reason}`, offset);
}

export function offsetToHex(offset: number): string {
  return `0x${offset.toString(16)}`;
}

/** Names come from the module: control characters and reordering marks must not reach a terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;
const QUOTED_CHARACTERS_MAX = 80;

/** A name out of the module, in quotes, shortened and made harmless. */
export function quoteName(name: string): string {
  const short = name.length > QUOTED_CHARACTERS_MAX ? `${name.slice(0, QUOTED_CHARACTERS_MAX)}…` : name;
  return `"${short.replace(UNPRINTABLE, "?").replaceAll('"', "'")}"`;
}
