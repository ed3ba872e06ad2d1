/**
 * How much a package may be before it is refused. The largest package that people bundle (a compiler, an office suite of
 * parsers) stays well below.
 *
 * @module
 */

/** Packages in one tree, dependencies of dependencies included. */
export const PACKAGES_MAX = 2_000;
/** Files and folders of one tree. */
export const FILES_MAX = 100_000;
/** Bytes of one tree, unpacked. */
export const UNPACKED_BYTES_MAX: number = 512 * 1024 * 1024;
/** Bytes of one tarball, packed. */
export const TARBALL_BYTES_MAX: number = 128 * 1024 * 1024;
/** Bytes of a bundle's text. A message to a process holds no more. */
export const BUNDLE_BYTES_MAX: number = 15 * 1024 * 1024;
/** Packages inside of packages that have a policy entry of their own. */
export const CONFINED_DEPTH_MAX = 16;

export interface PackageLimits {
  readonly packages: number;
  readonly files: number;
  readonly unpackedBytes: number;
  readonly tarballBytes: number;
  readonly bundleBytes: number;
}

export const PACKAGE_LIMITS: PackageLimits = Object.freeze({
  packages: PACKAGES_MAX,
  files: FILES_MAX,
  unpackedBytes: UNPACKED_BYTES_MAX,
  tarballBytes: TARBALL_BYTES_MAX,
  bundleBytes: BUNDLE_BYTES_MAX,
});
