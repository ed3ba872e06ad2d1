/**
 * A hot instance with what belongs to it: memory, tables, globals, dropped segments, and the continuations linked to it.
 * Knows how to begin, save and restore them, and how to become blank for another machine; knows nothing of frames and gas.
 * @module
 */

import { ByteReader } from "../bytes/index.ts";
import { copyMemory, type MachineState, type Value } from "../image/index.ts";
import {
  type DataSegment,
  F32,
  F64,
  FUNCREF,
  opcodes,
  rewriting,
  V128,
  type ValueType,
  WasmError,
} from "../wasm/index.ts";
import type { HostValue } from "./host.ts";
import { HostFault, StateError } from "./machine-errors.ts";
import { type Carrier, carriersToValues, type FunctionNumbers, valuesToCarriers } from "./machine-values.ts";
import type { Program } from "./program.ts";

/** What rewritten code calls in the machine. */
export interface RuntimeCalls {
  frame(id: number, gas: number, resultCarriers: number): void;
  value(carrier: Carrier): void;
  rethrow(): never;
  hostCall(index: number, args: readonly HostValue[]): unknown;
  memoryGrow(pages: number): number;
  tableGrow(table: number, init: object | null, count: number): number;
}

const EMPTY = new Uint8Array(0);

type Continue = (...args: readonly Carrier[]) => number;

const PAGE_BYTES = 65_536;

interface NamedFunction {
  readonly name: string;
}

export class Instance implements FunctionNumbers {
  readonly gas: WebAssembly.Global;
  /** Slots of the stack segment that were left when the guest last called the host. */
  readonly depth: WebAssembly.Global;
  readonly #program: Program;
  /** Of the machine whose instance this is. */
  #calls: RuntimeCalls;
  readonly #exports: WebAssembly.Exports;
  readonly #runtime: { readonly [name: string]: (...args: never[]) => unknown };
  readonly #functions: WebAssembly.Table;
  /** Puts the functions of a part of that table into it. */
  readonly #fill: (part: number) => void;
  readonly #memory: WebAssembly.Memory | undefined;
  /** Of the memory as it is until it grows, which only the host does: to ask it for its buffer takes longer than to keep this. */
  #view: Uint8Array;
  readonly #continuations = new Map<string, Continue>();
  /** Those of entries, by function: every call of the host's begins with one. */
  readonly #entries = new Map<number, Continue>();
  #numbers: Map<string, number> | undefined;
  /** Does a saved state hold a view of the memory? */
  #isLent = false;

