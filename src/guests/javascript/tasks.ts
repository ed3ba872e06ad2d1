/**
 * What the driver does, as plain data that can be frozen between any two calls of the engine's exports. Each kind of task is a
 * little machine: given the results of its last call, it says the next one, or that it is done.
 * @module
 */

import type { Value } from "../../kernel/index.ts";
import { advanceDirect, type DirectTask } from "./direct.ts";
import type { EngineFunctions } from "./engine.ts";
import { DIRECT_ARGS_MAX, MAILBOX_BYTES, TURNS_MAX } from "./limits.ts";
import { DispatchEvent } from "./protocol.ts";
import type { JavaScriptState } from "./state.ts";
import { boolValue, intValue, isException, JS_UNDEFINED } from "./words.ts";

export interface Call {
  readonly func: number;
  readonly args: readonly Value[];
}

/** The dispatcher is called with numbers and a text. */
export interface TextTask {
  readonly kind: "text";
  step: number;
  readonly event: number;
  readonly a: number;
  readonly b: number;
  readonly text: Uint8Array;
  /** 0 where the text fitted into the mailbox. */
  buffer: number;
  string: bigint;
}

/** A source is put where the engine's loader can take it. */
export interface SourceTask {
  readonly kind: "source";
  step: number;
  readonly name: string;
  readonly source: Uint8Array;
}

export interface ImportTask {
  readonly kind: "import";
  step: number;
}

export interface EvaluateTask {
  readonly kind: "evaluate";
  step: number;
  readonly name: string;
  readonly source: Uint8Array;
  buffer: number;
  value: bigint;
  ok: boolean;
}

export interface JobsTask {
  readonly kind: "jobs";
  step: number;
}

export interface RejectionTask {
  readonly kind: "rejection";
  step: number;
  readonly promise: number;
  readonly reason: number;
  readonly handled: boolean;
}

export interface ReportTask {
  readonly kind: "report";
  step: number;
}

export interface TurnEndTask {
  readonly kind: "turnEnd";
  step: number;
}

export type Task =
  | TextTask
  | DirectTask
  | SourceTask
  | ImportTask
  | EvaluateTask
  | JobsTask
  | RejectionTask
  | ReportTask
  | TurnEndTask;

/** What tasks work with. */
export interface Bench {
  readonly functions: EngineFunctions;
  readonly state: JavaScriptState;
  readonly memory: Uint8Array;
  readonly view: DataView;
  /** Where the arguments of this turn's calls go: those of a turn around it may still be read in place. */
  readonly control: number;
}

/** The task's next call; undefined when it is done. */
export function advanceTask(task: Task, bench: Bench, result: Value | undefined): Call | undefined {
  if (task.kind === "direct") return advanceDirect(task, bench, result);
  const step = task.step;
  task.step += 1;
  switch (task.kind) {
    case "text":
      return advanceText(task, step, bench, result);
    case "source":
      return advanceSource(task, step, bench, result);
    case "import":
      return step === 0 ? dispatch(bench, [intValue(DispatchEvent.importNow)]) : undefined;
    case "evaluate":
      return advanceEvaluate(task, step, bench, result);
    case "jobs":
      return advanceJobs(task, bench);
    case "rejection":
      return advanceRejection(task, step, bench);
    case "report":
      return step === 0 ? dispatch(bench, [intValue(DispatchEvent.report)]) : undefined;
    case "turnEnd":
      return step === 0 ? dispatch(bench, [intValue(DispatchEvent.turnEnd)]) : undefined;
    default:
      return task satisfies never;
  }
}

function advanceText(task: TextTask, step: number, bench: Bench, result: Value | undefined): Call | undefined {
  const { functions, state } = bench;
  if (step === 0) {
    if (task.text.length <= MAILBOX_BYTES) {
      task.step = 2;
      return newString(task.text, bench, state.places.mailbox);
    }
    return { func: functions.malloc, args: [task.text.length] };
  }
  if (step === 1) {
    task.buffer = result as number;
    return newString(task.text, bench, task.buffer);
  }
  if (step === 2) {
    task.string = result as bigint;
    // The engine has no memory left and has said so by an exception that nobody is there to catch.
    if (isException(task.string)) return undefined;
    return dispatch(bench, [intValue(task.event), intValue(task.a), intValue(task.b), task.string]);
  }
  if (step === 3) return { func: functions.freeValue, args: [state.places.context, task.string] };
  if (step === 4 && task.buffer !== 0) return { func: functions.free, args: [task.buffer] };
  return undefined;
}

