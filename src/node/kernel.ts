/**
 * A kernel on Node: it gives the event loop a turn after every slice, sizes slices by the real clock, hashes with Node's library
 * and keeps rewritten modules on disk.
 *
 * @module
 */
import { type Kernel, type KernelComponents, makeKernel } from "../kernel/index.ts";
import { type ByteCache, cacheFolder, makeByteCache } from "./byte-cache.ts";
import { nodeHasher } from "./hasher.ts";

export interface NodeKernelInit extends Partial<Omit<KernelComponents, "cache">> {
  /** Rewritten modules; default: the user's cache folder. `null`: none is kept. */
  readonly cache?: ByteCache | null;
}

/** Rewritten modules and base images, in the user's cache folder. */
export function makeUserCache(): ByteCache {
  return makeByteCache({ folder: cacheFolder(process.env) });
}

export function makeNodeKernel(init: NodeKernelInit = {}): Kernel {
  const { cache = makeUserCache(), ...components } = init;
  return makeKernel({
    yieldToHost: () => new Promise((resolve) => setImmediate(resolve)),
    now: () => performance.now(),
    hasher: nodeHasher,
    ...(cache === null ? {} : { cache }),
    ...components,
  });
}
