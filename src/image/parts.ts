/**
 * The small parts of a process, in the shape in which both a state and a manifest hold them: each reader checks and returns
 * a precise type, and serves before encoding as it does after decoding.
 * @module
 */

import { type Field, SAFE_MAX } from "./fields.ts";
import { COUNTERS_MAX, FRAME_VALUES_MAX, MESSAGE_LENGTH_MAX, NAME_LENGTH_MAX } from "./limits.ts";
import type { MeterState, StatusState, StopState, Value } from "./state.ts";

const I32_MIN = -(2 ** 31);
const U32_MAX = 2 ** 32 - 1;
const I64_MIN = -(2n ** 63n);
const U64_MAX = 2n ** 64n - 1n;
const V128_BYTES = 16;
const NAME = /^[a-zA-Z][a-zA-Z0-9-]*$/;

/** i64 and f64 are bigint and stand in a list of their own, so that they are not mistaken for i32 and f32. */
export function valuesToCbor(values: readonly Value[], field: Field): unknown[] {
  if (values.length > FRAME_VALUES_MAX) throw tooManyValues(values.length, field);
  return values.map((value, index) => {
    if (value === null || isWord(value)) return value;
    if (value instanceof Uint8Array && value.length === V128_BYTES) return value;
    if (typeof value === "bigint" && value >= I64_MIN && value <= U64_MAX) return [value];
    throw field.fail(`value ${index} is no WebAssembly value`);
  });
}

export function cborToValues(field: Field, countMax: number = FRAME_VALUES_MAX): Value[] {
  return field.array(countMax, "values").map((value, index) => {
    if (value === null || isWord(value)) return value;
    if (value instanceof Uint8Array && value.length === V128_BYTES) return value.slice();
    if (Array.isArray(value) && value.length === 1) {
      const wide: unknown = value[0];
      if (typeof wide === "bigint" && wide >= I64_MIN && wide <= U64_MAX) return wide;
      if (Number.isSafeInteger(wide)) return BigInt(wide as number);
    }
    throw field.fail(`value ${index} is no WebAssembly value`);
  });
}

function isWord(value: unknown): value is number {
  return (
    typeof value === "number" &&
    Number.isInteger(value) &&
    value >= I32_MIN &&
    value <= U32_MAX &&
    !Object.is(value, -0)
  );
}

function tooManyValues(count: number, field: Field): Error {
  return field.fail(`has ${count} values, the limit is ${FRAME_VALUES_MAX}`, "limit");
}

/** Named integers. */
export function readCounters(field: Field): { [name: string]: number } {
  const record = field.record();
  const names = Object.keys(record);
  if (names.length > COUNTERS_MAX)
    throw field.fail(`has ${names.length} entries, the limit is ${COUNTERS_MAX}`, "limit");
  const counters: { [name: string]: number } = {};
  for (const name of names) {
    const value = record[name];
    if (name.length > NAME_LENGTH_MAX || !NAME.test(name))
      throw field.fail(`${JSON.stringify(name.slice(0, 40))} is no name`);
    if (!Number.isSafeInteger(value) || Object.is(value, -0))
      throw field.fail(`${name} is no integer of up to 53 bits`);
    counters[name] = value as number;
  }
  return counters;
}

export function readMeter(field: Field): MeterState {
  const { gasGranted, gasUsed, pagesMax, ...others } = readCounters(field);
  if (gasGranted === undefined || gasUsed === undefined || pagesMax === undefined) {
    throw field.fail('lacks one of "gasGranted", "gasUsed", "pagesMax"');
  }
  if (Math.min(gasGranted, gasUsed, pagesMax) < 0) throw field.fail("has a negative amount");
  return { ...others, gasGranted, gasUsed, pagesMax };
}

export function readStatus(field: Field): StatusState {
  const state = field.record().state;
  if (state === "stopped" || state === "ended") {
    return { state, stop: readStop(field.map(["state", "stop"]).stop) };
  }
  return { state: field.map(["state"]).state.oneOf(["idle", "ready", "parked"]) };
}

function readStop(field: Field): StopState {
  const kind = field.record().kind;
  switch (kind) {
    case "out-of-memory":
      return { kind, pagesWanted: field.map(["kind", "pagesWanted"]).pagesWanted.integer(0, U32_MAX) };
    case "trap": {
      const { code, message } = field.map(["kind", "code", "message"]);
      if (!NAME.test(code.text(NAME_LENGTH_MAX))) throw code.fail("is no name");
      return { kind, code: code.text(NAME_LENGTH_MAX), message: message.text(MESSAGE_LENGTH_MAX) };
    }
    case "exit":
      return { kind, code: field.map(["kind", "code"]).code.integer(I32_MIN, U32_MAX) };
    case "fault":
      return { kind, message: field.map(["kind", "message"]).message.text(MESSAGE_LENGTH_MAX) };
    default:
      return {
        kind: field.map(["kind"]).kind.oneOf(["out-of-gas", "deadlock", "paused", "frozen", "discarded"]),
      };
  }
}

/** A count or size. */
export function readCount(field: Field, max: number = SAFE_MAX): number {
  return field.integer(0, max);
}
