/**
 * The committed C programs are what their sources say: where the same compiler is present, a rebuild gives the same bytes.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { buildProgram, clangVersion } from "../bench/build-programs.ts";
import { C_PROGRAMS, readProgram } from "../bench/programs.ts";
import { describeWith } from "./support/needs.ts";

/** The compiler that made the committed modules; another one makes other bytes. */
const COMMITTED_WITH = "Debian clang version 14.0.6";

describeWith(["clang", "wasm-ld", "wasi-libc"], "rebuilt C programs", () => {
  const isSame = clangVersion() === COMMITTED_WITH;
  const title = `$name is what was committed${isSame ? "" : ` (needs ${COMMITTED_WITH})`}`;
  it.skipIf(!isSame).each(C_PROGRAMS)(title, (program) => {
    expect(Buffer.compare(readFileSync(buildProgram(program)), readProgram(program.name))).toBe(0);
  });
});
