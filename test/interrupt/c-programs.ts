/**
 * The C programs as things to interrupt.
 *
 * @module
 */

import { C_PROGRAMS, type CProgram, readProgram } from "../../bench/programs.ts";
import { WASI_KIND } from "../../src/guests/wasi/index.ts";
import { makeKernel } from "../../src/kernel/index.ts";
import { nodeHasher } from "../../src/node/index.ts";
import { makeCollector } from "../../src/powers/index.ts";
import { baseOf, endOf, NEVER, runInSteps, type SteppedRun, UNINTERRUPTED } from "./stepper.ts";

export { C_PROGRAMS };

export interface Steps {
  readonly gas: number;
  readonly freezeEvery: number;
}

export interface Subject {
  readonly program: CProgram;
  readonly whole: SteppedRun & { readonly output: string };
  run(steps: Steps): SteppedRun & { readonly output: string };
  /** What the host did wrong; to be empty. */
  readonly faults: readonly unknown[];
}

const GAS = 10 ** 12;
const MEMORY_BYTES = 64 << 20;

export function makeSubject(program: CProgram): Subject {
  const faults: unknown[] = [];
  const kernel = makeKernel({
    yieldToHost: () => Promise.resolve(),
    guests: [WASI_KIND],
    hasher: nodeHasher,
    onFault: (_process, error) => faults.push(error),
  });
  const code = kernel.load(readProgram(program.name));
  const begin = (stdout: ReturnType<typeof makeCollector>, gas: number) => {
    const powers = { args: [program.name, String(program.testSize)], stdout };
    const process = kernel.spawn({ program: code, guest: WASI_KIND.name, powers, gas: GAS, memoryBytes: MEMORY_BYTES });
    process.callSync("_start", [], { gas });
    return process;
  };
  const beginning = begin(makeCollector(), 0);
  const base = baseOf(beginning.freeze());
  beginning.discard();
  const run = ({ gas, freezeEvery }: Steps) => {
    const stdout = makeCollector();
    const powers = { stdout };
    const stepped = runInSteps({
      kernel,
      gas,
      freezeEvery,
      base,
      thaw: { powers },
      begin: (first) => begin(stdout, first),
    });
    return { ...stepped, output: stdout.text() };
  };
  return { program, whole: run({ gas: UNINTERRUPTED, freezeEvery: NEVER }), run, faults };
}

/** What must be the same, however a run was interrupted. */
export function outcomeOf(run: SteppedRun & { readonly output: string }): unknown {
  return { ...endOf(run), output: run.output };
}
