/**
 * The part of the package amaro (the type stripper that Node itself uses) that Caper calls; it ships no declarations.
 *
 * @module
 */
declare module "amaro" {
  export function transformSync(source: string, options: { readonly mode: "strip-only" }): { readonly code: string };
}
