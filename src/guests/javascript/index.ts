/**
 * JavaScript guests: each process is its own instance of the QuickJS engine.
 * @module
 */

export { BASE_VERSION, buildBase, buildMachineBase, type EngineRunner, type MakeRunner } from "./base.ts";
export { type CallbackAnswer, type CallbackRequest, CallbackText, type OnCallback } from "./callbacks.ts";
export { type CollectInit, collectModules, importsPackages } from "./collect.ts";
export type { DirectResult } from "./direct.ts";
export { JAVASCRIPT_KIND, type JavaScriptPowers, makeJavaScriptKind } from "./guest.ts";
export {
  type DirectSyncResult,
  type JavaScriptInstance,
  type MainInit,
  makeJavaScriptInstance,
  StoppedError,
  startMain,
  UnfinishedError,
} from "./instance.ts";
export * as link from "./link-protocol.ts";
export { PRELUDE } from "./prelude/index.ts";
export { isTypeScriptName, SourceError, type StripTypes, stripModules, stripSource } from "./typescript.ts";
export type { Primitive } from "./words.ts";
