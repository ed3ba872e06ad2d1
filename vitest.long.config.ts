/**
 * `npm run test:long`: the `*.long.test.ts` files, each of which bounds itself to minutes.
 *
 * @module
 */
import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["src/**/*.long.test.ts", "test/**/*.long.test.ts"],
    reporters: ["./scripts/totals-reporter.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 25 * 60_000,
    hookTimeout: 10 * 60_000,
    passWithNoTests: true,
  },
});

export default config;
