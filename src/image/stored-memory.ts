/**
 * A decoded memory before anybody needs it in one piece: where its bytes stand in blocks. A thaw copies them from there to
 * the guest's own memory, and touches none of the pages that stay zero: each costs the operating system a page, which takes
 * longer than all the rest.
 * @module
 */

import { PAGE_BYTES, WASM_PAGE_BYTES } from "./limits.ts";
import type { MemoryState } from "./state.ts";

/** Bytes that stand side by side in a block or in a base's memory as in the memory. */
interface Run {
  readonly at: number;
  readonly source: Uint8Array;
  readonly from: number;
  length: number;
}

export class Runs {
  readonly #runs: Run[] = [];

  /** The page at `at` is the one at `from` in `source`. In ascending order of `at`; the bytes must never be changed. */
  addPage(at: number, source: Uint8Array, from: number): void {
    const last = this.#runs[this.#runs.length - 1];
    if (last?.source === source && last.at + last.length === at && last.from + last.length === from) {
      last.length += PAGE_BYTES;
    } else {
      this.#runs.push({ at, source, from, length: PAGE_BYTES });
    }
  }

  copyTo(target: Uint8Array): void {
    for (const { at, source, from, length } of this.#runs) target.set(source.subarray(from, from + length), at);
  }
}

const stored = new WeakMap<MemoryState, Runs>();

/** A state whose `bytes` are made when they are asked for. */
export function makeStoredMemory(pages: number, runs: Runs): MemoryState {
  let bytes: Uint8Array | undefined;
  const memory: MemoryState = Object.freeze({
    pages,
    get bytes(): Uint8Array {
      if (bytes === undefined) {
        bytes = new Uint8Array(pages * WASM_PAGE_BYTES);
        runs.copyTo(bytes);
        // From now on somebody holds the array, and may change it.
        stored.delete(memory);
      }
      return bytes;
    },
  });
  stored.set(memory, runs);
  return memory;
}

/** The same memory for a state that many processes are made from: its used pages are found once. Its bytes must never be changed. */
export function storeMemory({ pages, bytes }: MemoryState): MemoryState {
  return makeStoredMemory(pages, usedPages(bytes));
}

/** Copies the memory into `target`, which must be all zeros; false if that has another length. */
export function copyMemory(memory: MemoryState, target: Uint8Array): boolean {
  const runs = stored.get(memory);
  if ((runs === undefined ? memory.bytes.length : memory.pages * WASM_PAGE_BYTES) !== target.length) return false;
  (runs ?? usedPages(memory.bytes)).copyTo(target);
  return true;
}

export const PAGE_WORDS: number = PAGE_BYTES / 4;

function usedPages(bytes: Uint8Array): Runs {
  const runs = new Runs();
  const words = toWords(bytes);
  for (let page = 0; page * PAGE_BYTES < bytes.length; page++) {
    if (!isZeroPage(words, page)) runs.addPage(page * PAGE_BYTES, bytes, page * PAGE_BYTES);
  }
  return runs;
}

export function isZeroPage(words: Int32Array, page: number): boolean {
  const end = (page + 1) * PAGE_WORDS;
  for (let i = page * PAGE_WORDS; i < end; i++) if (words[i] !== 0) return false;
  return true;
}

export function toWords(bytes: Uint8Array): Int32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Int32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >> 2);
}
