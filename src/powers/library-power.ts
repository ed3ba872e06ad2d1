/**
 * A library as a power: the functions of an object that the host has, such as the namespace of an imported library, for another
 * guest to call. Nothing is known about them, so nothing of it is read-only.
 *
 * @module
 */
import { callCapability, type InterfaceGuard, isCapability, M, type MethodGuard } from "../passable/index.ts";
import { mapContainer } from "./map-container.ts";
import { makePower } from "./power.ts";

export const LIBRARY_METHODS_MAX = 4096;

type AnyFunction = (...args: never[]) => unknown;

export type FunctionsOf<T> = { readonly [K in keyof T as T[K] extends AnyFunction ? K : never]: T[K] };

/**
 * The functions among the own enumerable properties, or those of them that `methods` names. They get what the caller passes, as it
 * came (capabilities of guests as functions that give promises); functions that they give back can be called, too.
 */
export function makeLibraryPower<T extends object>(
  name: string,
  library: T,
  options: { readonly methods?: readonly (string & keyof T)[] } = {},
): FunctionsOf<T> {
  const functions = new Map<string, (...args: readonly unknown[]) => unknown>();
  for (const [key, value] of Object.entries(library)) {
    if (typeof value === "function" && (options.methods as readonly string[] | undefined)?.includes(key) !== false) {
      functions.set(key, (...args) =>
        Reflect.apply(
          value,
          library,
          args.map((arg) => toCallable(arg, 0)),
        ),
      );
    }
  }
  if (functions.size > LIBRARY_METHODS_MAX) {
    throw new RangeError(`library: expected at most ${LIBRARY_METHODS_MAX} functions, got ${functions.size}`);
  }
  return makePower(name, guardOf(name, functions.keys()), Object.fromEntries(functions)) as FunctionsOf<T>;
}

function guardOf(name: string, methods: Iterable<string>): InterfaceGuard {
  const anything: MethodGuard = M.call().rest(M.any()).returns(M.any());
  const guards = Object.fromEntries([...methods].map((method) => [method, anything]));
  return M.interface(name, guards);
}

/** Of lists and objects within each other: what lies deeper is handed over as it is. */
const CALLABLE_DEPTH_MAX = 64;

/** A library knows nothing of capabilities: the callbacks of guests become functions. */
function toCallable(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null || depth > CALLABLE_DEPTH_MAX) return value;
  if (isCapability(value)) return (...args: readonly unknown[]) => callCapability(value, null, ...args);
  return mapContainer(value, (item) => toCallable(item, depth + 1));
}
