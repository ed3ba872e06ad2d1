/**
 * A kernel on Node: it gives the event loop a turn after every slice, sizes slices by the real clock, hashes with Node's library,
 * keeps rewritten modules on disk, and runs programs of WASI beside plain modules.
 *
 * @module
 */
import { WASI_KIND } from "../guests/wasi/index.ts";
import { type GuestKind, type Kernel, type KernelComponents, makeKernel } from "../kernel/index.ts";
import { type ByteCache, cacheFolder, makeByteCache } from "./byte-cache.ts";
import { nodeHasher } from "./hasher.ts";

export interface NodeKernelInit extends Partial<Omit<KernelComponents, "cache" | "guests">> {
  /** Rewritten modules; default: the user's cache folder. `null`: none is kept. */
  readonly cache?: ByteCache | null;
  /** Kinds of guests beside plain modules; default: WASI. `defineJavaScript` adds scripts. */
  readonly guests?: readonly GuestKind[];
}

/** Rewritten modules and base images, in the user's cache folder. */
export function makeUserCache(): ByteCache {
  return makeByteCache({ folder: cacheFolder(process.env) });
}

export function makeNodeKernel(init: NodeKernelInit = {}): Kernel {
  const { cache = makeUserCache(), guests = [WASI_KIND], ...components } = init;
  return makeKernel({
    yieldToHost: () => new Promise((resolve) => setImmediate(resolve)),
    now: () => performance.now(),
    hasher: nodeHasher,
    guests,
    ...(cache === null ? {} : { cache }),
    ...components,
  });
}
