/**
 * Whether two results are the same, and if not, where they differ first.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";

const TEXT_LENGTH_MAX = 60;

function show(value: unknown): string {
  const text =
    typeof value === "string" ? JSON.stringify(value) : typeof value === "object" ? describe(value) : String(value);
  return text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX)}…` : text;
}

function describe(value: object | null): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return `${Object.prototype.toString.call(value)} with ${Object.keys(value).join(", ")}`;
}

function firstDifference(expected: unknown, got: unknown, path: string): string {
  const isLookedInto =
    typeof expected === "object" &&
    typeof got === "object" &&
    expected !== null &&
    got !== null &&
    Object.prototype.toString.call(expected) === Object.prototype.toString.call(got);
  if (isLookedInto) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(got)])) {
      const [left, right]: unknown[] = [Reflect.get(expected, key), Reflect.get(got, key)];
      if (!isDeepStrictEqual(left, right)) return firstDifference(left, right, `${path}.${key}`);
    }
  }
  return `${path}: ${show(got)}, not ${show(expected)}`;
}

/** Undefined when they are the same after a structured copy, which both must survive. */
export function compare(expected: unknown, got: unknown): string | undefined {
  const copy: unknown = structuredClone(got);
  return isDeepStrictEqual(expected, copy) ? undefined : firstDifference(expected, copy, "result");
}
