/**
 * The one function that the prelude calls the host by. What the guest does wrong comes back as a number below zero; nothing
 * here calls the engine, so a call may park the process and be made again after a thaw.
 * @module
 */

import type { GuestAnswer, GuestMessage, GuestServices, HostContext, HostFunction } from "../../kernel/index.ts";
import { Exit, ServiceError, Suspend } from "../../kernel/index.ts";
import type { OutputStream, RandomSource } from "../../powers/index.ts";
import { isWait } from "../../powers/index.ts";
import { type Callbacks, register, unregister } from "./callbacks.ts";
import { HostCallFrame } from "./engine.ts";
import { LOG_LINE_BYTES_MAX, MODULES_MAX, NAME_BYTES_MAX } from "./limits.ts";
import { BYTES_PER_GAS, present } from "./mailbox.ts";
import { ANSWER_INTEGER_MAX, ANSWER_INTEGER_SHIFT, AnswerStatus, HostOp } from "./protocol.ts";
import type { JavaScriptState } from "./state.ts";
import type { Task } from "./tasks.ts";
import { answerText, jsonText } from "./texts.ts";
import type { Immediate } from "./words.ts";

export interface HostCallParts {
  readonly state: JavaScriptState;
  readonly services: GuestServices;
  readonly stdout: OutputStream | undefined;
  readonly stderr: OutputStream | undefined;
  readonly random: RandomSource | undefined;
  readonly callbacks: Callbacks;
  /** A message's bytes: the reason of a rejection that nobody handled. */
  onUnhandledRejection(reason: GuestMessage): void;
}

type Operation = (call: HostCallFrame, parts: HostCallParts, context: HostContext) => Immediate | Suspend | Exit;

export function makeHostCall(parts: HostCallParts): HostFunction {
  return (context, _name, _nameLength, _this, count, cells) => {
    const call = new HostCallFrame(context.memory(), count as number, cells as number);
    const operation = OPERATIONS[call.int(0) ?? 0];
    const result = operation === undefined ? ServiceError.pointer : operation(call, parts, context);
    if (result instanceof Suspend || result instanceof Exit) return result;
    const frame = call.isDetached ? new HostCallFrame(context.memory(), call.count, cells as number) : call;
    return frame.return(result);
  };
}

/** (…, text, ...capabilities) from this argument on. */
function messageFrom(call: HostCallFrame, index: number): GuestMessage | undefined {
  const bytes = call.text(index);
  const capabilities = call.intsFrom(index + 1);
  return bytes === undefined || capabilities === undefined ? undefined : { bytes, capabilities };
}

function chargeText(context: HostContext, bytes: Uint8Array | undefined): void {
  if (bytes !== undefined) context.charge(Math.floor(bytes.length / BYTES_PER_GAS));
}

function nameFrom(call: HostCallFrame, index: number): string | undefined {
  const bytes = call.text(index);
  return bytes === undefined || bytes.length > NAME_BYTES_MAX ? undefined : new TextDecoder().decode(bytes);
}

/** What is read and parsed. */
function jsonFrom(call: HostCallFrame, index: number, context: HostContext): unknown {
  const bytes = call.text(index);
  chargeText(context, bytes);
  return bytes === undefined ? undefined : JSON.parse(new TextDecoder().decode(bytes));
}

/** What needs no text. Negative integers do: results below zero are the kernel's errors. */
function shortAnswer(answer: GuestAnswer): number | undefined {
  if (answer.status !== "fulfilled" || answer.message.bytes.length > SHORT_TEXT_BYTES_MAX) return undefined;
  const text = String.fromCharCode(...answer.message.bytes);
  if (text === '"#undefined"') return AnswerStatus.nothing;
  if (!/^(0|[1-9][0-9]*)$/.test(text)) return undefined;
  const value = Number(text);
  if (value > ANSWER_INTEGER_MAX) return undefined;
  return AnswerStatus.integer | (value << ANSWER_INTEGER_SHIFT);
}

const SHORT_TEXT_BYTES_MAX = 12;

function presentAnswer(
  answer: GuestAnswer | Suspend | number,
  promise: number,
  parts: HostCallParts,
  context: HostContext,
): number | Suspend {
  if (answer instanceof Suspend || typeof answer === "number") return answer;
  const short = shortAnswer(answer);
  if (short !== undefined) return short;
  const { status, text } = answerText(answer, promise);
  parts.state.inbox = text;
  return present(status, parts.state, context);
}

function presentJson(value: unknown, parts: HostCallParts, context: HostContext): number {
  if (typeof value === "number" && value < 0) return value;
  parts.state.inbox = jsonText([[], escapeJson(value)]);
  return present(0, parts.state, context);
}

