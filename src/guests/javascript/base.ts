/**
 * Makes the base image: the engine started, the prelude loaded. It depends only on the engine's module, the rewriter and the
 * prelude, so it is made once and every JavaScript process is a thaw of it.
 * @module
 */

import { storeMemory } from "../../image/index.ts";
import type { GuestBase, HostFunction, MachineState, Program, Value } from "../../kernel/index.ts";
import { makeMachine } from "../../kernel/index.ts";
import type { WasmModule } from "../../wasm/index.ts";
import { register } from "./callbacks.ts";
import { exportedFunction, HostCallFrame } from "./engine.ts";
import { engineImports, wasiImports } from "./imports.ts";
import { ENGINE_STACK_BYTES, MAILBOX_BYTES } from "./limits.ts";
import { PRELUDE, PRELUDE_NAME } from "./prelude/index.ts";
import { HostOp, SIGNAL_BYTES } from "./protocol.ts";
import { freshState, type JavaScriptState, saveState } from "./state.ts";
import { engineText, fillString, unitsFor } from "./strings.ts";
import { CONTROL_BYTES } from "./tasks.ts";
import { type Immediate, isException, type Primitive, pointerOf } from "./words.ts";

/** A running engine: a machine, or in tests a plain instance. */
export interface EngineRunner {
  readonly module: WasmModule;
  /** Runs a function to its end. */
  call(func: number, args: readonly Value[]): readonly Value[];
  memory(): Uint8Array;
  freeze(): MachineState;
}

interface EngineModules {
  readonly [module: string]: { readonly [name: string]: HostFunction };
}

export type MakeRunner = (imports: EngineModules) => EngineRunner;

/** Raised where the same engine and the same prelude come to another base: bases are cached by it. */
export const BASE_VERSION = 2;

/** For `qjs_compile`: functions do not keep their source. */
const STRIP_SOURCE = 1 << 4;

/**
 * Services are not needed: the prelude asks for nothing while it loads. It is compiled in an engine of its own, which is thrown
 * away: what a parser leaves in the memory, every process would begin with.
 */
export function buildBase(makeRunner: MakeRunner): GuestBase {
  const probe: Probe = { values: undefined, answer: undefined };
  const state = freshState({ context: 0, runtime: 0, dispatcher: 0n, mailbox: 0, control: 0, jobs: 0 });
  const runner = makeRunner(
    importsOf(state, (context, _name, _length, _this, count, cells) => {
      const call = new HostCallFrame(context.memory(), count as number, cells as number);
      if (call.int(0) === HostOp.register) return call.return(register(call, state));
      probe.values = call.primitivesFrom(0, PROBE_UNITS_MAX);
      return call.return(probe.answer);
    }),
  );
  const prelude = new EngineSetup(makeRunner(importsOf(state, () => 0))).compile(PRELUDE, PRELUDE_NAME);
  const ready = new EngineSetup(runner).start(state, probe, prelude);
  const machine = runner.freeze();
  return Object.freeze({
    machine: { ...machine, memories: machine.memories.map(storeMemory) },
    saved: saveState(ready),
  });
}

/** Enough for the engine and the prelude. */
const BASE_PAGES_MAX = 256;
const BASE_SLICE_GAS = 1 << 28;

/** The base image on a machine: what every JavaScript process of this program is thawed from. */
export function buildMachineBase(program: Program): GuestBase {
  return buildBase((imports) => {
    const machine = makeMachine({
      program,
      imports: (module, name) => imports[module]?.[name],
      memoryPagesMax: BASE_PAGES_MAX,
    });
    return {
      module: program.module,
      call(func: number, args: readonly Value[]): readonly Value[] {
        machine.start(func, args);
        for (;;) {
          const stop = machine.run(BASE_SLICE_GAS);
          if (stop.kind === "done") return stop.results;
          if (stop.kind !== "slice") throw new Error(`engine: it stopped while it started (${stop.kind})`);
        }
      },
      memory: () => machine.memory(),
      freeze: () => machine.freeze({ copy: true }),
    };
  });
}

function importsOf(state: JavaScriptState, hostCall: HostFunction): EngineModules {
  return {
    env: engineImports(state, hostCall),
    wasi_snapshot_preview1: wasiImports({ services: silentServices, clock: undefined, random: undefined }),
  };
}

const silentServices = { log: () => undefined } as unknown as Parameters<typeof wasiImports>[0]["services"];

class EngineSetup {
  readonly #runner: EngineRunner;

  constructor(runner: EngineRunner) {
    this.#runner = runner;
  }

  #initialise(): void {
    this.#call("_initialize");
    if (this.#call("qjs_init") !== 0) throw new Error("engine: its start failed");
  }

