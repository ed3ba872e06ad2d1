/**
 * Random modules by Binaryen: `wasm-opt -ttf` makes a valid module of any bytes. The system's program is used, because it is native;
 * the npm build takes seconds a module.
 * @module
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toolPath } from "../support/needs.ts";
import type { Random } from "./random.ts";

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

/** For tests within `describeWith(["wasm-opt"], …)`. Owns a temporary folder until it is disposed. */
export function makeWasmOpt(): WasmOpt {
  const program = toolPath("wasm-opt");
  const folder = mkdtempSync(join(tmpdir(), "caper-random-"));
  const input = join(folder, "input");
  const output = join(folder, "output.wasm");
  return Object.freeze({
    generate: (random: Random): Uint8Array | undefined => {
      writeFileSync(input, random.bytes(50 + random.below(INPUT_BYTES_MAX)));
      const extra = [...random.pick(VARIANTS)];
      const optimisation = random.chance(0.5) ? random.pick(OPTIMISATIONS) : "";
      if (optimisation !== "") extra.push(optimisation);
      const run = spawnSync(program, ["-ttf", input, ...FEATURES, ...extra, "-o", output], { stdio: "pipe" });
      return run.status === 0 ? readFileSync(output) : undefined;
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  });
}
