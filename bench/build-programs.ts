/**
 * Builds the C programs with Debian's clang and wasi-libc: `node bench/build-programs.ts` puts them into `.cache/programs/`,
 * with `--write` also into `test/programs/`, from where tests and benches read them.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { C_PROGRAMS, type CProgram, PROGRAMS_FOLDER } from "./programs.ts";

const SOURCES = new URL("./programs/", import.meta.url).pathname;
const BUILD_FOLDER = new URL("../.cache/programs/", import.meta.url).pathname;
const TARGET = "--target=wasm32-wasi";

/** What the compiler calls itself, or undefined where there is none. */
export function clangVersion(): string | undefined {
  try {
    return execFileSync("clang", ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).split(
      "\n",
    )[0];
  } catch {
    return undefined;
  }
}

/** Builds one program and returns the module's path. */
export function buildProgram(program: CProgram): string {
  mkdirSync(BUILD_FOLDER, { recursive: true });
  const object = `${BUILD_FOLDER}${program.name}.o`;
  const module = `${BUILD_FOLDER}${program.name}.wasm`;
  const flags = ["-O2", "-Wall", "-Wextra", "-Wno-unused-parameter", ...(program.flags ?? [])];
  execFileSync("clang", [TARGET, ...flags, "-c", `${SOURCES}${program.name}.c`, "-o", object], { stdio: "inherit" });
  // Linked without -O: with it, clang runs whatever wasm-opt it finds in PATH over the result.
  const strip = program.named ? "-Wl,--strip-debug" : "-Wl,--strip-all";
  execFileSync("clang", [TARGET, strip, object, "-o", module], { stdio: "inherit" });
  return module;
}

if (import.meta.main) {
  const version = clangVersion();
  if (version === undefined) {
    console.error("The C programs cannot be built without clang: npm run setup");
    process.exit(1);
  }
  const write = process.argv.includes("--write");
  for (const program of C_PROGRAMS) {
    const module = buildProgram(program);
    if (write) copyFileSync(module, `${PROGRAMS_FOLDER}${program.name}.wasm`);
  }
  console.log(`${C_PROGRAMS.length} programs built by ${version}${write ? " and written to test/programs/" : ""}`);
}
