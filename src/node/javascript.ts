/**
 * The JavaScript kind of guest on Node: the engine's module from its npm package, and its base image from the cache on disk or
 * made anew.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildMachineBase, JAVASCRIPT_KIND, makeJavaScriptKind, PRELUDE } from "../guests/javascript/index.ts";
import { bytesToImage, decodeImage, encodeImage, imageToBytes, moduleCid } from "../image/index.ts";
import type { GuestBase, Kernel, Program } from "../kernel/index.ts";
import { rewriting } from "../wasm/index.ts";
import type { ByteCache } from "./byte-cache.ts";
import { nodeHasher } from "./hasher.ts";
import { makeUserCache } from "./kernel.ts";

const ENGINE_MODULE = "quickjs-wasi/quickjs.wasm";

export function readJavaScriptEngine(): Uint8Array {
  return new Uint8Array(readFileSync(fileURLToPath(import.meta.resolve(ENGINE_MODULE))));
}

/** Teaches the kernel to run JavaScript. Without a cache, or with an empty one, that takes most of a second. */
export function defineJavaScript(kernel: Kernel, cache: ByteCache | null = makeUserCache()): void {
  const program = kernel.load(readJavaScriptEngine());
  kernel.defineGuest(makeJavaScriptKind({ program, base: findBase(program, cache) }));
}

function findBase(program: Program, cache: ByteCache | null): GuestBase {
  const engine = moduleCid(program.module.bytes, nodeHasher);
  const prelude = Buffer.from(nodeHasher(new TextEncoder().encode(PRELUDE))).toString("hex");
  const key = `base-${engine}-${prelude.slice(0, 32)}-${rewriting.REWRITER_VERSION}-${rewriting.GAS_SCHEDULE_VERSION}`;
  const known = cache?.get(key);
  const base = known && decodeBase(known);
  if (base !== undefined) return base;
  const made = buildMachineBase(program);
  cache?.put(key, encodeBase(made, engine));
  return made;
}

/** The base as an image of one idle process, without the module. */
function encodeBase(base: GuestBase, module: string): Uint8Array {
  const image = encodeImage(
    {
      rewriter: rewriting.REWRITER_VERSION,
      gasSchedule: rewriting.GAS_SCHEDULE_VERSION,
      modules: [{ cid: module, bytes: undefined }],
      images: [],
      processes: [
        {
          parent: -1,
          module: 0,
          guest: { kind: JAVASCRIPT_KIND, state: base.saved },
          machine: base.machine,
          meter: { gasGranted: 0, gasUsed: 0, pagesMax: 0 },
          status: { state: "idle" },
          clist: [],
          mailbox: [],
          kernel: null,
        },
      ],
      kernel: null,
    },
    { hasher: nodeHasher, withModule: false },
  );
  return imageToBytes(image, { hasher: nodeHasher });
}

/** undefined where an older version wrote it in another way: then it is made anew. */
function decodeBase(bytes: Uint8Array): GuestBase | undefined {
  try {
    const [process] = decodeImage(bytesToImage(bytes, { hasher: nodeHasher }), { hasher: nodeHasher }).processes;
    return process?.machine ? { machine: process.machine, saved: process.guest.state } : undefined;
  } catch {
    return undefined;
  }
}
