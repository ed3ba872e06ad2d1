/**
 * The error of the WebAssembly layer. A module from anywhere ends either as a decoded module or as one of these, whose
 * message says where in the module the fault is and, where it helps, what to do about it.
 * @module
 */

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

  constructor(code: WasmErrorCode, message: string, options?: { readonly offset?: number; readonly cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.offset = options?.offset;
  }
}

export function offsetToHex(offset: number): string {
  return `0x${offset.toString(16)}`;
}
