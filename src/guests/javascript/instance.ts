/**
 * A JavaScript process as its host uses it: run a script, import modules, call what they export.
 * @module
 */

import type { Process, StopReport, SyncResult, TurnResult } from "../../kernel/index.ts";
import { broken, describeStop, fulfilled, isEnd, makeMessage, rejected } from "../../kernel/index.ts";
import { encodeMessage, valueOfAnswer } from "../../passable/index.ts";
import { type DirectOptions, type DirectResult, directPayload, type NamedResult } from "./direct.ts";
import { NAMED_ARGS_MAX } from "./limits.ts";
import type { Primitive } from "./words.ts";

/** Beside the result: why there is none, or none yet. */
export type DirectSyncResult = DirectResult | Exclude<SyncResult, { readonly kind: "done" }>;

/**
 * What the promises of its methods are rejected with: `StoppedError` where the process has stopped, or does before it answers, and its
 * keeper leaves it so; `BrokenError` "ended" where it ends; and what the guest throws, as `GuestError` or the value.
 */
export interface JavaScriptInstance {
  readonly process: Process;
  /** Runs a script; the value of its last statement, where that can cross, else undefined. */
  evaluate(source: string, options?: { readonly name?: string }): Promise<unknown>;
  /**
   * Imports the module `entry`; every specifier that is imported must be a key of `modules`. The names it exports. `confined`: packages
   * inside of it that have a process of their own, as a bundle of a library names them.
   */
  import(
    entry: string,
    modules: { readonly [specifier: string]: string },
    confined?: readonly unknown[],
  ): Promise<readonly string[]>;
  /** What the imported module exports by that name, or the global: a capability for a function and for what `Far` marked. */
  get(name: string): Promise<unknown>;
  /** Calls a function that the imported module exports, or a global one. A promise it returns is awaited. */
  call(name: string, ...args: readonly unknown[]): Promise<unknown>;
  /**
   * The same in the caller's own thread, for at most `gas`. Throws `UnfinishedError` where the answer needs something from outside or more
   * than that, `StoppedError` where the process itself has no more.
   */
  callSync(name: string, args: readonly unknown[], options?: { readonly gas?: number }): unknown;
  /** The number by which a function that the imported module exports, or a global one, can be called directly. */
  register(name: string): Promise<number>;
  /**
   * Calls a function that the guest has registered, by its number, with primitives: without a message, in the caller's own thread,
   * for at most `gas`. A stop is why the process does not go on; `unfinished` and `parked` turns go on with `process.finishSync`.
   */
  directSync(
    id: number,
    args: readonly Primitive[],
    options?: DirectOptions & { readonly gas?: number },
  ): DirectSyncResult;
  /** The same in slices, like any other turn. */
  direct(id: number, args: readonly Primitive[]): Promise<DirectResult | StopReport>;
  /** Sets globals: values, and capabilities. */
  set(values: { readonly [name: string]: unknown }): Promise<void>;
}

/** A synchronous call that could not be answered at once. Its turn goes on when the process is run. */
export class UnfinishedError extends Error {
  constructor() {
    super("the call has no answer yet: it needs more gas than it was given, or something from outside");
    this.name = "UnfinishedError";
  }
}

/**
 * The process has stopped, and its keeper left it so, or it has none. When it is refilled and resumed, what was asked goes on where it was;
 * its answer is lost.
 */
export class StoppedError extends Error {
  readonly stop: StopReport;

  constructor(stop: StopReport) {
    super(`the process has stopped: ${describeStop(stop)}`);
    this.name = "StoppedError";
    this.stop = stop;
  }
}

const SCRIPT_NAME = "script.js";

