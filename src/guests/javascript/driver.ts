/**
 * Turns an event into calls of the engine's exports: the dispatcher gets the event, then scripts and imports that it asked
 * for run, then jobs until there are none, then rejections that nobody handled are reported.
 * @module
 */

import type { GuestCall, GuestDriver, GuestEvent, GuestMessage, Value } from "../../kernel/index.ts";
import type { EngineFunctions } from "./engine.ts";
import { DispatchEvent } from "./protocol.ts";
import type { JavaScriptState } from "./state.ts";
import { advanceTask, CALL_ARGS_MAX, type CallTask, type Task, type TextTask } from "./tasks.ts";
import { answerText, messageText } from "./texts.ts";

export function makeDriver(state: JavaScriptState, functions: EngineFunctions): GuestDriver {
  return Object.freeze({
    deliver(event: GuestEvent): void {
      state.turnEndDue = true;
      state.tasks.push(taskForEvent(event), { kind: "jobs", step: 0 });
    },
    next(memory: Uint8Array, results: readonly Value[] | undefined): GuestCall | undefined {
      let result = results?.[0];
      for (;;) {
        const task = state.tasks[0] ?? nextTask(state);
        if (task === undefined) return undefined;
        const call = advanceTask(task, { functions, state, memory }, result);
        if (call !== undefined) return call;
        state.tasks.splice(state.tasks.indexOf(task), 1);
        result = undefined;
      }
    },
  });
}

function taskForEvent(event: GuestEvent): Task {
  if (event.kind === "deliver") {
    const call = event.target === 0 ? simpleCall(event.message) : undefined;
    if (call !== undefined) return { kind: "call", step: 0, resolver: event.resolver, ...call };
    return textTask(DispatchEvent.deliver, event.target, event.resolver, messageText(event.message));
  }
  const { status, text } = answerText(event.answer, event.position);
  return textTask(DispatchEvent.settle, event.position, status, text);
}

/** `["call","name",1,2]` and the like, exactly: everything else is for the guest to read. */
const SIMPLE_CALL = /^\["call","([A-Za-z_$][\w$]*)"((?:,(?:0|-?[1-9][0-9]{0,8}))*)\]$/;
const SIMPLE_CALL_BYTES_MAX = 128;

function simpleCall(message: GuestMessage): Pick<CallTask, "name" | "args" | "string"> | undefined {
  const { bytes } = message;
  if (bytes.length > SIMPLE_CALL_BYTES_MAX || bytes[0] !== 0x5b || bytes[2] !== 0x63) return undefined;
  const match = SIMPLE_CALL.exec(String.fromCharCode(...bytes));
  const [, name, list] = match ?? [];
  if (name === undefined || list === undefined) return undefined;
  const args = list === "" ? [] : list.slice(1).split(",").map(Number);
  if (args.length > CALL_ARGS_MAX) return undefined;
  return { name: new TextEncoder().encode(name), args, string: 0n };
}

function textTask(event: number, a: number, b: number, text: Uint8Array): TextTask {
  return { kind: "text", step: 0, event, a, b, text, buffer: 0, string: 0n };
}

/** What is left to do when the tasks of the event are done. Handlers may run because of a report, so jobs follow it. */
function nextTask(state: JavaScriptState): Task | undefined {
  const tasks = state.tasks;
  const [promise, reason, handled] = state.rejections.splice(0, 3);
  if (promise !== undefined && reason !== undefined) {
    state.reportDue = true;
    tasks.push({ kind: "rejection", step: 0, promise, reason, handled: handled === 1 });
  } else if (state.reportDue) {
    state.reportDue = false;
    tasks.push({ kind: "report", step: 0 }, { kind: "jobs", step: 0 });
  } else if (state.isMain && state.turnEndDue) {
    state.turnEndDue = false;
    tasks.push({ kind: "turnEnd", step: 0 });
  }
  return tasks[0];
}
