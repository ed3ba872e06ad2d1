/**
 * The JavaScript kind of guest on Node: the engine's module from its npm package, and its base image from the cache on disk or
 * made anew.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  BASE_VERSION,
  buildMachineBase,
  JAVASCRIPT_KIND,
  makeJavaScriptKind,
  PRELUDE,
} from "../guests/javascript/index.ts";
import {
  type Base,
  blocksToImage,
  bytesToImage,
  decodeImage,
  encodeImage,
  type Image,
  imageToBytes,
  makeBase,
  moduleCid,
} from "../image/index.ts";
import type { GuestBase, Kernel, Program } from "../kernel/index.ts";
import { rewriting } from "../wasm/index.ts";
import type { ByteCache } from "./byte-cache.ts";
import { nodeHasher } from "./hasher.ts";
import { makeNodeKernel, makeUserCache } from "./kernel.ts";

const ENGINE_MODULE = "quickjs-wasi/quickjs.wasm";

export function readJavaScriptEngine(): Uint8Array {
  return new Uint8Array(readFileSync(fileURLToPath(import.meta.resolve(ENGINE_MODULE))));
}

/** Teaches the kernel to run JavaScript. Without a cache, or with an empty one, that takes most of a second. */
export function defineJavaScript(kernel: Kernel, cache: ByteCache | null = makeUserCache()): void {
  const program = kernel.load(readJavaScriptEngine());
  const image = findBase(program.module.bytes, () => program, cache);
  kernel.defineGuest(makeJavaScriptKind({ program, base: guestBaseOf(image) }));
}

/**
 * What every JavaScript process here begins as, engine included: images of scripts are written as differences to it. Its root is
 * the same wherever engine, prelude and rewriter are.
 */
export function readJavaScriptBase(cache: ByteCache | null = makeUserCache()): Base {
  const engine = readJavaScriptEngine();
  const { root, base, blocks } = findBase(engine, () => makeNodeKernel({ guests: [], cache }).load(engine), cache);
  const whole = new Map(blocks).set(moduleCid(engine, nodeHasher), engine);
  return makeBase(blocksToImage({ root, base, blocks: whole }, nodeHasher), { hasher: nodeHasher });
}

function findBase(engineBytes: Uint8Array, load: () => Program, cache: ByteCache | null): Image {
  const engine = moduleCid(engineBytes, nodeHasher);
  const prelude = Buffer.from(nodeHasher(new TextEncoder().encode(PRELUDE))).toString("hex");
  const versions = [BASE_VERSION, rewriting.REWRITER_VERSION, rewriting.GAS_SCHEDULE_VERSION].join("-");
  const key = `base-${engine}-${prelude.slice(0, 32)}-${versions}`;
  const known = cache?.get(key);
  const image = known && readBase(known);
  if (image !== undefined) return image;
  const made = encodeBase(buildMachineBase(load()), engine);
  cache?.put(key, imageToBytes(made, { hasher: nodeHasher }));
  return made;
}

/** The base as an image of one idle process, without the module. */
function encodeBase(base: GuestBase, module: string): Image {
  return encodeImage(
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
}

/** undefined where an older version wrote it in another way: then it is made anew. */
function readBase(bytes: Uint8Array): Image | undefined {
  try {
    const image = bytesToImage(bytes, { hasher: nodeHasher });
    guestBaseOf(image);
    return image;
  } catch {
    return undefined;
  }
}

function guestBaseOf(image: Image): GuestBase {
  const [process] = decodeImage(image, { hasher: nodeHasher }).processes;
  if (!process?.machine) throw new Error("base: expected an image of a process that has started");
  return { machine: process.machine, saved: process.guest.state };
}
