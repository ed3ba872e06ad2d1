/**
 * Answers that the peer has asked for and can already send messages to (CapTP draft, promise pipelining). Messages to an answer that is not
 * there yet wait, and are delivered in their order before any that come later.
 *
 * @module
 */

import { OcapnError } from "../errors.ts";
import { deliver, takeStep } from "../eventual/deliver.ts";
import { handlerOf, type Step } from "../eventual/handler.ts";
import { ChurnMap } from "./churn-map.ts";
import type { ExportTable } from "./export-table.ts";
import type { AnswerPosition } from "./positions.ts";
import { Served } from "./served.ts";
import { Waits } from "./waits.ts";
import { weightOf } from "./weight.ts";

type State =
  | { readonly kind: "pending"; readonly waiting: (() => void)[] }
  /** A value, or a promise that takes messages itself. */
  | { readonly kind: "there"; readonly value: unknown }
  | { readonly kind: "broken"; readonly reason: unknown };

export class Answer {
  /** What the target returned: a value or a promise. What is served is still marked as such, since the peer may lose it. */
  readonly result: unknown;
  #state: State;
  #onSettled: ((outcome: unknown) => void) | undefined;

  constructor(result: unknown, waits: Waits = new Waits()) {
    this.result = result;
    if (!(result instanceof Promise)) {
      this.#state = { kind: "there", value: result };
    } else if (handlerOf(result) !== undefined) {
      this.#state = { kind: "there", value: result };
      waits.add(result, (_, outcome) => this.#onSettled?.(outcome));
    } else {
      this.#state = { kind: "pending", waiting: [] };
      waits.add(result, (name, outcome) =>
        this.#settle(
          name === "fulfill" ? { kind: "there", value: outcome } : { kind: "broken", reason: outcome },
          outcome,
        ),
      );
    }
  }

  #settle(state: State, outcome: unknown): void {
    const waiting = this.#state.kind === "pending" ? this.#state.waiting : [];
    this.#state = state;
    this.#onSettled?.(outcome);
    for (const run of waiting) run();
  }

  /** Calls back with the value or the reason, as soon as it is here. For whoever has just made the answer. */
  whenSettled(callback: (outcome: unknown) => void): void {
    if (this.result instanceof Promise) this.#onSettled = callback;
    else callback(this.result);
  }

  /** As an argument to objects of this side: they get what is served itself. */
  argument(exports: ExportTable): Promise<unknown> {
    const { result } = this;
    if (result instanceof Promise && handlerOf(result) !== undefined) return result;
    const argument = Promise.resolve(result).then((value) => exports.takeHome(value));
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

interface AnswerEntry {
  readonly answer: Answer;
  bytes: number;
}

export class AnswerTable {
  readonly #entries = new ChurnMap<AnswerPosition, AnswerEntry>();
  readonly #entriesMax: number;
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(init: { readonly entriesMax: number; readonly bytesMax: number }) {
    this.#entriesMax = init.entriesMax;
    this.#bytesMax = init.bytesMax;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(position: AnswerPosition): Answer | undefined {
    return this.#entries.get(position)?.answer;
  }

  /** Before the message is delivered: a position that is taken is an error of the protocol, and then nothing may happen. */
  assertFree(position: AnswerPosition): void {
    if (this.#entries.has(position)) {
      throw new OcapnError("malformed", `answer position ${position}: it is in use until op:gc-answers`);
    }
    if (this.#entries.size >= this.#entriesMax) {
      throw new OcapnError("limit", `answers: the peer holds ${this.#entriesMax}, which is the limit`);
    }
    if (this.#bytes > this.#bytesMax) {
      throw new OcapnError(
        "limit",
        `answers: those that the peer holds weigh ${this.#bytes} bytes; at most ${this.#bytesMax}`,
      );
    }
  }

  /** What the answer came to is kept for as long as the peer wants: it counts. */
  set(position: AnswerPosition, answer: Answer): void {
    const entry: AnswerEntry = { answer, bytes: 0 };
    this.#entries.set(position, entry);
    answer.whenSettled((outcome) => {
      if (this.#entries.get(position) !== entry) return;
      entry.bytes = weightOf(outcome, this.#bytesMax);
      this.#bytes += entry.bytes;
    });
  }

  drop(position: AnswerPosition): void {
    const entry = this.#entries.get(position);
    if (entry === undefined) {
      throw new OcapnError("malformed", `op:gc-answers: there is no answer at position ${position}`);
    }
    this.#entries.delete(position);
    this.#bytes -= entry.bytes;
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }
}
