/**
 * What a module's memory and tables take of the memory that its process may have, and how they grow. Tables count too: else a
 * module of a few bytes could have gigabytes of the host's memory and no page of its own.
 * @module
 */

import type { MachineState, Value } from "../image/index.ts";
import { type FunctionType, I32, type WasmModule } from "../wasm/index.ts";
import type { Instance } from "./instance.ts";
import { GAS_PER_PAGE, MEMORY_PAGES_MAX, TABLE_ELEMENTS_MAX, TABLE_ELEMENTS_PER_PAGE } from "./machine-limits.ts";
import { type Carrier, carriersToValues, valuesToCarriers } from "./machine-values.ts";
import type { Program } from "./program.ts";

/** The memory is larger by so much, or is not (-1); or there is no room for it until the process may have so many pages. */
type Grown = { readonly old: number; readonly gas: number } | { readonly pagesWanted: number };

const FAILED: Grown = Object.freeze({ old: -1, gas: 0 });

/** Pages that so many elements of tables count as. What is left over is not counted, so that small tables cost nothing. */
export function tablePages(elements: number): number {
  return Math.floor(elements / TABLE_ELEMENTS_PER_PAGE);
}

/** Of a process that begins, or goes on from a state; the module's own minimum is made before anything of the state is looked at. */
export function pagesAtStart(module: WasmModule, state: MachineState | undefined): number {
  const memories = module.memories.map(({ min }, m) => Math.max(min, state?.memories[m]?.pages ?? 0));
  return sum(memories) + tablePages(tableElements(module, state));
}

/** Elements of all tables of a process that begins, or goes on from a state. */
export function tableElements(module: WasmModule, state: MachineState | undefined): number {
  return sum(module.tables.map(({ limits }, t) => Math.max(limits.min, state?.tables[t]?.length ?? 0)));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** What a `memory.grow` that waits is called with and gives; of a `table.grow` likewise. Undefined where `func` is neither (machine-frames.ts). */
export function growType(module: WasmModule, func: number): FunctionType | undefined {
  const table = func - module.functions.length - 1;
  if (table === -1) return module.memories.length > 0 ? MEMORY_GROW : undefined;
  const element = module.tables[table]?.element;
  return element === undefined ? undefined : { params: [element, I32], results: [I32] };
}

export const MEMORY_GROW: FunctionType = { params: [I32], results: [I32] };

export class Growth {
  /** Pages that memory and tables may have together. */
  pagesMax: number;
  readonly #module: WasmModule;
  readonly #instance: Instance;
  #elements = 0;

  constructor(program: Program, instance: Instance, pagesMax: number) {
    this.#module = program.module;
    this.#instance = instance;
    this.pagesMax = pagesMax;
    this.countTables();
  }

  /** Once more, where something else than `grow` has made them larger. */
  countTables(): void {
    this.#elements = sum(this.#module.tables.map((_, t) => this.#instance.tableLength(t)));
  }

  /** Of memory, and those that the tables count as. */
  get pages(): number {
    return this.#instance.memoryPages + tablePages(this.#elements);
  }

  /** `func` stands for what grows, as it does in a pending call. */
  grow(func: number, args: readonly Carrier[]): Grown {
    const table = func - this.#module.functions.length - 1;
    if (table === -1) return this.#growMemory((args[0] as number) >>> 0);
    return this.#growTable(table, args[0] as object | null, (args[1] as number) >>> 0);
  }

  /** Arguments as an image holds them, and back. */
  toValues(func: number, args: readonly Carrier[]): Value[] {
    return carriersToValues(growType(this.#module, func)?.params ?? [], args, this.#instance);
  }

  toCarriers(func: number, args: readonly Value[]): Carrier[] {
    return valuesToCarriers(growType(this.#module, func)?.params ?? [], args, this.#instance) as Carrier[];
  }

  #growMemory(count: number): Grown {
    const old = this.#instance.memoryPages;
    const declared = this.#module.memories[0]?.max ?? MEMORY_PAGES_MAX;
    if (old + count > Math.min(declared, MEMORY_PAGES_MAX)) return FAILED;
    const pages = this.pages + count;
    if (count > 0 && pages > this.pagesMax) return { pagesWanted: pages };
    this.#instance.growMemory(count);
    return { old, gas: count * GAS_PER_PAGE };
  }

  #growTable(table: number, init: object | null, count: number): Grown {
    const old = this.#instance.tableLength(table);
    const declared = this.#module.tables[table]?.limits.max ?? TABLE_ELEMENTS_MAX;
    if (old + count > Math.min(declared, TABLE_ELEMENTS_MAX)) return FAILED;
    const pages = this.#instance.memoryPages + tablePages(this.#elements + count);
    if (pages > Math.max(this.pagesMax, this.pages)) return { pagesWanted: pages };
    this.#instance.growTable(table, count, init);
    this.#elements += count;
    return { old, gas: count };
  }
}
