/**
 * How the engine (QuickJS-ng as the npm package quickjs-wasi builds it) lays out what crosses its border: values as 64-bit
 * words, strings, the arguments of a host call. It is checked against the engine itself when the base image is built, so that
 * another version of the package fails there, with a sentence, and not later.
 * @module
 */

import type { WasmModule } from "../../wasm/index.ts";

/** Upper halves of value words. */
const TAG_INT = 0;
const TAG_STRING = -7;
const TAG_EXCEPTION = 6n;

export const JS_UNDEFINED: bigint = 3n << 32n;

export function isException(value: bigint): boolean {
  return value >> 32n === TAG_EXCEPTION;
}

export function intValue(value: number): bigint {
  return BigInt(value >>> 0);
}

export function boolValue(value: boolean): bigint {
  return (1n << 32n) | (value ? 1n : 0n);
}

/** What the driver calls. */
export interface EngineFunctions {
  readonly malloc: number;
  readonly free: number;
  readonly newString: number;
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
  readonly #memory: Uint8Array;
  readonly #view: DataView;
  readonly #cells: number;

  constructor(memory: Uint8Array, count: number, cells: number) {
    this.#memory = memory;
    this.#view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
    this.#cells = cells >>> 0;
    this.count = count;
  }

  /** undefined where it is no integer. */
  int(index: number): number | undefined {
    const cell = this.#cell(index);
    if (cell === undefined || this.#view.getInt32(cell + 4, true) !== TAG_INT) return undefined;
    return this.#view.getInt32(cell, true);
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

  /** The UTF-8 of a string; undefined where it is none, or one that is not in one piece (results of native functions are). */
  text(index: number): Uint8Array | undefined {
    const cell = this.#cell(index);
    if (cell === undefined || this.#view.getInt32(cell + 4, true) !== TAG_STRING) return undefined;
    return readString(this.#memory, this.#view, this.#view.getUint32(cell, true));
  }

  /** The result for the engine's trampoline: the cell of argument 0, which it then owns; so it is taken out of the vector. */
  return(result: number): number {
    const cell = this.#view.getUint32(this.#cells, true);
    this.#view.setUint32(this.#cells, 0, true);
    this.#view.setInt32(cell, result, true);
    this.#view.setInt32(cell + 4, TAG_INT, true);
    return cell | 0;
  }

  #cell(index: number): number | undefined {
    return index < this.count ? this.#view.getUint32(this.#cells + 4 * index, true) : undefined;
  }
}

/** Header of a string: length and width, kind; then the characters, or where they are. */
const STRING_HEADER_BYTES = 24;

function readString(memory: Uint8Array, view: DataView, pointer: number): Uint8Array | undefined {
  const lengthAndWidth = view.getUint32(pointer, true);
  const length = lengthAndWidth & 0x7fffffff;
  const wide = lengthAndWidth >>> 31 === 1;
  const kind = (view.getUint32(pointer + 4, true) >>> 28) & 3;
  const source = view.getUint32(pointer + STRING_HEADER_BYTES, true);
  const data =
    kind === 0
      ? pointer + STRING_HEADER_BYTES
      : kind === 1
        ? source + view.getUint32(pointer + STRING_HEADER_BYTES + 4, true) + STRING_HEADER_BYTES
        : source;
  if (data + length * (wide ? 2 : 1) > memory.length) return undefined;
  const bytes = memory.subarray(data, data + length * (wide ? 2 : 1));
  if (!wide && isAscii(bytes)) return bytes.slice();
  return new TextEncoder().encode(wide ? decodeWide(bytes) : decodeLatin1(bytes));
}

export function isAscii(bytes: Uint8Array): boolean {
  let all = 0;
  for (const byte of bytes) all |= byte;
  return all < 0x80;
}

const CHUNK = 0x4000;

function decodeLatin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return text;
}

function decodeWide(bytes: Uint8Array): string {
  return new TextDecoder("utf-16le", { ignoreBOM: true }).decode(bytes);
}
