/**
 * Errors of the kernel towards its host: wrong use, images and programs that cannot be run. What guests do is never one of these.
 * @module
 */

export type KernelErrorCode =
  /** The program imports something that neither the kernel nor the kind of guest provides. */
  | "unknown-import"
  /** No kind of guest of that name is defined. */
  | "unknown-guest"
  /** The meter cannot afford it. */
  | "budget"
  /** A named limit was reached. */
  | "limit"
  /** The process cannot do that in the state it is in. */
  | "state"
  /** The program has no such export, or it takes other arguments. */
  | "export"
  /** An image does not describe a tree of processes that could exist. */
  | "image";

export class KernelError extends Error {
  override readonly name = "KernelError";
  readonly code: KernelErrorCode;

  constructor(code: KernelErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
