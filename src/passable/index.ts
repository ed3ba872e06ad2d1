/**
 * The values that messages are made of, their encoding, and capabilities of the host that speak it.
 * @module
 */

export {
  type Answer,
  type BrokenCode,
  broken,
  CAPABILITY,
  type Capability,
  CapabilityBase,
  capabilityOfAnswer,
  fulfilled,
  isPromiseCapability,
  type Message,
  makeMessage,
  messageOverLimit,
  NO_TARGET,
  type PendingAnswer,
  type PromiseCapability,
  passOn,
  rejected,
} from "./capability.ts";
export { type DecodeOptions, decodePassable, type ValueOfSlot } from "./decode.ts";
export { type EncodeOptions, encodePassable, type SlotOf } from "./encode.ts";
export { GuardError, guardErrorSide, PassableError, type PassableErrorCode } from "./errors.ts";
export { makeExo } from "./exo.ts";
export { checkArguments, checkResult, checkValue, methodGuard } from "./guard-match.ts";
export { describePattern, describeValue } from "./guard-words.ts";
export {
  type ArgumentsOf,
  type GuardMakers,
  type LengthLimit,
  type Literal,
  M,
  type NumberLimits,
  type Pattern,
  type PatternRecord,
  type PatternShape,
  type TypeOf,
} from "./guards.ts";
export {
  GUARD_BYTES_MAX,
  GUARD_DEPTH_MAX,
  GUARD_LIST_LENGTH_MAX,
  GUARD_STRING_LENGTH_MAX,
  MESSAGE_BYTES_MAX,
  MESSAGE_CAPABILITIES_MAX,
  PASSABLE_BYTES_MAX,
  PASSABLE_DEPTH_MAX,
  PASSABLE_DIGITS_MAX,
  PASSABLE_SLOTS_MAX,
} from "./limits.ts";
export {
  BrokenError,
  callCapability,
  capabilityOfPromise,
  type DecodeMessageOptions,
  decodeMessage,
  type EncodeMessageOptions,
  encodeMessage,
  type HostMethod,
  makeCapability,
  makeDispatcher,
  promiseOfCapability,
  refusal,
  valueOfAnswer,
} from "./messages.ts";
export type { InterfaceGuard, MethodGuard, MethodGuards, MethodsOf } from "./method-guards.ts";
export { Far, farName, isTarget, ownStyle, type PassStyle, passStyleOf } from "./pass-style.ts";
export * from "./syrup/index.ts";
export {
  GuestError,
  isCapability,
  isSelector,
  makeSelector,
  type Passable,
  Selector,
  type Slot,
  type SlotKind,
  Tagged,
} from "./values.ts";
