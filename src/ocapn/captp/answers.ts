/**
 * Answers that the peer has asked for and can already send messages to (CapTP draft, promise pipelining). Messages to an answer that is not
 * there yet wait, and are delivered in their order before any that come later.
 *
 * @module
 */

import { OcapnError } from "../errors.ts";
import { deliver, takeStep } from "../eventual/deliver.ts";
import { handlerOf, type Step } from "../eventual/handler.ts";
import type { AnswerPosition } from "./positions.ts";
import { Served } from "./served.ts";

type State =
  | { readonly kind: "pending"; readonly waiting: (() => void)[] }
  /** A value, or a promise that takes messages itself. */
  | { readonly kind: "there"; readonly value: unknown }
  | { readonly kind: "broken"; readonly reason: unknown };

export class Answer {
  /** What the target returned: a value or a promise. What is served is still marked as such, since the peer may lose it. */
  readonly result: unknown;
  #state: State;

  constructor(result: unknown) {
    this.result = result;
    if (!(result instanceof Promise) || handlerOf(result) !== undefined) {
      this.#state = { kind: "there", value: result };
      return;
    }
    this.#state = { kind: "pending", waiting: [] };
    result.then(
      (value) => this.#settle({ kind: "there", value }),
      (reason: unknown) => this.#settle({ kind: "broken", reason }),
    );
  }

  #settle(state: State): void {
    const waiting = this.#state.kind === "pending" ? this.#state.waiting : [];
    this.#state = state;
    for (const run of waiting) run();
  }

  /** As an argument to objects of this side: they get what is served itself. */
  get argument(): Promise<unknown> {
    const { result } = this;
    if (result instanceof Promise && handlerOf(result) !== undefined) return result;
    const argument = Promise.resolve(result).then(unmarked);
    // Whoever gets it may look at failures, or not.
    argument.catch(ignore);
    return argument;
  }

  deliver(args: readonly unknown[]): unknown {
    return this.#then((value) => deliver(value, args));
  }

  step(step: Step): unknown {
    return this.#then((value) => takeStep(value, step));
  }

  #then(use: (value: unknown) => unknown): unknown {
    const state = this.#state;
    switch (state.kind) {
      case "there":
        return use(unmarked(state.value));
      case "broken":
        return Promise.reject(state.reason);
      case "pending":
        return new Promise((resolve) => {
          state.waiting.push(() => resolve(attempt(() => this.#then(use))));
        });
      default:
        return state satisfies never;
    }
  }
}

function unmarked(value: unknown): unknown {
  return value instanceof Served ? value.current : value;
}

function ignore(): void {}

function attempt(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return Promise.reject(error);
  }
}

export class AnswerTable {
  readonly #answers = new Map<AnswerPosition, Answer>();
  readonly #entriesMax: number;

  constructor(init: { readonly entriesMax: number }) {
    this.#entriesMax = init.entriesMax;
  }

  get size(): number {
    return this.#answers.size;
  }

  get(position: AnswerPosition): Answer | undefined {
    return this.#answers.get(position);
  }

  /** Before the message is delivered: a position that is taken is an error of the protocol, and then nothing may happen. */
  assertFree(position: AnswerPosition): void {
    if (this.#answers.has(position)) {
      throw new OcapnError("malformed", `answer position ${position}: it is in use until op:gc-answers`);
    }
    if (this.#answers.size >= this.#entriesMax) {
      throw new OcapnError("limit", `answers: the peer holds ${this.#entriesMax}, which is the limit`);
    }
  }

  set(position: AnswerPosition, answer: Answer): void {
    this.#answers.set(position, answer);
  }

  drop(position: AnswerPosition): void {
    if (!this.#answers.delete(position)) {
      throw new OcapnError("malformed", `op:gc-answers: there is no answer at position ${position}`);
    }
  }

  clear(): void {
    this.#answers.clear();
  }
}
