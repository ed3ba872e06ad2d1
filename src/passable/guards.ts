/**
 * Guards: descriptions of values and of methods, checked where a power meets a guest. Modelled on the patterns of Endo, but
 * smaller. A pattern is frozen plain data made by `M`; what it does with a value is in guard-match.ts.
 * @module
 */

import { GUARD_BYTES_MAX, GUARD_LIST_LENGTH_MAX, GUARD_STRING_LENGTH_MAX } from "./limits.ts";
import { type InterfaceGuard, type MethodGuard, type MethodGuards, makeMethodGuard } from "./method-guards.ts";
import type { Selector } from "./values.ts";

export type PatternShape =
  /** Anything: the method looks for itself, or does not look at all. */
  | { readonly kind: "any" }
  /** What `encodePassable` takes, without capabilities. */
  | { readonly kind: "passable" }
  | { readonly kind: "boolean" }
  | { readonly kind: "number"; readonly isInteger: boolean; readonly min: number; readonly max: number }
  | { readonly kind: "bigint"; readonly min: bigint | undefined; readonly max: bigint | undefined }
  | { readonly kind: "string"; readonly lengthMax: number }
  | { readonly kind: "bytes"; readonly lengthMax: number }
  | { readonly kind: "symbol" }
  | { readonly kind: "error" }
  | { readonly kind: "promise" }
  | { readonly kind: "literal"; readonly values: readonly Literal[] }
  | { readonly kind: "array"; readonly item: Pattern; readonly lengthMax: number }
  | { readonly kind: "record"; readonly required: PatternRecord; readonly optional: PatternRecord }
  | { readonly kind: "recordOf"; readonly value: Pattern; readonly sizeMax: number }
  | { readonly kind: "or"; readonly patterns: readonly Pattern[] }
  | { readonly kind: "optional"; readonly pattern: Pattern }
  | { readonly kind: "tagged"; readonly tag: string; readonly payload: Pattern }
  | { readonly kind: "callable" }
  | { readonly kind: "remotable"; readonly methods: InterfaceGuard | undefined };

export type Literal = string | number | boolean | null | undefined;

/** The type `T` of what matches is only for the compiler; no pattern has `matches`. */
export type Pattern<T = unknown> = PatternShape & { readonly name?: string; readonly matches?: T };

export type PatternRecord = { readonly [key: string]: Pattern };

export type TypeOf<P> = P extends Pattern<infer T> ? T : never;

type RecordType<R extends PatternRecord, O extends PatternRecord> = { readonly [K in keyof R]: TypeOf<R[K]> } & {
  readonly [K in keyof O]?: TypeOf<O[K]> | undefined;
};

export interface NumberLimits {
  readonly min?: number;
  readonly max?: number;
}

export interface LengthLimit {
  /** Of a string in UTF-16 units, of bytes in bytes, of a list in items. */
  readonly lengthMax?: number;
}

/** The makers of patterns and guards. */
export interface GuardMakers {
  /** `T` is what the caller claims it to be. */
  any<T = unknown>(): Pattern<T>;
  passable(): Pattern;
  boolean(): Pattern<boolean>;
  /** Any float64, also NaN and the infinities if no limit is given. */
  number(limits?: NumberLimits): Pattern<number>;
  /** Without limits: the safe integers. */
  integer(limits?: NumberLimits): Pattern<number>;
  bigint(limits?: { readonly min?: bigint; readonly max?: bigint }): Pattern<bigint>;
  string(limits?: LengthLimit): Pattern<string>;
  bytes(limits?: LengthLimit): Pattern<Uint8Array>;
  /** A symbol of OCapN's, as `makeSelector` makes them. */
  symbol(): Pattern<Selector>;
  error(): Pattern<Error>;
  /** A promise. What it comes to is not looked at. */
  promise<T = unknown>(): Pattern<Promise<T>>;
  /** This, or a promise, perhaps of it. */
  eref<T>(pattern: Pattern<T>): Pattern<T | Promise<T>>;
  literal<const L extends readonly Literal[]>(...values: L): Pattern<L[number]>;
  array<T>(item: Pattern<T>, limits?: LengthLimit): Pattern<readonly T[]>;
  /** A plain object with these properties and no others. One whose value is undefined is not there. */
  record<R extends PatternRecord, O extends PatternRecord = Record<never, never>>(
    required: R,
    optional?: O,
  ): Pattern<RecordType<R, O>>;
  /** A record of which nothing is required. */
  partial<O extends PatternRecord>(optional: O): Pattern<RecordType<Record<never, never>, O>>;
  /** A plain object with any keys and values of one kind. */
  recordOf<T>(value: Pattern<T>, limits?: { readonly sizeMax?: number }): Pattern<{ readonly [key: string]: T }>;
  or<P extends readonly Pattern[]>(...patterns: P): Pattern<TypeOf<P[number]>>;
  /** This, or undefined. */
  optional<T>(pattern: Pattern<T>): Pattern<T | undefined>;
  tagged<T>(tag: string, payload: Pattern<T>): Pattern<{ readonly tag: string; readonly payload: T }>;
  /** A function, or a capability that may be called. */
  callable(): Pattern<object>;
  /**
   * What is passed by reference: a far reference, a function, an object that `Far` or `makeExo` made with the methods of the interface, or a capability.
   * What far references and capabilities can do shows when they are called. Promises for such are `M.eref(M.remotable())`.
   */
  remotable<T extends object = object>(methods?: InterfaceGuard): Pattern<T>;
  /** The same pattern with a name for error messages: `argument 1 (path)`. */
  named<T>(name: string, pattern: Pattern<T>): Pattern<T>;
  /** A method that takes at least these arguments and answers at once. */
  call<P extends readonly Pattern[]>(...required: P): MethodGuard<ArgumentsOf<P>, undefined, false>;
  /** A method that answers with a promise. */
  callWhen<P extends readonly Pattern[]>(...required: P): MethodGuard<ArgumentsOf<P>, Promise<undefined>, true>;
  interface<G extends MethodGuards>(name: string, methods: G): InterfaceGuard<G>;
}

