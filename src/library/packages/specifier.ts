/**
 * What an importer writes to say which package it means: a name (with a range, with a path inside of the package), or where it
 * lies: a folder, a tarball, a source file.
 *
 * @module
 */
import { LibraryError } from "../errors.ts";

export type PackageSpecifier =
  | {
      readonly kind: "registry";
      readonly name: string;
      /** A version, a range or a tag; "" for what the registry calls the latest. */
      readonly range: string;
      /** As in `exports`: "." or "./" and a path. */
      readonly subpath: string;
    }
  /** A path on the importer's machine, or the address of a tarball. */
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "tarball"; readonly location: string };

export const SPECIFIER_LENGTH_MAX = 1024;

const NAME = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/i;
const REGISTRY = /^((?:@[^/@]+\/)?[^/@]+)(?:@([^/]*))?(\/.*)?$/;
const LOCAL = /^(\.{0,2}\/|\.{1,2}$|[a-z]:[\\/]|\.{0,2}\\)/i;
const TARBALL = /\.(tgz|tar\.gz|tar)$/i;
const SOURCE = /\.([cm]?[jt]s|[jt]sx|json)$/i;

/** The name of the package that a bare import names, or undefined where it is none: `@a/b/c.js` gives `@a/b`. */
export function packageNameOf(specifier: string): string | undefined {
  const name = /^(@[^/]+\/[^/]+|[^@/][^/]*)/.exec(specifier)?.[0];
  return name !== undefined && NAME.test(name) ? name : undefined;
}

/** Throws `LibraryError` "not-found" for what names no package. */
export function parseSpecifier(specifier: string): PackageSpecifier {
  if (typeof specifier !== "string") throw new TypeError(`specifier: expected a string, got ${typeof specifier}`);
  if (specifier === "" || specifier.length > SPECIFIER_LENGTH_MAX || specifier.includes("\0")) throw unknown(specifier);
  if (/^https?:\/\//.test(specifier)) return { kind: "tarball", location: specifier };
  const path = specifier.startsWith("file:") ? specifier.slice(5) : specifier;
  if (path !== specifier || LOCAL.test(specifier)) return localSpecifier(path);
  const [, name, range = "", subpath] = REGISTRY.exec(specifier) ?? [];
  if (name === undefined || !NAME.test(name)) {
    if (TARBALL.test(specifier) || SOURCE.test(specifier)) return localSpecifier(specifier);
    throw unknown(specifier);
  }
  // "chart.js" is a package, "app.ts" most likely a file that was meant as "./app.ts": the importer hears so from the registry.
  if (TARBALL.test(specifier)) return localSpecifier(specifier);
  return { kind: "registry", name, range, subpath: subpath === undefined ? "." : `.${subpath}` };
}

function localSpecifier(path: string): PackageSpecifier {
  return TARBALL.test(path) ? { kind: "tarball", location: path } : { kind: "file", path };
}

function unknown(specifier: string): LibraryError {
  const shown = JSON.stringify(specifier.length > 100 ? `${specifier.slice(0, 100)}…` : specifier);
  return new LibraryError(
    "not-found",
    `${shown} names no package: expected a name such as "marked" or "marked@18", a folder or file that begins with "./" or "/", or a tarball`,
  );
}
