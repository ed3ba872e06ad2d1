/**
 * Border of the image layer: processes at rest as content-addressed blocks and .caper files. Format: docs/spec/image.md.
 * @module
 */

export { type ArchiveOptions, bytesToImage, imageToBytes, peekImage, type ReadOptions } from "./archive.ts";
export { type Base, makeBase } from "./base.ts";
export { type BlockSource, blocksToImage, type Image, missingBlocks } from "./blocks.ts";
export { defaultHasher, type Hasher, moduleCid } from "./cid.ts";
export { type DecodeOptions, decodeImage, type ImageBudget, imageBudget } from "./decode.ts";
export { describeImage, describeStatus, type ImageDescription, type ProcessDescription } from "./describe.ts";
export { completeImage, diffImages } from "./difference.ts";
export { type EncodeOptions, encodeImage } from "./encode.ts";
export { ImageError, type ImageErrorCode } from "./errors.ts";
export { DEFAULT_LIMITS, IMAGE_FORMAT_VERSION, type ImageLimits, NESTED_CALLS_MAX, WASM_PAGE_BYTES } from "./limits.ts";
export type {
  Frame,
  MachineState,
  MemoryState,
  MeterState,
  ModuleState,
  NestedState,
  Pending,
  Plain,
  ProcessState,
  StatusState,
  StopState,
  TreeState,
  Value,
} from "./state.ts";
export { copyMemory, storeMemory } from "./stored-memory.ts";
