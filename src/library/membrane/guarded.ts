/**
 * What a library can do with an object of the host that it was given: call it, read the properties and methods that it has of its own
 * or from classes of the host's program, and use its setters. It gets no prototype, no `constructor`, no symbol of the host's own, and can
 * neither add, change, redefine nor delete anything. Security: a prototype of the host would lead to the host's `Function`.
 * @module
 */

import { link as protocol } from "../../guests/javascript/index.ts";
import { isStructPrototype, nameOfSymbol, Uncrossable } from "./survey.ts";

const { DescriptorFlag, LinkOp } = protocol;

/** What makes code of text, and the global object: they do not leave, whoever passes them. */
const EVALUATORS: ReadonlySet<unknown> = new Set<unknown>([
  globalThis,
  Object.prototype,
  Function.prototype,
  // biome-ignore lint/security/noGlobalEval: named to keep it in.
  globalThis.eval,
  Function,
  ...[async () => undefined, function* () {}, async function* () {}].map(
    (made) => Object.getPrototypeOf(made).constructor,
  ),
]);

export function assertMayLeave(value: object): void {
  if (EVALUATORS.has(value)) throw new Uncrossable("what turns text into code of the host's, or the host's globals,");
}

export function operateGuarded(op: number, target: object, key: unknown, value: unknown): readonly unknown[] {
  switch (op) {
    case LinkOp.get:
      return findProperty(target, key) === undefined ? [] : [Reflect.get(target, key as PropertyKey)];
    case LinkOp.has:
      return [findProperty(target, key) !== undefined];
    case LinkOp.set:
      return [findProperty(target, key)?.set !== undefined && Reflect.set(target, key as PropertyKey, value)];
    case LinkOp.keys:
      return Reflect.ownKeys(target).filter((own) => findProperty(target, own) !== undefined);
    case LinkOp.descriptor:
      return describe(target, key);
    default:
      throw new TypeError("an importer's objects cannot be changed, nor their prototypes seen");
  }
}

/** The property that a library sees under this key, its own or of a class. No getter runs. */
function findProperty(target: object, key: unknown): PropertyDescriptor | undefined {
  if (typeof key === "symbol" ? !isShown(key) : typeof key !== "string" || key === "__proto__") return undefined;
  if (typeof target === "function" && (key === "prototype" || key === "caller" || key === "arguments"))
    return undefined;
  let holder: object | null = target;
  while (holder !== null && (holder === target || !isRoot(holder))) {
    const property = Object.getOwnPropertyDescriptor(holder, key as PropertyKey);
    if (property !== undefined) {
      return key !== "constructor" || (holder === target && property.enumerable === true) ? property : undefined;
    }
    holder = Object.getPrototypeOf(holder);
  }
  return undefined;
}

/** The ends of chains, of this realm and of others. */
function isRoot(prototype: object): boolean {
  return typeof prototype === "function" || Array.isArray(prototype) || isStructPrototype(prototype);
}

function isShown(symbol: symbol): boolean {
  const name = nameOfSymbol(symbol);
  return name !== undefined && (name.startsWith(":") || protocol.SHOWN_SYMBOLS.includes(name));
}

function describe(target: object, key: unknown): readonly unknown[] {
  const property = Object.hasOwn(target, key as PropertyKey) ? findProperty(target, key) : undefined;
  if (property === undefined) return [];
  const enumerable = property.enumerable === true ? DescriptorFlag.enumerable : 0;
  const common = enumerable | DescriptorFlag.configurable;
  if ("value" in property) return [common, property.value];
  // A getter runs when it is asked for its value, with its own object.
  const get = (): unknown => Reflect.get(target, key as PropertyKey);
  const set = (value: unknown): unknown => Reflect.set(target, key as PropertyKey, value);
  return [common | DescriptorFlag.accessor, property.get && get, property.set && set];
}
