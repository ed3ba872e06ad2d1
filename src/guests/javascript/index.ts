/**
 * JavaScript guests: each process is its own instance of the QuickJS engine.
 * @module
 */

export { buildBase, buildMachineBase, type EngineRunner, type MakeRunner } from "./base.ts";
export { JAVASCRIPT_KIND, type JavaScriptPowers, makeJavaScriptKind } from "./guest.ts";
export { type JavaScriptInstance, makeJavaScriptInstance, UnfinishedError } from "./instance.ts";
export { makeTimers, TIMERS_ENDOWMENT } from "./timers.ts";
export { isTypeScriptName, SourceError, type StripTypes, stripModules, stripSource } from "./typescript.ts";
