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

describeWith(["clang", "wasm-ld"], "rebuilt C programs", () => {
  it.skipIf(clangVersion() !== COMMITTED_WITH).each(C_PROGRAMS)("$name is what was committed", (program) => {
    expect(Buffer.compare(readFileSync(buildProgram(program)), readProgram(program.name))).toBe(0);
  });
});
