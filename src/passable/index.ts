/**
 * The values that messages are made of, their encoding, and capabilities of the host that speak it.
 * @module
 */

export { type DecodeOptions, decodePassable, type ValueOfSlot } from "./decode.ts";
export { type EncodeOptions, encodePassable, type SlotOf } from "./encode.ts";
export { PassableError, type PassableErrorCode } from "./errors.ts";
export { PASSABLE_BYTES_MAX, PASSABLE_DEPTH_MAX, PASSABLE_DIGITS_MAX, PASSABLE_SLOTS_MAX } from "./limits.ts";
export {
  BrokenError,
  callCapability,
  decodeMessage,
  encodeMessage,
  type HostMethod,
  isCapability,
  makeCapability,
  valueOfAnswer,
} from "./messages.ts";
export { GuestError, type Passable, type Slot, type SlotKind, Tagged } from "./values.ts";
