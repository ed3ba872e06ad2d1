/**
 * Trap codes: ours, the same on every engine, whatever the engine's message says.
 * @module
 */

export type TrapCode =
  | "unreachable"
  | "divide-by-zero"
  | "integer-overflow"
  | "memory-out-of-bounds"
  | "table-out-of-bounds"
  | "bad-indirect-call"
  | "null-reference"
  | "stack-overflow"
  | "uncaught-exception"
  | "unknown";

/** What V8, SpiderMonkey and JavaScriptCore say (2026), lower-cased, most particular first. */
const TEXTS: readonly (readonly [RegExp, TrapCode])[] = [
  [/unreachable/, "unreachable"],
  [/divide by zero|division by zero|remainder by zero/, "divide-by-zero"],
  [/unrepresentable|integer overflow|invalid conversion|out of bounds trunc/, "integer-overflow"],
  [
    /null function|signature mismatch|indirect call to null|call_indirect to a|signature that does not match/,
    "bad-indirect-call",
  ],
  [/out of bounds call_indirect/, "table-out-of-bounds"],
  [/table.*(out of bounds|out of range)|out of bounds table|element segment|table index/, "table-out-of-bounds"],
  [/dereferencing a null|null reference|null exnref|throw_ref|rethrowing null/, "null-reference"],
  [
    /memory.*(out of bounds|out of range)|out of bounds memory|index out of bounds|data segment|segment.*out of bounds/,
    "memory-out-of-bounds",
  ],
];

/** The code for an engine's trap. The engine's own message is for the developer's eyes only. */
export function trapCode(error: Error): TrapCode {
  const text = error.message.toLowerCase();
  for (const [pattern, code] of TEXTS) if (pattern.test(text)) return code;
  return "unknown";
}

/** Whether the gas used at such a trap is known to the instruction; else it is charged to the end of the epoch. */
export function isExact(code: TrapCode): boolean {
  return code !== "memory-out-of-bounds" && code !== "table-out-of-bounds" && code !== "unknown";
}
