/**
 * Bounds on what is read as Syrup.
 * @module
 */

import { PASSABLE_BYTES_MAX, PASSABLE_DEPTH_MAX, PASSABLE_DIGITS_MAX } from "../limits.ts";

/** Containers that a message may put around a value: operation, arguments, envelopes and keys within each other. */
export const SYRUP_ENVELOPE_DEPTH_MAX = 32;

/** Of containers within each other. */
export const SYRUP_DEPTH_MAX: number = PASSABLE_DEPTH_MAX + SYRUP_ENVELOPE_DEPTH_MAX;

/** Of one value at the top, such as a message. */
export const SYRUP_BYTES_MAX: number = PASSABLE_BYTES_MAX;

/**
 * Values in one value at the top, itself and keys and labels included: a value of two bytes can take a hundred in memory. A list of a million
 * numbers fits.
 */
export const SYRUP_VALUES_MAX: number = 1 << 20;

/** Of what a writer holds: a value, with room for the longest string before its bytes are counted. */
export const SYRUP_BUFFER_BYTES_MAX: number = 4 * SYRUP_BYTES_MAX;

/** Digits of an integer, or of the length before a string. */
export const SYRUP_DIGITS_MAX: number = PASSABLE_DIGITS_MAX;

/** Symbols and keys of structs up to so many bytes are remembered, so that they need not be made again. */
export const SYRUP_NAME_BYTES_MAX = 32;

/** Names remembered, by all readers together. A power of two. */
export const SYRUP_NAMES_MAX = 1_024;

/** Of what is taken for the name of an error in front of its message. */
export const SYRUP_ERROR_NAME_LENGTH_MAX = 64;

export interface SyrupLimits {
  /** Default: `SYRUP_BYTES_MAX`. */
  readonly bytesMax?: number;
  /** Default: `SYRUP_DEPTH_MAX`. */
  readonly depthMax?: number;
  /** Default: `SYRUP_DIGITS_MAX`. */
  readonly digitsMax?: number;
  /** Default: `SYRUP_VALUES_MAX`. Only readers count them. */
  readonly valuesMax?: number;
}
