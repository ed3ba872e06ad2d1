/**
 * An instance of a module: its index spaces and segments (specification 4.2.5, 4.5.4). Running the start function is left to
 * the interpreter, because it costs gas.
 * @module
 */

import type { Import, WasmModule } from "../../src/wasm/index.ts";
import { decodeExpression, typeAt } from "./decode.ts";
import { Program } from "./program.ts";
import { type Global, Memory, Table } from "./storage.ts";
import { type FunctionObject, type Reference, Stack, type TagObject, Trap, type Value } from "./values.ts";

export type External = FunctionObject | Memory | Table | Global | TagObject;

/** Finds what an import names, or throws. */
export type Resolve = (imported: Import, index: number) => External;

export class Instance {
  readonly program: Program;
  readonly functions: FunctionObject[] = [];
  readonly memories: Memory[] = [];
  readonly tables: Table[] = [];
  readonly globals: Global[] = [];
  readonly tags: TagObject[] = [];
  readonly #elements: (readonly Reference[])[];
  readonly #data: Uint8Array[];

  constructor(module: WasmModule, resolve: Resolve) {
    this.program = new Program(module);
    this.#import(module, resolve);
    for (let index = module.importedFunctions; index < module.functions.length; index++) {
      const type = typeAt(module, module.functions[index]);
      this.functions.push({ kind: "guest", type, instance: this, index });
    }
    for (const { min, max } of module.memories.slice(module.importedMemories)) this.memories.push(new Memory(min, max));
    for (const type of module.tags.slice(module.importedTags)) {
      this.tags.push({ kind: "tag", type: typeAt(module, type) });
    }
    for (const init of module.globalInits.slice(module.importedGlobals)) {
      this.globals.push({ value: init === undefined ? null : this.#evaluate(init) });
    }
    for (const { limits } of module.tables.slice(module.importedTables)) {
      this.tables.push(new Table(limits.min, limits.max, null));
    }
    this.#data = module.data.map(({ start, end }) => module.bytes.slice(start, end));
    this.#elements = module.elements.map(({ items }) =>
      items.map((item) =>
        item === null
          ? null
          : typeof item === "number"
            ? this.function(item)
            : asReference(this.global(item.global).value),
      ),
    );
  }

  /** Writes the active segments, in order; traps if one does not fit. */
  initialise(): void {
    const { module } = this.program;
    module.elements.forEach((segment, i) => {
      if (segment.mode === "active" && segment.offset !== undefined) {
        const to = this.#offset(segment.offset);
        const { elements } = this.table(segment.table);
        const items = this.elements(i);
        if (to + items.length > elements.length) throw new Trap("table-out-of-bounds");
        items.forEach((item, n) => {
          elements[to + n] = item;
        });
      }
      if (segment.mode !== "passive") this.dropElements(i);
    });
    module.data.forEach((segment, i) => {
      if (segment.mode !== "active" || segment.offset === undefined) return;
      const to = this.#offset(segment.offset);
      const { bytes } = this.memory(segment.memory);
      if (to + this.data(i).length > bytes.length) throw new Trap("memory-out-of-bounds");
      bytes.set(this.data(i), to);
      this.dropData(i);
    });
  }

  function(index: number): FunctionObject {
    return at(this.functions, index);
  }

  memory(index: number): Memory {
    return at(this.memories, index);
  }

  get memoryPages(): number {
    return this.memories.reduce((sum, { pages }) => sum + pages, 0);
  }

  get tableElements(): number {
    return this.tables.reduce((sum, { elements }) => sum + elements.length, 0);
  }

  table(index: number): Table {
    return at(this.tables, index);
  }

  global(index: number): Global {
    return at(this.globals, index);
  }

  tag(index: number): TagObject {
    return at(this.tags, index);
  }

  elements(segment: number): readonly Reference[] {
    return at(this.#elements, segment);
  }

  data(segment: number): Uint8Array {
    return at(this.#data, segment);
  }

  dropElements(segment: number): void {
    this.#elements[segment] = [];
  }

  dropData(segment: number): void {
    this.#data[segment] = new Uint8Array();
  }

  #import(module: WasmModule, resolve: Resolve): void {
    module.imports.forEach((imported, index) => {
      const found = resolve(imported, index);
      if (found instanceof Memory) this.memories.push(found);
      else if (found instanceof Table) this.tables.push(found);
      else if (!("kind" in found)) this.globals.push(found);
      else if (found.kind === "tag") this.tags.push(found);
      else this.functions.push(found);
    });
  }

  #offset(range: { start: number; end: number }): number {
    const value = this.#evaluate(range);
    if (typeof value !== "number") throw new TypeError("offset: expected an i32");
    return value >>> 0;
  }

  #evaluate(range: { start: number; end: number }): Value {
    const stack = new Stack();
    for (const instruction of decodeExpression(this.program.module, range)) {
      if (instruction.kind === "operation") instruction.operation.apply(stack, { instance: this, locals: [] });
    }
    return stack.pop();
  }
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`index: expected less than ${items.length}, got ${index}`);
  return item;
}

function asReference(value: Value): Reference {
  if (typeof value !== "object" || value instanceof Uint8Array) throw new TypeError("expected a reference");
  return value;
}
