/**
 * Libraries after loading, as images: the next import of the same bundle is a thaw. Only libraries that used no power while they were
 * loaded are kept: of them the image says all there is.
 * @module
 */

import { BASE_VERSION, PRELUDE } from "../guests/javascript/index.ts";
import {
  type Base,
  bytesToImage,
  decodeImage,
  defaultHasher,
  encodeImage,
  type Hasher,
  imageToBytes,
  moduleCid,
  WASM_PAGE_BYTES,
} from "../image/index.ts";
import type { Process, TreeState } from "../kernel/index.ts";
import { rewriting } from "../wasm/index.ts";
import type { LibraryBundle } from "./bundle.ts";
import type { ImageCache } from "./library.ts";

/** Of images in memory, in the order of their last use. */
export const IMAGES_HELD_MAX = 16;

export interface LoadedImage {
  /** What loading took. */
  readonly gasUsed: number;
  readonly memoryBytesUsed: number;
  withBudget(budget: { readonly gas: number; readonly memoryBytes: number }): TreeState;
}

export interface ImageStore {
  find(bundle: LibraryBundle, endowments: readonly string[]): LoadedImage | undefined;
  keep(bundle: LibraryBundle, endowments: readonly string[], process: Process): void;
}

export interface ImageStoreInit {
  readonly cache: ImageCache | undefined;
  readonly hasher: Hasher | undefined;
  /** What all processes of the kind begin as: images that are stored are differences to it. */
  readonly base: (() => Base) | undefined;
}

export function makeImageStore({ cache, hasher = defaultHasher, base }: ImageStoreInit): ImageStore {
  let known: Base | undefined;
  const options = (): { readonly hasher: Hasher; readonly base?: Base } => {
    known ??= base?.();
    return known === undefined ? { hasher } : { hasher, base: known };
  };
  const stored = (key: string): TreeState | undefined => {
    const bytes = cache?.get(key);
    return bytes === undefined ? undefined : decode(bytes, options());
  };
  const held = new Map<string, TreeState>();
  const hold = (key: string, state: TreeState): void => {
    held.delete(key);
    held.set(key, state);
    for (const oldest of held.keys()) {
      if (held.size <= IMAGES_HELD_MAX) break;
      held.delete(oldest);
    }
  };
  return Object.freeze({
    find(bundle: LibraryBundle, endowments: readonly string[]): LoadedImage | undefined {
      const key = keyOf(bundle, endowments);
      const state = held.get(key) ?? stored(key);
      if (state === undefined) return undefined;
      hold(key, state);
      return loaded(state);
    },
    keep(bundle: LibraryBundle, endowments: readonly string[], process: Process): void {
      const state = process.freeze();
      void process.resume();
      const key = keyOf(bundle, endowments);
      hold(key, state);
      if (cache === undefined) return;
      cache.put(key, imageToBytes(encodeImage(state, { withModule: false, ...options() }), { hasher }));
    },
  });
}

let preludeHash: string | undefined;

/** All that an image depends on: the bundle, which endowments it can find, the engine's prelude, how its base is made, and how it is rewritten. */
function keyOf(bundle: LibraryBundle, endowments: readonly string[]): string {
  const encoder = new TextEncoder();
  preludeHash ??= moduleCid(encoder.encode(PRELUDE)).slice(-32);
  const names = moduleCid(encoder.encode(JSON.stringify([...endowments].sort()))).slice(-16);
  const versions = [BASE_VERSION, rewriting.REWRITER_VERSION, rewriting.GAS_SCHEDULE_VERSION].join("-");
  return `library-${bundle.hash}-${names}-${preludeHash}-${versions}`;
}

function loaded(state: TreeState): LoadedImage {
  const [root] = state.processes;
  if (root === undefined) throw new RangeError("image: expected a process");
  const children = state.processes.slice(1).filter((process) => process.parent === 0);
  const lent = children.reduce((sum, child) => sum + child.meter.gasGranted, 0);
  const pages = state.processes.reduce((sum, process) => sum + (process.machine?.memories[0]?.pages ?? 0), 0);
  return {
    gasUsed: root.meter.gasUsed + lent,
    memoryBytesUsed: pages * WASM_PAGE_BYTES,
    withBudget({ gas, memoryBytes }) {
      const meter = { ...root.meter, gasGranted: gas, pagesMax: Math.floor(memoryBytes / WASM_PAGE_BYTES) };
      return { ...state, processes: [{ ...root, meter }, ...state.processes.slice(1)] };
    },
  };
}

/** undefined where another version wrote it in another way. */
function decode(bytes: Uint8Array, options: { readonly hasher: Hasher; readonly base?: Base }): TreeState | undefined {
  const { hasher, base } = options;
  try {
    return decodeImage(
      bytesToImage(bytes, { hasher, base: (root) => (root === base?.root ? base : undefined) }),
      options,
    );
  } catch {
    return undefined;
  }
}
