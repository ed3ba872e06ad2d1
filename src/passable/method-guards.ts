/**
 * Guards of methods and of interfaces: what goes in, what comes out, and whether a method only reads.
 * @module
 */

import type { ArgumentsOf, Pattern } from "./guards.ts";

export interface MethodShape {
  readonly isAsync: boolean;
  readonly required: readonly Pattern[];
  readonly optional?: readonly Pattern[];
  readonly rest?: Pattern | undefined;
  readonly result: Pattern;
  readonly isRead?: boolean;
}

/**
 * What a method takes and answers. Each maker gives a new guard. `Args`, `Result` are only for the compiler.
 */
export interface MethodGuard<
  Args extends readonly unknown[] = readonly unknown[],
  Result = unknown,
  IsAsync extends boolean = boolean,
> {
  readonly isAsync: boolean;
  readonly required: readonly Pattern[];
  readonly optionals: readonly Pattern[];
  readonly others: Pattern | undefined;
  readonly result: Pattern;
  /** Whether it changes nothing that anyone else could see: what `readOnly` leaves. */
  readonly isRead: boolean;
  /** Arguments that may be missing, or undefined. */
  optional<P extends readonly Pattern[]>(
    ...patterns: P
  ): MethodGuard<[...Args, ...Partial<ArgumentsOf<P>>], Result, IsAsync>;
  /** Any number of arguments more. */
  rest<T>(pattern: Pattern<T>): MethodGuard<[...Args, ...T[]], Result, IsAsync>;
  returns<T>(pattern: Pattern<T>): MethodGuard<Args, IsAsync extends true ? Promise<T> : T, IsAsync>;
  /** Says that it only reads. */
  reads(): MethodGuard<Args, Result, IsAsync>;
  /** Never there. */
  readonly types?: { readonly args: Args; readonly result: Result; readonly isAsync: IsAsync };
}

export type MethodGuards = { readonly [method: string]: MethodGuard };

export interface InterfaceGuard<G extends MethodGuards = MethodGuards> {
  readonly name: string;
  readonly methods: G;
}

/** The functions that an interface describes. */
export type MethodsOf<G extends MethodGuards> = {
  readonly [K in keyof G]: G[K] extends MethodGuard<infer Args, infer Result>
    ? (...args: Args extends readonly unknown[] ? [...Args] : never) => Result
    : never;
};

export function makeMethodGuard<Args extends readonly unknown[], Result, IsAsync extends boolean>(
  shape: MethodShape,
): MethodGuard<Args, Result, IsAsync> {
  const { isAsync, required, optional = [], rest, result, isRead = false } = shape;
  return Object.freeze<MethodGuard<Args, Result, IsAsync>>({
    isAsync,
    required: Object.freeze([...required]),
    optionals: Object.freeze([...optional]),
    others: rest,
    result,
    isRead,
    optional: (...patterns) => makeMethodGuard({ ...shape, optional: [...optional, ...patterns] }),
    rest: (pattern) => makeMethodGuard({ ...shape, rest: pattern }),
    returns: (pattern) => makeMethodGuard({ ...shape, result: pattern }),
    reads: () => makeMethodGuard({ ...shape, isRead: true }),
  });
}
