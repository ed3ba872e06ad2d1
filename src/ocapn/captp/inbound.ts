/**
 * What a session does with each message of its peer (CapTP draft, Operations, "Receiving").
 *
 * @module
 */

import type { Import, Target } from "../codecs/fields.ts";
import type { CaptpMessage } from "../codecs/messages.ts";
import { OcapnError } from "../errors.ts";
import { deliver, takeStep } from "../eventual/deliver.ts";
import { handlerOf, type Step } from "../eventual/handler.ts";
import { quiet, type Waiter } from "../eventual/reactions.ts";
import { UNDONE_BYTES_MAX, UNDONE_MESSAGES_MAX } from "../limits.ts";
import { Answer } from "./answers.ts";
import { answerPosition, exportPosition } from "./positions.ts";
import { Resolver } from "./resolver.ts";
import type { Session } from "./session.ts";

const { then: promiseThen } = Promise.prototype;

type MessageOf<T extends CaptpMessage["type"]> = Extract<CaptpMessage, { readonly type: T }>;

export class Inbound {
  readonly #session: Session;
  /** Messages whose targets have not answered yet: what the peer makes this side hold. */
  #undone = 0;
  #undoneBytes = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  get undone(): { readonly messages: number; readonly bytes: number } {
    return { messages: this.#undone, bytes: this.#undoneBytes };
  }

  /** Throws for an error of the protocol, which ends the session. */
  dispatch(message: CaptpMessage, byteLength: number): void {
    switch (message.type) {
      case "op:deliver":
        this.#deliver(message, byteLength);
        return;
      case "op:listen":
        this.#listen(message, byteLength);
        return;
      case "op:get":
        this.#step(message, { op: "get", fieldName: message.fieldName }, byteLength);
        return;
      case "op:index":
        this.#step(message, { op: "index", index: message.index }, byteLength);
        return;
      case "op:untag":
        this.#step(message, { op: "untag", tag: message.tag }, byteLength);
        return;
      case "op:gc-exports":
        this.#dropExports(message);
        return;
      case "op:gc-answers":
        for (const position of message.answerPositions) this.#session.answers.drop(answerPosition(position));
        return;
      case "op:abort":
        this.#session.end(new OcapnError("aborted", `the peer ended the session: ${message.reason}`));
        this.#session.init.connection.close();
        return;
      case "op:start-session":
        throw new OcapnError("malformed", "op:start-session: the session has begun already");
      default:
        message satisfies never;
    }
  }

  #deliver(message: MessageOf<"op:deliver">, byteLength: number): void {
    const { to, args } = message;
    if (message.answerPosition !== false) this.#session.answers.assertFree(answerPosition(message.answerPosition));
    const target = this.#targetOf(to);
    const result = target instanceof Resolver ? target.settle(args) : attempt(() => this.#send(target, args));
    this.#answer(message.answerPosition, message.resolveMe, result, byteLength);
  }

  #step(message: { readonly receiver: Target; readonly answerPosition: number }, step: Step, byteLength: number): void {
    this.#session.answers.assertFree(answerPosition(message.answerPosition));
    const target = this.#waiting(this.#targetOf(message.receiver));
    const result = attempt(() => (target instanceof Answer ? target.step(step) : takeStep(target, step)));
    this.#answer(message.answerPosition, false, result, byteLength);
  }

  #send(to: object, args: readonly unknown[]): unknown {
    const target = this.#waiting(to);
    return target instanceof Answer ? target.deliver(args) : deliver(target, args);
  }

  /** Messages to a promise of this side wait as those to an answer do: no longer than the session lasts. */
  #waiting(target: object): object {
    const isLocalPromise = target instanceof Promise && handlerOf(target) === undefined;
    return isLocalPromise ? new Answer(target, this.#session.waits) : target;
  }

  #listen(message: MessageOf<"op:listen">, byteLength: number): void {
    const target = this.#targetOf(message.to);
    this.#respond(message.resolveMe.position, target instanceof Answer ? target.result : target, byteLength);
  }

  /** What the position stands for in the tables. */
  #targetOf(to: Target): object {
    const { exports, answers } = this.#session;
    const target =
      to.kind === "export" ? exports.valueAt(exportPosition(to.position)) : answers.get(answerPosition(to.position));
    if (target === undefined)
      throw new OcapnError("malformed", `desc:${to.kind} ${to.position}: there is nothing there`);
    return target;
  }

  #answer(position: number | false, resolveMe: Import | false, result: unknown, byteLength: number): void {
    // Before whoever listens: messages that wait for the answer go first.
    if (position !== false)
      this.#session.answers.set(answerPosition(position), new Answer(result, this.#session.waits));
    if (resolveMe !== false) this.#respond(resolveMe.position, result, byteLength);
    else if (result instanceof Promise) this.#hold(result, byteLength, (_, outcome) => quiet(outcome));
    else quiet(result);
  }

  #respond(position: number, result: unknown, byteLength: number): void {
    const session = this.#session;
    if (!(result instanceof Promise)) {
      session.resolve(position, "fulfill", result);
      return;
    }
    this.#hold(result, byteLength, (name, outcome) => session.resolve(position, name, outcome));
  }

  #hold(result: Promise<unknown>, byteLength: number, onSettled: Waiter): void {
    // Before anything can throw: nobody else looks at the result.
    this.#session.waits.add(result, (name, outcome) => {
      this.#undone -= 1;
      this.#undoneBytes -= byteLength;
      this.#session.afterDone();
      onSettled(name, outcome);
    });
    if (this.#undone >= UNDONE_MESSAGES_MAX || this.#undoneBytes + byteLength > UNDONE_BYTES_MAX) {
      throw new OcapnError(
        "limit",
        `${this.#undone} messages with ${this.#undoneBytes} bytes are not done yet, which is the limit`,
      );
    }
    this.#undone += 1;
    this.#undoneBytes += byteLength;
  }

  #dropExports(message: MessageOf<"op:gc-exports">): void {
    const { exportPositions, wireDeltas } = message;
    if (exportPositions.length !== wireDeltas.length) {
      throw new OcapnError(
        "malformed",
        `op:gc-exports: ${exportPositions.length} positions and ${wireDeltas.length} wire deltas`,
      );
    }
    for (const [at, position] of exportPositions.entries()) {
      this.#session.exports.drop(exportPosition(position), wireDeltas[at] as number);
    }
  }
}

/** What the target throws is its answer; what it returns and can be awaited is awaited, as in the rest of the language. */
function attempt(run: () => unknown): unknown {
  try {
    const result = run();
    return isThenable(result) ? new Promise((resolve) => resolve(result)) : result;
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Also a promise with ways of its own: what is behind it is one like others. */
function isThenable(result: unknown): result is PromiseLike<unknown> {
  if (typeof result !== "object" || result === null) return false;
  const { then } = result as { readonly then?: unknown };
  return typeof then === "function" && !(result instanceof Promise && then === promiseThen);
}
