/**
 * How the hot module numbers things: imports, then the machine's functions, the guest's own, calls of the host, helpers.
 * @module
 */

import { type FunctionType, I32, type ValueType, type WasmModule } from "../module.ts";
import * as o from "../opcodes.ts";
import { makeDrop, makeHostCall, makeInit, makeMemoryGrow, makeSave, saveType, withGas } from "./helpers.ts";
import { type CodeEntry, TypeTable } from "./module-writer.ts";
import { RUNTIME_FUNCTIONS } from "./runtime-abi.ts";
import { type Helper, type SaveSignature, SaveSignatures, type Target, type Typed } from "./target.ts";

interface HelperFunction {
  readonly type: FunctionType;
  readonly entry: CodeEntry;
  /** Under which continuations import it; undefined if none does. */
  readonly exportName: string | undefined;
}

/** Name under which the hot module exports a helper for its continuations. */
export function helperName(helper: Helper): string {
  const parts: (string | number)[] = [helper.kind];
  if ("index" in helper) parts.push(helper.index);
  if ("table" in helper) parts.push(helper.table);
  return parts.join(" ");
}

export class HotTarget implements Target {
  readonly types: TypeTable = new TypeTable();
  readonly helpers: HelperFunction[] = [];
  readonly gasGlobal: number;
  /** What is left of the engine's stack where the host was called last. */
  readonly depthGlobal: number;
  readonly #module: WasmModule;
  /** Indices of helpers: by name, and of save functions by the number of their signature. */
  readonly #byName = new Map<string, number>();
  readonly #signatures = new SaveSignatures();
  readonly #saves: number[] = [];
  readonly #gasTypes: number[] = [];
  /** Functions before the guest's defined ones: guest imports, then runtime functions. */
  readonly imported: number;

  constructor(module: WasmModule) {
    this.#module = module;
    this.gasGlobal = module.globals.length;
    this.depthGlobal = this.gasGlobal + 1;
    this.imported = module.importedFunctions + RUNTIME_FUNCTIONS.length + module.tables.length;
  }

  runtime(number: number): number {
    return this.#module.importedFunctions + number;
  }

  func(original: number): number {
    const { importedFunctions, functions } = this.#module;
    if (original >= importedFunctions) return original - importedFunctions + this.imported;
    return this.imported + (functions.length - importedFunctions) + original;
  }

  type(type: FunctionType): number {
    return this.types.index(type);
  }

  gasType(original: number): number {
    let index = this.#gasTypes[original];
    if (index === undefined) {
      index = this.types.index(withGas(this.#module.types[original] as FunctionType));
      this.#gasTypes[original] = index;
    }
    return index;
  }

  table(original: number): number {
    return original;
  }

  global(original: number): number {
    return original;
  }

  tag(original: number): number {
    return original;
  }

  save(results: readonly ValueType[], slots: readonly Typed[]): number {
    const number = this.#signatures.index(results, slots);
    let index = this.#saves[number];
    if (index === undefined) {
      const signature = this.#signatures.items[number] as SaveSignature;
      const entry = makeSave(signature, (runtime) => this.runtime(runtime));
      index = this.#add({ type: saveType(signature), entry, exportName: undefined });
      this.#saves.push(index);
    }
    return index;
  }

  helper(helper: Helper): number {
    const name = helperName(helper);
    let index = this.#byName.get(name);
    if (index === undefined) {
      index = this.#add({ ...this.#makeHelper(helper), exportName: name });
      this.#byName.set(name, index);
    }
    return index;
  }

  #makeHelper(helper: Helper): { type: FunctionType; entry: CodeEntry } {
    const init: FunctionType = { params: [I32, I32, I32], results: [] };
    const none: FunctionType = { params: [], results: [] };
    switch (helper.kind) {
      case "memory.grow":
        return {
          type: withGas({ params: [I32], results: [I32] }),
          entry: makeMemoryGrow((number) => this.runtime(number), this.gasGlobal),
        };
      case "table.grow": {
        const element = this.#module.tables[helper.index]?.element as number;
        const type: FunctionType = { params: [element, I32], results: [I32] };
        const func = this.runtime(RUNTIME_FUNCTIONS.length + helper.index);
        return { type: withGas(type), entry: makeHostCall(type, func, this.gasGlobal) };
      }
      case "memory.init":
        return { type: init, entry: makeInit(o.OP_MEMORY_INIT, helper.index, 0) };
      case "table.init":
        return { type: init, entry: makeInit(o.OP_TABLE_INIT, helper.index, helper.table) };
      case "data.drop":
        return { type: none, entry: makeDrop(o.OP_DATA_DROP, helper.index, this.droppedData(helper.index)) };
      case "elem.drop":
        return { type: none, entry: makeDrop(o.OP_ELEM_DROP, helper.index, this.droppedElement(helper.index)) };
      default:
        throw new Error(`helper ${helper.kind} is not one of the hot module`);
    }
  }

  /** Global that is 1 once data segment `index` has been dropped. */
  droppedData(index: number): number {
    return this.depthGlobal + 1 + index;
  }

  droppedElement(index: number): number {
    return this.depthGlobal + 1 + this.#module.data.length + index;
  }

  #add(helper: HelperFunction): number {
    return this.imported + this.#module.functions.length + this.helpers.push(helper) - 1;
  }
}
