/**
 * What a value is when it is passed (OCapN Model draft), and which objects are references: functions, capabilities, and what `Far` marks.
 * @module
 */

import { PassableError } from "./errors.ts";
import { PASSABLE_DEPTH_MAX, PASSABLE_DIGITS_MAX } from "./limits.ts";
import { isCapability, Selector, Tagged } from "./values.ts";

export type PassStyle =
  | "undefined"
  | "null"
  | "boolean"
  | "number"
  | "bigint"
  | "string"
  | "symbol"
  | "byteArray"
  | "copyArray"
  | "copyRecord"
  | "tagged"
  | "error"
  | "remotable"
  | "promise";

const farNames = new WeakMap<object, string>();

/** Makes an object one that is passed by reference: others may call its methods, whoever gets it. Freezes it. */
export function Far<T extends object>(name: string, object: T): T {
  if (typeof name !== "string") throw new TypeError(`name: expected a string, got ${typeof name}`);
  if ((typeof object !== "object" || object === null) && typeof object !== "function") {
    throw new TypeError(`object: expected an object or a function, got ${object === null ? "null" : typeof object}`);
  }
  const style = ownStyle(object);
  if (style !== "copyRecord" && style !== "remotable" && style !== undefined) {
    throw new TypeError(`object: expected an object with methods, got a ${style}`);
  }
  if (farNames.has(object))
    throw new TypeError(`object: expected one that is not far yet, got ${farNames.get(object)}`);
  farNames.set(object, name);
  return Object.freeze(object);
}

/** The name under which `Far` marked an object. */
export function farName(value: unknown): string | undefined {
  const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
  return isObject ? farNames.get(value) : undefined;
}

/** Whether it is passed by reference and can be called. */
export function isTarget(value: unknown): boolean {
  if (typeof value === "function") return true;
  return typeof value === "object" && value !== null && (farNames.has(value) || isCapability(value));
}

/** Whether an object has no class of its own. */
export function isPlain(value: object): value is { readonly [key: string]: unknown } {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** What it is, without a look at what is in it; undefined for what is nothing that can be passed. */
export function ownStyle(value: unknown): PassStyle | undefined {
  switch (typeof value) {
    case "undefined":
    case "boolean":
    case "number":
    case "bigint":
    case "string":
      return typeof value as PassStyle;
    case "function":
      return "remotable";
    case "object":
      return value === null ? "null" : objectStyle(value);
    default:
      return undefined;
  }
}

function objectStyle(value: object): PassStyle | undefined {
  if (Array.isArray(value)) return "copyArray";
  if (isTarget(value)) return "remotable";
  if (isPlain(value)) return "copyRecord";
  if (value instanceof Selector) return "symbol";
  if (value instanceof Uint8Array) return "byteArray";
  if (value instanceof Tagged) return "tagged";
  if (value instanceof Error) return "error";
  if (value instanceof Promise) return "promise";
  return undefined;
}

/** What a value is when it is passed. Throws a `PassableError` that names the part that cannot be. */
export function passStyleOf(value: unknown): PassStyle {
  return checkedStyle(value, "value", 0);
}

function checkedStyle(value: unknown, where: string, depth: number): PassStyle {
  const style = ownStyle(value);
  if (style === undefined) throw new PassableError("unpassable", `${where}: ${unpassableWords(value)}`);
  if (style === "string" || style === "symbol") {
    const text = value instanceof Selector ? value.name : String(value);
    if (!text.isWellFormed()) throw new PassableError("unpassable", `${where}: a ${style} with a lone surrogate`);
  }
  if (style === "bigint" && String(value).length > PASSABLE_DIGITS_MAX + 1) {
    throw new PassableError("limit", `${where}: an integer of more than ${PASSABLE_DIGITS_MAX} digits`);
  }
  if (style !== "copyArray" && style !== "copyRecord" && style !== "tagged") return style;
  if (depth >= PASSABLE_DEPTH_MAX) {
    throw new PassableError("limit", `${where.slice(0, 64)}…: nested deeper than ${PASSABLE_DEPTH_MAX}, or circular`);
  }
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) checkedStyle(item, `${where}[${at}]`, depth + 1);
  } else if (value instanceof Tagged) checkedStyle(value.payload, `${where}.payload`, depth + 1);
  else {
    for (const [key, item] of Object.entries(value as object)) checkedStyle(item, where + stepTo(key), depth + 1);
  }
  return style;
}

/** How a path goes on to a property. Long and strange keys are shortened and quoted. */
export function stepTo(key: string): string {
  return /^[A-Za-z_$][\w$]{0,63}$/.test(key) ? `.${key}` : `[${JSON.stringify(key.slice(0, 64))}]`;
}

/** Why a value cannot be passed, and what would help. */
export function unpassableWords(value: unknown): string {
  if (typeof value === "symbol") return "a symbol of JavaScript cannot be passed; use makeSelector";
  if (typeof value !== "object" || value === null) return `a ${typeof value} cannot be passed`;
  const name: unknown = value.constructor?.name;
  const words = typeof name === "string" && name !== "" ? `an instance of ${name}` : "an object of a class";
  return `${words} cannot be passed; mark it with Far to pass a reference to it`;
}
