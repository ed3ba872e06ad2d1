/**
 * The prompt of `caper try` as a process: a guest that holds the library as its child. It is frozen before each expression, so that one
 * that is stopped leaves no trace.
 *
 * @module
 */
import { setTimeout as wait } from "node:timers/promises";
import { JAVASCRIPT_KIND, type JavaScriptInstance, makeJavaScriptInstance } from "../guests/javascript/index.ts";
import type { TreeState } from "../image/index.ts";
import { type Capability, findEndowment, type Kernel, type Process, type StopReport } from "../kernel/index.ts";
import { type LibraryBundle, LibraryError, makePackagesPower } from "../library/index.ts";
import { GuestError } from "../passable/index.ts";
import { type AuditLog, capabilityOf, type OutputStream } from "../powers/index.ts";
import { denials } from "./confined-powers.ts";
import { oneLine } from "./library-errors.ts";
import { PROMPT_MODULE, PROMPT_SOURCE, variableOf } from "./prompt-guest.ts";
import { PAGE_BYTES } from "./quantities.ts";

/** For the prompt itself, beside what the library gets. */
export const PROMPT_GAS = 2_000_000_000;
export const PROMPT_MEMORY_BYTES: number = 64 << 20;

const LOOK_MS = 50;

export interface PromptInit {
  readonly kernel: Kernel;
  readonly bundle: LibraryBundle;
  readonly gas: number;
  readonly memoryBytes: number;
  readonly powers: { readonly [name: string]: object };
  readonly audit: AuditLog;
  readonly output: OutputStream;
}

export interface Usage {
  readonly gas: number;
  readonly libraryGas: number;
  readonly memoryBytes: number;
}

/** `text` is the one line of an error; "stopped": it wants more gas or memory than there is. */
export type Outcome = { readonly kind: "done" | "error" | "stopped" | "interrupted"; readonly text: string };

export interface Prompt {
  readonly variable: string;
  readonly exports: readonly string[];
  evaluate(source: string): Promise<Outcome>;
  /** More gas for the library; goes on with what was stopped. */
  refill(gas: number): Promise<Outcome>;
  /** Ends the expression that runs: everything is as it was before it. */
  interrupt(): void;
  usage(): Promise<Usage>;
}

interface LibraryMeter {
  readonly gasUsed: number;
  readonly memoryBytesUsed: number;
}

class PromptProcess implements Prompt {
  readonly variable: string;
  exports: readonly string[] = [];
  readonly #init: PromptInit;
  readonly #endowments: { readonly [name: string]: Capability };
  #process: Process;
  #guest: JavaScriptInstance;
  #before: TreeState | undefined;
  #stop: (outcome: Outcome) => void = () => undefined;
  #library: LibraryMeter = { gasUsed: 0, memoryBytesUsed: 0 };
  /** What runs, or was stopped in the middle. */
  #pending: Promise<Outcome> | undefined;

