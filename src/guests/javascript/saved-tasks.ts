/**
 * Tasks as plain data, and back.
 * @module
 */

import type { Plain, PlainReader } from "../../kernel/index.ts";
import { type DirectTask, type NamedResult, plainToPrimitive, primitiveToPlain, readPayload } from "./direct.ts";
import { DIRECT_ARGS_MAX } from "./limits.ts";
import type { Task } from "./tasks.ts";

export const POINTER_MAX: number = 2 ** 32 - 1;
export const INT32_MIN: number = -(2 ** 31);
const STEPS_MAX = 16;

export function pointer(reader: PlainReader): number {
  return reader.int(INT32_MIN, POINTER_MAX);
}

export function word(reader: PlainReader): bigint {
  if (typeof reader.value !== "bigint") throw reader.error("expected an integer of 64 bits");
  return BigInt.asIntN(64, reader.value);
}

export function saveTask(task: Task): Plain {
  if (task.kind !== "direct") return { ...task };
  const { kind, step, id, name = null, args, owned, made, result } = task;
  return { kind, step, id, name, args, owned: [...owned], made, result: saveResult(result) };
}

export function saveResult(result: NamedResult | undefined): Plain {
  if (result === undefined) return null;
  switch (result.kind) {
    case "value":
      return { kind: result.kind, value: primitiveToPlain(result.value) };
    case "kept":
      return { kind: result.kind, value: result.number };
    default:
      return { kind: result.kind, value: primitiveToPlain(result.text) };
  }
}

const TASK_KINDS = [
  "text",
  "direct",
  "source",
  "import",
  "evaluate",
  "jobs",
  "rejection",
  "report",
  "turnEnd",
] as const;

export function readTask(reader: PlainReader): Task {
  const kind = reader.field("kind").oneOf(TASK_KINDS);
  const step = reader.field("step").int(0, STEPS_MAX);
  switch (kind) {
    case "text":
      return {
        kind,
        step,
        event: reader.field("event").int(0, STEPS_MAX),
        a: reader.field("a").int(INT32_MIN, POINTER_MAX),
        b: reader.field("b").int(INT32_MIN, POINTER_MAX),
        text: reader.field("text").bytes(),
        buffer: pointer(reader.field("buffer")),
        string: word(reader.field("string")),
      };
    case "direct":
      return readDirect(reader, step);
    case "source":
      return { kind, step, name: reader.field("name").text(), source: reader.field("source").bytes() };
    case "evaluate":
      return {
        kind,
        step,
        name: reader.field("name").text(),
        source: reader.field("source").bytes(),
        buffer: pointer(reader.field("buffer")),
        value: word(reader.field("value")),
        ok: reader.field("ok").bool(),
      };
    case "rejection":
      return {
        kind,
        step,
        promise: pointer(reader.field("promise")),
        reason: pointer(reader.field("reason")),
        handled: reader.field("handled").bool(),
      };
    default:
      return { kind, step };
  }
}

/** A name, arguments that are made, a result, an exception and the text of it. */
const OWNED_MAX: number = DIRECT_ARGS_MAX + 5;

function readDirect(reader: PlainReader, step: number): DirectTask {
  const payload = readPayload({ id: reader.field("id").value, args: reader.field("args").value });
  const name = reader.field("name");
  if (payload === undefined) throw reader.error("expected the number of a function, and primitives");
  return {
    kind: "direct",
    step,
    ...payload,
    name: name.isNull ? undefined : name.text(),
    owned: reader.field("owned").list(OWNED_MAX).map(word),
    made: reader.field("made").int(0, DIRECT_ARGS_MAX),
    result: readResult(reader.field("result")),
  };
}

export function readResult(reader: PlainReader): NamedResult | undefined {
  if (reader.isNull) return undefined;
  const kind = reader.field("kind").oneOf(["value", "converted", "thrown", "kept"]);
  const value = reader.field("value");
  if (kind === "kept") return { kind, number: value.int(INT32_MIN, POINTER_MAX) };
  const primitive = plainToPrimitive(value.value);
  if (primitive === undefined) throw value.error("expected a primitive");
  if (kind === "value") return { kind, value: primitive.value };
  if (typeof primitive.value !== "string") throw value.error("expected a text");
  return { kind, text: primitive.value };
}
