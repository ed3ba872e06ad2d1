/**
 * Functions of the host that a guest calls without a message, and functions of the guest that the host may call directly.
 * The calls are open: while one is under way, the host may call the process again.
 * @module
 */

import type { HostContext, Plain } from "../../kernel/index.ts";
import { ServiceError, Suspend } from "../../kernel/index.ts";
import { plainToPrimitive, primitiveToPlain } from "./direct.ts";
import type { HostCallFrame } from "./engine.ts";
import { DIRECT_UNITS_MAX, FUNCTIONS_MAX, MAILBOX_BYTES } from "./limits.ts";
import { BYTES_PER_GAS, present } from "./mailbox.ts";
import { FUNCTION_FIRST, Role, SignalStatus } from "./protocol.ts";
import { FUNCTION_LAST, type JavaScriptState } from "./state.ts";
import { toAscii } from "./texts.ts";
import type { Immediate, Primitive } from "./words.ts";

/** What a guest asks of the host's functions. */
export type CallbackRequest =
  /** A text that the two have agreed on. */
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "direct"; readonly id: number; readonly args: readonly Primitive[] };

/** An answer that is no primitive, as a text that the guest reads; or an exception as such a text. */
export class CallbackText {
  readonly text: string;
  readonly thrown: boolean;

  constructor(text: string, options: { readonly thrown?: boolean } = {}) {
    this.text = text;
    this.thrown = options.thrown === true;
  }
}

export type CallbackAnswer = Primitive | CallbackText;

/** Throwing is a fault of the host. What takes time is a promise: the process parks until it is settled. */
export type OnCallback = (request: CallbackRequest) => CallbackAnswer | Promise<CallbackAnswer>;

export interface Callbacks {
  text(call: HostCallFrame, context: HostContext): Immediate | Suspend;
  direct(call: HostCallFrame, context: HostContext): Immediate | Suspend;
}

export function makeCallbacks(state: JavaScriptState, onCallback: OnCallback | undefined): Callbacks {
  const promises = new Map<number, PromisedAnswer>();

  function ask(
    request: CallbackRequest | undefined,
    { unitsRead }: HostCallFrame,
    context: HostContext,
  ): Immediate | Suspend {
    context.charge(Math.max(GAS_PER_CALLBACK, Math.floor(unitsRead / BYTES_PER_GAS)));
    if (request === undefined) return signal(SignalStatus.malformed, state, context);
    if (onCallback === undefined) return give(NOBODY, state, context);
    context.open();
    const turns = state.turns.length;
    const answer = onCallback(request);
    if (answer instanceof Promise) {
      const ticket = state.nextTicket++;
      const promised = new PromisedAnswer(answer);
      promises.set(ticket, promised);
      return new Suspend(promised.settled, ticket);
    }
    if (state.turns.length === turns) return give(answer, state, context);
    // What the host began meanwhile is not over, and may use the mailbox: the answer comes after it.
    return new Suspend(Promise.resolve(), answerToPlain(answer));
  }

  function askAgain(suspended: unknown, context: HostContext): Immediate | Suspend {
    if (typeof suspended !== "number") return give(plainToAnswer(suspended as Plain), state, context);
    const promised = promises.get(suspended);
    // A promise of a host that is gone, since a thaw. The call is not repeated unasked.
    if (promised === undefined) return give(LOST, state, context);
    const result = promised.result;
    if (result === undefined) return new Suspend(promised.settled, suspended);
    promises.delete(suspended);
    if (result.kind === "failed") throw result.error;
    return give(result.answer, state, context);
  }

  return Object.freeze({
    text: (call: HostCallFrame, context: HostContext) =>
      context.suspended === undefined ? ask(textRequest(call), call, context) : askAgain(context.suspended, context),
    direct: (call: HostCallFrame, context: HostContext) =>
      context.suspended === undefined ? ask(directRequest(call), call, context) : askAgain(context.suspended, context),
  });
}

