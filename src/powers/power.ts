/**
 * Powers as objects: a frozen object whose methods are all that it can do, with a guard that is checked at each call, on the
 * way in and on the way out. Hosts call the methods; guests get the same through `capabilityOf`.
 *
 * @module
 */
import type { InterfaceGuard, MethodGuard, MethodGuards, MethodsOf } from "../passable/index.ts";
import { checkArguments, checkResult, Far, methodGuard } from "../passable/index.ts";
import { PowerError, type PowerErrorCode, powerErrorCode } from "./errors.ts";

/** What is behind the methods of a power. */
export interface PowerCore {
  readonly name: string;
  /** What is allowed. */
  readonly guard: InterfaceGuard;
  /** The methods that there are; those which the guard does not have say why when they are called. */
  readonly offered: readonly string[];
  invoke(method: string, args: readonly unknown[]): unknown;
}

/** Not on the objects themselves, so that nobody can pass off an object of theirs as a power. */
const cores = new WeakMap<object, PowerCore>();

/** Of error messages and audit logs. */
export const POWER_NAME_LENGTH_MAX = 64;

/** What a power tells about itself; undefined for what is no power. */
export function powerOf(value: unknown): { readonly name: string; readonly guard: InterfaceGuard } | undefined {
  const core = findCore(value);
  return core === undefined ? undefined : Object.freeze({ name: core.name, guard: core.guard });
}

export function findCore(value: unknown): PowerCore | undefined {
  return typeof value === "object" && value !== null ? cores.get(value) : undefined;
}

/** Throws for what is no power. */
export function coreOf(value: unknown): PowerCore {
  const core = findCore(value);
  if (core === undefined) throw new TypeError(`power: expected what makePower gives, got ${typeof value}`);
  return core;
}

/** The object of a core. `P` is the type of its methods, which the caller knows. */
export function makePowerObject<P extends object>(core: PowerCore): P {
  const power: { [method: string]: unknown } = {};
  for (const method of core.offered) {
    power[method] = Object.freeze((...args: readonly unknown[]) => core.invoke(method, args));
  }
  cores.set(power, core);
  // Other peers can be given it as it is. The names are those of the guard, the functions check what goes through them: the type says the same.
  return Far(core.name, power) as P;
}

/**
 * A power out of plain functions. The name is what error messages and the audit log call it. Errors that the functions throw go
 * through; a `PowerError` gets power and method in front of its message: `directory.read: not-found`.
 */
export function makePower<G extends MethodGuards>(
  name: string,
  guard: InterfaceGuard<G>,
  methods: MethodsOf<G>,
): Readonly<MethodsOf<G>> {
  if (name === "" || name.length > POWER_NAME_LENGTH_MAX) {
    throw new RangeError(`name: expected 1 to ${POWER_NAME_LENGTH_MAX} characters, got ${name.length}`);
  }
  for (const method of Object.keys(guard.methods)) {
    if (typeof methods[method] !== "function") throw new TypeError(`methods: expected a function ${method}`);
  }
  return makePowerObject({
    name,
    guard,
    offered: Object.freeze(Object.keys(guard.methods)),
    invoke(method, args) {
      const found = methodGuard(guard, method);
      if (found === undefined) throw denial("not-granted", { power: name, method }, "no such method");
      return call(`${name}.${method}`, found, args, methods[method] as (...args: readonly unknown[]) => unknown);
    },
  });
}

function call(
  where: string,
  guard: MethodGuard,
  args: readonly unknown[],
  method: (...args: readonly unknown[]) => unknown,
): unknown {
  if (guard.isAsync) return callLater(where, guard, args, method);
  const checked = checkArguments(guard, args, where);
  let result: unknown;
  try {
    result = method(...checked);
  } catch (error) {
    throw placed(error, where);
  }
  return checkResult(guard, result, where);
}

async function callLater(
  where: string,
  guard: MethodGuard,
  args: readonly unknown[],
  method: (...args: readonly unknown[]) => unknown,
): Promise<unknown> {
  const checked = checkArguments(guard, args, where);
  let result: unknown;
  try {
    result = await method(...checked);
  } catch (error) {
    throw placed(error, where);
  }
  return checkResult(guard, result, where);
}

/** The lower layers know neither power nor method. */
function placed(error: unknown, where: string): unknown {
  const code = powerErrorCode(error);
  if (code === undefined || !(error instanceof Error) || error.message.startsWith(`${where}: `)) return error;
  const words = error.message === code ? code : `${code}: ${error.message}`;
  return new PowerError(code, `${where}: ${words}`, { cause: error });
}

/** `directory.write: read-only: …` */
export function denial(
  code: PowerErrorCode,
  use: { readonly power: string; readonly method: string },
  words: string,
): PowerError {
  return new PowerError(code, `${use.power}.${use.method}: ${code}: ${words}`);
}
