/**
 * The Caper side of the table: packages imported with caches that are empty at first.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { libraryOf, makeLibraryImporter } from "../../src/library/index.ts";
import {
  defineJavaScript,
  makeByteCache,
  makeNodeClock,
  makeNodeKernel,
  makeNodePackageSource,
  makeNodeRandom,
} from "../../src/node/index.ts";
import { makeClockPower, makeRandomPower, makeTimersPower } from "../../src/powers/index.ts";
import type { Example, Library } from "./example.ts";
import { COMPAT_FOLDER, isLocked, LOCKED_ON, specifierOf } from "./project.ts";

const GAS = 100_000_000_000;
const MEMORY_BYTES: number = 1 << 30;

export interface Imported {
  readonly library: Library;
  readonly facts: { readonly loadGas: number; readonly bundleBytes: number };
}

export interface CaperSide {
  /** With tarballs in the cache, but no bundle and no image. */
  import(name: string, example: Example): Promise<Imported>;
  /** The same package once more, in another kernel, with all caches filled. */
  importAgain(name: string, example: Example): Promise<Imported>;
  /** What went wrong inside of the host itself, and ended a process. */
  readonly faults: readonly unknown[];
  close(): void;
}

function powersFor({ powers = [] }: Example): { readonly [name: string]: unknown } {
  const clock = makeNodeClock();
  const made = {
    random: () => makeRandomPower(makeNodeRandom()),
    clock: () => makeClockPower(clock),
    timers: () => makeTimersPower(clock),
  };
  return Object.fromEntries(powers.map((name) => [name, made[name]()]));
}

export async function openCaper(): Promise<CaperSide> {
  const folder = mkdtempSync(join(tmpdir(), "caper-compat-"));
  const cache = makeByteCache({ folder });
  const environment = { ...process.env, npm_config_before: LOCKED_ON };
  // How fast a registry answers is not what is measured: it is asked before, and then what it said is taken from npm's cache.
  const fetching = makeNodePackageSource({ folder: COMPAT_FOLDER, bundles: null, environment });
  const packages = makeNodePackageSource({
    folder: COMPAT_FOLDER,
    bundles: cache,
    environment: { ...environment, npm_config_prefer_offline: "true" },
  });
  const faults: unknown[] = [];
  const kernels: { close(): void }[] = [];
  const importIt = async (name: string, example: Example): Promise<Imported> => {
    const kernel = makeNodeKernel({ onFault: (_process, error) => void faults.push(error) });
    defineJavaScript(kernel);
    kernels.push(kernel);
    const { importLibrary } = makeLibraryImporter({ kernel, packages, images: cache });
    const library: Library = await importLibrary(specifierOf(name, example), {
      gas: GAS,
      memoryBytes: MEMORY_BYTES,
      powers: powersFor(example),
    });
    const { gasUsed } = libraryOf(library).meter;
    return { library, facts: { loadGas: gasUsed, bundleBytes: 0 } };
  };
  return {
    async import(name, example) {
      const specifier = specifierOf(name, example);
      const bundle = await fetching.bundle(specifier);
      const strange = bundle.packages.filter((one) => !isLocked(one.name, one.version) && !one.name.endsWith("-entry"));
      if (strange.length > 0) throw new Error(`not the locked versions: ${JSON.stringify(strange)}`);
      const imported = await importIt(name, example);
      const bundleBytes = Object.values(bundle.modules).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
      return { ...imported, facts: { ...imported.facts, bundleBytes } };
    },
    importAgain: importIt,
    faults,
    close() {
      for (const kernel of kernels) kernel.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
