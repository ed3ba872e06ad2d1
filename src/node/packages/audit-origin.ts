/**
 * Reads all packages of a tree for what they would reach for: the files that a bundle would be made of, and for install scripts and
 * native addons also those that nothing imports.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { transform } from "esbuild";
import { auditPackage, type PackageAudit, type TreeAudit } from "../../library/index.ts";
import { bundlePackage } from "./bundler/bundle.ts";
import { PROJECT_FOLDER } from "./bundler/resolve.ts";
import type { PackageLimits } from "./limits.ts";
import { makeLocator } from "./locator.ts";
import type { Origin } from "./origin.ts";
import { unpackTree } from "./unpack.ts";

const SOURCE = /\.([cm]?[jt]s|[jt]sx)$/;
const TYPED = /\.([cm]?ts|[jt]sx)$/;

export async function auditOrigin(origin: Origin, limits: PackageLimits): Promise<TreeAudit> {
  const { folder, name, version, tree } = origin;
  await unpackTree({ packages: tree.packages, folder, npm: origin.npm, limits });
  const locator = makeLocator(origin);
  const { metafile } = await bundlePackage({
    folder,
    from: origin.from,
    entry: origin.entry,
    label: `${name}@${version}`,
    labelOf: locator.label,
    isConfined: () => false,
    confined: async () => undefined,
  });
  const sources = await readSources(folder, Object.keys(metafile.inputs), locator.label);
  const audit = (location: string, one: { readonly name: string; readonly version: string }): PackageAudit => {
    const own = sources.get(`${one.name}@${one.version}`);
    const { manifest, files } = readFolder(join(folder, location));
    return auditPackage({ ...one, isReached: own !== undefined, sources: own ?? [], manifest, files });
  };
  const isRoot = (location: string): boolean => location === tree.entry?.location;
  const packages = tree.packages
    .filter((one) => !isRoot(one.location))
    .map((one) => audit(one.location, { name: one.name, version: one.version }))
    .sort((a, b) => (labelOf(a) < labelOf(b) ? -1 : 1));
  // Several copies of one version are one line.
  const distinct = packages.filter((one, index) => index === 0 || labelOf(one) !== labelOf(packages[index - 1] ?? one));
  return {
    package: name,
    version,
    packages: [audit(tree.entry?.location ?? PROJECT_FOLDER, { name, version }), ...distinct],
  };
}

function labelOf(one: PackageAudit): string {
  return `${one.name}@${one.version}`;
}

/** JavaScript, by the label of the package that it is part of. */
async function readSources(
  folder: string,
  inputs: readonly string[],
  labelOf: (path: string) => string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const sources = new Map<string, string[]>();
  for (const input of inputs) {
    // Modules that stand for something have no file.
    if (input.startsWith("caper-") || input.startsWith("(disabled)")) continue;
    const own = sources.get(labelOf(input)) ?? [];
    sources.set(labelOf(input), own);
    if (!SOURCE.test(input)) continue;
    const text = readFileSync(join(folder, input), "utf8");
    own.push(
      TYPED.test(input)
        ? (await transform(text, { loader: "tsx", jsx: "automatic" }).catch(() => ({ code: "" }))).code
        : text,
    );
  }
  return sources;
}

function readFolder(folder: string): {
  readonly manifest: { readonly [field: string]: unknown };
  readonly files: readonly string[];
} {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    const nested = entries.filter(
      (entry) => entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith("."),
    );
    const below = nested.flatMap(({ name }) => readFolder(join(folder, name)).files.map((file) => `${name}/${file}`));
    const files = [...entries.filter((entry) => entry.isFile()).map((entry) => entry.name), ...below];
    const manifest: unknown = files.includes("package.json")
      ? JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
      : {};
    return { manifest: typeof manifest === "object" && manifest !== null ? { ...manifest } : {}, files };
  } catch {
    // Left out, because it is optional and cannot be had.
    return { manifest: {}, files: [] };
  }
}
