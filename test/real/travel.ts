/**
 * Runs a WASI program twice: once without a stop, and once with journeys: frozen, encoded into a file's bytes, decoded and
 * thawed in a new kernel. What must not differ comes back from both.
 *
 * @module
 */
import { WASI_KIND, type WasiInit } from "../../src/guests/wasi/index.ts";
import { bytesToImage, decodeImage, encodeImage, imageToBytes } from "../../src/image/index.ts";
import { type Kernel, makeKernel, type Process, type SyncResult } from "../../src/kernel/index.ts";
import { nodeHasher } from "../../src/node/hasher.ts";
import { makeCollector } from "../../src/powers/index.ts";

export interface Travel {
  readonly bytes: Uint8Array;
  /** Made anew for each run: a stream that was read is at its end. */
  powers(): WasiInit;
  readonly gas: number;
  readonly memoryBytes: number;
  /** Kind of guest; default: WASI programs. */
  readonly guest?: string;
  /** Other imports than WASI's, as further kinds of guests. */
  readonly kinds?: Parameters<typeof makeKernel>[0]["guests"];
}

export interface Arrival {
  readonly result: SyncResult;
  readonly output: string;
  readonly errors: string;
  readonly gasUsed: number;
  readonly root: string;
  readonly journeys: number;
  /** Of the last image on the way, without the module. */
  readonly imageBytes: number;
}

/** Rewritten modules: large programs take seconds, and every kernel on the way needs the same. */
const rewritten = new Map<string, Uint8Array>();
const cache = {
  get: (key: string): Uint8Array | undefined => rewritten.get(key),
  put(key: string, bytes: Uint8Array): void {
    rewritten.set(key, bytes);
  },
};

function newKernel(travel: Travel): Kernel {
  return makeKernel({
    yieldToHost: () => Promise.resolve(),
    guests: travel.kinds ?? [WASI_KIND],
    hasher: nodeHasher,
    cache,
  });
}

/** With the gas between journeys; without it the program runs in one go. */
export function travel(init: Travel, gasBetween?: readonly number[]): Arrival {
  const stdout = makeCollector();
  const stderr = makeCollector();
  const powers = { ...init.powers(), stdout, stderr };
  const home = newKernel(init);
  const program = home.load(init.bytes);
  let process = home.spawn({
    program,
    guest: init.guest ?? "wasi",
    powers,
    gas: init.gas,
    memoryBytes: init.memoryBytes,
  });
  const stops = [...(gasBetween ?? [])];
  let result = process.callSync("_start", [], optionsOf(stops));
  let journeys = 0;
  let imageBytes = 0;
  while (result.kind === "unfinished") {
    const file = pack(process);
    imageBytes = file.length;
    const kernel = newKernel(init);
    // The module travels apart from the process: it was loaded there before.
    kernel.load(init.bytes);
    process = kernel.thaw(decodeImage(bytesToImage(file, { hasher: nodeHasher }), { hasher: nodeHasher }), { powers });
    journeys++;
    result = process.finishSync(optionsOf(stops));
  }
  const root = encodeImage(process.freeze({ copy: false }), { hasher: nodeHasher }).root;
  const { gasUsed } = process.meter;
  return { result, output: stdout.text(), errors: stderr.text(), gasUsed, root, journeys, imageBytes };
}

function optionsOf(stops: number[]): { gas: number } | undefined {
  const gas = stops.shift();
  return gas === undefined ? undefined : { gas };
}

function pack(process: Process): Uint8Array {
  const image = encodeImage(process.freeze({ copy: false }), { hasher: nodeHasher, withModule: false });
  process.discard();
  return imageToBytes(image, { hasher: nodeHasher });
}
