/**
 * Direct calls: the driver calls a function that the guest registered, by the engine's own `JS_Call`, with arguments as value words.
 * No dispatcher is in between, and a result that is an immediate needs no further call of the engine.
 * @module
 */

import type { Plain, Value } from "../../kernel/index.ts";
import { DIRECT_ARGS_MAX, DIRECT_UNITS_MAX } from "./limits.ts";
import { type EngineText, engineText, fillString, readText, textToString, unitsFor } from "./strings.ts";
import type { Bench, Call } from "./tasks.ts";
import {
  IS_OTHER,
  IS_ROPE,
  IS_STRING,
  isException,
  JS_UNDEFINED,
  type Primitive,
  pointerOf,
  readImmediate,
  viewOfWord,
  writeImmediate,
} from "./words.ts";

export type DirectResult =
  | { readonly kind: "value"; readonly value: Primitive }
  /** The result is no primitive: what the guest's converter made of it. */
  | { readonly kind: "converted"; readonly text: string }
  /** What the guest's converter for errors made of the exception. */
  | { readonly kind: "thrown"; readonly text: string };

export interface DirectTask {
  readonly kind: "direct";
  step: number;
  /** Of the registered function. */
  readonly id: number;
  readonly args: readonly Plain[];
  /** Words to be freed at the end: strings of the arguments, the result, an exception. */
  readonly owned: bigint[];
  /** Strings of the arguments that are made. */
  made: number;
  /** Not set before the call is over. */
  result: DirectResult | undefined;
}

/** What a direct turn is made of, as plain data: images hold it. */
export function directPayload(id: number, args: readonly Primitive[]): Plain {
  if (!Number.isSafeInteger(id) || id < 0) throw new RangeError(`id: expected the number of a function, got ${id}`);
  if (args.length > DIRECT_ARGS_MAX)
    throw new RangeError(`args: expected at most ${DIRECT_ARGS_MAX}, got ${args.length}`);
  let units = 0;
  for (const arg of args) if (typeof arg === "string") units += arg.length;
  if (units > DIRECT_UNITS_MAX)
    throw new RangeError(`args: expected at most ${DIRECT_UNITS_MAX} characters, got ${units}`);
  return { id, args: args.map(primitiveToPlain) };
}

const PLAIN_UNDEFINED: readonly Plain[] = Object.freeze([]);

/** Plain data has no undefined, and no strings with lone surrogates: these are an empty list, and the bytes of their units. */
export function primitiveToPlain(value: Primitive): Plain {
  switch (typeof value) {
    case "number":
    case "boolean":
      return value;
    case "undefined":
      return PLAIN_UNDEFINED;
    case "string":
      return value.isWellFormed() ? value : unitsOf(value);
    default:
      if (value === null) return value;
      throw new TypeError(
        `args: expected primitives (undefined, null, booleans, numbers, strings), got a ${typeof value}`,
      );
  }
}

/** undefined where it is the plain form of none. */
export function plainToPrimitive(plain: Plain): { readonly value: Primitive } | undefined {
  if (plain === null || typeof plain === "number" || typeof plain === "boolean" || typeof plain === "string")
    return { value: plain };
  if (plain instanceof Uint8Array && plain.length % 2 === 0) return { value: textToString(wideOf(plain)) };
  return Array.isArray(plain) && plain.length === 0 ? { value: undefined } : undefined;
}

function unitsOf(text: string): Uint8Array {
  const bytes = new Uint8Array(2 * text.length);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < text.length; index += 1) view.setUint16(2 * index, text.charCodeAt(index), true);
  return bytes;
}

function wideOf(bytes: Uint8Array): EngineText {
  return { length: bytes.length >>> 1, wide: true, bytes };
}

/** The task for a payload; it may come from an image, and be none: then no function has its number. */
export function directTask(payload: Plain): DirectTask {
  const { id, args } = readPayload(payload) ?? { id: -1, args: [] };
  return { kind: "direct", step: Step.begin, id, args, owned: [], made: 0, result: undefined };
}

export function readPayload(payload: Plain): { readonly id: number; readonly args: readonly Plain[] } | undefined {
  if (typeof payload !== "object" || payload === null || !("id" in payload) || !("args" in payload)) return undefined;
  const { id, args } = payload;
  if (typeof id !== "number" || !Array.isArray(args) || args.length > DIRECT_ARGS_MAX) return undefined;
  for (const arg of args) if (plainToPrimitive(arg) === undefined) return undefined;
  return { id, args };
}

/** What the results of the last call are; at "begin" there was none. */
export const Step = {
  begin: 0,
  argument: 1,
  called: 2,
  caught: 3,
  converted: 4,
  told: 5,
  lost: 6,
  freeing: 7,
} as const;

/** The converters that the guest may set have numbers as other functions have. */
export const RESULT_CONVERTER = 0;
export const ERROR_CONVERTER = 1;