  constructor(init: PromptInit) {
    this.#init = init;
    this.variable = variableOf(init.bundle.name);
    this.#endowments = endowmentsOf(init);
    this.#process = init.kernel.spawn({
      guest: JAVASCRIPT_KIND,
      gas: init.gas + PROMPT_GAS,
      memoryBytes: init.memoryBytes + PROMPT_MEMORY_BYTES,
      endowments: this.#endowments,
      powers: this.#powers,
      keeper: this.#keeper,
    });
    this.#guest = makeJavaScriptInstance(this.#process);
  }

  get #powers() {
    return { stdout: this.#init.output, stderr: this.#init.output, onUnhandledRejection: () => undefined };
  }

  readonly #keeper = (stop: StopReport): { readonly action: "leave" } => {
    const why =
      stop.kind === "out-of-gas" ? "the prompt is out of gas; .refill 10M goes on" : `the prompt stopped: ${stop.kind}`;
    this.#stop({ kind: "stopped", text: why });
    return { action: "leave" };
  };

  async start(): Promise<void> {
    const { bundle, gas, memoryBytes, powers } = this.#init;
    await this.#guest.import(PROMPT_MODULE, { [PROMPT_MODULE]: PROMPT_SOURCE });
    const names = [...Object.keys(powers), "audit"];
    try {
      const exports = await this.#guest.call("start", bundle.name, this.variable, { gas, memoryBytes }, names);
      this.exports = Array.isArray(exports) ? exports.map(String) : [];
    } catch (error) {
      throw loadError(error, bundle.name);
    }
    this.#keep();
  }

  evaluate(source: string): Promise<Outcome> {
    // What was stopped and not refilled is given up.
    if (this.#pending !== undefined) this.#goBack();
    this.#keep();
    this.#pending = this.#guest.call("run", source).then(succeed, fail);
    return this.#watch(this.#pending);
  }

  async refill(gas: number): Promise<Outcome> {
    this.#process.refill({ gas });
    if (this.#pending !== undefined) {
      void this.#process.resume();
      return this.#watch(this.#pending);
    }
    this.#keep();
    await this.#guest.call("refill", gas);
    const resumed = this.#guest.call("resume").then(succeed, fail);
    this.#pending = Promise.race([resumed, this.#stoppedAgain(resumed)]);
    return this.#watch(this.#pending);
  }

  /** Nobody is told when a library stops in a call that was resumed: it has to be looked at. */
  async #stoppedAgain(resumed: Promise<Outcome>): Promise<Outcome> {
    let isOver = false;
    void resumed.then(() => {
      isOver = true;
    });
    const process = this.#process;
    while (process === this.#process) {
      await wait(LOOK_MS);
      if (isOver) return resumed;
      if (process === this.#process && (await this.#guest.call("isStopped")) === true) break;
    }
    const { name } = this.#init.bundle;
    return isOver ? resumed : { kind: "error", text: `${name}: stopped again; .refill 10M goes on with it` };
  }

  interrupt(): void {
    if (this.#pending === undefined) return;
    const stop = this.#stop;
    this.#goBack();
    stop({ kind: "interrupted", text: "stopped; everything is as it was before this line" });
  }

  async usage(): Promise<Usage> {
    // A prompt that is stopped in the middle of a line cannot be asked: then it is what the library had used before.
    if (this.#process.status.state !== "stopped") this.#library = (await this.#guest.call("meter")) as LibraryMeter;
    const { gasUsed, pagesUsed } = this.#process.meter;
    const library = this.#library;
    return {
      gas: gasUsed + library.gasUsed,
      libraryGas: library.gasUsed,
      memoryBytes: pagesUsed * PAGE_BYTES + library.memoryBytesUsed,
    };
  }

  async #watch(pending: Promise<Outcome>): Promise<Outcome> {
    const stopped = new Promise<Outcome>((resolve) => {
      this.#stop = resolve;
    });
    const outcome = await Promise.race([pending, stopped]);
    if (outcome.kind === "done" || outcome.kind === "error") this.#pending = undefined;
    return outcome;
  }

  #keep(): void {
    this.#before = this.#process.freeze();
    void this.#process.resume();
  }

  #goBack(): void {
    if (this.#before === undefined) return;
    this.#pending = undefined;
    // That this one ends now is no news.
    this.#stop = () => undefined;
    this.#process.discard();
    this.#process = this.#init.kernel.thaw(this.#before, {
      powers: this.#powers,
      keeper: this.#keeper,
      resolveLocator: (locator) => findEndowment(this.#endowments, locator),
    });
    this.#guest = makeJavaScriptInstance(this.#process);
    void this.#process.resume();
  }
}

/** Throws `LibraryError` where the library cannot be loaded. */
export async function startPrompt(init: PromptInit): Promise<Prompt> {
  const prompt = new PromptProcess(init);
  await prompt.start();
  return prompt;
}

function endowmentsOf({ bundle, powers, audit }: PromptInit): { readonly [name: string]: Capability } {
  const holder = { audit, package: bundle.name };
  const given = Object.entries(powers).map(([name, power]) => [name, capabilityOf(power, holder)] as const);
  const source = { bundle: async () => bundle };
  const packages = capabilityOf(makePackagesPower(source, { packages: [bundle.name] }));
  return {
    ...Object.fromEntries(given),
    audit: denials(audit, bundle.name),
    ...(given.some(([name]) => name === "packages") ? {} : { packages }),
  };
}

const succeed = (): Outcome => ({ kind: "done", text: "" });
const fail = (error: unknown): Outcome => ({ kind: "error", text: describe(error) });

function describe(error: unknown): string {
  if (!(error instanceof Error)) return oneLine(`Uncaught ${String(error)}`);
  const isStop = /out of gas in the middle/.test(error.message);
  return oneLine(
    isStop ? `${error.message.split(";")[0]}; .refill 10M goes on with it` : `Uncaught ${error.name}: ${error.message}`,
  );
}

function loadError(error: unknown, name: string): unknown {
  if (!(error instanceof GuestError)) return error;
  const code = /its (gas|memory) does not suffice/.test(error.message)
    ? "load-budget"
    : /cannot be parsed|SyntaxError/.test(error.message)
      ? "syntax"
      : "broken-package";
  return new LibraryError(code, error.message, { package: name, cause: error });
}
