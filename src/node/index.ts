/**
 * Border of the Node layer: what Caper needs of Node, and nobody below knows.
 *
 * @module
 */

export { libraryOf } from "../library/index.ts";
export { type ByteCache, cacheFolder, makeByteCache } from "./byte-cache.ts";
export {
  askControl,
  type ControlAnswer,
  type ControlRequest,
  type ControlServer,
  listControlled,
  serveControl,
} from "./control.ts";
export { makeNodeEd25519 } from "./ed25519.ts";
export { checkUserFile, writeFileAtomic, writeUserFile } from "./files.ts";
export { nodeHasher } from "./hasher.ts";
export { defineJavaScript, readJavaScriptBase, readJavaScriptEngine } from "./javascript.ts";
export { makeNodeKernel, makeUserCache, type NodeKernelInit } from "./kernel.ts";
export {
  importLibrary,
  libraryAudit,
  makeNodeLibraryImporter,
  type NodeLibraryImporter,
  type NodeLibraryInit,
} from "./library.ts";
export { makeTcpTestingNetlayer, type TcpTestingInit } from "./netlayers/tcp.ts";
export {
  makeNodeWebSocketNetlayer,
  type NodeWebSocketInit,
  nodeWebSocketComponents,
} from "./netlayers/websocket-server.ts";
export { makeNodeOcapn } from "./ocapn.ts";
export { PACKAGE_LIMITS, type PackageLimits } from "./packages/limits.ts";
export { auditNodePackage, makeNodePackageSource } from "./packages/package-source.ts";
export type { NodePackageSourceInit, NodePackagesInit } from "./packages/settings.ts";
export { makePolicyPowers, type PolicyPowers, type PolicyPowersInit } from "./policy-powers.ts";
export * from "./powers/index.ts";
export {
  type KernelWorkerInit,
  makeInputObject,
  makeOutputObject,
  startKernelWorker,
  type WorkerPowerOptions,
  workerPowerOptions,
} from "./worker.ts";
