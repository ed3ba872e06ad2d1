/**
 * Runs exports of small modules on the machine: at once, or in slices with a freeze after each, whose state goes as plain data into
 * a machine with a new instance.
 *
 * @module
 */

import { createHash } from "node:crypto";
import {
  type HostFunction,
  type Machine,
  type MachineState,
  makeMachine,
  makeProgram,
  type Program,
  type Stop,
  type Value,
} from "../../src/kernel/index.ts";
import { assembleModule, type ModuleText } from "./assemble.ts";

export const WHOLE: number = 2 ** 30;

export interface RunInit {
  readonly imports?: { readonly [name: string]: HostFunction };
  readonly memoryPagesMax?: number;
  readonly stackSlotsMax?: number;
}

export interface RunPlan {
  readonly slice: number;
  /** Freeze and thaw after each slice. */
  readonly thaws: boolean;
  readonly brief?: boolean;
}

export interface Outcome {
  readonly stop: Stop;
  readonly gasUsed: number;
  readonly machine: Machine;
  readonly stops: number;
}

export function programOf(text: ModuleText): Program {
  return makeProgram({ bytes: assembleModule(text) });
}

export function machineOf(program: Program, init: RunInit = {}, state?: MachineState): Machine {
  const { imports = {}, memoryPagesMax = 100, ...rest } = init;
  return makeMachine({
    program,
    imports: (module, name) => imports[`${module}.${name}`],
    memoryPagesMax,
    ...rest,
    ...(state === undefined ? {} : { state }),
  });
}

export function exportIndex(program: Program, name: string): number {
  const found = program.module.exports.find((item) => item.name === name && item.kind === "func");
  if (found === undefined) throw new Error(`no export ${name}`);
  return found.index;
}

/** Goes on with what `machine` is doing until it is more than the end of a slice. */
export function finish(program: Program, machine: Machine, init: RunInit, plan: RunPlan): Outcome {
  let current = machine;
  for (let stops = 0; ; stops++) {
    const stop = current.run(plan.slice, { brief: plan.brief === true });
    if (stop.kind !== "slice") return { stop, gasUsed: current.gasUsed, machine: current, stops };
    if (plan.thaws) current = machineOf(program, init, structuredClone(current.freeze({ copy: true })));
  }
}

export function call(
  program: Program,
  name: string,
  args: readonly Value[],
  init: RunInit = {},
  plan: RunPlan = { slice: WHOLE, thaws: false },
): Outcome {
  const machine = machineOf(program, init);
  machine.start(exportIndex(program, name), args);
  return finish(program, machine, init, plan);
}

/** What a run comes to, for `toEqual`. */
export function summary({ stop, gasUsed, machine }: Outcome): unknown {
  const { counters: _, memories, ...rest } = machine.freeze();
  const digests = memories.map(({ bytes }) => createHash("sha256").update(bytes).digest("hex"));
  const state = { ...rest, memories: digests };
  return { stop: stop.kind === "trap" ? { kind: stop.kind, code: stop.code } : stop, gasUsed, state };
}
