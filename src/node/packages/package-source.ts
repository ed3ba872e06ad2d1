/**
 * The power that libraries come from, on Node: packages out of npm's registries and from this machine's disk, fetched and verified
 * with npm's own libraries, bundled with esbuild. No script of a package is ever run, and nothing is installed anywhere.
 *
 * @module
 */
import { join } from "node:path";
import type { LibraryBundle, PackageSource, Policy } from "../../library/index.ts";
import { parseSpecifier } from "../../library/index.ts";
import { type ByteCache, cacheFolder } from "../byte-cache.ts";
import { makeUserCache } from "../kernel.ts";
import { PACKAGE_LIMITS, type PackageLimits } from "./limits.ts";
import type { NpmOptions } from "./npm-config.ts";

export interface NodePackageSourceInit {
  /** What relative paths start from, and where a project's `.npmrc` is looked for. Default: the working folder. */
  readonly folder?: string;
  /** Tarballs and what registries said. Default: `packages` in the user's cache folder. */
  readonly cache?: string;
  /** Bundles that were made before. Default: the user's cache; `null`: none is kept. */
  readonly bundles?: ByteCache | null;
  /** Never asks a registry: what the cache does not know does not exist. Default: npm's own setting. */
  readonly offline?: boolean;
  readonly environment?: { readonly [name: string]: string | undefined };
  readonly limits?: Partial<PackageLimits>;
}

export function makeNodePackageSource(init: NodePackageSourceInit = {}): PackageSource {
  const environment = init.environment ?? process.env;
  const folder = init.folder ?? process.cwd();
  const limits = { ...PACKAGE_LIMITS, ...init.limits };
  const bundles = init.bundles === undefined ? makeUserCache() : init.bundles;
  let npm: Promise<NpmOptions> | undefined;
  const readNpm = async (): Promise<NpmOptions> => ({
    ...(await (await import("./npm-config.ts")).readNpmOptions({ folder, environment })),
    cache: init.cache ?? join(cacheFolder(environment), "packages"),
    ...(init.offline === undefined ? {} : { offline: init.offline }),
  });
  return Object.freeze({
    async bundle(specifier: string, options: { readonly policy?: Policy } = {}): Promise<LibraryBundle> {
      const parsed = parseSpecifier(specifier);
      npm ??= readNpm();
      // npm's libraries and the bundler take a quarter of a second to load: only whoever fetches a package waits for them.
      const [{ findOrigin }, { bundleOrigin }] = await Promise.all([
        import("./origin.ts"),
        import("./bundle-origin.ts"),
      ]);
      using origin = await findOrigin({ specifier: parsed, folder, npm: await npm, limits });
      return await bundleOrigin({ origin, policy: options.policy, limits, bundles: bundles ?? undefined });
    },
  });
}