  /** The bytecode of a script, without its source. */
  compile(source: string, name: string): Uint8Array {
    this.#initialise();
    const [sourcePointer, sourceLength] = this.#putText(source);
    const [namePointer] = this.#putText(name);
    const length = this.#call("wasm_malloc", 4);
    const pointer = this.#call("qjs_compile", sourcePointer, sourceLength, namePointer, 0, STRIP_SOURCE, length);
    if (pointer === 0) throw this.#failure();
    return this.#runner.memory().slice(pointer, pointer + this.#view().getUint32(length, true));
  }

  start(state: JavaScriptState, probe: Probe, prelude: Uint8Array): JavaScriptState {
    this.#initialise();
    this.#call("qjs_set_max_stack_size", ENGINE_STACK_BYTES);
    this.#call("qjs_set_promise_rejection_handler", 1);
    this.#useLoader();
    const [hostName, hostNameLength] = this.#putText("caper");
    const host = this.#call("qjs_new_host_function", hostName, hostNameLength, 0);
    this.#call("wasm_free", hostName);
    const makeDispatcher = this.#evaluateBytecode(prelude);
    const [mailboxHandle, mailbox] = this.#makeMailbox();
    const dispatcherHandle = this.#apply(makeDispatcher, [host, mailboxHandle]);
    const ready: JavaScriptState = {
      ...state,
      places: {
        context: this.#call("qjs_get_context_ptr"),
        runtime: this.#call("qjs_get_runtime_ptr"),
        dispatcher: this.#view().getBigInt64(dispatcherHandle, true),
        mailbox,
        control: this.#call("wasm_malloc", CONTROL_BYTES),
        jobs: this.#findJobs(),
      },
    };
    this.#probeValues(host, probe);
    for (const handle of [makeDispatcher, mailboxHandle, host]) this.#call("qjs_free_value", handle);
    this.#call("qjs_run_gc");
    this.#runner.memory().fill(0, mailbox, mailbox + MAILBOX_BYTES + SIGNAL_BYTES);
    return ready;
  }

