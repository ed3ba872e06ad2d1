/**
 * What a JavaScript process has beside its memory: plain data, which goes into the image as it is.
 * @module
 */

import type { Plain } from "../../kernel/index.ts";
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

/** Images are validated as images; what is inside of this came from `saveState`, or the process fails as its own fault. */
export function loadState(saved: Plain): JavaScriptState {
  const data = saved as unknown as {
    places: EnginePlaces;
    sources: [string, number, number][];
    tasks: Task[];
    rejections: number[];
    reportDue: boolean;
    isMain: boolean;
    turnEndDue: boolean;
    inbox: Uint8Array;
  };
  return {
    places: data.places,
    sources: new Map(data.sources.map(([name, pointer, length]) => [name, [pointer, length]])),
    tasks: data.tasks.map((task) => ({ ...task })),
    rejections: [...data.rejections],
    reportDue: data.reportDue,
    isMain: data.isMain,
    turnEndDue: data.turnEndDue,
    inbox: data.inbox,
  };
}
