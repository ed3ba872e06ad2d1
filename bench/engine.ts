/**
 * The JavaScript engine as quickjs-wasi builds it, driven through its own exports, so that the same scripts can run in the
 * plain module, in the one that Asyncify made, and in a rewritten one.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { makeMachine, type Program, type Value } from "../src/kernel/index.ts";

const SLICE_GAS = 2 ** 30;
const PAGES_MAX = 8192;
/** Where the engine keeps its C stack: the driver leaves half of it to the engine's own recursion. */
const STACK_BYTES = 512 * 1024;

export interface Engine {
  call(name: string, ...args: readonly number[]): number;
  memory(): Uint8Array;
  readonly gasUsed?: number;
}

/** Every import of the engine: nothing that a script here does has an effect outside. */
function imported(memory: () => Uint8Array, name: string, args: readonly (number | bigint)[]): number {
  if (name === "clock_time_get") {
    const bytes = memory();
    new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(Number(args[2]), 0n, true);
  }
  if (name === "random_get") memory().fill(0x43, Number(args[0]), Number(args[0]) + Number(args[1]));
  return name.startsWith("fd_") ? 8 : 0;
}

export function readEngine(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(import.meta.resolve("quickjs-wasi/quickjs.wasm"))));
}

/** Runs the engine in a module without Caper: the original, or one that Binaryen made of it. */
export function makePlainEngine(module: WebAssembly.Module): Engine {
  const imports: WebAssembly.Imports = { meter: { stop: () => undefined } };
  for (const item of WebAssembly.Module.imports(module)) {
    if (item.module === "meter") continue;
    imports[item.module] ??= {};
    imports[item.module]![item.name] = (...args: (number | bigint)[]) => imported(memory, item.name, args);
  }
  const { exports } = new WebAssembly.Instance(module, imports);
  const memory = () => new Uint8Array((exports.memory as WebAssembly.Memory).buffer);
  return { call: (name, ...args) => Number((exports[name] as (...args: number[]) => number)(...args)), memory };
}

export function makeCaperEngine(program: Program): Engine {
  const machine = makeMachine({
    program,
    imports:
      (_module, name) =>
      (context, ...args) =>
        imported(() => context.memory(), name, args),
    memoryPagesMax: PAGES_MAX,
  });
  const functions = new Map(program.module.exports.map(({ name, index }) => [name, index]));
  return {
    call(name, ...args) {
      machine.start(functions.get(name)!, args as readonly Value[]);
      for (;;) {
        const stop = machine.run(SLICE_GAS);
        if (stop.kind === "done") return Number(stop.results[0] ?? 0);
        if (stop.kind !== "slice") throw new Error(`the engine stopped: ${JSON.stringify(stop)}`);
      }
    },
    memory: () => machine.memory(),
    get gasUsed() {
      return machine.gasUsed;
    },
  };
}

/** Starts the engine's runtime: once for an engine. */
export function startEngine(engine: Engine): void {
  engine.call("_initialize");
  if (engine.call("qjs_init") !== 0) throw new Error("the engine did not start");
  engine.call("qjs_set_max_stack_size", STACK_BYTES);
}

/** The value of the script's last statement, as text. */
export function evaluate(engine: Engine, source: string): string {
  const bytes = new TextEncoder().encode(source);
  const pointer = engine.call("wasm_malloc", bytes.length + 1);
  engine.memory().set(bytes, pointer);
  engine.memory()[pointer + bytes.length] = 0;
  const handle = engine.call("qjs_eval", pointer, bytes.length, pointer + bytes.length, 0);
  const failed = engine.call("qjs_is_exception", handle) !== 0;
  const value = failed ? engine.call("qjs_get_exception") : handle;
  const text = engine.call("qjs_get_string", value);
  const memory = engine.memory();
  const result = new TextDecoder().decode(memory.slice(text, memory.indexOf(0, text)));
  engine.call("wasm_free", pointer);
  engine.call("qjs_free_value", handle);
  if (failed) throw new Error(`the script failed: ${result}`);
  return result;
}
