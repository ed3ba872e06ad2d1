/**
 * Polyfills without declarations of their own, or with those of another host.
 *
 * @module
 */
declare module "whatwg-url/webidl2js-wrapper" {
  interface Installable {
    install(realm: { readonly [name: string]: unknown }, names: readonly string[]): void;
  }
  export const URL: Installable;
  export const URLSearchParams: Installable;
}

declare module "punycode/" {
  export function encode(label: string): string;
  export function decode(label: string): string;
}
