/**
 * Border of the WebAssembly layer: modules as bytes, as data, checked, walked and written.
 * @module
 */

export {
  BLOCK_EMPTY,
  CATCH,
  CATCH_ALL,
  CATCH_ALL_REF,
  CATCH_REF,
  type CatchClause,
  InstructionCursor,
  isOpener,
} from "./cursor.ts";
export { decodeModule } from "./decode.ts";
export {
  writeCustomSection,
  writeExport,
  writeFunctionType,
  writeGlobalType,
  writeHeader,
  writeImport,
  writeLimits,
  writeSection,
  writeSized,
  writeTableType,
  writeTagType,
  writeValueTypes,
  writeVector,
  writeVectorSection,
} from "./encode.ts";
export {
  type BodyParts,
  type DataParts,
  type ElementParts,
  type Expression,
  encodeModule,
  type ModuleParts,
  moduleToParts,
} from "./encode-module.ts";
export { WasmError, type WasmErrorCode } from "./errors.ts";
export * from "./module.ts";
export { decodeNames, functionName, type ModuleNames } from "./names.ts";
export * as opcodes from "./opcodes.ts";
export * as rewriting from "./rewrite/index.ts";
export { validateModule } from "./validate.ts";
