/**
 * What a JavaScript process has beside its memory: plain data, which goes into the image as it is.
 * @module
 */

import { type Plain, PlainReader } from "../../kernel/index.ts";
import { MODULES_MAX, REJECTIONS_PER_TURN_MAX } from "./limits.ts";
import { CALL_ARGS_MAX, type Task } from "./tasks.ts";

/** Where things are in the engine's memory: the same for all processes of one base image. */
export interface EnginePlaces {
  readonly context: number;
  readonly runtime: number;
  /** The dispatcher, as a value word. */
  readonly dispatcher: bigint;
  readonly mailbox: number;
  /** Arguments of the driver's calls. */
  readonly control: number;
}

export interface JavaScriptState {
  readonly places: EnginePlaces;
  /** Sources in the engine's own allocations, which it frees when it has compiled them: name -> pointer and length. */
  readonly sources: Map<string, readonly [pointer: number, length: number]>;
  /** What the driver has to do, in order. */
  readonly tasks: Task[];
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
    tasks: [],
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
    tasks: state.tasks.map((task) => ({ ...task }) as unknown as Plain),
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
    },
    sources: new Map(reader.field("sources").list(MODULES_MAX).map(readSource)),
    tasks: reader.field("tasks").list(TASKS_MAX).map(readTask),
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

const POINTER_MAX = 2 ** 32 - 1;
const INT32_MIN = -(2 ** 31);
const STEPS_MAX = 16;
/** Each module is a task until it is in the engine's memory; beside them there are a few. */
const TASKS_MAX: number = MODULES_MAX + 64;

function pointer(reader: PlainReader): number {
  return reader.int(INT32_MIN, POINTER_MAX);
}

function word(reader: PlainReader): bigint {
  if (typeof reader.value !== "bigint") throw reader.error("expected an integer of 64 bits");
  return BigInt.asIntN(64, reader.value);
}

function readSource(reader: PlainReader): [string, [number, number]] {
  const [name, at, length] = reader.list(3);
  if (name === undefined || at === undefined || length === undefined) throw reader.error("expected a name and a place");
  return [name.text(), [pointer(at), length.int(0, POINTER_MAX)]];
}

const TASK_KINDS = ["text", "call", "source", "import", "evaluate", "jobs", "rejection", "report", "turnEnd"] as const;

function readTask(reader: PlainReader): Task {
  const kind = reader.field("kind").oneOf(TASK_KINDS);
  const step = reader.field("step").int(0, STEPS_MAX);
  switch (kind) {
    case "text":
      return {
        kind,
        step,
        event: reader.field("event").int(0, STEPS_MAX),
        a: reader.field("a").int(INT32_MIN, POINTER_MAX),
        b: reader.field("b").int(INT32_MIN, POINTER_MAX),
        text: reader.field("text").bytes(),
        buffer: pointer(reader.field("buffer")),
        string: word(reader.field("string")),
      };
    case "call":
      return {
        kind,
        step,
        resolver: reader.field("resolver").int(INT32_MIN, POINTER_MAX),
        name: reader.field("name").bytes(),
        args: reader
          .field("args")
          .list(CALL_ARGS_MAX)
          .map((item) => item.int(INT32_MIN, POINTER_MAX)),
        string: word(reader.field("string")),
      };
    case "source":
      return { kind, step, name: reader.field("name").text(), source: reader.field("source").bytes() };
    case "evaluate":
      return {
        kind,
        step,
        name: reader.field("name").text(),
        source: reader.field("source").bytes(),
        buffer: pointer(reader.field("buffer")),
        value: word(reader.field("value")),
        ok: reader.field("ok").bool(),
      };
    case "rejection":
      return {
        kind,
        step,
        promise: pointer(reader.field("promise")),
        reason: pointer(reader.field("reason")),
        handled: reader.field("handled").bool(),
      };
    default:
      return { kind, step };
  }
}
