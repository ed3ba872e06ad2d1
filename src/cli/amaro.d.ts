/** The part of the package amaro (SWC's type stripper, as Node itself uses it) that Caper calls; it ships no declarations. */
declare module "amaro" {
  export function transformSync(source: string, options: { readonly mode: "strip-only" }): { readonly code: string };
}
