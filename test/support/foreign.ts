/**
 * Tests against programs of others, which no package brings: their checkout is named by an environment variable. Without it they are
 * skipped by name, with the remedy.
 *
 * @module
 */
import { describe } from "vitest";

const REMEDIES = {
  CAPER_OCAPN_SUITE: "a checkout of the OCapN test suite; docs/ocapn-interop.md",
  CAPER_ENDO: "a checkout of Endo whose packages can be imported; docs/ocapn-interop.md",
  CAPER_WASM_SUITE: "a checkout of WebAssembly/testsuite; CONTRIBUTING.md",
} as const;

export function describeWithPath(variable: keyof typeof REMEDIES, name: string, body: (path: string) => void): void {
  const path = process.env[variable];
  if (path === undefined) describe.skip(`${name} (needs ${variable}: ${REMEDIES[variable]})`, () => body(""));
  else describe(name, () => body(path));
}
