/**
 * `importLibrary` ready to use: a kernel that runs JavaScript, packages from npm's registries and this machine's disk, images in the
 * user's cache, and an audit log. All of it is made when it is first needed.
 *
 * @module
 */
import { types } from "node:util";
import type { Kernel } from "../kernel/index.ts";
import {
  type ImportLibrary,
  type ImportOptions,
  type LibraryImporter,
  makeLibraryImporter,
  type PackageSource,
} from "../library/index.ts";
import { type AuditLog, makeAuditLog } from "../powers/index.ts";
import type { ByteCache } from "./byte-cache.ts";
import { nodeHasher } from "./hasher.ts";
import { defineJavaScript, readJavaScriptBase } from "./javascript.ts";
import { makeNodeKernel, makeUserCache } from "./kernel.ts";
import { makeNodePackageSource } from "./packages/package-source.ts";
import type { NodePackageSourceInit } from "./packages/settings.ts";
import { makeNodeClock } from "./powers/index.ts";

export interface NodeLibraryInit extends NodePackageSourceInit {
  /** It must know the JavaScript kind of guest, and stays the caller's. Default: one of the importer's own. */
  readonly kernel?: Kernel;
  /** Default: `makeNodePackageSource` with the settings here. */
  readonly packages?: PackageSource;
  /** Libraries after loading. Default: the user's cache; `null`: none is kept beyond the importer. */
  readonly images?: ByteCache | null;
  /** Default: one of the importer's own, with the machine's time. */
  readonly audit?: AuditLog;
}

/** Disposing of it ends all libraries that it imported into a kernel of its own. */
export interface NodeLibraryImporter extends LibraryImporter, Disposable {
  readonly kernel: Kernel;
  readonly packages: PackageSource;
  readonly audit: AuditLog;
}

export function makeNodeLibraryImporter(init: NodeLibraryInit = {}): NodeLibraryImporter {
  const kernel = init.kernel ?? makeJavaScriptKernel();
  const packages = init.packages ?? makeNodePackageSource(init);
  const audit = init.audit ?? makeAuditLog({ clock: makeNodeClock() });
  const images = init.images === undefined ? makeUserCache() : init.images;
  const importer = makeLibraryImporter({
    kernel,
    packages,
    audit,
    hasher: nodeHasher,
    base: () => readJavaScriptBase(),
    isProxy: types.isProxy,
    ...(images === null ? {} : { images }),
  });
  return Object.freeze({
    ...importer,
    kernel,
    packages,
    audit,
    [Symbol.dispose](): void {
      if (init.kernel === undefined) kernel.close();
    },
  });
}

function makeJavaScriptKernel(): Kernel {
  const kernel = makeNodeKernel();
  defineJavaScript(kernel);
  return kernel;
}

let shared: NodeLibraryImporter | undefined;

function sharedImporter(): NodeLibraryImporter {
  shared ??= makeNodeLibraryImporter();
  return shared;
}

/** Imports a package with no authority but the powers it is given. For settings of your own: `makeNodeLibraryImporter`. */
export const importLibrary: ImportLibrary = <T>(specifier: string, options: ImportOptions): Promise<T> =>
  sharedImporter().importLibrary<T>(specifier, options);

/** What `importLibrary` writes every use and denial of a power to. */
export function libraryAudit(): AuditLog {
  return sharedImporter().audit;
}
