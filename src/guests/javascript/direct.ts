/**
 * Direct calls: the driver calls a function that the guest registered, by the engine's own `JS_Call`, with arguments as value words.
 * No dispatcher is in between, and a result that is an immediate needs no further call of the engine.
 * @module
 */

import type { Plain, Value } from "../../kernel/index.ts";
import { DIRECT_ARGS_MAX, DIRECT_UNITS_MAX } from "./limits.ts";
import { FUNCTION_FIRST, Role } from "./protocol.ts";
import { type EngineText, engineText, fillString, forgetText, readText, textToString, unitsFor } from "./strings.ts";
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

export type DirectResult = JobsLeft &
  (
    | { readonly kind: "value"; readonly value: Primitive }
    /** The result is no primitive: what the guest's converter made of it. */
    | { readonly kind: "converted"; readonly text: string }
    /** What the guest's converter for errors made of the exception. */
    | { readonly kind: "thrown"; readonly text: string }
  );

/** Of a call by name: the guest may keep what no text can hold, under a number. */
export type NamedResult = DirectResult | (JobsLeft & { readonly kind: "kept"; readonly number: number });

interface JobsLeft {
  /** Of a call that leaves jobs: that there are some now, which run in the next turn that does not. */
  readonly hasJobs?: true;
}

export interface DirectOptions {
  /** Whether the guest's pending jobs stay for a later turn. Default: they run at the end of this one. */
  readonly leavesJobs?: boolean;
}

export interface DirectTask {
  readonly kind: "direct";
  step: number;
  /** Of the registered function; 0 for a call by name where that has none yet. */
  id: number;
  /** Of what is called by name. */
  readonly name: string | undefined;
  readonly args: readonly Plain[];
  /** Words to be freed at the end: strings of the arguments, the result, an exception. */
  readonly owned: bigint[];
  /** Strings of the arguments that are made. */
  made: number;
  /** Not set before the call is over. */
  result: NamedResult | undefined;
}

/** What a direct turn is made of, as plain data: images hold it. */
export function directPayload(
  callee: number | string,
  args: readonly Primitive[],
  { leavesJobs = false }: DirectOptions = {},
): Plain {
  if (typeof callee === "number" && !(Number.isSafeInteger(callee) && callee >= 0))
    throw new RangeError(`id: expected the number of a function, got ${callee}`);
  if (args.length > DIRECT_ARGS_MAX)
    throw new RangeError(`args: expected at most ${DIRECT_ARGS_MAX}, got ${args.length}`);
  let units = 0;
  for (const arg of args) if (typeof arg === "string") units += arg.length;
  if (units > DIRECT_UNITS_MAX)
    throw new RangeError(`args: expected at most ${DIRECT_UNITS_MAX} characters, got ${units}`);
  const plain = args.map(primitiveToPlain);
  if (typeof callee === "number")
    return leavesJobs ? { id: callee, args: plain, leavesJobs } : { id: callee, args: plain };
  return leavesJobs ? { name: callee, args: plain, leavesJobs } : { name: callee, args: plain };
}

export function leavesJobs(payload: Plain): boolean {
  return typeof payload === "object" && payload !== null && "leavesJobs" in payload && payload.leavesJobs === true;
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
  if (isOwnForm(plain)) return { value: plain };
  if (isUnits(plain)) return { value: textToString(wideOf(plain)) };
  return isUndefined(plain) ? { value: undefined } : undefined;
}

/** Whether it is the plain form of a primitive. */
function isPrimitiveForm(plain: Plain): boolean {
  return isOwnForm(plain) || isUnits(plain) || isUndefined(plain);
}

function isOwnForm(plain: Plain): plain is null | number | boolean | string {
  return plain === null || typeof plain === "number" || typeof plain === "boolean" || typeof plain === "string";
}

function isUnits(plain: Plain): plain is Uint8Array {
  return plain instanceof Uint8Array && plain.length % 2 === 0;
}

function isUndefined(plain: Plain): boolean {
  return Array.isArray(plain) && plain.length === 0;
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
  const { id, name, args } = readPayload(payload) ?? NO_REQUEST;
  return { kind: "direct", step: Step.begin, id, name, args, owned: [], made: 0, result: undefined };
}

type Request = Pick<DirectTask, "id" | "name" | "args">;

const NO_REQUEST: Request = Object.freeze({ id: -1, name: undefined, args: [] });