  #call(name: string, ...args: number[]): number {
    const [result = 0] = this.#runner.call(exportedFunction(this.#runner.module, name), args);
    return Number(result);
  }

  #view(): DataView {
    const memory = this.#runner.memory();
    return new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  }

  #putText(text: string): [pointer: number, length: number] {
    const bytes = new TextEncoder().encode(text);
    const pointer = this.#call("wasm_malloc", bytes.length + 1);
    this.#runner.memory().set(bytes, pointer);
    this.#runner.memory()[pointer + bytes.length] = 0;
    return [pointer, bytes.length];
  }

  /**
   * The engine resolves names itself (`./` and `../` against the importing module): a normalizer of the host's would have to
   * allocate in the engine's memory. So of the two functions that this call sets in the runtime, the first is taken out again.
   */
  #useLoader(): void {
    const runtime = this.#call("qjs_get_runtime_ptr");
    const before = this.#words(runtime);
    this.#call("qjs_set_module_loader", 1);
    const changed = this.#words(runtime).flatMap((word, index) => (word === before[index] ? [] : [index]));
    const [normalizer, loader, ...others] = changed;
    if (normalizer === undefined || loader === undefined || others.length > 0) throw unknownEngine("module loader");
    this.#view().setUint32(runtime + 4 * normalizer, 0, true);
  }

  #words(pointer: number): number[] {
    const view = this.#view();
    return Array.from({ length: RUNTIME_WORDS }, (_, index) => view.getUint32(pointer + 4 * index, true));
  }

  #evaluate(source: string, name: string): number {
    const [sourcePointer, sourceLength] = this.#putText(source);
    const [namePointer] = this.#putText(name);
    const handle = this.#call("qjs_eval", sourcePointer, sourceLength, namePointer, 0);
    this.#call("wasm_free", sourcePointer);
    this.#call("wasm_free", namePointer);
    return this.#checked(handle);
  }

  #evaluateBytecode(bytecode: Uint8Array): number {
    const pointer = this.#call("wasm_malloc", bytecode.length);
    this.#runner.memory().set(bytecode, pointer);
    const handle = this.#call("qjs_eval_bytecode", pointer, bytecode.length);
    this.#call("wasm_free", pointer);
    return this.#checked(handle);
  }

  #makeMailbox(): [handle: number, pointer: number] {
    const handle = this.#evaluate(`new Uint8Array(${MAILBOX_BYTES + SIGNAL_BYTES})`, PRELUDE_NAME);
    const buffer = this.#evaluate(`(view) => view.buffer`, PRELUDE_NAME);
    const bufferHandle = this.#apply(buffer, [handle]);
    const length = this.#call("wasm_malloc", 4);
    const pointer = this.#call("qjs_get_array_buffer", bufferHandle, length);
    if (this.#view().getUint32(length, true) !== MAILBOX_BYTES + SIGNAL_BYTES) throw unknownEngine("array buffer");
    for (const used of [buffer, bufferHandle]) this.#call("qjs_free_value", used);
    this.#call("wasm_free", length);
    return [handle, pointer];
  }

  #apply(func: number, args: readonly number[]): number {
    const argv = this.#call("wasm_malloc", 4 * args.length);
    for (const [index, handle] of args.entries()) this.#view().setUint32(argv + 4 * index, handle, true);
    const receiver = this.#call("qjs_get_undefined");
    const result = this.#call("qjs_call", func, receiver, args.length, argv);
    this.#call("qjs_free_value", receiver);
    this.#call("wasm_free", argv);
    return this.#checked(result);
  }

  /** Where the runtime keeps the list of jobs: what is an empty list before there is one, and a list of one after it. */
  #findJobs(): number {
    const runtime = this.#call("qjs_get_runtime_ptr");
    const isEmpty = (words: readonly number[], index: number): boolean =>
      words[index] === runtime + 4 * index && words[index + 1] === runtime + 4 * index;
    const before = this.#words(runtime);
    const promise = this.#evaluate("Promise.resolve().then(() => {})", PRELUDE_NAME);
    const after = this.#words(runtime);
    const heads = before.flatMap((_, index) => (isEmpty(before, index) && !isEmpty(after, index) ? [index] : []));
    const [head] = heads;
    if (head === undefined || heads.length > 1 || after[head] !== after[head + 1]) throw unknownEngine("jobs");
    this.#call("qjs_execute_pending_job");
    if (!isEmpty(this.#words(runtime), head)) throw unknownEngine("jobs");
    this.#call("qjs_free_value", promise);
    return runtime + 4 * head;
  }

  /** Each shape of value on its way out and in: the guest makes it, and the host reads it; the host makes it, and the guest compares. */
  #probeValues(host: number, probe: Probe): void {
    for (const [source, value] of PROBES) {
      const isText = typeof value === "string";
      probe.answer = isText ? 0 : value;
      const check = this.#evaluate(
        `(host, given) => { const value = ${source}, answer = host(41, value); return ${isText ? "given === value && answer === 0" : "Object.is(answer, value)"} ? 1 : 0; }`,
        PRELUDE_NAME,
      );
      const given = this.#makeText(isText ? value : "");
      const result = this.#apply(check, [host, given]);
      const isRight = this.#view().getBigInt64(result, true) === 1n;
      if (!isRight || !Object.is(probe.values?.[1], value)) throw unknownEngine(typeof value);
      for (const handle of [check, result, given]) this.#call("qjs_free_value", handle);
    }
  }

  /** A handle of a string that the host has written in place. */
  #makeText(text: string): number {
    const prepared = engineText(text);
    const context = this.#call("qjs_get_context_ptr");
    const word = BigInt(this.#call("JS_NewStringUTF16", context, 0, unitsFor(prepared)));
    const handle = this.#call("wasm_malloc", 8);
    fillString(this.#runner.memory(), this.#view(), pointerOf(word), prepared);
    this.#view().setBigInt64(handle, word, true);
    return handle;
  }

  #checked(handle: number): number {
    if (!isException(this.#view().getBigInt64(handle, true))) return handle;
    throw this.#failure();
  }

  #failure(): Error {
    const exception = this.#call("qjs_get_exception");
    const pointer = this.#call("qjs_get_string", exception);
    const memory = this.#runner.memory();
    const text = new TextDecoder().decode(memory.slice(pointer, memory.indexOf(0, pointer)));
    return new Error(`engine: the prelude failed: ${text}`);
  }
}

/** What the probing host function was given, and what it answers. */
interface Probe {
  values: readonly Primitive[] | undefined;
  answer: Immediate;
}

const PROBE_UNITS_MAX = 100_000;

/** As the guest makes them, and as the host knows them: numbers of each kind; strings narrow, wide, long, cut out, put together. */
const PROBES: readonly (readonly [source: string, value: Primitive])[] = [
  ...["42", "-1", "0.5", "-0", "NaN", "-Infinity", "2 ** 31", "-1e300", "5e-324"].map((source): [string, number] => [
    source,
    source === "2 ** 31" ? 2 ** 31 : Number(source),
  ]),
  ["true", true],
  ["false", false],
  ["null", null],
  ["undefined", undefined],
  ...[
    "",
    "plain",
    "caf\u00e9 \u00ff",
    "\u65e5\u672c \ud83d\ude00",
    "\ud800.",
    "x".repeat(101),
    "\u3042".repeat(100),
  ].map((text): [string, string] => [`JSON.parse(${JSON.stringify(JSON.stringify(text))})`, text]),
  ['"0123456789".repeat(2000).slice(11, 12000)', "0123456789".repeat(2000).slice(11, 12_000)],
  [
    '("a".repeat(9000) + "\\u00e9".repeat(9000)) + "\\u3042".repeat(9000)',
    `${"a".repeat(9000)}${"\u00e9".repeat(9000)}${"\u3042".repeat(9000)}`,
  ],
];

/** More than the part of the runtime that holds its hooks. */
const RUNTIME_WORDS = 200;

function unknownEngine(what: string): Error {
  return new Error(
    `engine: its ${what} are laid out in another way than that of quickjs-wasi 3.6; install that version`,
  );
}
