/**
 * What a JavaScript process has beside its memory: plain data, which goes into the image as it is.
 * @module
 */

import { type Plain, PlainReader } from "../../kernel/index.ts";
import type { NamedResult } from "./direct.ts";
import { FUNCTIONS_MAX, MODULES_MAX, REJECTIONS_PER_TURN_MAX, TURNS_MAX } from "./limits.ts";
import { FUNCTION_FIRST } from "./protocol.ts";
import { INT32_MIN, POINTER_MAX, pointer, readResult, readTask, saveResult, saveTask, word } from "./saved-tasks.ts";
import type { Task } from "./tasks.ts";

/** Where things are in the engine's memory: the same for all processes of one base image. */
export interface EnginePlaces {
  readonly context: number;
  readonly runtime: number;
  /** The dispatcher, as a value word. */
  readonly dispatcher: bigint;
  readonly mailbox: number;
  /** Arguments of the driver's calls. */
  readonly control: number;
  /** Head of the list of pending jobs. */
  readonly jobs: number;
}

/** A turn under way: what the driver has to do in it, in order. */
export interface EngineTurn {
  /** A `call` is a direct turn that leaves jobs to a later one. */
  readonly kind: "message" | "link" | "direct" | "call";
  readonly tasks: Task[];
  /** Of a direct call that is over. */
  result: NamedResult | undefined;
}

export interface JavaScriptState {
  readonly places: EnginePlaces;
  /** Sources in the engine's own allocations, which it frees when it has compiled them: name -> pointer and length. */
  readonly sources: Map<string, readonly [pointer: number, length: number]>;
  /** Outermost first: a turn may begin while another waits in an open host call. */
  readonly turns: EngineTurn[];
  /** Functions that can be called directly, by their number, as value words. The guest keeps them alive. */
  readonly functions: Map<number, bigint>;
  nextFunction: number;
  /** Those of them that call by a name, by count of arguments and name. */
  readonly callees: Map<string, number>;
  /** Of the promises of the host's that calls have waited for. */
  nextTicket: number;
  /** Rejections since the last report: promise handle, reason handle, handled. */
  readonly rejections: number[];
  reportDue: boolean;
  /** Whether the process ends when it waits for nothing. */
  isMain: boolean;
  turnEndDue: boolean;
  /** What the guest has not read yet of an answer. */
  inbox: Uint8Array;
}

export function freshState(places: EnginePlaces): JavaScriptState {
  return {
    places,
    sources: new Map(),
    turns: [],
    functions: new Map(),
    callees: new Map(),
    nextFunction: FUNCTION_FIRST,
    nextTicket: 0,
    rejections: [],
    reportDue: false,
    isMain: false,
    turnEndDue: false,
    inbox: new Uint8Array(),
  };
}

export function saveState(state: JavaScriptState): Plain {
  return {
    places: { ...state.places },
    sources: [...state.sources].map(([name, [pointer, length]]) => [name, pointer, length]),
    turns: state.turns.map(({ kind, tasks, result }) => ({
      kind,
      tasks: tasks.map(saveTask),
      result: saveResult(result),
    })),
    functions: [...state.functions].map(([id, value]) => [id, value]),
    nextFunction: state.nextFunction,
    callees: [...state.callees].map(([key, id]) => [key, id]),
    nextTicket: state.nextTicket,
    rejections: [...state.rejections],
    reportDue: state.reportDue,
    isMain: state.isMain,
    turnEndDue: state.turnEndDue,
    inbox: state.inbox,
  };
}

/** What is in an image may have been written by anybody: every field is checked, and an error says which is wrong. */
export function loadState(saved: Plain): JavaScriptState {
  const reader = new PlainReader(saved, "javascript");
  const places = reader.field("places");
  return {
    places: {
      context: pointer(places.field("context")),
      runtime: pointer(places.field("runtime")),
      dispatcher: word(places.field("dispatcher")),
      mailbox: pointer(places.field("mailbox")),
      control: pointer(places.field("control")),
      jobs: pointer(places.field("jobs")),
    },
    sources: new Map(reader.field("sources").list(MODULES_MAX).map(readSource)),
    turns: reader.field("turns").list(TURNS_MAX).map(readTurn),
    functions: new Map(reader.field("functions").list(FUNCTIONS_MAX).map(readFunction)),
    callees: new Map(reader.field("callees").list(FUNCTIONS_MAX).map(readCallee)),
    nextFunction: reader.field("nextFunction").int(FUNCTION_FIRST, FUNCTION_LAST),
    nextTicket: reader.field("nextTicket").int(0, Number.MAX_SAFE_INTEGER),
    rejections: reader
      .field("rejections")
      .list(REJECTIONS_PER_TURN_MAX * 3)
      .map((item) => item.int(INT32_MIN, POINTER_MAX)),
    reportDue: reader.field("reportDue").bool(),
    isMain: reader.field("isMain").bool(),
    turnEndDue: reader.field("turnEndDue").bool(),
    inbox: reader.field("inbox").bytes(),
  };
}

/** What the guest gets is a 32-bit integer. */
export const FUNCTION_LAST: number = 2 ** 31 - 1;
/** Each module is a task until it is in the engine's memory; beside them there are a few. */
const TASKS_MAX: number = MODULES_MAX + 64;

function readTurn(reader: PlainReader): EngineTurn {
  return {
    kind: reader.field("kind").oneOf(["message", "link", "direct", "call"]),
    tasks: reader.field("tasks").list(TASKS_MAX).map(readTask),
    result: readResult(reader.field("result")),
  };
}

function readFunction(reader: PlainReader): [number, bigint] {
  const [id, value] = reader.list(2);
  if (id === undefined || value === undefined) throw reader.error("expected a number and a word");
  return [id.int(0, FUNCTION_LAST), word(value)];
}

function readCallee(reader: PlainReader): [string, number] {
  const [key, id] = reader.list(2);
  if (key === undefined || id === undefined) throw reader.error("expected a name and a number");
  return [key.text(), id.int(FUNCTION_FIRST, FUNCTION_LAST)];
}

function readSource(reader: PlainReader): [string, [number, number]] {
  const [name, at, length] = reader.list(3);
  if (name === undefined || at === undefined || length === undefined) throw reader.error("expected a name and a place");
  return [name.text(), [pointer(at), length.int(0, POINTER_MAX)]];
}