/** What the kernel reports becomes a passable value: its strings are escaped, and what is undefined is left out. */
function escapeJson(value: unknown): unknown {
  if (typeof value === "string") return /^[!--]/.test(value) ? `!${value}` : value;
  if (typeof value === "bigint") return value < 0n ? String(value) : `+${value}`;
  if (value === undefined) return "#undefined";
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(escapeJson);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [escapeJson(key), escapeJson(item)]));
}

function callAndWait(how: "answered" | "wait"): Operation {
  return (call, parts, context) => {
    let promise = context.suspended as number | undefined;
    if (promise === undefined) {
      const message = messageFrom(call, 2);
      if (message === undefined) return ServiceError.pointer;
      context.charge(Math.floor(message.bytes.length / BYTES_PER_GAS));
      promise = parts.services.send(call.int(1) ?? 0, message);
      if (promise < 0) return promise;
    }
    return presentAnswer(parts.services[how](promise), promise, parts, context);
  };
}

/** Openly: whoever has to answer may call this process meanwhile. */
const callOpen: Operation = (call, parts, context) => {
  const promise = context.suspended as number | undefined;
  if (promise !== undefined) return presentAnswer(parts.services.answered(promise), promise, parts, context);
  const message = messageFrom(call, 2);
  if (message === undefined) return ServiceError.pointer;
  context.charge(Math.floor(message.bytes.length / BYTES_PER_GAS));
  return presentAnswer(parts.services.callOpen(call.int(1) ?? 0, message), 0, parts, context);
};

/** The same of a child, whose stop interrupts the wait. */
const callChildOpen: Operation = (call, parts, context) => {
  let promise = context.suspended as number | undefined;
  if (promise === undefined) {
    const message = messageFrom(call, 2);
    if (message === undefined) return ServiceError.pointer;
    context.charge(Math.floor(message.bytes.length / BYTES_PER_GAS));
    promise = parts.services.sendOpen(call.int(1) ?? 0, message);
    if (promise < 0) return promise;
  }
  return presentAnswer(parts.services.wait(promise), promise, parts, context);
};

const waitOpen: Operation = (call, parts, context) => {
  context.open();
  return wait(call, parts, context);
};

const wait: Operation = (call, parts, context) => {
  const promise = call.int(1) ?? 0;
  return presentAnswer(parts.services.wait(promise), promise, parts, context);
};

function answerAs(status: "fulfilled" | "rejected"): Operation {
  return (call, { services }, context) => {
    const message = messageFrom(call, 2);
    if (message === undefined) return ServiceError.pointer;
    context.charge(Math.floor(message.bytes.length / BYTES_PER_GAS));
    return services.answer(call.int(1) ?? 0, status, message);
  };
}

/** Levels 0 and 1 (debug, log, info) go to the output, the others (warn, error) to the errors. */
const log: Operation = (call, parts, context) => {
  const text = call.text(2);
  const line = text && JSON.parse(new TextDecoder().decode(text));
  const stream = (call.int(1) ?? 0) <= 1 ? parts.stdout : parts.stderr;
  const all = new TextEncoder().encode(`${String(line)}\n`);
  const bytes = all.length > LOG_LINE_BYTES_MAX ? all.subarray(0, LOG_LINE_BYTES_MAX) : all;
  // What is cut off was read, too.
  const cut = Math.max(0, (text?.length ?? 0) - LOG_LINE_BYTES_MAX);
  if (context.suspended === undefined) context.charge(Math.floor(cut / BYTES_PER_GAS));
  if (stream === undefined) {
    parts.services.log(bytes);
    return 0;
  }
  let written = (context.suspended as number | undefined) ?? 0;
  if (context.suspended === undefined) context.charge(bytes.length);
  while (written < bytes.length) {
    const taken = stream.write(bytes.subarray(written));
    if (isWait(taken)) return new Suspend(taken.wake, written);
    written += taken;
  }
  return 0;
};

/** For the turn that runs. While the base image is made there is none. */
function pushTask(state: JavaScriptState, task: Task): number {
  const turn = state.turns[state.turns.length - 1];
  if (turn === undefined || state.sources.size + turn.tasks.length >= MODULES_MAX) return ServiceError.limit;
  turn.tasks.push(task);
  return 0;
}

const evaluate: Operation = (call, { state }, context) => {
  const source = call.text(1);
  chargeText(context, source);
  const name = nameFrom(call, 2);
  if (source === undefined || name === undefined) return ServiceError.pointer;
  const task = { kind: "evaluate", step: 0, name, source, buffer: 0, value: 0n, ok: true } as const;
  return pushTask(state, { ...task });
};

const module: Operation = (call, { state }, context) => {
  const source = call.text(1);
  chargeText(context, source);
  const name = nameFrom(call, 2);
  if (source === undefined || name === undefined) return ServiceError.pointer;
  return pushTask(state, { kind: "source", step: 0, name, source });
};

