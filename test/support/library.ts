/**
 * Libraries out of a few lines of source, for tests.
 * @module
 */

import { types } from "node:util";
import {
  type ImportOptions,
  type LibraryBundle,
  type LibraryImporter,
  type LibraryImporterInit,
  makeLibraryImporter,
} from "../../src/library/index.ts";
import { GAS, MEMORY_BYTES, makeTestHost, type TestHost } from "./javascript.ts";

let bundleCount = 0;

/** A bundle of one module. Each has a hash of its own. */
export function bundleOf(source: string, more: Partial<LibraryBundle> = {}): LibraryBundle {
  bundleCount += 1;
  const name = more.name ?? "example";
  return {
    name,
    version: "1.0.0",
    entry: `${name}.js`,
    modules: { [`${name}.js`]: source },
    hash: `test-${bundleCount}`,
    packages: [{ name, version: "1.0.0" }],
    ...more,
  };
}

/** What code under test exports is known to the test only. */
export type Exports = any;

export interface LibraryTestHost extends TestHost {
  readonly importer: LibraryImporter;
  /** Imports one module. */
  load(source: string, options?: Partial<ImportOptions>): Promise<Exports>;
}

export function makeLibraryHost(
  bundles: { readonly [specifier: string]: LibraryBundle } = {},
  more: Partial<LibraryImporterInit> = {},
): LibraryTestHost {
  const host = makeTestHost();
  const importer = makeLibraryImporter({
    kernel: host.kernel,
    isProxy: types.isProxy,
    ...more,
    packages: {
      async bundle(specifier) {
        const found = bundles[specifier];
        if (found === undefined) throw new RangeError(`${specifier}: no such bundle`);
        return found;
      },
    },
  });
  return {
    ...host,
    importer,
    load: (source, options = {}) =>
      importer.importBundle(bundleOf(source), { gas: GAS, memoryBytes: MEMORY_BYTES, ...options }),
  };
}
