/**
 * How a continuation numbers things: it imports just what its code uses, so the first emission collects, and the second
 * uses the numbers that the collection has settled.
 * @module
 */

import { writeLimits } from "../encode.ts";
import { FUNCREF, type FunctionType, I32, type ValueType, type WasmModule } from "../module.ts";
import * as section from "../sections/section-ids.ts";
import { makeSave, saveType, withGas } from "./helpers.ts";
import { helperName } from "./hot-layout.ts";
import * as w from "./module-writer.ts";
import { CodeEntries, type CodeEntry, ModuleWriter, TypeTable } from "./module-writer.ts";
import { EXPORT_GAS, EXPORT_MEMORY, exportOf, HOT, RUNTIME, RUNTIME_FUNCTIONS } from "./runtime-abi.ts";
import { type Helper, SaveSignatures, type Target, type Typed } from "./target.ts";

/** Name under which a continuation imports the hot form of original function `func`. */
export function functionName(func: number): string {
  return `function ${func}`;
}

/** Name of the machine's function that throws the exception which a resumed frame is to see. */
export const RETHROW = "rethrow";

/** About what a continuation takes beside its function. */
const MODULE_BYTES = 2048;

/** Things in the order in which they were first asked for. */
class Collection<T> {
  readonly items: T[] = [];
  readonly #indices = new Map<string, number>();

  index(key: string, item: () => T): number {
    let index = this.#indices.get(key);
    if (index === undefined) {
      index = this.items.length;
      this.items.push(item());
      this.#indices.set(key, index);
    }
    return index;
  }
}

interface ImportedFunction {
  readonly module: string;
  readonly name: string;
  readonly type: FunctionType;
}

export class ContinuationTarget implements Target {
  readonly #module: WasmModule;
  readonly #types = new TypeTable();
  readonly #functions = new Collection<ImportedFunction>();
  readonly #tables = new Collection<number>();
  readonly #globals = new Collection<number>();
  readonly #tags = new Collection<number>();
  readonly #saves = new SaveSignatures();
  readonly #declared = new Set<number>();
  #settled = false;
  /** How many functions are imported, known once settled. */
  #imported = 0;

  constructor(module: WasmModule) {
    this.#module = module;
    for (const { name, type } of RUNTIME_FUNCTIONS) this.#function({ module: RUNTIME, name, type });
  }

  /** From here on nothing new is imported, and numbers are final. */
  settle(): void {
    this.#settled = true;
    this.#imported = this.#functions.items.length;
  }

  get gasGlobal(): number {
    return 0;
  }

  runtime(number: number): number {
    return number;
  }

  func(original: number): number {
    const { functions, types } = this.#module;
    const type = withGas(types[functions[original] as number] as FunctionType);
    const index = this.#function({ module: HOT, name: functionName(original), type });
    this.#declared.add(index);
    return index;
  }

  helper(helper: Helper): number {
    if (helper.kind === "rethrow")
      return this.#function({ module: RUNTIME, name: RETHROW, type: { params: [], results: [] } });
    return this.#function({ module: HOT, name: helperName(helper), type: this.#helperType(helper) });
  }

  #helperType(helper: Helper): FunctionType {
    switch (helper.kind) {
      case "memory.grow":
        return withGas({ params: [I32], results: [I32] });
      case "table.grow":
        return withGas({ params: [this.#module.tables[helper.index]?.element as number, I32], results: [I32] });
      case "memory.init":
      case "table.init":
        return { params: [I32, I32, I32], results: [] };
      default:
        return { params: [], results: [] };
    }
  }

  save(results: readonly ValueType[], slots: readonly Typed[]): number {
    // The continuation itself is the first function that is not imported.
    return this.#imported + 1 + this.#saves.index(results, slots);
  }

  type(type: FunctionType): number {
    return this.#types.index(type);
  }

  gasType(original: number): number {
    return this.#types.index(withGas(this.#module.types[original] as FunctionType));
  }

  table(original: number): number {
    return this.#tables.index(String(original), () => original);
  }

  global(original: number): number {
    // Global 0 is the gas.
    return 1 + this.#globals.index(String(original), () => original);
  }

  tag(original: number): number {
    return this.#tags.index(String(original), () => original);
  }

  #function(item: ImportedFunction): number {
    return this.#functions.index(`${item.module} ${item.name}`, () => {
      if (this.#settled) throw new Error(`${item.name}: not asked for in the first pass`);
      return item;
    });
  }

  assemble(main: { type: FunctionType; entry: CodeEntry }, exportName: string): Uint8Array<ArrayBuffer> {
    const mainType = this.type(main.type);
    const functionTypes = this.#functions.items.map((item) => this.type(item.type));
    const saveTypes = this.#saves.items.map((signature) => this.type(saveType(signature)));
    const tagTypes = this.#tags.items.map((tag) =>
      this.type(this.#module.types[this.#module.tags[tag] as number] as FunctionType),
    );
    const writer = new ModuleWriter(main.entry.length + MODULE_BYTES);
    writer.section(section.SECTION_TYPE, (out) => this.#types.write(out));
    writer.section(section.SECTION_IMPORT, (out) => {
      const { items } = this.#functions;
      const memories = this.#module.memories;
      out.u32(
        items.length + memories.length + this.#tables.items.length + 1 + this.#globals.items.length + tagTypes.length,
      );
      const name = (module: string, field: string, kind: number): void => {
        out.name(module);
        out.name(field);
        out.u8(kind);
      };
      items.forEach((item, i) => {
        name(item.module, item.name, w.KIND_FUNC);
        out.u32(functionTypes[i] as number);
      });
      for (const table of this.#tables.items) {
        const type = this.#module.tables[table] as {
          element: number;
          limits: { min: number; max: number | undefined };
        };
        name(HOT, exportOf.table(table), w.KIND_TABLE);
        out.u8(type.element);
        writeLimits(out, type.limits);
      }
      for (const memory of memories) {
        name(HOT, EXPORT_MEMORY, w.KIND_MEMORY);
        writeLimits(out, memory);
      }
      name(HOT, EXPORT_GAS, w.KIND_GLOBAL);
      out.u8(I32);
      out.u8(1);
      for (const global of this.#globals.items) {
        const type = this.#module.globals[global] as { type: number; mutable: boolean };
        name(HOT, exportOf.global(global), w.KIND_GLOBAL);
        out.u8(type.type);
        out.u8(type.mutable ? 1 : 0);
      }
      this.#tags.items.forEach((tag, t) => {
        name(HOT, exportOf.tag(tag), w.KIND_TAG);
        out.u8(0);
        out.u32(tagTypes[t] as number);
      });
    });
    writer.vector(section.SECTION_FUNCTION, [mainType, ...saveTypes], (out, type) => out.u32(type));
    writer.section(section.SECTION_EXPORT, (out) => {
      out.u32(1);
      out.name(exportName);
      out.u8(w.KIND_FUNC);
      out.u32(this.#imported);
    });
    writer.section(section.SECTION_ELEMENT, (out) => {
      // Declares the functions that ref.func may name.
      out.u32(1);
      out.u8(7);
      out.u8(FUNCREF);
      out.u32(this.#declared.size);
      for (const func of this.#declared) {
        out.u8(0xd2);
        out.u32(func);
        out.u8(0x0b);
      }
    });
    const entries = new CodeEntries();
    entries.addEntry(main.entry);
    for (const item of this.#saves.items) entries.addEntry(makeSave(item, (number) => this.runtime(number)));
    writer.code(entries);
    return writer.finish();
  }
}