export function advanceDirect(task: DirectTask, bench: Bench, result: Value | undefined): Call | undefined {
  const word = typeof result === "bigint" ? result : 0n;
  switch (task.step) {
    case Step.begin:
      return begin(task, bench);
    case Step.argument:
      return takeArgument(task, bench, word);
    case Step.called:
      return isException(word) ? takeException(task, bench, Step.caught) : takeResult(task, bench, word);
    case Step.caught:
      task.owned.push(word);
      return convert(task, bench, ERROR_CONVERTER, Step.told, word);
    case Step.converted:
      if (isException(word)) return takeException(task, bench, Step.caught);
      return takeText(task, bench, word, "converted");
    case Step.told:
      if (isException(word)) return takeException(task, bench, Step.lost);
      return takeText(task, bench, word, "thrown");
    case Step.lost:
      task.owned.push(word);
      return fail(task, bench, "the exception cannot be passed");
    default:
      return free(task, bench);
  }
}

function begin(task: DirectTask, bench: Bench): Call | undefined {
  if (bench.state.functions.has(task.id) && task.id > ERROR_CONVERTER) return nextArgument(task, bench);
  return fail(task, bench, `no function is registered as ${task.id}`);
}

/** Strings are allocated first, one call of the engine for each. */
function nextArgument(task: DirectTask, bench: Bench): Call {
  const { functions, state } = bench;
  const text = textOf(task.args[stringAt(task.args, task.made)]);
  if (text === undefined) return call(task, bench);
  task.step = Step.argument;
  return { func: functions.newString16, args: [state.places.context, 0, unitsFor(text)] };
}

function takeArgument(task: DirectTask, bench: Bench, word: bigint): Call {
  if (isException(word)) return takeException(task, bench, Step.caught);
  const text = textOf(task.args[stringAt(task.args, task.made)]);
  if (text !== undefined) fillString(bench.memory, bench.view, pointerOf(word), text);
  task.owned.push(word);
  task.made += 1;
  return nextArgument(task, bench);
}

/** Where the string is that has so many before it; -1 where there is none. */
function stringAt(args: readonly Plain[], before: number): number {
  let left = before;
  for (let index = 0; index < args.length; index += 1) if (isText(args[index]) && left-- === 0) return index;
  return -1;
}

function isText(arg: Plain | undefined): boolean {
  return typeof arg === "string" || arg instanceof Uint8Array;
}

function textOf(arg: Plain | undefined): EngineText | undefined {
  if (typeof arg === "string") return engineText(arg);
  return arg instanceof Uint8Array ? wideOf(arg) : undefined;
}

function call(task: DirectTask, bench: Bench): Call {
  const { state, functions, view } = bench;
  let made = 0;
  for (let index = 0; index < task.args.length; index += 1) {
    const at = bench.control + 8 * index;
    const arg = task.args[index];
    if (isText(arg)) view.setBigInt64(at, task.owned[made++] ?? JS_UNDEFINED, true);
    else
      writeImmediate(view, at, typeof arg === "number" || typeof arg === "boolean" || arg === null ? arg : undefined);
  }
  task.step = Step.called;
  const func = state.functions.get(task.id) ?? JS_UNDEFINED;
  return { func: functions.call, args: [state.places.context, func, JS_UNDEFINED, task.args.length, bench.control] };
}

function convert(task: DirectTask, bench: Bench, converter: number, step: number, word: bigint): Call {
  const { state, functions, view } = bench;
  view.setBigInt64(bench.control, word, true);
  task.step = step;
  const func = state.functions.get(converter) ?? JS_UNDEFINED;
  return { func: functions.call, args: [state.places.context, func, JS_UNDEFINED, 1, bench.control] };
}

function takeException(task: DirectTask, bench: Bench, step: number): Call {
  task.step = step;
  return { func: bench.functions.getException, args: [bench.state.places.context] };
}

function takeResult(task: DirectTask, bench: Bench, word: bigint): Call | undefined {
  const value = readImmediate(viewOfWord(word), 0);
  if (value === IS_STRING || value === IS_ROPE) return takeText(task, bench, word, "value");
  if (value !== IS_OTHER) {
    task.result = { kind: "value", value };
    return free(task, bench);
  }
  task.owned.push(word);
  return convert(task, bench, RESULT_CONVERTER, Step.converted, word);
}

function takeText(task: DirectTask, bench: Bench, word: bigint, kind: DirectResult["kind"]): Call | undefined {
  const text = readText(bench.memory, viewOfWord(word), 0, DIRECT_UNITS_MAX);
  // What is freed may be anything the guest made of it; immediates need no freeing, and it does them no harm.
  task.owned.push(word);
  if (text === undefined)
    return fail(task, bench, `the result is no text, or one of more than ${DIRECT_UNITS_MAX} characters`);
  const string = textToString(text);
  task.result = kind === "value" ? { kind, value: string } : { kind, text: string };
  return free(task, bench);
}

/** An error that is not the guest's: passable text all the same. */
function fail(task: DirectTask, bench: Bench, message: string): Call | undefined {
  task.result = { kind: "thrown", text: JSON.stringify({ "#error": message, name: "Error" }) };
  return free(task, bench);
}

function free(task: DirectTask, bench: Bench): Call | undefined {
  task.step = Step.freeing;
  const word = task.owned.pop();
  return word === undefined ? undefined : { func: bench.functions.freeValue, args: [bench.state.places.context, word] };
}
