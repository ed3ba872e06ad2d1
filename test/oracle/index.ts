/**
 * The oracle: an interpreter of the original, unrewritten module, with the gas of docs/spec/gas.md. It was written from that text and
 * not from the rewriter, so that each can convict the other.
 * @module
 */

import type { FunctionType, Import, WasmModule } from "../../src/wasm/index.ts";
import { type External, Instance } from "./instance.ts";
import { Memory, Table } from "./storage.ts";
import { type HostEvent, type Outcome, Thread } from "./thread.ts";
import { type FunctionObject, type HostCall, Trap, type TrapCode, type Value } from "./values.ts";

export type { HostEvent } from "./thread.ts";
export type { Reference, TrapCode, Value } from "./values.ts";
export { bitsToF32, bitsToF64, f32ToBits, f64ToBits } from "./values.ts";

export interface OracleOptions {
  /** The implementation of an imported function. */
  readonly imports?: (module: string, name: string) => HostCall | undefined;
  readonly stackSlotsMax?: number;
  readonly memoryPagesMax?: number;
}

export type CallResult =
  | { readonly kind: "done"; readonly values: readonly Value[]; readonly gasUsed: number }
  | { readonly kind: "trap"; readonly code: TrapCode; readonly gasUsed: number }
  /** Stopped at a safepoint; `resume` goes on. */
  | { readonly kind: "out-of-gas"; readonly gasUsed: number }
  | { readonly kind: "memory"; readonly pagesWanted: number; readonly gasUsed: number };

export interface Oracle {
  readonly instance: Instance;
  readonly thread: Thread;
  /** Calls of imported functions, in order, with the gas used at that moment. */
  readonly events: readonly HostEvent[];
  /** Writes the active segments and runs the start function; calls make sense only once that is "done". */
  begin(gas?: number): CallResult;
  /** Gas is counted over all calls of one oracle. */
  call(func: number, args: readonly Value[], gas?: number): CallResult;
  /** After "out-of-gas" or "memory". */
  resume(gas: number): CallResult;
}

/** Instantiates; `begin` comes next. */
export function interpret(module: WasmModule, options: OracleOptions = {}): Oracle {
  const instance = new Instance(module, (imported) => provide(module, imported, options));
  const thread = new Thread(options);
  const resume = (gas: number): CallResult => toResult(thread, thread.run(gas));
  const call = (func: number, args: readonly Value[], gas = Infinity): CallResult => {
    thread.start(instance.function(func), args);
    return resume(gas);
  };
  const begin = (gas = Infinity): CallResult => {
    const failed = initialise(instance);
    if (failed !== undefined) return failed;
    return module.start === undefined ? { kind: "done", values: [], gasUsed: 0 } : call(module.start, [], gas);
  };
  return { instance, thread, events: thread.events, begin, call, resume };
}

function initialise(instance: Instance): CallResult | undefined {
  try {
    instance.initialise();
    return undefined;
  } catch (error) {
    if (error instanceof Trap) return { kind: "trap", code: error.code, gasUsed: 0 };
    throw error;
  }
}

function toResult(thread: Thread, outcome: Outcome): CallResult {
  const { used } = thread.meter;
  switch (outcome.kind) {
    case "done":
      return { ...outcome, gasUsed: used };
    case "trap":
      return { ...outcome, gasUsed: used };
    case "memory":
      return { ...outcome, gasUsed: used };
    case "slice":
      return { kind: "out-of-gas", gasUsed: used };
  }
}

/** Functions come from the options; everything else is fresh and empty. */
function provide(module: WasmModule, imported: Import, options: OracleOptions): External {
  switch (imported.kind) {
    case "func": {
      const type = typeOf(module, imported.type);
      const call = options.imports?.(imported.module, imported.name);
      if (call === undefined) throw new RangeError(`import: no function ${imported.module}.${imported.name}`);
      return { kind: "host", type, name: imported.name, call };
    }
    case "memory":
      return new Memory(imported.memory.min, imported.memory.max);
    case "table":
      return new Table(imported.table.limits.min, imported.table.limits.max, null);
    case "tag":
      return { kind: "tag", type: typeOf(module, imported.type) };
    case "global":
      return { value: zeroOf(imported.global.type) };
  }
}

function typeOf(module: WasmModule, index: number): FunctionType {
  const type = module.types[index];
  if (type === undefined) throw new RangeError(`type: expected an index of a type, got ${index}`);
  return type;
}

function zeroOf(type: number): Value {
  if (type === 0x7e || type === 0x7c) return 0n;
  if (type === 0x7b) return new Uint8Array(16);
  return type === 0x7f || type === 0x7d ? 0 : null;
}

export type { FunctionObject };
