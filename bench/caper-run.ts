/**
 * Runs a WASI program in one machine of the kernel, without processes above it: the column that measures what rewritten
 * code costs.
 *
 * @module
 */
import { makeWasi, WASI_MODULE } from "../src/guests/wasi/index.ts";
import { type Machine, makeMachine, type Program } from "../src/kernel/index.ts";
import { makeCollector } from "../src/powers/index.ts";

/** The longest slice there is. */
const SLICE_GAS = 2 ** 30;
/** Far more than any program of this folder asks for. */
const PAGES_MAX = 4096;

export interface CaperResult {
  readonly output: string;
  readonly exitCode: number;
  readonly gasUsed: number;
}

export function startFunction(program: Program): number {
  const start = program.module.exports.find(({ name, kind }) => name === "_start" && kind === "func");
  if (start === undefined) throw new TypeError("program: expected an export _start, got none");
  return start.index;
}

/** Runs to the end; every slice is as long as the kernel allows unless `sliceGas` says less. */
export function runCaper(program: Program, args: readonly string[], sliceGas: number = SLICE_GAS): CaperResult {
  const stdout = makeCollector();
  const wasi = makeWasi({ args, stdout });
  const machine = makeMachine({
    program,
    imports: (module, name) => (module === WASI_MODULE ? wasi.functions[name] : undefined),
    memoryPagesMax: PAGES_MAX,
  });
  machine.start(startFunction(program), []);
  const exitCode = runToEnd(machine, sliceGas);
  return { output: stdout.text(), exitCode, gasUsed: machine.gasUsed };
}

function runToEnd(machine: Machine, sliceGas: number): number {
  for (;;) {
    const stop = machine.run(sliceGas);
    if (stop.kind === "done") return 0;
    if (stop.kind === "exit") return stop.code;
    if (stop.kind !== "slice") throw new Error(`the program stopped: ${JSON.stringify(stop)}`);
  }
}
