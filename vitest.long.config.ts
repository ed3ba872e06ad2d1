/**
 * `npm run test:long`: the `*.long.test.ts` files, each of which bounds itself to minutes.
 *
 * Programs of others, which no package brings, are for whoever has a checkout of them (docs/ocapn-interop.md, CONTRIBUTING.md): elsewhere their tests are skipped by
 * name. Where nothing may be skipped, they are run only if they are there.
 *
 * @module
 */
import { configDefaults, defineConfig, type ViteUserConfig } from "vitest/config";

const foreign = [
  ["CAPER_ENDO", "test/ocapn/foreign/endo.long.test.ts"],
  ["CAPER_OCAPN_SUITE", "test/ocapn/foreign/suite.long.test.ts"],
  ["CAPER_WASM_SUITE", "test/wasm-suite/wasm-suite.long.test.ts"],
] as const;
const absent = foreign.filter(([variable]) => process.env.CI !== undefined && process.env[variable] === undefined);

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["src/**/*.long.test.ts", "test/**/*.long.test.ts"],
    exclude: [...configDefaults.exclude, ...absent.map(([, file]) => file)],
    globalSetup: ["./test/real/setup.ts"],
    reporters: ["./scripts/totals-reporter.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 25 * 60_000,
    hookTimeout: 10 * 60_000,
    passWithNoTests: true,
  },
});

export default config;
