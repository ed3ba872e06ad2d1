/**
 * `npm run check`: biome (lint and format), then the TypeScript compiler; both always run, so that one call shows everything.
 * Paths given as arguments are checked by biome alone.
 *
 * @module
 */
import { spawnSync } from "node:child_process";

const paths = process.argv.slice(2);

function run(script: string, args: readonly string[]): boolean {
  return spawnSync(process.execPath, [script, ...args], { stdio: "inherit" }).status === 0;
}

const isClean = run("node_modules/@biomejs/biome/bin/biome", ["check", "--error-on-warnings", ...paths]);
const isTyped = paths.length > 0 || run("node_modules/typescript/bin/tsc", ["--noEmit"]);
process.exitCode = isClean && isTyped ? 0 : 1;
