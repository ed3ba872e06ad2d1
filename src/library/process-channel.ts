/**
 * How a membrane reaches the process of its library: in the caller's own thread, or with a promise; and what it means where no answer
 * comes. A call that runs out of gas stays where it is until the library is refilled and resumed.
 * @module
 */

import type { Answer, Message, Process, StopReport } from "../kernel/index.ts";
import { describeStop, makeMessage } from "../kernel/index.ts";
import { LibraryError, type LibraryErrorCode } from "./errors.ts";
import type { Channel } from "./membrane/end.ts";

export interface ProcessChannelInit {
  /** Of the package, for errors. */
  readonly name: string;
  readonly process: Process;
  readonly gasPerCall: number | undefined;
}

export class ProcessChannel implements Channel {
  readonly #name: string;
  readonly #process: Process;
  readonly #gasPerCall: number;
  #interrupted: Promise<Answer> | undefined;

  constructor({ name, process, gasPerCall }: ProcessChannelInit) {
    this.#name = name;
    this.#process = process;
    this.#gasPerCall = gasPerCall ?? Number.POSITIVE_INFINITY;
  }

  ask(request: string): unknown {
    this.#assertReady();
    const answer = this.#process.attempt(toMessage(request), { gas: this.#gasPerCall });
    if (!(answer instanceof Promise)) return this.#read(answer);
    throw this.#unanswered(answer);
  }

  async askLater(request: string): Promise<unknown> {
    return this.#read(await this.#process.deliver(toMessage(request)));
  }

  /** The answer to the call that was interrupted, when it is there. Throws where none was. */
  async goOn(options: { readonly refuse?: boolean }): Promise<unknown> {
    const interrupted = this.#interrupted;
    void this.#process.resume(options);
    if (interrupted === undefined) return undefined;
    const answer = await interrupted;
    if (this.#interrupted === interrupted) this.#interrupted = undefined;
    return this.#read(answer);
  }

  #assertReady(): void {
    const { status } = this.#process;
    if (this.#interrupted !== undefined) throw this.#stopped(status.state === "stopped" ? status.stop : undefined);
    if (status.state === "stopped") throw this.#stopped(status.stop);
    if (status.state === "parked") throw this.#mustWait();
  }

  #unanswered(later: Promise<Answer>): LibraryError {
    const { status } = this.#process;
    if (status.state === "parked") return this.#mustWait();
    if (status.state !== "stopped") this.#process.pause();
    this.#interrupted = later;
    return this.#stopped(status.state === "stopped" ? status.stop : undefined);
  }

  #mustWait(): LibraryError {
    return this.#error(
      "must-wait",
      "the call needs an answer that is not there yet; call it as libraryOf(namespace).async(fn)(...) to wait for it",
    );
  }

  /** Without a stop it is the gas of one call that is used up. */
  #stopped(stop: StopReport | undefined): LibraryError {
    if (stop?.kind === "out-of-memory") {
      return this.#error(
        "out-of-memory",
        `it wants ${stop.pagesWanted} pages more; libraryOf(namespace).refill({ memoryBytes }) and .resume() go on with the call`,
      );
    }
    const what = stop === undefined || stop.kind === "paused" ? "the gas of one call is used up" : describeStop(stop);
    return this.#error(
      "out-of-gas",
      `${what} in the middle of a call; libraryOf(namespace).refill({ gas }) and .resume() go on with it`,
    );
  }

  #read(answer: Answer): unknown {
    if (answer.status === "broken") throw this.#broken(answer.code, answer.reason);
    try {
      return JSON.parse(new TextDecoder().decode(answer.message.bytes));
    } catch {
      return undefined;
    }
  }

  #broken(code: string, reason: string): LibraryError {
    const { status } = this.#process;
    if (status.state === "ended") {
      const { stop } = status;
      if (stop.kind === "trap")
        return this.#error("trap", `its process failed: ${describeStop(stop)}; import it again`);
      return this.#error("ended", `its process has ended (${describeStop(stop)}); import it again`);
    }
    return this.#error(code === "limit" ? "cannot-cross" : "ended", reason);
  }

  #error(code: LibraryErrorCode, words: string): LibraryError {
    return new LibraryError(code, `${this.#name}: ${words}`, { package: this.#name });
  }
}

export function toMessage(text: string): Message {
  return makeMessage(new TextEncoder().encode(text));
}
