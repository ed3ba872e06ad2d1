/**
 * How the engine (QuickJS-ng as the npm package quickjs-wasi builds it) is called, and how it lays out the arguments of a host
 * call (its values: words.ts, strings.ts). It is checked against the engine itself when the base image is built, so that
 * another version of the package fails there, with a sentence, and not later.
 * @module
 */

import type { WasmModule } from "../../wasm/index.ts";
import { type EngineText, readText, textToString, textToUtf8 } from "./strings.ts";
import {
  type Immediate,
  IS_OTHER,
  IS_ROPE,
  IS_STRING,
  isObject,
  type Primitive,
  readImmediate,
  writeImmediate,
} from "./words.ts";

/** What the driver calls. */
export interface EngineFunctions {
  readonly malloc: number;
  readonly free: number;
  readonly newString: number;
  /** (context, source, units): the characters are written in place afterwards. */
  readonly newString16: number;
  readonly call: number;
  readonly freeValue: number;
  readonly evaluate: number;
  readonly getException: number;
  readonly executeJob: number;
  readonly freeHandle: number;
}

const EXPORT_NAMES: { readonly [Name in keyof EngineFunctions]: string } = {
  malloc: "wasm_malloc",
  free: "wasm_free",
  newString: "JS_NewStringLen",
  newString16: "JS_NewStringUTF16",
  call: "JS_Call",
  freeValue: "JS_FreeValue",
  evaluate: "JS_Eval",
  getException: "JS_GetException",
  executeJob: "JS_ExecutePendingJob",
  freeHandle: "qjs_free_value",
};

export function exportedFunction(module: WasmModule, name: string): number {
  const found = module.exports.find((entry) => entry.kind === "func" && entry.name === name);
  if (found === undefined)
    throw new TypeError(`engine: expected an export ${name}; is this quickjs-wasi's quickjs.wasm?`);
  return found.index;
}

export function engineFunctions(module: WasmModule): EngineFunctions {
  const entries = Object.entries(EXPORT_NAMES).map(([key, name]) => [key, exportedFunction(module, name)]);
  return Object.freeze(Object.fromEntries(entries) as EngineFunctions);
}

/** The arguments of one host call. Its result overwrites the first of them, which is an integer: nothing need be allocated. */
export class HostCallFrame {
  readonly count: number;
  /** Characters of the strings that `primitivesFrom` has read. */
  unitsRead = 0;
  readonly #memory: Uint8Array;
  readonly #view: DataView;
  readonly #cells: number;

  constructor(memory: Uint8Array, count: number, cells: number) {
    this.#memory = memory;
    this.#view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
    this.#cells = cells >>> 0;
    this.count = count;
  }

  /** Whether the memory has grown since, or been replaced. */
  get isDetached(): boolean {
    return this.#memory.length === 0;
  }

  /** undefined where it is no integer. */
  int(index: number): number | undefined {
    const value = this.#immediate(index);
    return typeof value === "number" && (value | 0) === value ? value | 0 : undefined;
  }

  /** All arguments from this one on, which must be integers. */
  intsFrom(start: number): number[] | undefined {
    const ints: number[] = [];
    for (let index = start; index < this.count; index += 1) {
      const value = this.int(index);
      if (value === undefined) return undefined;
      ints.push(value);
    }
    return ints;
  }

  /** The UTF-8 of a string; undefined where it is none. */
  text(index: number): Uint8Array | undefined {
    const text = this.#text(index, STRING_UNITS_MAX);
    return text && textToUtf8(text);
  }

  /** All arguments from this one on; undefined where one is no primitive, or they are too long. */
  primitivesFrom(start: number, unitsMax: number): Primitive[] | undefined {
    const values: Primitive[] = [];
    for (let index = start; index < this.count; index += 1) {
      const value = this.#immediate(index);
      if (value === IS_OTHER) return undefined;
      if (value === IS_STRING || value === IS_ROPE) {
        const text = this.#text(index, unitsMax - this.unitsRead);
        if (text === undefined) return undefined;
        this.unitsRead += text.length;
        values.push(textToString(text));
      } else {
        values.push(value);
      }
    }
    return values;
  }

  /** The word of an object or function. */
  object(index: number): bigint | undefined {
    const cell = this.#cell(index);
    return cell !== undefined && isObject(this.#view, cell) ? this.#view.getBigInt64(cell, true) : undefined;
  }

  /** The result for the engine's trampoline: the cell of argument 0, which it then owns; so it is taken out of the vector. */
  return(result: Immediate): number {
    const cell = this.#view.getUint32(this.#cells, true);
    this.#view.setUint32(this.#cells, 0, true);
    writeImmediate(this.#view, cell, result);
    return cell | 0;
  }

  #immediate(index: number): ReturnType<typeof readImmediate> {
    const cell = this.#cell(index);
    return cell === undefined ? IS_OTHER : readImmediate(this.#view, cell);
  }

  #text(index: number, lengthMax: number): EngineText | undefined {
    const cell = this.#cell(index);
    return cell === undefined ? undefined : readText(this.#memory, this.#view, cell, lengthMax);
  }

  /** What the vector holds may be anything where an image was made up. */
  #cell(index: number): number | undefined {
    if (index >= this.count) return undefined;
    const cell = this.#view.getUint32(this.#cells + 4 * index, true);
    return cell + 8 <= this.#memory.length ? cell : undefined;
  }
}

/** The engine's own limit is 2^30 - 1. */
const STRING_UNITS_MAX = 2 ** 30;
