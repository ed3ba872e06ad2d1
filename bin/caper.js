#!/usr/bin/env node
/**
 * The `caper` command: in a checkout it runs the sources through the launcher, in an installed package the compiled files.
 * Plain JavaScript, so that an older Node gets a sentence instead of a syntax error.
 *
 * @module
 */
import { existsSync } from "node:fs";
import module from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const NODE_MAJOR_MIN = 24;
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const isCheckout = existsSync(join(root, "src", "cli", "main.ts"));
const isNew = Number(process.versions.node.split(".")[0]) >= NODE_MAJOR_MIN;

// Halves the time to start; older versions of Node have no such thing.
module.enableCompileCache?.();
if (isCheckout && isNew && existsSync(join(root, "node_modules"))) {
  await import(pathToFileURL(join(root, "src", "cli", "main.ts")).href);
} else if (isCheckout) {
  process.argv.splice(2, 0, "src/cli/main.ts");
  await import(pathToFileURL(join(root, "scripts", "launch.mjs")).href);
} else if (isNew) {
  await import(pathToFileURL(join(root, "cli", "main.js")).href);
} else {
  process.stderr.write(`caper needs Node ${NODE_MAJOR_MIN} or newer; this is ${process.version}.\n`);
  process.exitCode = 1;
}
