/**
 * How a membrane reaches the process of its library: in the caller's own thread, or with a promise; and what it means where no answer
 * comes. A call that runs out of gas stays where it is until the library is refilled and resumed. A call in the caller's thread leaves
 * the library's pending jobs alone: as in one realm, the caller's own code goes on first.
 * @module
 */

import {
  type DirectResult,
  type DirectSyncResult,
  type JavaScriptInstance,
  makeJavaScriptInstance,
  type Primitive,
  link as protocol,
} from "../guests/javascript/index.ts";
import {
  type Answer,
  describeStop,
  KernelError,
  type Message,
  makeMessage,
  type Process,
  type StopReport,
  type TurnResult,
} from "../kernel/index.ts";
import { LibraryError, type LibraryErrorCode } from "./errors.ts";
import { AnswerText, type Channel } from "./membrane/end.ts";

export interface ProcessChannelInit {
  /** Of the package, for errors. */
  readonly name: string;
  readonly process: Process;
  readonly gasPerCall: number | undefined;
}

export class ProcessChannel implements Channel {
  readonly #name: string;
  readonly #process: Process;
  readonly #instance: JavaScriptInstance;
  readonly #options: { readonly gas?: number; readonly leavesJobs: true };
  readonly #gasPerCall: number;
  #isClosed = false;
  #serve = 0;
  #isInterrupted = false;
  /** Whether the call that was interrupted is a request, whose result is the text of an answer. */
  #isAsking = false;
  /** Callbacks whose promises calls wait for in place: then the process takes other calls meanwhile. */
  #openWaits = 0;
  #willRunJobs = false;

  constructor({ name, process, gasPerCall }: ProcessChannelInit) {
    this.#name = name;
    this.#process = process;
    this.#instance = makeJavaScriptInstance(process);
    this.#gasPerCall = gasPerCall ?? Number.POSITIVE_INFINITY;
    this.#options = gasPerCall === undefined ? { leavesJobs: true } : { gas: gasPerCall, leavesJobs: true };
  }

  serveBy(number: number): void {
    this.#serve = number;
  }

  ask(request: string): unknown {
    if (this.#serve === 0) return this.#askByMessage(request);
    const result = this.call(this.#serve, [request]);
    if (typeof result === "string") return new AnswerText(result).parsed;
    return result instanceof AnswerText ? result.parsed : undefined;
  }

  call(number: number, args: readonly Primitive[]): Primitive | AnswerText {
    this.#assertReady();
    const gasBefore = this.#gasUsed();
    let result: DirectSyncResult;
    try {
      result = this.#instance.directSync(number, args, this.#options);
    } catch (error) {
      throw this.#refused(error);
    }
    if (hasJobs(result)) this.#runJobsSoon();
    switch (result.kind) {
      case "value":
        return result.value;
      case "converted":
      case "thrown":
        return new AnswerText(result.text);
      default:
        // The engine's stack has an end, too: what did not fit goes on when those above have returned, and has no caller then.
        if (result.kind === "unfinished" && this.#gasUsed() - gasBefore < this.#gasPerCall) throw this.#tooDeep();
        this.#isAsking = number === this.#serve;
        throw this.#undone(result);
    }
  }

  /** Once for all calls until then, in a turn like any other: it is metered and sliced, and waits where the process is stopped or parked. */
  #runJobsSoon(): void {
    if (this.#willRunJobs) return;
    this.#willRunJobs = true;
    queueMicrotask(() => {
      this.#willRunJobs = false;
      // Where the process has ended, it has no jobs either.
      void this.#process.deliver(RUN_JOBS);
    });
  }

  /** Before the library has a number for requests. */
  #askByMessage(request: string): unknown {
    const answer = this.#process.attempt(toMessage(request), this.#options);
    if (!(answer instanceof Promise)) return this.#read(answer);
    const { status } = this.#process;
    throw this.#undone(
      status.state === "stopped" ? status.stop : { kind: status.state === "parked" ? "parked" : "unfinished" },
    );
  }

  async askLater(request: string): Promise<unknown> {
    return this.#read(await this.#process.deliver(toMessage(request)));
  }

  /** For a promise that the process waits for in an open call. */
  async waitOpenly<T>(promise: Promise<T>): Promise<T> {
    this.#openWaits += 1;
    try {
      return await promise;
    } finally {
      this.#openWaits -= 1;
    }
  }

  /** What came of the call that was interrupted, when it is there; undefined where none was. */
  async goOn(options: { readonly refuse?: boolean }): Promise<{ readonly value: Primitive } | AnswerText | undefined> {
    const wasInterrupted = this.#isInterrupted;
    const asked = this.#isAsking;
    this.#isInterrupted = false;
    const result = await this.#process.resume(options);
    if (!wasInterrupted) return undefined;
    if (result.kind !== "done") throw this.#undone(result);
    const outcome = readDirect(result);
    return asked && outcome !== undefined && "value" in outcome ? new AnswerText(String(outcome.value)) : outcome;
  }

  /** Ends the process: at once, or, where it is in the middle of a call of the host's, when that is over. */
  close(): void {
    this.#isClosed = true;
    try {
      this.#process.discard();
    } catch (error) {
      if (!(error instanceof KernelError && error.code === "state")) throw error;
      queueMicrotask(() => this.close());
    }
  }

  /** Only of interest where calls have a bound. */
  #gasUsed(): number {
    return this.#gasPerCall === Number.POSITIVE_INFINITY ? 0 : this.#process.meter.gasUsed;
  }

