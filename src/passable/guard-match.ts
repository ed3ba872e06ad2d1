/**
 * Checks values and calls against guards. What matches is handed on as a copy, so far as its pattern says what is in it: what
 * was checked is what the method gets, whatever getters or proxies the caller's object was made of.
 * @module
 */

import { encodePassable } from "./encode.ts";
import { GuardError, PassableError } from "./errors.ts";
import { describePattern, describeValue } from "./guard-words.ts";
import type { Pattern, PatternRecord } from "./guards.ts";
import { GUARD_DEPTH_MAX, GUARD_LIST_LENGTH_MAX } from "./limits.ts";
import type { InterfaceGuard, MethodGuard } from "./method-guards.ts";
import { isTarget, stepTo } from "./pass-style.ts";
import { isCapability, Selector, Tagged } from "./values.ts";

/** Where a value did not match, from the innermost step outwards. */
interface Problem {
  path: string;
  words: string;
  /** Whether the value is of another kind, and not only beyond a limit. */
  isOfOtherKind: boolean;
}

const FAILED = Symbol("failed");

function fail(problem: Problem, words: string): typeof FAILED {
  problem.path = "";
  problem.words = words;
  problem.isOfOtherKind = false;
  return FAILED;
}

function mismatch(problem: Problem, pattern: Pattern, value: unknown): typeof FAILED {
  fail(problem, `expected ${describePattern(pattern)}, got ${describeValue(value)}`);
  problem.isOfOtherKind = true;
  return FAILED;
}

/** The value as the method gets it, or `FAILED` with the problem filled in. */
function match(pattern: Pattern, value: unknown, problem: Problem, depth: number): unknown {
  if (depth > GUARD_DEPTH_MAX) return fail(problem, `the guard is nested deeper than ${GUARD_DEPTH_MAX}`);
  switch (pattern.kind) {
    case "any":
      return value;
    case "passable":
      return matchPassable(value, problem);
    case "boolean":
      return typeof value === "boolean" ? value : mismatch(problem, pattern, value);
    case "number":
      return matchNumber(pattern, value, problem);
    case "bigint":
      return matchBigint(pattern, value, problem);
    case "string":
      if (typeof value !== "string") return mismatch(problem, pattern, value);
      return withinLength(value, value.length, pattern.lengthMax, "characters", problem);
    case "bytes":
      if (!(value instanceof Uint8Array)) return mismatch(problem, pattern, value);
      return withinLength(value, value.length, pattern.lengthMax, "bytes", problem);
    case "symbol":
      return value instanceof Selector ? value : mismatch(problem, pattern, value);
    case "error":
      return value instanceof Error ? value : mismatch(problem, pattern, value);
    case "promise":
      return value instanceof Promise ? value : mismatch(problem, pattern, value);
    case "literal":
      return pattern.values.some((literal) => Object.is(literal, value)) ? value : mismatch(problem, pattern, value);
    case "array":
      return matchArray(pattern, value, problem, depth);
    case "record":
      return matchRecord(pattern, value, problem, depth);
    case "recordOf":
      return matchRecordOf(pattern, value, problem, depth);
    case "or":
      return matchOr(pattern, value, problem, depth);
    case "optional":
      return value === undefined ? undefined : match(pattern.pattern, value, problem, depth + 1);
    case "tagged":
      return matchTagged(pattern, value, problem, depth);
    case "callable":
      return typeof value === "function" || isCapability(value) ? value : mismatch(problem, pattern, value);
    case "remotable":
      return matchRemotable(pattern, value, problem);
    default:
      return pattern satisfies never;
  }
}

type Kind<K extends Pattern["kind"]> = Extract<Pattern, { readonly kind: K }>;

function matchPassable(value: unknown, problem: Problem): unknown {
  try {
    encodePassable(value);
    return value;
  } catch (error) {
    if (error instanceof PassableError) return fail(problem, error.message);
    throw error;
  }
}

