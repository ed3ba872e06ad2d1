/**
 * The C programs of `programs/`: what each is measured with, and what it prints at the small size that tests use. Their
 * modules are built once and committed, so that neither tests nor benches need a C compiler.
 *
 * @module
 */
import { readFileSync } from "node:fs";

export interface CProgram {
  readonly name: string;
  readonly what: string;
  readonly benchSize: number;
  /** Small enough to be stopped at every step. */
  readonly testSize: number;
  /** What it prints at `testSize`, the same line as when it is built for the machine itself. */
  readonly testLine: string;
  /** Flags beyond the ones that every program is built with. */
  readonly flags?: readonly string[];
  /** Its line depends on the bits of NaNs: `testLine` is the one with canonical NaNs, an engine by itself may print another. */
  readonly seesNan?: true;
  /** Keeps its name section, for stacks with function names. */
  readonly named?: true;
}

export const C_PROGRAMS: readonly CProgram[] = [
  { name: "fib", what: "calls", benchSize: 35, testSize: 8, testLine: "fib 8 00000015" },
  { name: "sieve", what: "short loops of stores", benchSize: 8_000_000, testSize: 200, testLine: "sieve 200 3227519b" },
  { name: "matmul", what: "nested loops of doubles", benchSize: 300, testSize: 5, testLine: "matmul 5 5c6e2a6c" },
  { name: "sha256", what: "integer arithmetic", benchSize: 12_000, testSize: 1, testLine: "sha256 1 87942df4" },
  { name: "trees", what: "malloc and recursion", benchSize: 14, testSize: 4, testLine: "trees 4 4d256575" },
  { name: "sort", what: "indirect calls", benchSize: 60_000, testSize: 30, testLine: "sort 30 c3b37fd7", named: true },
  { name: "nbody", what: "floating point", benchSize: 600_000, testSize: 20, testLine: "nbody 20 43110e54" },
  { name: "mandelbrot", what: "tight loop of doubles", benchSize: 400, testSize: 6, testLine: "mandelbrot 6 adbbae0e" },
  {
    name: "interpreter",
    what: "a switch in a loop",
    benchSize: 15_000,
    testSize: 6,
    testLine: "interpreter 6 899a7742",
  },
  {
    name: "json",
    what: "parser with a tree",
    benchSize: 25_000,
    testSize: 6,
    testLine: "json 6 79df97f6",
    named: true,
  },
  { name: "regex", what: "backtracking", benchSize: 200_000, testSize: 60, testLine: "regex 60 86338dfd" },
  { name: "strings", what: "hash table, snprintf", benchSize: 120_000, testSize: 12, testLine: "strings 12 ee10532c" },
  {
    name: "vectors",
    what: "128-bit SIMD",
    benchSize: 300_000,
    testSize: 8,
    testLine: "vectors 8 5eae8d53",
    flags: ["-msimd128"],
    seesNan: true,
  },
];

/** The committed modules. */
export const PROGRAMS_FOLDER: string = new URL("../test/programs/", import.meta.url).pathname;

export function readProgram(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(`${PROGRAMS_FOLDER}${name}.wasm`));
}
