/**
 * Turns an event into calls of the engine's exports: the dispatcher gets the event, then scripts and imports that it asked
 * for run, then jobs until there are none, then rejections that nobody handled are reported. A direct call does without the dispatcher.
 * @module
 */

import type { GuestCall, GuestDriver, GuestEvent, Value } from "../../kernel/index.ts";
import { directTask, leavesJobs, type NamedResult } from "./direct.ts";
import type { EngineFunctions } from "./engine.ts";
import { TURNS_MAX } from "./limits.ts";
import { DispatchEvent } from "./protocol.ts";
import { takeSources } from "./sources.ts";
import type { EngineTurn, JavaScriptState } from "./state.ts";
import { advanceTask, type Bench, controlOf, hasJobs, type Task, type TextTask } from "./tasks.ts";
import { answerText, messageText } from "./texts.ts";

export function makeDriver(state: JavaScriptState, functions: EngineFunctions): GuestDriver {
  const bench = new DriverBench(state, functions);
  let result: NamedResult | undefined;
  return Object.freeze({
    deliver(event: GuestEvent): void {
      if (state.turns.length >= TURNS_MAX) throw new RangeError(`turns: more than ${TURNS_MAX} in each other`);
      if (state.turns.length === 0) state.turnEndDue = true;
      state.turns.push(turnFor(event));
    },
    next(memory: Uint8Array, results: readonly Value[] | undefined): GuestCall | undefined {
      const turn = state.turns[state.turns.length - 1];
      if (turn === undefined) return undefined;
      bench.use(memory);
      let last = results?.[0];
      for (;;) {
        const task = turn.tasks[0] ?? nextTask(turn, bench);
        if (task === undefined) break;
        const call = advanceTask(task, bench, last);
        if (call !== undefined) return call;
        if (task.kind === "direct") turn.result = task.result;
        // To shift a list empty is slow, and most turns have one task.
        if (turn.tasks.length === 1) turn.tasks.pop();
        else turn.tasks.shift();
        last = undefined;
      }
      state.turns.pop();
      result = turn.result !== undefined && leavesWork(turn, bench) ? { ...turn.result, hasJobs: true } : turn.result;
      return undefined;
    },
    takeResult: () => result,
  });
}

/** Views on the memory live until it grows. */
class DriverBench implements Bench {
  readonly functions: EngineFunctions;
  readonly state: JavaScriptState;
  memory: Uint8Array = new Uint8Array();
  view: DataView = new DataView(new ArrayBuffer(0));
  control = 0;

  constructor(state: JavaScriptState, functions: EngineFunctions) {
    this.state = state;
    this.functions = functions;
  }

  use(memory: Uint8Array): void {
    this.control = controlOf(this.state, this.state.turns.length - 1);
    if (memory === this.memory) return;
    this.memory = memory;
    this.view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  }
}

function turnFor(event: GuestEvent): EngineTurn {
  switch (event.kind) {
    case "direct":
      return {
        kind: leavesJobs(event.payload) ? "call" : "direct",
        tasks: [directTask(event.payload)],
        result: undefined,
      };
    case "deliver":
      return deliverTurn(event);
    case "settle": {
      const { status, text } = answerText(event.answer, event.position);
      return messageTurn(DispatchEvent.settle, event.position, status, text);
    }
    default:
      return event satisfies never;
  }
}

function deliverTurn({ target, resolver, message }: Extract<GuestEvent, { kind: "deliver" }>): EngineTurn {
  const taken = target === 0 ? takeSources(message) : undefined;
  const turn = messageTurn(DispatchEvent.deliver, target, resolver, messageText(taken?.message ?? message));
  if (taken !== undefined) return { ...turn, tasks: [...taken.tasks, ...turn.tasks] };
  return isLinkRequest(message.bytes) ? { ...turn, kind: "link" } : turn;
}

function messageTurn(event: number, a: number, b: number, text: Uint8Array): EngineTurn {
  const task: TextTask = { kind: "text", step: 0, event, a, b, text, buffer: 0, string: 0n };
  return { kind: "message", tasks: [task], result: undefined };
}

/** Of a membrane: its answer depends on no jobs. */
const LINK_REQUEST: Uint8Array = new TextEncoder().encode('["link",');

function isLinkRequest(bytes: Uint8Array): boolean {
  return LINK_REQUEST.every((byte, index) => bytes[index] === byte);
}

/**
 * What is left to do when the tasks of the event are done. Jobs run when no code of the guest is under way any more, or where a
 * message came meanwhile, whose answer may depend on them. Handlers may run because of a report, so jobs follow it.
 * A `call` leaves all that; it only takes the rejections, of which there is room for so many.
 */
function nextTask(turn: EngineTurn, bench: Bench): Task | undefined {
  const { state } = bench;
  const isOutermost = state.turns.length === 1;
  const isCall = turn.kind === "call";
  if ((isOutermost || turn.kind === "message") && !isCall && hasJobs(bench)) turn.tasks.push({ kind: "jobs", step: 0 });
  else if (isOutermost && state.rejections.length > 0) pushRejection(turn, state);
  else if (isOutermost && !isCall) pushReport(turn, state);
  return turn.tasks[0];
}

/** Whether a `call` that is over, with no turn around it, has left something to do. */
function leavesWork({ kind }: EngineTurn, bench: Bench): boolean {
  const { state } = bench;
  if (kind !== "call" || state.turns.length > 0) return false;
  return hasJobs(bench) || state.reportDue || state.isMain;
}

function pushRejection({ tasks }: EngineTurn, state: JavaScriptState): void {
  const [promise = 0, reason = 0, handled = 0] = state.rejections.splice(0, 3);
  state.reportDue = true;
  tasks.push({ kind: "rejection", step: 0, promise, reason, handled: handled === 1 });
}

function pushReport({ tasks }: EngineTurn, state: JavaScriptState): void {
  if (state.reportDue) {
    state.reportDue = false;
    tasks.push({ kind: "report", step: 0 });
  } else if (state.isMain && state.turnEndDue) {
    state.turnEndDue = false;
    tasks.push({ kind: "turnEnd", step: 0 });
  }
}
