/**
 * JavaScript guests: each process is its own instance of the QuickJS engine.
 * @module
 */

export { buildBase, type EngineRunner, type MakeRunner } from "./base.ts";
export { JAVASCRIPT_KIND, type JavaScriptPowers, makeJavaScriptKind } from "./guest.ts";