function matchNumber(pattern: Kind<"number">, value: unknown, problem: Problem): unknown {
  if (typeof value !== "number" || (pattern.isInteger && !Number.isInteger(value))) {
    return mismatch(problem, pattern, value);
  }
  if (value < pattern.min || value > pattern.max) return fail(problem, outOfRange(pattern, value));
  const isBounded = pattern.min !== Number.NEGATIVE_INFINITY || pattern.max !== Number.POSITIVE_INFINITY;
  return isBounded && Number.isNaN(value) ? fail(problem, outOfRange(pattern, value)) : value;
}

function matchBigint(pattern: Kind<"bigint">, value: unknown, problem: Problem): unknown {
  if (typeof value !== "bigint") return mismatch(problem, pattern, value);
  const isBelow = pattern.min !== undefined && value < pattern.min;
  const isAbove = pattern.max !== undefined && value > pattern.max;
  return isBelow || isAbove ? fail(problem, outOfRange(pattern, value)) : value;
}

function outOfRange(pattern: Kind<"number" | "bigint">, value: number | bigint): string {
  return `expected ${describePattern(pattern)}, got ${value}`;
}

function withinLength<T>(value: T, length: number, max: number, unit: string, problem: Problem): T | typeof FAILED {
  return length <= max ? value : fail(problem, `expected at most ${max} ${unit}, got ${length}`);
}

function matchArray(pattern: Kind<"array">, value: unknown, problem: Problem, depth: number): unknown {
  if (!Array.isArray(value)) return mismatch(problem, pattern, value);
  const length = value.length;
  if (length > pattern.lengthMax) return fail(problem, `expected at most ${pattern.lengthMax} items, got ${length}`);
  const items: unknown[] = [];
  for (let at = 0; at < length; at++) {
    const item = match(pattern.item, value[at], problem, depth + 1);
    if (item === FAILED) return within(problem, `[${at}]`);
    items.push(item);
  }
  return items;
}

function within(problem: Problem, step: string): typeof FAILED {
  problem.path = step + problem.path;
  return FAILED;
}

function isPlain(value: unknown): value is { readonly [key: string]: unknown } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** `__proto__` is a key like any other. */
function setOwn(record: object, key: string, value: unknown): void {
  Object.defineProperty(record, key, { value, writable: true, enumerable: true, configurable: true });
}

function ownPattern(patterns: PatternRecord, key: string): Pattern | undefined {
  return Object.hasOwn(patterns, key) ? patterns[key] : undefined;
}

function matchRecord(pattern: Kind<"record">, value: unknown, problem: Problem, depth: number): unknown {
  if (!isPlain(value)) return mismatch(problem, pattern, value);
  const record = {};
  for (const key of Object.keys(value)) {
    const required = ownPattern(pattern.required, key);
    const wanted = required ?? ownPattern(pattern.optional, key);
    const item = value[key];
    if (wanted === undefined) {
      if (item === undefined) continue;
      fail(problem, "no property of this name is expected");
      return within(problem, stepTo(key));
    }
    if (required === undefined && item === undefined) continue;
    const matched = match(wanted, item, problem, depth + 1);
    if (matched === FAILED) return within(problem, stepTo(key));
    setOwn(record, key, matched);
  }
  for (const [key, wanted] of Object.entries(pattern.required)) {
    if (Object.hasOwn(record, key)) continue;
    if (match(wanted, undefined, problem, depth + 1) === FAILED) return within(problem, stepTo(key));
    setOwn(record, key, undefined);
  }
  return record;
}

function matchRecordOf(pattern: Kind<"recordOf">, value: unknown, problem: Problem, depth: number): unknown {
  if (!isPlain(value)) return mismatch(problem, pattern, value);
  const keys = Object.keys(value);
  if (keys.length > pattern.sizeMax) {
    return fail(problem, `expected at most ${pattern.sizeMax} properties, got ${keys.length}`);
  }
  const record = {};
  for (const key of keys) {
    const matched = match(pattern.value, value[key], problem, depth + 1);
    if (matched === FAILED) return within(problem, stepTo(key));
    setOwn(record, key, matched);
  }
  return record;
}

