/**
 * Patterns and values in words, for error messages. No value is quoted: messages reach whoever called.
 * @module
 */

import type { Pattern } from "./guards.ts";
import { isTarget } from "./pass-style.ts";
import { Selector, Tagged } from "./values.ts";

/** Without lengths: that a value is of the right kind but too long is said in other words. */
export function describePattern(pattern: Pattern): string {
  switch (pattern.kind) {
    case "any":
      return "anything";
    case "passable":
      return "a passable value";
    case "boolean":
      return "a boolean";
    case "number":
      return describeNumber(pattern);
    case "bigint":
      return `a bigint${range(pattern.min, pattern.max)}`;
    case "string":
      return "a string";
    case "bytes":
      return "bytes";
    case "symbol":
      return "a selector";
    case "error":
      return "an error";
    case "promise":
      return "a promise";
    case "literal":
      return pattern.values.map((value) => (value === undefined ? "undefined" : JSON.stringify(value))).join(" or ");
    case "array":
      return "a list";
    case "record":
    case "recordOf":
      return "a plain object";
    case "or":
      return pattern.patterns.map(describePattern).join(" or ");
    case "optional":
      return `${describePattern(pattern.pattern)} or undefined`;
    case "tagged":
      return `a value tagged ${JSON.stringify(pattern.tag)}`;
    case "callable":
      return "a function";
    case "remotable":
      return pattern.methods === undefined
        ? "a function, or an object that Far has marked"
        : `an object that Far has marked, with the methods of ${pattern.methods.name}`;
    default:
      return pattern satisfies never;
  }
}

function describeNumber(pattern: Extract<Pattern, { readonly kind: "number" }>): string {
  const min =
    pattern.min === Number.NEGATIVE_INFINITY || pattern.min === Number.MIN_SAFE_INTEGER ? undefined : pattern.min;
  const max =
    pattern.max === Number.POSITIVE_INFINITY || pattern.max === Number.MAX_SAFE_INTEGER ? undefined : pattern.max;
  return `${pattern.isInteger ? "an integer" : "a number"}${range(min, max)}`;
}

function range(min: number | bigint | undefined, max: number | bigint | undefined): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? "" : ` of at most ${max}`;
}

export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "number" && !Number.isInteger(value)) return Number.isNaN(value) ? "NaN" : "a number";
  if (typeof value !== "object") return `a ${typeof value}`;
  if (Array.isArray(value)) return "a list";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof Error) return "an error";
  if (value instanceof Promise) return "a promise";
  if (value instanceof Tagged) return "a tagged value";
  if (value instanceof Selector) return "a selector";
  return isTarget(value) ? "a capability" : "an object";
}
