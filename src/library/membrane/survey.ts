/**
 * What a value is to the membrane (docs/membrane.md): JSON as it is, data that needs escapes, or something that crosses by reference.
 * No getter runs.
 * @module
 */

import { link } from "../../guests/javascript/index.ts";
import { DATE_PROTOTYPE, timeOfDate } from "./dates.ts";
import { remoteOf } from "./remotes.ts";

export type Survey = 0 | 1 | 2;
export const PLAIN = 0;
export const SPECIAL = 1;
export const REFERENCE = 2;

/** A value that neither can be copied nor has a reference. `path` is where it is, once that is known. */
export class Uncrossable extends Error {
  readonly what: string;
  readonly path: string;

  constructor(what: string, path = "") {
    super(`${path === "" ? "" : `${path}: `}${what} cannot cross`);
    this.what = what;
    this.path = path;
  }
}

export interface Surveyor {
  /** Objects that are copied, with how often they were met: once, or more. */
  readonly seen: Map<object, 1 | 2>;
  /** Tells proxies from other objects, where the system can. */
  readonly isProxy: ((value: object) => boolean) | undefined;
}

export function survey(value: unknown, surveyor: Surveyor, depth: number): Survey {
  switch (typeof value) {
    case "string":
    case "boolean":
      return PLAIN;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0) ? PLAIN : SPECIAL;
    case "undefined":
    case "bigint":
      return SPECIAL;
    case "symbol":
      if (!isSharedSymbol(value)) throw new Uncrossable("a symbol of its own");
      return SPECIAL;
    case "function":
      return REFERENCE;
    default:
      return value === null ? PLAIN : surveyObject(value as object, surveyor, depth);
  }
}

const knownSymbols = new Map<symbol, string>();
for (const name of link.KNOWN_SYMBOLS) {
  const symbol: unknown = Reflect.get(Symbol, name);
  if (typeof symbol === "symbol") knownSymbols.set(symbol, name);
}

/** The name of a symbol that both sides have. */
export function nameOfSymbol(symbol: symbol): string | undefined {
  const key = Symbol.keyFor(symbol);
  return key === undefined ? knownSymbols.get(symbol) : `:${key}`;
}

export function isSharedSymbol(symbol: symbol): boolean {
  return nameOfSymbol(symbol) !== undefined;
}

export function isCrossableKey(key: string | symbol): boolean {
  return typeof key === "string" || isSharedSymbol(key);
}

/** Of this realm, or the root of another one's chain. */
export function isStructPrototype(prototype: object | null): boolean {
  return (
    prototype === null ||
    prototype === Object.prototype ||
    (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "hasOwnProperty"))
  );
}

function isArrayPrototype(prototype: object | null): boolean {
  return (
    prototype === Array.prototype || (Array.isArray(prototype) && isStructPrototype(Object.getPrototypeOf(prototype)))
  );
}

function surveyObject(value: object, surveyor: Surveyor, depth: number): Survey {
  const { seen, isProxy } = surveyor;
  if (seen.has(value)) {
    seen.set(value, 2);
    return SPECIAL;
  }
  if (depth >= link.LINK_DEPTH_MAX) throw new Uncrossable(`a value nested deeper than ${depth}`);
  const isRemote = remoteOf(value) !== undefined;
  if (!isRemote && isProxy?.(value) === true) return REFERENCE;
  const isError = value instanceof Error;
  if (!isError && isRemote) return REFERENCE;
  const prototype: object | null = Object.getPrototypeOf(value);
  if (Array.isArray(value)) return isArrayPrototype(prototype) ? surveyEntries(value, surveyor, depth) : REFERENCE;
  if (isStructPrototype(prototype) && !isIntrinsic(value)) {
    if (Object.getOwnPropertySymbols(value).length > 0 || isPrototypeLike(value)) return REFERENCE;
    const kind = surveyEntries(value, surveyor, depth);
    return prototype === null && kind === PLAIN ? SPECIAL : kind;
  }
  if (isError || isCopied(value, prototype)) {
    seen.set(value, 1);
    return SPECIAL;
  }
  if (prototype === Map.prototype || prototype === Set.prototype) return surveyMembers(value, surveyor, depth);
  return REFERENCE;
}

/** Prototypes of classes look like structs, but for this. */
function isPrototypeLike(value: object): boolean {
  return Object.getOwnPropertyDescriptor(value, "constructor")?.enumerable === false;
}

/** Objects of the language that look like structs. */
function isIntrinsic(value: object): boolean {
  return value === Object.prototype || value === globalThis || Object.hasOwn(value, "__lookupGetter__");
}

function surveyEntries(value: object, surveyor: Surveyor, depth: number): Survey {
  surveyor.seen.set(value, 1);
  const keys = Object.keys(value);
  let kind: Survey = Array.isArray(value) && keys.length !== value.length ? SPECIAL : PLAIN;
  for (const key of keys) {
    const property = Object.getOwnPropertyDescriptor(value, key);
    if (property === undefined || !("value" in property)) return REFERENCE;
    const found = survey(property.value, surveyor, depth + 1);
    if (found === REFERENCE) return found;
    if (found > kind) kind = found;
  }
  return kind;
}

function surveyMembers(value: object, surveyor: Surveyor, depth: number): Survey {
  surveyor.seen.set(value, 1);
  for (const member of membersOf(value)) {
    if (survey(member, surveyor, depth + 1) === REFERENCE) return REFERENCE;
  }
  return SPECIAL;
}

/** The keys and values of a map in turn, or the values of a set; nothing for what only looks like one. */
export function membersOf(value: object): readonly unknown[] {
  const members: unknown[] = [];
  try {
    Map.prototype.forEach.call(value, (item: unknown, key: unknown) => members.push(key, item));
    return members;
  } catch {
    // Then it is a set.
  }
  try {
    Set.prototype.forEach.call(value, (item: unknown) => members.push(item));
  } catch {
    // An object that only has the prototype.
  }
  return members;
}

const sourceOf = Object.getOwnPropertyDescriptor(RegExp.prototype, "source")?.get;

/** Each throws for what only has the prototype. */
const COPIED: readonly (readonly [prototype: object, probe: (value: object) => unknown])[] = [
  [DATE_PROTOTYPE, timeOfDate],
  [RegExp.prototype, (value) => sourceOf?.call(value)],
  [ArrayBuffer.prototype, (value) => ArrayBuffer.prototype.slice.call(value, 0, 0)],
];

function isCopied(value: object, prototype: object | null): boolean {
  if (ArrayBuffer.isView(value)) return true;
  const probe = COPIED.find(([candidate]) => candidate === prototype)?.[1];
  try {
    probe?.(value);
    return probe !== undefined;
  } catch {
    return false;
  }
}

/** Where in a value it is that cannot cross. Looked for only when something could not. */
export function pathOfFailure(value: unknown, path: string, seen: Set<object> = new Set()): string | undefined {
  if (typeof value === "symbol") return isSharedSymbol(value) ? undefined : path;
  if (typeof value !== "object" || value === null || seen.has(value) || remoteOf(value) !== undefined) return undefined;
  seen.add(value);
  for (const key of Object.keys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key);
    if (property === undefined || !("value" in property)) continue;
    const found = pathOfFailure(property.value, path + stepTo(value, key), seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

function stepTo(value: object, key: string): string {
  if (Array.isArray(value)) return `[${key}]`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