const modulesEnd: Operation = (_call, { state }) => pushTask(state, { kind: "import", step: 0 });

const spawn: Operation = (call, { services }, context) => {
  const request = jsonFrom(call, 1, context) as
    | { source: number; gas: number; pages: number; names: string[] }
    | undefined;
  const capabilities = call.intsFrom(2);
  if (request === undefined || capabilities === undefined) return ServiceError.pointer;
  const endowments = request.names.map((name, index): [string, number] => [name, capabilities[index] ?? 0]);
  return services.spawn({ source: request.source, gas: request.gas, pages: request.pages, endowments });
};

const refill: Operation = (call, { services }, context) => {
  const budget = jsonFrom(call, 2, context) as { gas: number; pages: number } | undefined;
  return budget === undefined ? ServiceError.pointer : services.refill(call.int(1) ?? 0, budget);
};

const rejected: Operation = (call, parts, context) => {
  const reason = messageFrom(call, 2);
  if (reason === undefined) return ServiceError.pointer;
  chargeText(context, reason.bytes);
  parts.onUnhandledRejection(reason);
  return 0;
};

function sendAs(how: "send" | "sendOnly"): Operation {
  return (call, { services }, context) => {
    const message = messageFrom(call, 2);
    if (message === undefined) return ServiceError.pointer;
    context.charge(Math.floor(message.bytes.length / BYTES_PER_GAS));
    return services[how](call.int(1) ?? 0, message);
  };
}

const makePromise: Operation = (_call, parts, context) => {
  const made = parts.services.makePromise();
  return presentJson(typeof made === "number" ? made : [made.promise, made.resolver], parts, context);
};

const find: Operation = (call, { services }, context) => services.find(String(jsonFrom(call, 1, context)));

const stopOf: Operation = (call, parts, context) =>
  presentJson(parts.services.stopOf(call.int(1) ?? 0), parts, context);

const becomeMain: Operation = (_call, { state }) => {
  state.isMain = true;
  return 0;
};

const RANDOM_MASK = 2 ** 27 - 1;

const drawRandom: Operation = (_call, { random }) => {
  if (random === undefined) return ServiceError.noEntry;
  const bytes = new Uint8Array(4);
  random.fill(bytes);
  return new DataView(bytes.buffer).getUint32(0) & RANDOM_MASK;
};

/** Codes of processes are a byte everywhere. */
const EXIT_CODE_MASK = 0xff;

const OPERATIONS: { readonly [op: number]: Operation } = {
  [HostOp.call]: callAndWait("answered"),
  [HostOp.callChild]: callAndWait("wait"),
  [HostOp.callOpen]: callOpen,
  [HostOp.callChildOpen]: callChildOpen,
  [HostOp.waitOpen]: waitOpen,
  [HostOp.send]: sendAs("send"),
  [HostOp.sendOnly]: sendAs("sendOnly"),
  [HostOp.promise]: makePromise,
  [HostOp.wait]: wait,
  [HostOp.listen]: (call, { services }) => services.listen(call.int(1) ?? 0),
  [HostOp.answer]: answerAs("fulfilled"),
  [HostOp.answerError]: answerAs("rejected"),
  [HostOp.drop]: (call, { services }) => services.drop(call.int(1) ?? 0),
  [HostOp.find]: find,
  [HostOp.read]: (_call, { state }, context) => present(0, state, context),
  [HostOp.log]: log,
  [HostOp.eval]: evaluate,
  [HostOp.module]: module,
  [HostOp.modulesEnd]: modulesEnd,
  [HostOp.meter]: (call, parts, context) => presentJson(parts.services.meter(call.int(1) ?? 0), parts, context),
  [HostOp.spawn]: spawn,
  [HostOp.refill]: refill,
  [HostOp.resume]: (call, { services }) => services.resume(call.int(1) ?? 0, { refuse: call.int(2) === 1 }),
  [HostOp.freeze]: (call, { services }) => services.freeze(call.int(1) ?? 0),
  [HostOp.stopOf]: stopOf,
  [HostOp.inspect]: (call, parts, context) => presentJson(parts.services.inspect(call.int(1) ?? 0), parts, context),
  [HostOp.rejected]: rejected,
  [HostOp.main]: becomeMain,
  [HostOp.random]: drawRandom,
  [HostOp.register]: (call, { state }) => register(call, state),
  [HostOp.unregister]: (call, { state }) => unregister(call, state),
  [HostOp.callback]: (call, { callbacks }, context) => callbacks.text(call, context),
  [HostOp.direct]: (call, { callbacks }, context) => callbacks.direct(call, context),
  [HostOp.exit]: (call) => new Exit((call.int(1) ?? 0) & EXIT_CODE_MASK),
};
