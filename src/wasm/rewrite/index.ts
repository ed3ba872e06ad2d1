/**
 * The rewriter: gas, freezing and determinism for unmodified modules. See docs/spec/rewriting.md.
 * @module
 */

export {
  allParts,
  continuationInParts,
  EXPORT_CONTINUE,
  type FunctionPlan,
  planInParts,
  type Resumption,
} from "./continuation.ts";
export { functionName as hotFunctionName, RETHROW } from "./continuation-target.ts";
export { FRAME_SLOTS_MAX, type FunctionMetadata, readMetadata, rewriteModule } from "./hot.ts";
export type { Move } from "./moves.ts";
export type { PlannedPoint, Slot } from "./plan.ts";
export * from "./runtime-abi.ts";