  constructor(program: Program, calls: RuntimeCalls) {
    this.#program = program;
    this.#calls = calls;
    this.#runtime = makeRuntime(program, () => this.#calls);
    const guest: { [name: string]: (...args: HostValue[]) => unknown } = {};
    for (let i = 0; i < program.module.importedFunctions; i++) {
      guest[String(i)] = (...args) => this.#calls.hostCall(i, args);
    }
    const imports = { [rewriting.RUNTIME]: this.#runtime, [rewriting.GUEST_IMPORTS]: guest };
    this.#exports = instantiate(program.hot, imports as WebAssembly.Imports).exports;
    this.gas = this.#exports[rewriting.EXPORT_GAS] as WebAssembly.Global;
    this.depth = this.#exports[rewriting.EXPORT_DEPTH] as WebAssembly.Global;
    this.#functions = this.#exports[rewriting.EXPORT_FUNCTIONS] as WebAssembly.Table;
    this.#fill = this.#exports[rewriting.EXPORT_FILL] as (part: number) => void;
    this.#memory = this.#exports[rewriting.EXPORT_MEMORY] as WebAssembly.Memory | undefined;
    this.#view = viewOf(this.#memory);
  }

  /**
   * Makes it blank for another machine's state: all zeros, and out of reach of whoever had a view of its memory. False if that
   * cannot be: a saved state may hold the memory, and what was done to tables and segments cannot be undone.
   */
  clear(): boolean {
    const { tablesFixed, droppable } = this.#program;
    if (this.#isLent || !tablesFixed || droppable.data.length + droppable.elements.length > 0) return false;
    this.#view.fill(0);
    this.growMemory(0);
    return true;
  }

  /** From now on the guest calls these. */
  attach(calls: RuntimeCalls): void {
    this.#calls = calls;
  }

  /** The guest goes on, so that views which a saved state has are void. */
  takeBack(): void {
    this.#isLent = false;
  }

  get memoryPages(): number {
    return this.#view.length / PAGE_BYTES;
  }

  memory(): Uint8Array {
    return this.#view;
  }

  growMemory(pages: number): void {
    try {
      this.#memory?.grow(pages);
    } catch (error) {
      throw new HostFault(`this engine can not give the guest ${pages} more pages of memory`, { cause: error });
    }
    this.#view = viewOf(this.#memory);
  }

  tableLength(table: number): number {
    return this.#table(table).length;
  }

  growTable(table: number, count: number, init: object | null): void {
    this.#table(table).grow(count, init);
  }

  #table(index: number): WebAssembly.Table {
    return this.#exports[rewriting.exportOf.table(index)] as WebAssembly.Table;
  }

  /**
   * By the name that the JavaScript interface gives a function of a module, its index there: JavaScriptCore (2026) hands out
   * another object for the same function when it comes from another table.
   */
  numberOf(func: object): number {
    this.#numbers ??= this.#numberAll();
    const number = this.#numbers.get((func as NamedFunction).name);
    if (number === undefined) throw new Error("a function reference is not one of the guest's functions");
    return number;
  }

  #numberAll(): Map<string, number> {
    const numbers = new Map<string, number>();
    for (let part = 0; part * rewriting.FUNCTION_TABLE_PART < this.#functions.length; part++) this.#fill(part);
    for (let i = 0; i < this.#functions.length; i++) numbers.set((this.#functions.get(i) as NamedFunction).name, i);
    return numbers;
  }

  functionAt(number: number): object {
    const known = this.#functions.get(number) as object | null;
    if (known !== null) return known;
    this.#fill(Math.floor(number / rewriting.FUNCTION_TABLE_PART));
    return this.#functions.get(number) as object;
  }

  /** Makes a part of the continuation, if there is something to make; true when all is there. */
  prepare(func: number, point: number): boolean {
    if (point === 0 && this.#entries.has(func)) return true;
    return this.#continuations.has(`${func} ${point} results`) || this.#program.prepare(func, point);
  }

  continuation(func: number, point: number, resumption: rewriting.Resumption): Continue {
    if (point !== 0 || resumption !== "results") return this.#continuation(func, point, resumption);
    const known = this.#entries.get(func);
    if (known !== undefined) return known;
    const entry = this.#continuation(func, point, resumption);
    this.#entries.set(func, entry);
    return entry;
  }

  #continuation(func: number, point: number, resumption: rewriting.Resumption): Continue {
    const key = `${func} ${point} ${resumption}`;
    let run = this.#continuations.get(key);
    if (run === undefined) {
      const { module, hotImports } = this.#program.continuation(func, point, resumption);
      const hot: { [name: string]: WebAssembly.ImportValue } = {};
      for (const { name, func: number } of hotImports) {
        hot[name] = (number === undefined ? this.#exports[name] : this.functionAt(number)) as WebAssembly.ExportValue;
      }
      const imports = { [rewriting.RUNTIME]: this.#runtime, [rewriting.HOT]: hot };
      run = instantiate(module, imports as WebAssembly.Imports).exports[
        rewriting.EXPORT_CONTINUE
      ] as unknown as Continue;
      this.#continuations.set(key, run);
    }
    return run;
  }

  /** Copies the active data segments, as instantiation would have. Throws WasmError if one does not fit. */
  initialise(): void {
    const { module } = this.#program;
    const memory = this.memory();
    for (let i = 0; i < module.data.length; i++) {
      const segment = module.data[i] as DataSegment;
      if (segment.offset === undefined) continue;
      const offset = this.#offset(segment.offset.start, segment.offset.end);
      if (offset + segment.end - segment.start > memory.length) {
        throw new WasmError(
          "invalid",
          `data section: segment ${i} ends at byte ${offset + segment.end - segment.start} of a memory of ${memory.length}`,
        );
      }
      memory.set(module.bytes.subarray(segment.start, segment.end), offset);
    }
  }

  /** Value of a constant expression of type i32, as unsigned. */
  #offset(start: number, end: number): number {
    const reader = new ByteReader(this.#program.module.bytes, start, end);
    const stack: number[] = [];
    while (!reader.done) {
      switch (reader.u8()) {
        case opcodes.OP_I32_CONST:
          stack.push(reader.s32());
          break;
        case opcodes.OP_GLOBAL_GET:
          stack.push((this.#exports[rewriting.exportOf.global(reader.u32())] as WebAssembly.Global).value as number);
          break;
        case opcodes.OP_I32_ADD:
          stack.push(((stack.pop() as number) + (stack.pop() as number)) | 0);
          break;
        case opcodes.OP_I32_SUB: {
          const right = stack.pop() as number;
          stack.push(((stack.pop() as number) - right) | 0);
          break;
        }
        case opcodes.OP_I32_MUL:
          stack.push(Math.imul(stack.pop() as number, stack.pop() as number));
          break;
      }
    }
    return (stack[0] as number) >>> 0;
  }

  save(copy: boolean): Pick<MachineState, "memories" | "tables" | "globals" | "droppedData" | "droppedElements"> {
    const { module, droppable } = this.#program;
    const bytes = this.memory();
    if (!copy) this.#isLent = true;
    const dropped = (name: (i: number) => string, segments: readonly number[]): number[] =>
      segments.filter((i) => (this.#exports[name(i)] as WebAssembly.Global).value === 1);
    return {
      memories: module.memories.map(() => ({ pages: this.memoryPages, bytes: copy ? bytes.slice() : bytes })),
      tables: this.#saveTables(),
      globals: this.saveGlobals(module.globals.length),
      droppedData: dropped(rewriting.exportOf.droppedData, droppable.data),
      droppedElements: dropped(rewriting.exportOf.droppedElement, droppable.elements),
    };
  }

  /** The first so many of them. */
  saveGlobals(countMax: number): readonly Value[] {
    return this.#program.module.globals.slice(0, countMax).map((global, g) => this.#saveGlobal(g, global.type));
  }

  #saveTables(): readonly (readonly (number | null)[])[] {
    const { initialTables } = this.#program;
    if (initialTables !== undefined) return initialTables;
    const tables = this.#program.module.tables.map((_, t) => {
      const table = this.#table(t);
      return Array.from({ length: table.length }, (_, i) => {
        const item = table.get(i) as object | null;
        return item === null ? null : this.numberOf(item);
      });
    });
    if (this.#program.tablesFixed) this.#program.initialTables = tables;
    return tables;
  }

  #saveGlobal(index: number, type: ValueType): Value {
    if (type === F32 || type === F64 || type === V128) {
      const parts = rewriting
        .carriers(type)
        .map((_, part) => (this.#exports[rewriting.exportOf.globalGet(index, part)] as () => Carrier)());
      return carriersToValues([type], parts, this)[0] as Value;
    }
    const value = (this.#exports[rewriting.exportOf.global(index)] as WebAssembly.Global).value as Carrier;
    return carriersToValues([type], [value], this)[0] as Value;
  }

  restore(state: MachineState, pagesMax: number): void {
    this.#restoreMemory(state, pagesMax);
    this.#restoreTables(state);
    this.#restoreGlobals(state);
    this.#dropAgain("data.drop", "droppedData", state.droppedData);
    this.#dropAgain("elem.drop", "droppedElements", state.droppedElements);
  }

  #restoreMemory(state: MachineState, pagesMax: number): void {
    const { memories } = this.#program.module;
    if (state.memories.length !== memories.length)
      throw new StateError(`memories: ${state.memories.length} where the module has ${memories.length}`);
    const [memory] = state.memories;
    if (memory === undefined) return;
    const declared = memories[0]?.max ?? PAGE_BYTES;
    if (memory.pages < this.memoryPages || memory.pages > declared)
      throw new StateError(`memory: ${memory.pages} pages do not fit the module's limits`);
    if (memory.pages > pagesMax)
      throw new StateError(`memory: ${memory.pages} pages, and the limit is ${pagesMax}; give it more memory`);
    if (memory.pages > this.memoryPages) this.growMemory(memory.pages - this.memoryPages);
    if (!copyMemory(memory, this.memory())) throw new StateError("memory: its bytes are not as many as its pages say");
  }

  #restoreTables(state: MachineState): void {
    const { tables } = this.#program.module;
    if (state.tables.length !== tables.length)
      throw new StateError(`tables: ${state.tables.length} where the module has ${tables.length}`);
    if (this.#program.tablesFixed) this.#assertInitialTables(state.tables);
    else for (const [t, saved] of state.tables.entries()) this.#restoreTable(t, saved);
  }

  /** Where no instruction of the module can change a table, a state that has others was not made by it. */
  #assertInitialTables(tables: MachineState["tables"]): void {
    const initial = this.#saveTables();
    if (tables === initial) return;
    for (const [t, saved] of tables.entries()) {
      const expected = initial[t] as readonly (number | null)[];
      if (saved.length !== expected.length)
        throw new StateError(`table ${t}: ${saved.length} elements do not fit the module's limits`);
      const at = saved.findIndex((item, i) => item !== expected[i]);
      if (at >= 0) throw new StateError(`table ${t}: element ${at} is not the module's, which never changes it`);
    }
  }

  #restoreTable(t: number, saved: readonly (number | null)[]): void {
    const table = this.#table(t);
    const type = this.#program.module.tables[t];
    const max = type?.limits.max ?? Number.POSITIVE_INFINITY;
    if (saved.length < table.length || saved.length > max)
      throw new StateError(`table ${t}: ${saved.length} elements do not fit the module's limits`);
    if (saved.length > table.length) table.grow(saved.length - table.length, null);
    for (const [i, item] of saved.entries()) {
      if (item !== null && (type?.element !== FUNCREF || item >= this.#functions.length)) {
        throw new StateError(`table ${t}: element ${i} names function ${item}, which does not exist`);
      }
      table.set(i, item === null ? null : this.functionAt(item));
    }
  }

  #restoreGlobals(state: MachineState): void {
    const { globals } = this.#program.module;
    if (state.globals.length !== globals.length)
      throw new StateError(`globals: ${state.globals.length} where the module has ${globals.length}`);
    globals.forEach((global, g) => {
      if (!global.mutable) return;
      const carriers = valuesToCarriers([global.type], [state.globals[g] as Value], this);
      if (typeof carriers === "string") throw new StateError(`global ${g}: ${carriers}`);
      const setter = this.#exports[rewriting.exportOf.globalSet(g)] as ((...parts: Carrier[]) => void) | undefined;
      if (setter !== undefined) setter(...carriers);
      else (this.#exports[rewriting.exportOf.global(g)] as WebAssembly.Global).value = carriers[0];
    });
  }

  #dropAgain(helper: "data.drop" | "elem.drop", name: string, segments: readonly number[]): void {
    for (const segment of segments) {
      const drop = this.#exports[`${helper} ${segment}`] as (() => void) | undefined;
      if (drop === undefined) throw new StateError(`${name}: the module never drops segment ${segment}`);
      drop();
    }
  }
}

function viewOf(memory: WebAssembly.Memory | undefined): Uint8Array {
  return memory === undefined ? EMPTY : new Uint8Array(memory.buffer);
}

function instantiate(module: WebAssembly.Module, imports: WebAssembly.Imports): WebAssembly.Instance {
  try {
    return new WebAssembly.Instance(module, imports);
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) {
      throw new WasmError("invalid", "element section: a segment does not fit its table", undefined);
    }
    throw new HostFault(`this engine can not instantiate the module: ${String(error)}`, { cause: error });
  }
}

function makeRuntime(program: Program, calls: () => RuntimeCalls): { [name: string]: (...args: never[]) => unknown } {
  const value = (carrier: Carrier): void => calls().value(carrier);
  const runtime: { [name: string]: (...args: never[]) => unknown } = {
    frame: (id: number, gas: number, results: number) => calls().frame(id, gas, results),
    i32: value,
    i64: value,
    funcref: value,
    externref: value,
    "memory.grow": (pages: number) => calls().memoryGrow(pages),
    [rewriting.RETHROW]: () => calls().rethrow(),
  };
  program.module.tables.forEach((_, t) => {
    runtime[`table.grow ${t}`] = (init: object | null, count: number) => calls().tableGrow(t, init, count);
  });
  return runtime;
}