  #tooDeep(): RangeError {
    return new RangeError(`${this.#name}: calls of host and library are nested too deeply in one another`);
  }

  #assertReady(): void {
    if (this.#isClosed) throw this.#ended({ kind: "discarded" });
    const { status } = this.#process;
    switch (status.state) {
      case "stopped":
        throw this.#stopped(status.stop);
      case "ended":
        throw this.#ended(status.stop);
      case "parked":
        if (this.#openWaits === 0) throw this.#mustWait();
        return;
      default:
        if (this.#isInterrupted) throw this.#stopped({ kind: "paused" });
    }
  }

  #undone(result: StopReport | { readonly kind: "parked" | "unfinished" }): LibraryError {
    switch (result.kind) {
      case "parked":
        return this.#mustWait();
      case "trap":
      case "exit":
      case "discarded":
      case "fault":
        return this.#ended(result);
      case "unfinished":
        this.#process.pause();
        this.#isInterrupted = true;
        return this.#stopped({ kind: "paused" });
      default:
        this.#isInterrupted = true;
        return this.#stopped(result);
    }
  }

  #mustWait(): LibraryError {
    return this.#error(
      "must-wait",
      "the call needs an answer that is not there yet; call it as libraryOf(namespace).async(fn)(...) to wait for it",
    );
  }

  /** It is paused where the gas of one call is used up. */
  #stopped(stop: StopReport): LibraryError {
    switch (stop.kind) {
      case "out-of-memory":
        return this.#error(
          "out-of-memory",
          `it wants ${stop.pagesWanted} pages more; libraryOf(namespace).refill({ memoryBytes }) and .resume() go on with the call`,
        );
      case "out-of-gas":
      case "paused":
        return this.#error(
          "out-of-gas",
          `${stop.kind === "paused" ? "the gas of one call is used up" : "out of gas"} in the middle of a call; ` +
            "libraryOf(namespace).refill({ gas }) and .resume() go on with it",
        );
      default:
        return this.#error("ended", `its process does not run: ${describeStop(stop)}`);
    }
  }

  #ended(stop: StopReport): LibraryError {
    if (stop.kind === "trap" || stop.kind === "fault") {
      return this.#error("trap", `its process failed: ${describeStop(stop)}; import it again`);
    }
    return this.#error("ended", `its process has ended (${describeStop(stop)}); import it again`);
  }

  /** Host code that called from where it cannot. */
  #refused(error: unknown): unknown {
    if (!(error instanceof KernelError)) return error;
    if (error.code === "limit") return this.#tooDeep();
    return this.#error("must-wait", "it is in the middle of a call that takes no other meanwhile; call it later");
  }

  #read(answer: Answer): unknown {
    if (answer.status !== "broken") return new AnswerText(new TextDecoder().decode(answer.message.bytes)).parsed;
    const { status } = this.#process;
    if (status.state === "ended") throw this.#ended(status.stop);
    throw this.#error(answer.code === "limit" ? "cannot-cross" : "ended", answer.reason);
  }

  #error(code: LibraryErrorCode, words: string): LibraryError {
    return new LibraryError(code, `${this.#name}: ${words}`, { package: this.#name });
  }
}

/** The answer of a direct call that went on after a stop: a primitive is one, too. */
function readDirect(
  result: TurnResult & { readonly kind: "done" },
): { readonly value: Primitive } | AnswerText | undefined {
  const direct = result.returned as DirectResult | undefined;
  switch (direct?.kind) {
    case "value":
      return { value: direct.value };
    case "converted":
    case "thrown":
      return new AnswerText(direct.text);
    default:
      return undefined;
  }
}

/** A call that is not over may leave some when it is. */
function hasJobs(result: DirectSyncResult): boolean {
  switch (result.kind) {
    case "value":
    case "converted":
    case "thrown":
      return result.hasJobs === true;
    default:
      return true;
  }
}

export function toMessage(text: string): Message {
  return makeMessage(new TextEncoder().encode(text));
}

/** A request that asks for nothing: at the end of its turn the jobs run. */
const RUN_JOBS: Message = toMessage(`["link",${protocol.LinkOp.release},0,0,[]]`);