export function readPayload(payload: Plain): Request | undefined {
  if (typeof payload !== "object" || payload === null || !("args" in payload)) return undefined;
  const { args } = payload;
  if (!Array.isArray(args) || args.length > DIRECT_ARGS_MAX) return undefined;
  for (const arg of args) if (!isPrimitiveForm(arg)) return undefined;
  if ("name" in payload && typeof payload.name === "string") return { id: 0, name: payload.name, args };
  if (!("id" in payload) || typeof payload.id !== "number") return undefined;
  return { id: payload.id, name: undefined, args };
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
  naming: 8,
  named: 9,
} as const;

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
      return convert(task, bench, errorConverterOf(task), Step.told, word);
    case Step.converted:
      if (isException(word)) return takeException(task, bench, Step.caught);
      return takeConverted(task, bench, word);
    case Step.told:
      if (isException(word)) return takeException(task, bench, Step.lost);
      return takeText(task, bench, word, "thrown");
    case Step.lost:
      task.owned.push(word);
      return fail(task, bench, "the exception cannot be passed");
    case Step.naming:
      return takeName(task, bench, word);
    case Step.named:
      return isException(word) ? takeException(task, bench, Step.caught) : takeCallee(task, bench, word);
    default:
      return free(task, bench);
  }
}

function errorConverterOf(task: DirectTask): number {
  return task.name === undefined ? Role.errorConverter : Role.answerErrorConverter;
}

function begin(task: DirectTask, bench: Bench): Call | undefined {
  const { functions, callees } = bench.state;
  if (task.name !== undefined) {
    const known = callees.get(calleeKey(task.name, task.args.length));
    if (known === undefined) return makeName(task, bench, task.name);
    task.id = known;
  }
  if (functions.has(task.id) && task.id >= FUNCTION_FIRST) return nextArgument(task, bench);
  return fail(task, bench, `no function is registered as ${task.id}`);
}

export function calleeKey(name: string, count: number): string {
  return `${count} ${name}`;
}

/** The first call by a name: the guest makes a function that calls whatever has that name by then. */
function makeName(task: DirectTask, bench: Bench, name: string): Call {
  task.step = Step.naming;
  return { func: bench.functions.newString16, args: [bench.state.places.context, 0, unitsFor(engineText(name))] };
}

function takeName(task: DirectTask, bench: Bench, word: bigint): Call {
  if (isException(word)) return takeException(task, bench, Step.caught);
  const { state, functions, view, control } = bench;
  fillString(bench.memory, view, pointerOf(word), engineText(task.name ?? ""));
  task.owned.push(word);
  view.setBigInt64(control, word, true);
  writeImmediate(view, control + 8, task.args.length);
  task.step = Step.named;
  const maker = state.functions.get(Role.calleeMaker) ?? JS_UNDEFINED;
  return { func: functions.call, args: [state.places.context, maker, JS_UNDEFINED, 2, control] };
}

function takeCallee(task: DirectTask, bench: Bench, word: bigint): Call | undefined {
  const id = readImmediate(viewOfWord(word), 0);
  if (typeof id !== "number" || !bench.state.functions.has(id)) return fail(task, bench, "no function of that name");
  task.id = id;
  bench.state.callees.set(calleeKey(task.name ?? "", task.args.length), id);
  return nextArgument(task, bench);
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
  forgetText();
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
  // Before them may be that of a name.
  const words = task.owned.length > task.made ? task.owned.slice(-task.made) : task.owned;
  let made = 0;
  for (let index = 0; index < task.args.length; index += 1) {
    const at = bench.control + 8 * index;
    const arg = task.args[index];
    if (isText(arg)) view.setBigInt64(at, words[made++] ?? JS_UNDEFINED, true);
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
  const converter = task.name === undefined ? Role.resultConverter : Role.answerConverter;
  return convert(task, bench, converter, Step.converted, word);
}

function takeConverted(task: DirectTask, bench: Bench, word: bigint): Call | undefined {
  const number = readImmediate(viewOfWord(word), 0);
  if (task.name === undefined || typeof number !== "number") return takeText(task, bench, word, "converted");
  task.result = { kind: "kept", number };
  return free(task, bench);
}

function takeText(
  task: DirectTask,
  bench: Bench,
  word: bigint,
  kind: "value" | "converted" | "thrown",
): Call | undefined {
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
