/**
 * Packages as far as they can be known without a registry: how they are named, what they ask for, what they may have.
 *
 * @module
 */
export { type PackageSpecifier, packageNameOf, parseSpecifier, SPECIFIER_LENGTH_MAX } from "./specifier.ts";
