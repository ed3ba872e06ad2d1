/**
 * `assert`.
 *
 * @module
 */
import { isDeepEqual } from "./deep-equal.ts";
import { inspect } from "./inspect.ts";

interface Failure {
  readonly actual?: unknown;
  readonly expected?: unknown;
  readonly operator: string;
  readonly message?: string | Error | undefined;
}

class AssertionError extends Error {
  override readonly name = "AssertionError";
  readonly code = "ERR_ASSERTION";
  readonly actual: unknown;
  readonly expected: unknown;
  readonly operator: string;
  readonly generatedMessage: boolean;

  constructor({ actual, expected, operator, message }: Failure) {
    const shown = `${inspect(actual)} ${operator} ${inspect(expected)}`;
    super(typeof message === "string" ? message : shown);
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
    this.generatedMessage = message === undefined;
  }
}

type Message = string | Error | undefined;

function demand(isTrue: boolean, failure: Failure): void {
  if (isTrue) return;
  throw failure.message instanceof Error ? failure.message : new AssertionError(failure);
}

const ok = (value: unknown, message?: Message): void =>
  demand(Boolean(value), {
    actual: value,
    expected: true,
    operator: "==",
    message:
      message ?? (value === undefined ? undefined : `The expression evaluated to a falsy value: ${inspect(value)}`),
  });

type Compare = (actual: unknown, expected: unknown, message?: Message) => void;

const compare =
  (operator: string, test: (actual: unknown, expected: unknown) => boolean): Compare =>
  (actual, expected, message) =>
    demand(test(actual, expected), { actual, expected, operator, message });

// biome-ignore lint/suspicious/noDoubleEquals: the loose comparison is what the loose form is for
const isLooselyEqual = (a: unknown, b: unknown): boolean => a == b || (Number.isNaN(a) && Number.isNaN(b));
const strictEqual = compare("strictEqual", Object.is);
const notStrictEqual = compare("notStrictEqual", (a, b) => !Object.is(a, b));
const deepStrictEqual = compare("deepStrictEqual", (a, b) => isDeepEqual(a, b, true));
const notDeepStrictEqual = compare("notDeepStrictEqual", (a, b) => !isDeepEqual(a, b, true));

function fail(message: Message = "Failed"): never {
  throw message instanceof Error ? message : new AssertionError({ operator: "fail", message });
}

/** Whether an error is what was expected: by class, by what its text matches, by a test, or by some of its properties. */
function isExpected(error: unknown, expected: unknown): boolean {
  if (expected === undefined || typeof expected === "string") return true;
  if (expected instanceof RegExp) return expected.test(String(error));
  if (typeof expected === "function") {
    if (expected.prototype !== undefined && error instanceof (expected as unknown as new () => object)) return true;
    if (Error.prototype.isPrototypeOf.call(Error, expected)) return false;
    return expected.call({}, error) === true;
  }
  return Object.entries(expected as object).every(([name, value]) => {
    const actual: unknown = Reflect.get(error as object, name);
    return value instanceof RegExp && typeof actual === "string"
      ? value.test(actual)
      : isDeepEqual(actual, value, true);
  });
}

function judge(error: unknown, expected: unknown, message: Message): void {
  if (isExpected(error, expected)) return;
  demand(false, { actual: error, expected, operator: "throws", message });
}

const messageOf = (expected: unknown, message: Message): Message => (typeof expected === "string" ? expected : message);

function throws(block: () => unknown, expected?: unknown, message?: Message): void {
  let thrown: readonly [unknown] | undefined;
  try {
    block();
  } catch (error) {
    thrown = [error];
  }
  const said = messageOf(expected, message) ?? "Missing expected exception.";
  if (thrown === undefined) demand(false, { operator: "throws", expected, message: said });
  else judge(thrown[0], expected, message);
}

async function rejects(
  work: Promise<unknown> | (() => Promise<unknown>),
  expected?: unknown,
  message?: Message,
): Promise<void> {
  let thrown: readonly [unknown] | undefined;
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    thrown = [error];
  }
  const said = messageOf(expected, message) ?? "Missing expected rejection.";
  if (thrown === undefined) demand(false, { operator: "rejects", expected, message: said });
  else judge(thrown[0], expected, message);
}

function doesNotThrow(block: () => unknown, message?: Message): void {
  try {
    block();
  } catch (error) {
    demand(false, {
      actual: error,
      operator: "doesNotThrow",
      message: message ?? `Got unwanted exception: ${String(error)}`,
    });
  }
}

async function doesNotReject(work: Promise<unknown> | (() => Promise<unknown>), message?: Message): Promise<void> {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    demand(false, {
      actual: error,
      operator: "doesNotReject",
      message: message ?? `Got unwanted rejection: ${String(error)}`,
    });
  }
}

const match = (text: string, pattern: RegExp, message?: Message): void =>
  demand(pattern.test(text), { actual: text, expected: pattern, operator: "match", message });
const doesNotMatch = (text: string, pattern: RegExp, message?: Message): void =>
  demand(!pattern.test(text), { actual: text, expected: pattern, operator: "doesNotMatch", message });

function ifError(value: unknown): void {
  if (value === null || value === undefined) return;
  const said = value instanceof Error ? value.message : inspect(value);
  const message = `ifError got unwanted exception: ${said}`;
  throw new AssertionError({ actual: value, expected: null, operator: "ifError", message });
}

const common = {
  AssertionError,
  deepStrictEqual,
  doesNotMatch,
  doesNotReject,
  doesNotThrow,
  fail,
  ifError,
  match,
  notDeepStrictEqual,
  notStrictEqual,
  ok,
  rejects,
  strictEqual,
  throws,
};

const make = (methods: object): typeof ok =>
  Object.assign((value: unknown, message?: Message) => ok(value, message), common, methods);

export const strict: typeof ok = make({
  equal: strictEqual,
  notEqual: notStrictEqual,
  deepEqual: deepStrictEqual,
  notDeepEqual: notDeepStrictEqual,
});
Object.assign(strict, { strict });

const exported: typeof ok = make({
  equal: compare("==", isLooselyEqual),
  notEqual: compare("!=", (a, b) => !isLooselyEqual(a, b)),
  deepEqual: compare("deepEqual", (a, b) => isDeepEqual(a, b, false)),
  notDeepEqual: compare("notDeepEqual", (a, b) => !isDeepEqual(a, b, false)),
  strict,
});

export default exported;