class PromisedAnswer {
  readonly settled: Promise<void>;
  result:
    | { readonly kind: "given"; readonly answer: CallbackAnswer }
    | { readonly kind: "failed"; readonly error: unknown }
    | undefined;

  constructor(promise: Promise<CallbackAnswer>) {
    this.settled = promise.then(
      (answer) => {
        this.result = { kind: "given", answer };
      },
      (error: unknown) => {
        this.result = { kind: "failed", error };
      },
    );
  }
}

/** For a call, with texts of so many times `BYTES_PER_GAS` characters; longer ones are paid by the character. */
const GAS_PER_CALLBACK = 100;

const NOBODY: CallbackText = errorText("ReferenceError", "this process was given no functions of the host");
const LOST: CallbackText = errorText("BrokenError", "the host that was to answer is gone");

function errorText(name: string, message: string): CallbackText {
  return new CallbackText(JSON.stringify({ "#error": message, name }), { thrown: true });
}

function textRequest(call: HostCallFrame): CallbackRequest | undefined {
  const [text] = call.count === 2 ? (call.primitivesFrom(1, DIRECT_UNITS_MAX) ?? []) : [];
  return typeof text === "string" ? { kind: "text", text } : undefined;
}

function directRequest(call: HostCallFrame): CallbackRequest | undefined {
  const id = call.int(1);
  const args = call.primitivesFrom(2, DIRECT_UNITS_MAX);
  return id === undefined || args === undefined ? undefined : { kind: "direct", id, args };
}

/** The result of the host call. */
function give(answer: CallbackAnswer, state: JavaScriptState, context: HostContext): Immediate {
  if (answer instanceof CallbackText) {
    const status = answer.thrown ? SignalStatus.thrown : SignalStatus.text;
    return giveText(status, answer.text, state, context);
  }
  if (typeof answer === "string") return giveText(SignalStatus.string, JSON.stringify(answer), state, context);
  if (answer === undefined) return signal(0, state, context);
  return answer;
}

function giveText(status: number, text: string, state: JavaScriptState, context: HostContext): undefined {
  state.inbox = toAscii(new TextEncoder().encode(text));
  return signal(present(status, state, context), state, context);
}

function signal(code: number, state: JavaScriptState, context: HostContext): undefined {
  const memory = context.memory();
  new DataView(memory.buffer, memory.byteOffset, memory.byteLength).setInt32(
    state.places.mailbox + MAILBOX_BYTES,
    code,
    true,
  );
}

function answerToPlain(answer: CallbackAnswer): Plain {
  if (answer instanceof CallbackText) return { text: primitiveToPlain(answer.text), thrown: answer.thrown };
  return { value: primitiveToPlain(answer) };
}

/** It comes out of an image, where it may be anything: then it is as good as lost. */
function plainToAnswer(plain: Plain): CallbackAnswer {
  if (typeof plain !== "object" || plain === null) return LOST;
  if ("value" in plain) {
    const primitive = plainToPrimitive(plain.value);
    return primitive === undefined ? LOST : primitive.value;
  }
  const text = "text" in plain ? plainToPrimitive(plain.text) : undefined;
  if (typeof text?.value !== "string") return LOST;
  return new CallbackText(text.value, { thrown: "thrown" in plain && plain.thrown === true });
}

/** Calls of what the guest has let go would harm only itself: it keeps the function alive. */
export function register(call: HostCallFrame, state: JavaScriptState): number {
  const func = call.object(1);
  const role = call.int(2) ?? Role.callable;
  if (func === undefined || role < 0 || role >= FUNCTION_FIRST) return ServiceError.pointer;
  if (state.functions.size >= FUNCTIONS_MAX || state.nextFunction >= FUNCTION_LAST) return ServiceError.limit;
  const id = role === Role.callable ? state.nextFunction++ : role;
  state.functions.set(id, func);
  return id;
}

export function unregister(call: HostCallFrame, state: JavaScriptState): number {
  return state.functions.delete(call.int(1) ?? -1) ? 0 : ServiceError.noEntry;
}
