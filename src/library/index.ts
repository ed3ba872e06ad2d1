/**
 * Border of the library layer: a package as a value of the host's, whose code runs in a process of its own.
 * @module
 */

export { BUILTINS, type Builtin, builtinNameOf, GLOBALS, type Global, powerOfMissing } from "./builtins/index.ts";
export type { ConfinedPackage, LibraryBundle, PackagePolicy, PackageSource, Policy } from "./bundle.ts";
export { LibraryError, type LibraryErrorCode, type LibraryErrorInit } from "./errors.ts";
export { type LibraryImporter, type LibraryImporterInit, makeLibraryImporter } from "./importer.ts";
export type { AsyncForm, ImageCache, ImportLibrary, ImportOptions, Library } from "./library.ts";
export { libraryOf } from "./namespace.ts";
export * from "./packages/index.ts";
export { makePackagesPower, type PackagesPower, type PackagesPowerOptions } from "./packages-power.ts";
