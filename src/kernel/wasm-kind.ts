/**
 * The kind of guest that is always there: plain WebAssembly, whose only imports are the guest ABI.
 * @module
 */

import type { GuestKind } from "./guest.ts";

export const WASM_KIND: GuestKind = Object.freeze({
  name: "wasm",
  make: () => ({ modules: {}, save: () => null }),
});
