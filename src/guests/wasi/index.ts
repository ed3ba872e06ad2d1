/**
 * WASI preview 1, complete, on powers only: what a program was not given does not exist for it.
 *
 * @module
 */
export { WASI_MODULE } from "./abi.ts";
export { STANDING_EPOCH } from "./clocks.ts";
export { WASI_KIND } from "./kind.ts";
export { makeWasi } from "./make-wasi.ts";
export type { WasiInit } from "./process.ts";
export { SavedStateError } from "./saved.ts";
export { wasiSignature } from "./signatures.ts";
