/**
 * Every C program prints its line at the small size that other tests run it with.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import { runPlain } from "./plain-wasi.ts";
import { C_PROGRAMS, readProgram } from "./programs.ts";

describe("C programs", () => {
  it.each(C_PROGRAMS.filter((program) => program.seesNan === undefined))("$name", ({ name, testSize, testLine }) => {
    const module = new WebAssembly.Module(readProgram(name));
    expect(runPlain(module, [name, String(testSize)])).toEqual({ output: `${testLine}\n`, exitCode: 0 });
  });
});
