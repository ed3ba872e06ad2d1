/**
 * The real halves of the powers, on Node.
 *
 * @module
 */
export { makeNodeClock } from "./clock.ts";
export type { NodeDirectoryOptions } from "./directory.ts";
export { makeNodeDirectory } from "./directory.ts";
export { makeNodeHttpPower } from "./http.ts";
export { makeNodeRandom } from "./random.ts";
export type { NodeInput } from "./stdio.ts";
export { makeNodeInput, makeNodeOutput } from "./stdio.ts";
export { makeNodeStore } from "./store.ts";
