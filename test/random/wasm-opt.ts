/**
 * Random modules by Binaryen: `wasm-opt -ttf` makes a valid module of any bytes. The Debian package's program is used, because it is
 * native; the npm build takes seconds a module.
 * @module
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Random } from "./random.ts";

const WASM_OPT = "/usr/bin/wasm-opt";

export const REMEDY = "apt-get install binaryen";

export function hasWasmOpt(): boolean {
  return existsSync(WASM_OPT);
}

const FEATURES: readonly string[] = [
  "-mvp",
  "--enable-sign-ext",
  "--enable-mutable-globals",
  "--enable-nontrapping-float-to-int",
  "--enable-bulk-memory",
  "--enable-multivalue",
  "--enable-tail-call",
];
/** With vectors come imports of functions on vectors, which no host function of ours is; so all imports are removed. */
const VARIANTS: readonly (readonly string[])[] = [
  [],
  [],
  [],
  ["--enable-reference-types"],
  ["--enable-simd", "--remove-imports"],
];
const OPTIMISATIONS: readonly string[] = ["", "-O1", "-O3", "-Os", "--rse", "--ssa", "--simplify-locals"];
const INPUT_BYTES_MAX = 6000;

export interface WasmOpt extends Disposable {
  /** Undefined where Binaryen itself fails: not all its passes take all that it generates. */
  generate(random: Random): Uint8Array | undefined;
}

/** Owns a temporary folder until it is disposed. */
export function makeWasmOpt(): WasmOpt {
  const folder = mkdtempSync(join(tmpdir(), "caper-random-"));
  const input = join(folder, "input");
  const output = join(folder, "output.wasm");
  return Object.freeze({
    generate: (random: Random): Uint8Array | undefined => {
      writeFileSync(input, random.bytes(50 + random.below(INPUT_BYTES_MAX)));
      const extra = [...random.pick(VARIANTS)];
      const optimisation = random.chance(0.5) ? random.pick(OPTIMISATIONS) : "";
      if (optimisation !== "") extra.push(optimisation);
      const run = spawnSync(WASM_OPT, ["-ttf", input, ...FEATURES, ...extra, "-o", output], { stdio: "pipe" });
      return run.status === 0 ? readFileSync(output) : undefined;
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  });
}
