/**
 * The one error of the bytes layer: input that ends early or is encoded wrongly, with the offset where it was seen.
 * Formats built on top catch it and add what they were reading.
 * @module
 */

export type BytesErrorCode = "end" | "leb128" | "utf8";

export class BytesError extends Error {
  override readonly name = "BytesError";
  readonly code: BytesErrorCode;
  /** Position in the whole input, not in the part that was being read. */
  readonly offset: number;

  constructor(code: BytesErrorCode, offset: number, message: string) {
    super(message);
    this.code = code;
    this.offset = offset;
  }
}