/** The problem of an option that was of the right kind is of more use than "none of these". */
function matchOr(pattern: Kind<"or">, value: unknown, problem: Problem, depth: number): unknown {
  let closest: Problem | undefined;
  for (const option of pattern.patterns) {
    const matched = match(option, value, problem, depth + 1);
    if (matched !== FAILED) return matched;
    if (problem.path !== "" || !problem.isOfOtherKind) closest ??= { ...problem };
  }
  if (closest === undefined) return mismatch(problem, pattern, value);
  Object.assign(problem, closest);
  return FAILED;
}

function matchTagged(pattern: Kind<"tagged">, value: unknown, problem: Problem, depth: number): unknown {
  if (!(value instanceof Tagged) || value.tag !== pattern.tag) return mismatch(problem, pattern, value);
  const payload = match(pattern.payload, value.payload, problem, depth + 1);
  return payload === FAILED ? within(problem, ".payload") : new Tagged(value.tag, payload as object);
}

/** What looks like an object with methods may be data that a peer has sent. */
function matchRemotable(pattern: Kind<"remotable">, value: unknown, problem: Problem): unknown {
  if (!isTarget(value)) return mismatch(problem, pattern, value);
  if (isCapability(value)) return value;
  for (const method of Object.keys(pattern.methods?.methods ?? {})) {
    if (typeof Reflect.get(value as object, method) !== "function") {
      return fail(problem, `expected ${describePattern(pattern)}; it has no method ${method}`);
    }
  }
  return value;
}

/** The value as it may be used, or a `GuardError` that starts with `where`. */
export function checkValue(pattern: Pattern, value: unknown, where: string): unknown {
  return checked(pattern, value, where, "argument");
}

function checked(pattern: Pattern, value: unknown, where: string, side: "argument" | "result"): unknown {
  const problem: Problem = { path: "", words: "", isOfOtherKind: false };
  const matched = match(pattern, value, problem, 0);
  if (matched === FAILED) throw new GuardError(side, `${where}${problem.path}: ${problem.words}`);
  return matched;
}

/** The arguments as the method gets them. `where` names power and method, such as `directory.read`. */
export function checkArguments(guard: MethodGuard, args: readonly unknown[], where: string): readonly unknown[] {
  const fixed = [...guard.required, ...guard.optionals];
  const argsMax = fixed.length + (guard.others === undefined ? 0 : GUARD_LIST_LENGTH_MAX);
  if (args.length > argsMax) {
    throw new GuardError("argument", `${where}: expected at most ${argsMax} arguments, got ${args.length}`);
  }
  const taken: unknown[] = [];
  for (let at = 0; at < Math.max(args.length, guard.required.length); at++) {
    const pattern = fixed[at] ?? guard.others;
    if (pattern === undefined) break;
    const isOptional = at >= guard.required.length && at < fixed.length;
    if (isOptional && args[at] === undefined) taken.push(undefined);
    else taken.push(checked(pattern, args[at], `${where}: ${argumentName(pattern, at)}`, "argument"));
  }
  return taken;
}

function argumentName(pattern: Pattern, at: number): string {
  return pattern.name === undefined ? `argument ${at + 1}` : `argument ${at + 1} (${pattern.name})`;
}

/** What a method answered, as the caller gets it; of a promise, a promise of it. */
export function checkResult(guard: MethodGuard, result: unknown, where: string): unknown {
  if (!(result instanceof Promise)) return checked(guard.result, result, `${where}: result`, "result");
  return result.then((value) => checked(guard.result, value, `${where}: result`, "result"));
}

/** The guard of a method; undefined for what is none. */
export function methodGuard(guard: InterfaceGuard, method: string): MethodGuard | undefined {
  return Object.hasOwn(guard.methods, method) ? guard.methods[method] : undefined;
}
