/**
 * Objects that others may call, with a guard between: what goes in and what comes out is checked at each call, whoever makes it.
 * @module
 */

import { checkArguments, checkResult } from "./guard-match.ts";
import type { InterfaceGuard, MethodGuard, MethodGuards, MethodsOf } from "./method-guards.ts";
import { Far } from "./pass-style.ts";

type Method = (this: object, ...args: readonly unknown[]) => unknown;

/**
 * A far object of plain functions. Only the methods of the guard are there. In them `this` is the object itself, so that calls among its
 * own methods are checked, too. Errors of the guard name object, method and argument: `counter.add: argument 1: …`.
 */
export function makeExo<G extends MethodGuards>(
  name: string,
  guard: InterfaceGuard<G>,
  methods: MethodsOf<G>,
): Readonly<MethodsOf<G>> {
  const exo: { [method: string]: unknown } = {};
  for (const [method, methodGuard] of Object.entries<MethodGuard>(guard.methods)) {
    const work: unknown = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (typeof work !== "function") throw new TypeError(`methods: expected a function ${method}, got ${typeof work}`);
    const where = `${name}.${method}`;
    const call = (...args: readonly unknown[]): unknown => invoke(exo, methodGuard, work as Method, args, where);
    Object.defineProperty(exo, method, { value: Object.freeze(call), enumerable: true });
  }
  // The methods are those of the guard, and checked against it: the type says the same.
  return Far(name, exo) as MethodsOf<G>;
}

function invoke(exo: object, guard: MethodGuard, work: Method, args: readonly unknown[], where: string): unknown {
  if (guard.isAsync) return invokeLater(exo, guard, work, args, where);
  return checkResult(guard, work.apply(exo, [...checkArguments(guard, args, where)]), where);
}

/** Refuses with a promise, as it answers. */
async function invokeLater(
  exo: object,
  guard: MethodGuard,
  work: Method,
  args: readonly unknown[],
  where: string,
): Promise<unknown> {
  const result = await work.apply(exo, [...checkArguments(guard, args, where)]);
  return checkResult(guard, result, where);
}
