/**
 * The signatures of opcodes.ts, flattened for the validator's loop.
 * @module
 */

import { KEY_COUNT, SIGNATURES } from "../opcodes.ts";

/** More than any instruction with a fixed signature has. */
export const PARAMS_STRIDE = 4;

/** Instead of a count: the instruction's types depend on context. */
export const CONTEXTUAL = 255;

export const PARAM_COUNTS: Uint8Array = new Uint8Array(KEY_COUNT).fill(CONTEXTUAL);
/** Types of the operands of instruction `key`, from `key * PARAMS_STRIDE`. */
export const PARAMS: Uint8Array = new Uint8Array(KEY_COUNT * PARAMS_STRIDE);
/** The one result, or 0. */
export const RESULTS: Uint8Array = new Uint8Array(KEY_COUNT);

SIGNATURES.forEach((signature, key) => {
  if (signature === undefined) return;
  PARAM_COUNTS[key] = signature.params.length;
  PARAMS.set(signature.params, key * PARAMS_STRIDE);
  RESULTS[key] = signature.results[0] ?? 0;
});