function newString(text: Uint8Array, bench: Bench, pointer: number): Call {
  bench.memory.set(text, pointer);
  return { func: bench.functions.newString, args: [bench.state.places.context, pointer, text.length] };
}

function advanceSource(task: SourceTask, step: number, bench: Bench, result: Value | undefined): Call | undefined {
  // One that is there already stays: the engine knows modules by name, too.
  if (step === 0 && bench.state.sources.has(task.name)) return undefined;
  if (step === 0) return { func: bench.functions.malloc, args: [task.source.length + 1] };
  const pointer = (result as number) >>> 0;
  if (pointer !== 0) {
    writeTerminated(bench.memory, pointer, task.source);
    bench.state.sources.set(task.name, [pointer, task.source.length]);
  }
  return undefined;
}

function writeTerminated(memory: Uint8Array, pointer: number, bytes: Uint8Array): void {
  memory.set(bytes, pointer);
  memory[pointer + bytes.length] = 0;
}

/** Stack traces begin at the script. */
const FLAG_BACKTRACE_BARRIER = 1 << 6;

function advanceEvaluate(task: EvaluateTask, step: number, bench: Bench, result: Value | undefined): Call | undefined {
  const { functions, state, memory } = bench;
  const context = state.places.context;
  switch (step) {
    case 0:
      return { func: functions.malloc, args: [task.source.length + task.name.length * 3 + 2] };
    case 1: {
      task.buffer = result as number;
      const name = new TextEncoder().encode(task.name);
      const namePointer = task.buffer + task.source.length + 1;
      writeTerminated(memory, task.buffer, task.source);
      writeTerminated(memory, namePointer, name);
      return {
        func: functions.evaluate,
        args: [context, task.buffer, task.source.length, namePointer, FLAG_BACKTRACE_BARRIER],
      };
    }
    case 2:
      task.value = result as bigint;
      task.ok = !isException(task.value);
      if (task.ok) {
        task.step = 4;
        return reportEvaluated(task, bench);
      }
      return { func: functions.getException, args: [context] };
    case 3:
      task.value = result as bigint;
      return reportEvaluated(task, bench);
    case 4:
      return { func: functions.freeValue, args: [context, task.value] };
    case 5:
      return { func: functions.free, args: [task.buffer] };
    default:
      return undefined;
  }
}

function reportEvaluated(task: EvaluateTask, bench: Bench): Call {
  return dispatch(bench, [intValue(DispatchEvent.evaluated), boolValue(task.ok), task.value]);
}

function advanceJobs(task: JobsTask, bench: Bench): Call | undefined {
  const { functions, state } = bench;
  // Promise jobs catch their own exceptions; those of others (finalizers) have nobody to go to and stay pending until the next.
  if (!hasJobs(bench)) return undefined;
  task.step = 1;
  return { func: functions.executeJob, args: [state.places.runtime, bench.control + CONTROL_CONTEXT_OFFSET] };
}

/** The head of an empty list points to itself. */
export function hasJobs({ state, view }: Pick<Bench, "state" | "view">): boolean {
  const head = state.places.jobs;
  return view.getUint32(head, true) !== head;
}

function advanceRejection(task: RejectionTask, step: number, bench: Bench): Call | undefined {
  const { view } = bench;
  if (step === 0) {
    return dispatch(bench, [
      intValue(DispatchEvent.rejection),
      boolValue(task.handled),
      view.getBigInt64(task.promise, true),
      view.getBigInt64(task.reason, true),
    ]);
  }
  if (step === 1) return { func: bench.functions.freeHandle, args: [task.promise] };
  if (step === 2) return { func: bench.functions.freeHandle, args: [task.reason] };
  return undefined;
}

/** Arguments of 8 bytes, then the word into which the engine writes the context of a job. */
const CONTROL_CONTEXT_OFFSET: number = DIRECT_ARGS_MAX * 8;
const CONTROL_TURN_BYTES: number = CONTROL_CONTEXT_OFFSET + 8;
export const CONTROL_BYTES: number = TURNS_MAX * CONTROL_TURN_BYTES;

/** Where the arguments of a turn's calls go, by how many turns are around it. */
export function controlOf(state: JavaScriptState, depth: number): number {
  return state.places.control + depth * CONTROL_TURN_BYTES;
}

/** The dispatcher reads its arguments in place, so they are not in the mailbox, which answers overwrite. */
function dispatch(bench: Bench, args: readonly bigint[]): Call {
  const { context, dispatcher } = bench.state.places;
  for (const [index, arg] of args.entries()) bench.view.setBigInt64(bench.control + 8 * index, arg, true);
  return { func: bench.functions.call, args: [context, dispatcher, JS_UNDEFINED, args.length, bench.control] };
}
