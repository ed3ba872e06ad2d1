/**
 * From a resolved tree to a bundle, and to the bundles of the packages in it that have a process of their own. What was bundled
 * before comes from the cache: the same packages with the same bundler give the same text.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { version as esbuildVersion } from "esbuild";
import {
  type ConfinedPackage,
  type LibraryBundle,
  LibraryError,
  type PackagePolicy,
  type Policy,
  packageNameOf,
} from "../../library/index.ts";
import type { ByteCache } from "../byte-cache.ts";
import { BUNDLER_VERSION, type Bundled, bundlePackage, type ConfinedFace } from "./bundler/bundle.ts";
import { PROJECT_FOLDER } from "./bundler/resolve.ts";
import { shimsDigest } from "./bundler/shims.ts";
import { CONFINED_DEPTH_MAX, type PackageLimits } from "./limits.ts";
import { makeLocator } from "./locator.ts";
import type { Origin } from "./origin.ts";
import { unpackTree } from "./unpack.ts";

export interface BundleOriginInit {
  readonly origin: Origin;
  readonly policy: Policy | undefined;
  readonly limits: PackageLimits;
  readonly bundles: ByteCache | undefined;
}

export async function bundleOrigin(init: BundleOriginInit): Promise<LibraryBundle> {
  const { origin, limits } = init;
  checkPolicy(init);
  const key = cacheKey(init);
  const known = key === undefined ? undefined : readBundle(init.bundles?.get(key));
  if (known !== undefined) return known;
  await unpackTree({ packages: origin.tree.packages, folder: origin.folder, npm: origin.npm, limits });
  const { bundle } = await makeBundler(init)({
    entry: origin.entry,
    from: origin.from,
    name: origin.name,
    version: origin.version,
    above: [],
  });
  if (key !== undefined) init.bundles?.put(key, new TextEncoder().encode(JSON.stringify(bundle)));
  return bundle;
}

/** A project's policy is for its own packages: an entry for none of them is a slip, and would confine nothing. */
function checkPolicy({ origin: { tree, name }, policy }: BundleOriginInit): void {
  if (tree.entry !== undefined) return;
  const known = new Set([name, ...tree.packages.map((one) => one.name)]);
  const unknown = Object.keys(policy?.packages ?? {}).filter((one) => !known.has(one));
  if (unknown.length === 0) return;
  const places = unknown.map((one) => `packages[${JSON.stringify(one)}]`).join(", ");
  throw new LibraryError(
    "not-found",
    `${name}: ${places} of its policy: none of its packages is called that; check the name`,
    {
      package: unknown[0] as string,
    },
  );
}

interface Wanted {
  readonly entry: string;
  readonly from: string;
  readonly name: string;
  readonly version: string;
  /** Packages whose bundles wait for this one. */
  readonly above: readonly string[];
}

interface Made extends ConfinedFace {
  readonly bundle: LibraryBundle;
}

function makeBundler(init: BundleOriginInit): (wanted: Wanted) => Promise<Made> {
  const { origin, limits } = init;
  const locate = makeLocator(origin);
  const made = new Map<string, Promise<Made>>();
  const policyOf = (name: string): PackagePolicy | undefined => {
    const entries = init.policy?.packages ?? {};
    return Object.hasOwn(entries, name) ? entries[name] : undefined;
  };

  async function bundleOne(wanted: Wanted): Promise<Made> {
    const label = `${wanted.name}@${wanted.version}`;
    const confined = new Map<string, ConfinedPackage>();
    const confine = async (
      specifier: string,
      importer: string,
    ): Promise<(ConfinedFace & { id: string }) | undefined> => {
      const name = packageNameOf(specifier) ?? specifier;
      const place = locate.dependency(name, importer);
      if (place === undefined) return undefined;
      const id = (locate.isFirst(place) ? name : `${name}@${place.version}`) + specifier.slice(name.length);
      const below = { entry: specifier, from: locate.holder(place), name, version: place.version };
      const inner = await bundleConfined({ ...below, above: [...wanted.above, wanted.name] });
      confined.set(id, { name: id, bundle: inner.bundle, policy: policyOf(name) ?? {} });
      return { ...inner, id };
    };
    const bundled = await bundlePackage({
      folder: origin.folder,
      from: wanted.from,
      entry: wanted.entry,
      label,
      labelOf: locate.label,
      isConfined: (name) => name !== wanted.name && policyOf(name) !== undefined,
      confined: confine,
    });
    const bundle = describeBundle(wanted, bundled, { confined: [...confined.values()], packagesOf: locate.packages });
    return { bundle, names: bundled.names, isCommonJs: bundled.isCommonJs };
  }

  function bundleConfined(wanted: Wanted): Promise<Made> {
    if (wanted.above.includes(wanted.name) || wanted.above.length > CONFINED_DEPTH_MAX) {
      const circle = [...wanted.above, wanted.name].join(" -> ");
      const remedy = "give them one entry in the policy, or none";
      throw new LibraryError(
        "broken-package",
        `${wanted.name}: packages that have processes of their own import each other (${circle}); ${remedy}`,
        {
          package: wanted.name,
        },
      );
    }
    const key = `${wanted.from}\n${wanted.entry}`;
    const known = made.get(key) ?? bundleOne(wanted);
    made.set(key, known);
    return known;
  }

  return async (wanted) => {
    const result = await bundleOne(wanted);
    const bytes = Object.values(result.bundle.modules).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    if (bytes > limits.bundleBytes) {
      const message = `${wanted.name}@${wanted.version}: is ${bytes} bytes as a bundle, more than ${limits.bundleBytes}; import a part of it`;
      throw new LibraryError("broken-package", message, { package: wanted.name });
    }
    return result;
  };
}

function describeBundle(
  { name, version, entry }: Wanted,
  bundled: Bundled,
  parts: {
    readonly confined: readonly ConfinedPackage[];
    packagesOf(files: readonly string[]): LibraryBundle["packages"];
  },
): LibraryBundle {
  const inside = entry.startsWith("./") ? "" : entry.slice(name.length);
  const module = `${name}@${version}${inside}`;
  const confined = [...parts.confined].sort((a, b) => (a.name < b.name ? -1 : 1));
  const hashed = [name, version, module, bundled.text, confined.map((one) => [one.name, one.bundle.hash])];
  return {
    name,
    version,
    entry: module,
    modules: { [module]: bundled.text },
    hash: createHash("sha256").update(JSON.stringify(hashed)).digest("hex"),
    packages: parts.packagesOf(bundled.files),
    ...(confined.length === 0 ? {} : { confined }),
  };
}

/** Undefined for what may change without a new version: a project on this machine. */
function cacheKey({ origin, policy }: BundleOriginInit): string | undefined {
  const { tree, entry, name, version } = origin;
  if (tree.entry === undefined || tree.packages.some((one) => one.integrity === undefined)) return undefined;
  const packages = tree.packages.map((one) => [one.location, one.version, one.integrity]);
  const confined = Object.keys(policy?.packages ?? {}).sort();
  const facts = JSON.stringify([
    BUNDLER_VERSION,
    esbuildVersion,
    shimsDigest(),
    PROJECT_FOLDER,
    name,
    version,
    entry,
    packages,
    confined,
    policy ?? null,
  ]);
  return `bundle-${createHash("sha256").update(facts).digest("hex")}`;
}

function readBundle(bytes: Uint8Array | undefined): LibraryBundle | undefined {
  return bytes === undefined ? undefined : (JSON.parse(new TextDecoder().decode(bytes)) as LibraryBundle);
}
