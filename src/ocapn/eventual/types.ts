/**
 * Types of remote interfaces: what a local interface looks like from afar.
 *
 * @module
 */

/** What an eventual send can go to: an object, a far reference to one, or a promise for either. */
export type Reference<T> = T | Remote<T> | Promise<T> | Promise<Remote<T>>;

type AnyFunction = (...args: never[]) => unknown;

/** An object is a reference if it has methods, or is a function; all else crosses as a copy. */
type IsByReference<T> = T extends AnyFunction
  ? true
  : T extends Promise<unknown> | Uint8Array | readonly unknown[] | Error
    ? false
    : T extends object
      ? [Extract<T[keyof T], AnyFunction>] extends [never]
        ? false
        : true
      : false;

/** A value after it has crossed. */
export type Crossed<T> = IsByReference<T> extends true ? Remote<T> : T;

type Answered<F> = F extends (...args: infer A) => infer R ? (...args: A) => Promise<Crossed<Awaited<R>>> : never;

type Callable<T> = T extends AnyFunction ? Answered<T> : unknown;

type Methods<T> = { readonly [K in keyof T as T[K] extends AnyFunction ? K : never]: Answered<T[K]> };

declare const REMOTE: unique symbol;

/** A far reference to a `T`: every method gives a promise. */
export type Remote<T> = Callable<T> & Methods<T> & { readonly [REMOTE]?: T };

type Origin<T> = T extends { readonly [REMOTE]?: infer O } ? (unknown extends O ? T : NonNullable<O>) : T;

export type Eventual<T> = Callable<Origin<T>> & Methods<Origin<T>>;

type Unanswered<F> = F extends (...args: infer A) => unknown ? (...args: A) => void : never;

export type EventualOnly<T> = (Origin<T> extends AnyFunction ? Unanswered<Origin<T>> : unknown) & {
  readonly [K in keyof Origin<T> as Origin<T>[K] extends AnyFunction ? K : never]: Unanswered<Origin<T>[K]>;
};

export type EventualGet<T> = { readonly [K in keyof T]: Promise<Crossed<Awaited<T[K]>>> };
