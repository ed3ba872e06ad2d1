/**
 * The power that libraries come from, on Node: packages out of npm's registries and from this machine's disk, fetched and verified
 * with npm's own libraries, bundled with esbuild. No script of a package is ever run, and nothing is installed anywhere.
 *
 * @module
 */
import {
  type LibraryBundle,
  type PackageSource,
  type Policy,
  parseSpecifier,
  type TreeAudit,
} from "../../library/index.ts";
import { makeUserCache } from "../kernel.ts";
import { type NodePackageSourceInit, type NodePackagesInit, readSettings } from "./settings.ts";

// npm's libraries and the bundler take a quarter of a second to load: only whoever fetches a package waits for them.

export function makeNodePackageSource(init: NodePackageSourceInit = {}): PackageSource {
  const settings = readSettings(init);
  const bundles = init.bundles === undefined ? makeUserCache() : (init.bundles ?? undefined);
  const { folder, limits } = settings;
  return Object.freeze({
    async bundle(specifier: string, options: { readonly policy?: Policy } = {}): Promise<LibraryBundle> {
      const parsed = parseSpecifier(specifier);
      const [{ findOrigin }, { bundleOrigin }] = await Promise.all([
        import("./origin.ts"),
        import("./bundle-origin.ts"),
      ]);
      using origin = await findOrigin({ specifier: parsed, folder, npm: await settings.npm(), limits });
      return await bundleOrigin({ origin, policy: options.policy, limits, bundles });
    },
  });
}

/** What a package and its dependencies would reach for, from their code. Nothing of them is run. Throws `LibraryError`. */
export async function auditNodePackage(specifier: string, init: NodePackagesInit = {}): Promise<TreeAudit> {
  const { folder, limits, npm } = readSettings(init);
  const parsed = parseSpecifier(specifier);
  const [{ findOrigin }, { auditOrigin }] = await Promise.all([import("./origin.ts"), import("./audit-origin.ts")]);
  using origin = await findOrigin({ specifier: parsed, folder, npm: await npm(), limits });
  return await auditOrigin(origin, limits);
}
