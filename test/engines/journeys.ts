/**
 * Every C program at its small size, in one go and with a journey after each slice of gas: run by each engine from the same
 * bundle, it prints what must be equal everywhere.
 *
 * @module
 */
import "./shell.ts";
import { WASI_KIND } from "../../src/guests/wasi/index.ts";
import { bytesToImage, decodeImage, encodeImage, imageToBytes } from "../../src/image/index.ts";
import { type Kernel, makeKernel, type Program } from "../../src/kernel/index.ts";
import { makeCollector } from "../../src/powers/index.ts";

export interface Visit {
  readonly name: string;
  readonly size: number;
  readonly module: Uint8Array;
}

export interface Outcome {
  readonly name: string;
  readonly end: string;
  readonly output: string;
  readonly gasUsed: number;
  readonly root: string;
  readonly journeys: number;
}

const GAS = 1e9;
const MEMORY_BYTES = 64 << 20;
/** Few enough journeys for the slowest engine, and odd enough to stop in many places. */
const SLICES = 7;

function newKernel(): Kernel {
  return makeKernel({ yieldToHost: () => Promise.resolve(), guests: [WASI_KIND] });
}

/** With a slice the process is written to a file's bytes after each, and read into the kernel again. */
export function visit(kernel: Kernel, program: Program, { name, size }: Visit, slice: number | undefined): Outcome {
  const stdout = makeCollector();
  const powers = { args: [name, String(size)], stdout };
  const options = slice === undefined ? {} : { gas: slice };
  let process = kernel.spawn({ program, guest: WASI_KIND.name, powers, gas: GAS, memoryBytes: MEMORY_BYTES });
  let result = process.callSync("_start", [], options);
  let journeys = 0;
  while (result.kind === "unfinished") {
    const file = imageToBytes(encodeImage(process.freeze({ copy: false }), { withModule: false }));
    process.discard();
    process = kernel.thaw(decodeImage(bytesToImage(file)), { powers });
    journeys++;
    result = process.finishSync(options);
  }
  const { root } = encodeImage(process.freeze({ copy: false }));
  const { gasUsed } = process.meter;
  process.discard();
  return { name, end: result.kind, output: stdout.text(), gasUsed, root, journeys };
}

/** Both ways for each program. */
export function visitAll(visits: readonly Visit[]): Outcome[] {
  return visits.flatMap((item) => {
    using kernel = newKernel();
    const program = kernel.load(item.module);
    const whole = visit(kernel, program, item, undefined);
    return [whole, visit(kernel, program, item, Math.ceil(whole.gasUsed / SLICES) + 1)];
  });
}