export function makeJavaScriptInstance(process: Process): JavaScriptInstance {
  const ask = async (...body: readonly unknown[]): Promise<unknown> => {
    const answer = await process.ask(encodeMessage(body));
    if ("kind" in answer) throw new StoppedError(answer);
    return valueOfAnswer(answer);
  };
  return Object.freeze({
    process,
    evaluate: (source: string, options: { readonly name?: string } = {}) =>
      ask("eval", options.name ?? SCRIPT_NAME, source),
    async import(
      entry: string,
      modules: { readonly [specifier: string]: string },
      confined: readonly unknown[] = [],
    ): Promise<readonly string[]> {
      return (await ask("import", entry, modules, confined)) as readonly string[];
    },
    get: (name: string) => ask("get", name),
    call: (name: string, ...args: readonly unknown[]) => ask("call", name, ...args),
    callSync(name: string, args: readonly unknown[], options: { readonly gas?: number } = {}): unknown {
      return canBeNamed(name, args)
        ? callNamed(process, name, args, options)
        : askSync(process, ["call", name, ...args], options);
    },
    register: async (name: string) => (await ask("register", name)) as number,
    directSync: (id: number, args: readonly Primitive[], options: DirectOptions & { readonly gas?: number } = {}) =>
      directResult<DirectResult>(process.directSync(directPayload(id, args, options), options)),
    direct: async (id: number, args: readonly Primitive[]) =>
      directResult<DirectResult, TurnResult>(await process.direct(directPayload(id, args))),
    async set(values: { readonly [name: string]: unknown }): Promise<void> {
      await ask("set", values);
    },
  });
}

function askSync(process: Process, body: readonly unknown[], options: { readonly gas?: number }): unknown {
  const answer = process.deliverSync(encodeMessage(body), options);
  if (answer !== undefined) return valueOfAnswer(answer);
  const { status } = process;
  throw status.state === "stopped" ? new StoppedError(status.stop) : new UnfinishedError();
}

/** Most calls are such that they need no message. */
function canBeNamed(name: string, args: readonly unknown[]): args is readonly Primitive[] {
  return args.length <= NAMED_ARGS_MAX && args.every(isPrimitive) && name.isWellFormed();
}

function isPrimitive(value: unknown): value is Primitive {
  const type = typeof value;
  return value === null || type === "number" || type === "string" || type === "boolean" || type === "undefined";
}

function callNamed(
  process: Process,
  name: string,
  args: readonly Primitive[],
  options: { readonly gas?: number },
): unknown {
  const before = process.meter.gasUsed;
  const result = directResult<NamedResult>(process.directSync(directPayload(name, args), options));
  switch (result.kind) {
    case "value":
      return result.value;
    case "converted":
    case "thrown": {
      const message = makeMessage(new TextEncoder().encode(result.text));
      return valueOfAnswer(result.kind === "thrown" ? rejected(message) : fulfilled(message));
    }
    case "kept": {
      const { gas } = options;
      const left = gas === undefined ? {} : { gas: Math.max(0, gas - (process.meter.gasUsed - before)) };
      return askSync(process, ["kept", result.number], left);
    }
    case "unfinished":
    case "parked":
      throw new UnfinishedError();
    default:
      if (!isEnd(result)) throw new StoppedError(result);
      return valueOfAnswer(broken("ended", `the process ended: ${describeStop(result)}`));
  }
}

type Undone<Result> = Exclude<Result, { readonly kind: "done" }>;

/** What the driver of this kind of guest gave back (driver.ts), or why it did not. */
function directResult<Returned extends NamedResult, Result extends SyncResult = SyncResult>(
  result: Result,
): Returned | Undone<Result> {
  if (result.kind === "done") return result.returned as Returned;
  return result as Undone<Result>;
}

export interface MainInit {
  /** The name of the module to run; a key of `modules`. */
  readonly entry: string;
  /** Sources by name (see `collectModules`). */
  readonly modules: { readonly [specifier: string]: string };
  /** What the guest finds in `caper.args`. */
  readonly args?: readonly string[];
  /** Packages inside of it that have a process of their own, as a bundle of a library names them. */
  readonly confined?: readonly unknown[];
}

/**
 * Makes the process a program: it runs `entry`, and ends (stop `exit`) when it waits for nothing any more: with code 0, or 1 after
 * an uncaught error, which it writes to its error output with its own stack. The process takes the message; wait for its end.
 */
export function startMain(process: Process, init: MainInit): void {
  if (!Object.hasOwn(init.modules, init.entry)) throw new RangeError(`entry: ${init.entry} is not among the modules`);
  // The answer says only that it has begun.
  void process.deliver(encodeMessage(["main", init.entry, init.modules, init.args ?? [], init.confined ?? []]));
}