export type ArgumentsOf<P extends readonly Pattern[]> = { -readonly [K in keyof P]: TypeOf<P[K]> };

function frozen<T>(shape: PatternShape): Pattern<T> {
  return Object.freeze(shape);
}

function makeInteger(limits: NumberLimits = {}): Pattern<number> {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = limits;
  return frozen({ kind: "number", isInteger: true, min, max });
}

/** What a method without `returns` answers. */
const nothing: Pattern<undefined> = frozen({ kind: "literal", values: Object.freeze([undefined]) });

export const M: GuardMakers = Object.freeze<GuardMakers>({
  any: () => frozen({ kind: "any" }),
  passable: () => frozen({ kind: "passable" }),
  boolean: () => frozen({ kind: "boolean" }),
  number: ({ min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = {}) =>
    frozen({ kind: "number", isInteger: false, min, max }),
  integer: makeInteger,
  bigint: ({ min, max } = {}) => frozen({ kind: "bigint", min, max }),
  string: ({ lengthMax = GUARD_STRING_LENGTH_MAX } = {}) => frozen({ kind: "string", lengthMax }),
  bytes: ({ lengthMax = GUARD_BYTES_MAX } = {}) => frozen({ kind: "bytes", lengthMax }),
  symbol: () => frozen({ kind: "symbol" }),
  error: () => frozen({ kind: "error" }),
  promise: () => frozen({ kind: "promise" }),
  eref: (pattern) => frozen({ kind: "or", patterns: Object.freeze([pattern, frozen({ kind: "promise" })]) }),
  literal: (...values) => frozen({ kind: "literal", values: Object.freeze([...values]) }),
  array: (item, { lengthMax = GUARD_LIST_LENGTH_MAX } = {}) => frozen({ kind: "array", item, lengthMax }),
  record: (required: PatternRecord, optional: PatternRecord = {}) =>
    frozen({ kind: "record", required: Object.freeze({ ...required }), optional: Object.freeze({ ...optional }) }),
  partial: (optional) => frozen({ kind: "record", required: {}, optional: Object.freeze({ ...optional }) }),
  recordOf: (value, { sizeMax = GUARD_LIST_LENGTH_MAX } = {}) => frozen({ kind: "recordOf", value, sizeMax }),
  or: (...patterns) => frozen({ kind: "or", patterns: Object.freeze([...patterns]) }),
  optional: (pattern) => frozen({ kind: "optional", pattern }),
  tagged: (tag, payload) => frozen({ kind: "tagged", tag, payload }),
  callable: () => frozen({ kind: "callable" }),
  remotable: (methods) => frozen({ kind: "remotable", methods }),
  named: (name, pattern) => Object.freeze({ ...pattern, name }),
  call: (...required) => makeMethodGuard({ isAsync: false, required, result: nothing }),
  callWhen: (...required) => makeMethodGuard({ isAsync: true, required, result: nothing }),
  interface: (name, methods) => Object.freeze({ name, methods: Object.freeze({ ...methods }) }),
});
