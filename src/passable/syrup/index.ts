/**
 * Syrup, the encoding that OCapN's messages are written in (docs/spec/syrup.md).
 * @module
 */

export { type DescribeOptions, describeSyrup } from "./describe.ts";
export { compareBytes, sortKeys } from "./key-order.ts";
export type { SyrupKind } from "./kinds.ts";
export {
  SYRUP_BUFFER_BYTES_MAX,
  SYRUP_BYTES_MAX,
  SYRUP_DEPTH_MAX,
  SYRUP_DIGITS_MAX,
  SYRUP_ERROR_NAME_LENGTH_MAX,
  SYRUP_VALUES_MAX,
  type SyrupLimits,
} from "./limits.ts";
export { type ReadHooks, readPassable, type WriteHooks, writePassable } from "./passable.ts";
export { SyrupReader, type SyrupReaderOptions } from "./reader.ts";
export { SyrupSplitter } from "./splitter.ts";
export { decodeSyrup, encodeSyrup, SyrupRecord, SyrupSet, SyrupStruct, type SyrupValue } from "./value.ts";
export { SyrupWriter } from "./writer.ts";
