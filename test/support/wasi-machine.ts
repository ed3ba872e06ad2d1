/**
 * Runs a WASI program on the machine, and freezes and thaws it between slices: machine and WASI state are taken out, copied
 * as data, and put into new ones.
 *
 * @module
 */
import type { WasiInit } from "../../src/guests/wasi/index.ts";
import { makeWasi, WASI_MODULE } from "../../src/guests/wasi/index.ts";
import type { Machine, MachineState, Program, Stop } from "../../src/kernel/index.ts";
import { makeMachine, makeProgram } from "../../src/kernel/index.ts";

export interface MachineRun {
  readonly stop: Exclude<Stop, { kind: "slice" | "parked" | "memory" }>;
  readonly gasUsed: number;
  readonly freezes: number;
  /** The guest's memory at the end. */
  readonly memory: Uint8Array;
  readonly saved: unknown;
}

export interface MachineRunOptions {
  readonly init: WasiInit;
  readonly slice: number;
  /** Freeze and thaw after every so many slices; 0 for never. */
  readonly freezeEvery: number;
  /** Called when the process is parked, before it is frozen or woken: the world's chance to do something. */
  readonly onParked?: () => void;
}

const MEMORY_PAGES_MAX = 4096;

export function compileProgram(bytes: Uint8Array): Program {
  return makeProgram({ bytes });
}

interface Running {
  readonly machine: Machine;
  readonly wasi: ReturnType<typeof makeWasi>;
}

function make(program: Program, init: WasiInit, state?: MachineState): Running {
  const wasi = makeWasi(init);
  const machine = makeMachine({
    program,
    imports: (module, name) => (module === WASI_MODULE ? wasi.functions[name] : undefined),
    memoryPagesMax: MEMORY_PAGES_MAX,
    ...(state === undefined ? {} : { state }),
  });
  return { machine, wasi };
}

function startIndex(program: Program): number {
  const start = program.module.exports.find((item) => item.name === "_start" && item.kind === "func");
  if (start === undefined) throw new Error("the program has no _start");
  return start.index;
}

export async function runOnMachine(program: Program, options: MachineRunOptions): Promise<MachineRun> {
  let running = make(program, options.init);
  running.machine.start(startIndex(program), []);
  let freezes = 0;
  for (let slices = 1; ; slices++) {
    const stop = running.machine.run(options.slice);
    if (stop.kind === "done" || stop.kind === "exit" || stop.kind === "trap") {
      const memory = running.machine.memory().slice();
      return { stop, gasUsed: running.machine.gasUsed, freezes, memory, saved: running.wasi.save() };
    }
    if (stop.kind === "memory") throw new Error(`the program wants ${stop.pagesWanted} pages`);
    if (stop.kind === "parked") options.onParked?.();
    const isDue = options.freezeEvery > 0 && slices % options.freezeEvery === 0;
    if (isDue) {
      const state = structuredClone(running.machine.freeze({ copy: true }));
      const saved = structuredClone(running.wasi.save());
      running = make(program, { ...options.init, saved }, state);
      freezes++;
    } else if (stop.kind === "parked") {
      await stop.wake;
    }
  }
}
