/**
 * What everything about packages on Node starts from: where they are looked for, kept, and how much they may be.
 *
 * @module
 */
import { join } from "node:path";
import { type ByteCache, cacheFolder } from "../byte-cache.ts";
import { PACKAGE_LIMITS, type PackageLimits } from "./limits.ts";
import type { NpmOptions } from "./npm-config.ts";

export interface NodePackagesInit {
  /** What relative paths start from, and where a project's `.npmrc` is looked for. Default: the working folder. */
  readonly folder?: string;
  /** Tarballs and what registries said. Default: `packages` in the user's cache folder. */
  readonly cache?: string;
  /** Never asks a registry: what the cache does not know does not exist. Default: npm's own setting. */
  readonly offline?: boolean;
  readonly environment?: { readonly [name: string]: string | undefined };
  readonly limits?: Partial<PackageLimits>;
}

export interface NodePackageSourceInit extends NodePackagesInit {
  /** Bundles that were made before. Default: the user's cache; `null`: none is kept. */
  readonly bundles?: ByteCache | null;
}

export interface PackageSettings {
  readonly folder: string;
  readonly limits: PackageLimits;
  /** Read when it is first needed. */
  npm(): Promise<NpmOptions>;
}

export function readSettings(init: NodePackagesInit): PackageSettings {
  const environment = init.environment ?? process.env;
  const folder = init.folder ?? process.cwd();
  const readNpm = async (): Promise<NpmOptions> => ({
    ...(await (await import("./npm-config.ts")).readNpmOptions({ folder, environment })),
    cache: init.cache ?? join(cacheFolder(environment), "packages"),
    ...(init.offline === undefined ? {} : { offline: init.offline }),
  });
  let npm: Promise<NpmOptions> | undefined;
  return {
    folder,
    limits: { ...PACKAGE_LIMITS, ...init.limits },
    npm() {
      npm ??= readNpm();
      return npm;
    },
  };
}
