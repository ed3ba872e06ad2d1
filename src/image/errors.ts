/**
 * The one error of the image layer. Images come from strangers, so each refusal says where it was seen, what is wrong and
 * what to do, in one sentence that may be shown to a user.
 * @module
 */

export type ImageErrorCode =
  | "not-an-image" // the bytes are something else altogether
  | "truncated" // the bytes end early
  | "newer-version" // made by a newer Caper
  | "wrong-hash" // a block is not what its name says
  | "missing-block" // a block is named but not there
  | "unexpected-block" // a block is there that nothing names, or twice, or out of order
  | "wrong-codec" // a link names a block of the wrong kind
  | "not-canonical" // the same content has another, proper encoding
  | "bad-field" // a field is missing, unknown, of the wrong type or out of range
  | "limit" // larger than this reader accepts
  | "needs-base" // a difference without its base
  | "refused"; // the reader's own check (see DecodeOptions.check) said no

export interface ImageErrorInit {
  readonly code: ImageErrorCode;
  readonly where: string;
  readonly what: string;
  readonly advice?: string;
  readonly cause?: unknown;
}

const ADVICE: { readonly [code in ImageErrorCode]: string } = {
  "not-an-image": "give a .caper file made by `caper freeze` or `caper run --freeze-to`",
  truncated: "fetch the file again, it was cut off",
  "newer-version": "update Caper on this machine",
  "wrong-hash": "fetch the image again, it was damaged or tampered with",
  "missing-block": "fetch the image again together with its base, it is not complete",
  "unexpected-block": "have the image made again, its archive was altered",
  "wrong-codec": "have the image made again, it was not written by Caper",
  "not-canonical": "have the image made again, it was not written by Caper",
  "bad-field": "have the image made again, it was not written by Caper",
  limit: "raise the limit if you trust the image",
  "needs-base": "give the base image as well",
  refused: "have the image made again, it does not fit its module",
};

export class ImageError extends Error {
  override readonly name = "ImageError";
  readonly code: ImageErrorCode;
  /** The part of the image, such as `process 0: memory 0: page 17`. */
  readonly where: string;

  constructor(init: ImageErrorInit) {
    const advice = init.advice ?? ADVICE[init.code];
    super(`${init.where}: ${init.what}; ${advice}`, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = init.code;
    this.where = init.where;
  }
}
