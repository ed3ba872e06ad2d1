/**
 * A linear memory as pages and page tables. Pages that equal the base's are recognised by comparing, which is some fifty times
 * cheaper than hashing, and take the base's hash.
 * @module
 */

import type { BlockSource } from "./blocks.ts";
import { equalBytes } from "./cbor.ts";
import { cidToText, type Hasher, makeCid } from "./cid.ts";
import { ImageError } from "./errors.ts";
import { PAGE_BYTES, PAGES_PER_WASM_PAGE, TABLE_PAGES, WASM_PAGE_BYTES } from "./limits.ts";
import { decodePageTable, encodePageTable } from "./page-table.ts";
import type { MemoryState } from "./state.ts";

const PAGE_WORDS = PAGE_BYTES / 4;

/** A base image's memory, prepared for comparing. */
export interface BaseMemory {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly tables: readonly BaseTable[];
}

export interface BaseTable {
  /** null: all zeros. */
  readonly cid: Uint8Array | null;
  readonly hashes: readonly (Uint8Array | null)[];
}

/** Takes blocks in; returns the CID. It copies what it keeps only if told to. */
export interface BlockSink {
  readonly hasher: Hasher;
  putHashed(init: { codec: "raw" | "dag-cbor"; hash: Uint8Array; bytes: Uint8Array; copy: boolean }): Uint8Array;
}

/** CIDs of the page tables, null for 1 MiB of zeros. */
export function encodeMemory(
  memory: MemoryState,
  base: BaseMemory | undefined,
  sink: BlockSink,
): (Uint8Array | null)[] {
  const words = toWords(memory.bytes);
  const pageCount = memory.pages * PAGES_PER_WASM_PAGE;
  const tables: (Uint8Array | null)[] = [];
  for (let first = 0; first < pageCount; first += TABLE_PAGES) {
    const count = Math.min(TABLE_PAGES, pageCount - first);
    const baseTable = base?.tables[tables.length];
    const hashes = new Array<Uint8Array | null>(count);
    let changed = baseTable === undefined || baseTable.hashes.length !== count;
    let used = false;
    for (let index = 0; index < count; index++) {
      const page = first + index;
      const baseHash = baseTable?.hashes[index];
      if (baseHash !== undefined && base !== undefined && samePage(words, base.words, page)) {
        hashes[index] = baseHash;
      } else {
        hashes[index] = isZeroPage(words, page) ? null : putPage(memory.bytes, page, sink);
        changed = true;
      }
      if (hashes[index] !== null) used = true;
    }
    if (!changed) tables.push(baseTable?.cid ?? null);
    else tables.push(used ? putTable(hashes, sink) : null);
  }
  return tables;
}

function putPage(memory: Uint8Array, page: number, sink: BlockSink): Uint8Array {
  const bytes = memory.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
  const hash = sink.hasher(bytes);
  // Copied, since the caller's memory may be live.
  sink.putHashed({ codec: "raw", hash, bytes, copy: true });
  return hash;
}

function putTable(hashes: readonly (Uint8Array | null)[], sink: BlockSink): Uint8Array {
  const bytes = encodePageTable(hashes);
  return sink.putHashed({ codec: "dag-cbor", hash: sink.hasher(bytes), bytes, copy: false });
}

/** Word by word was the fastest way to compare in plain JavaScript (4 MB in 0.7 ms; as bigint words the same). */
function samePage(words: Int32Array, baseWords: Int32Array, page: number): boolean {
  const end = (page + 1) * PAGE_WORDS;
  for (let i = page * PAGE_WORDS; i < end; i++) if (words[i] !== baseWords[i]) return false;
  return true;
}

function isZeroPage(words: Int32Array, page: number): boolean {
  const end = (page + 1) * PAGE_WORDS;
  for (let i = page * PAGE_WORDS; i < end; i++) if (words[i] !== 0) return false;
  return true;
}

export function toWords(bytes: Uint8Array): Int32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Int32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >> 2);
}

export interface MemoryReader {
  readonly source: BlockSource;
  readonly base: BaseMemory | undefined;
  readonly where: string;
  /** Must return zeroed bytes of just this length. */
  allocate(byteLength: number): Uint8Array;
  /** Name of the page that is all zeros, which must never be stored. */
  readonly zeroPage: string;
}

/** The size has been checked against the limits. */
export function decodeMemory(
  memory: { readonly pages: number; readonly tables: readonly (Uint8Array | null)[] },
  reader: MemoryReader,
): MemoryState {
  const byteLength = memory.pages * WASM_PAGE_BYTES;
  const bytes = reader.allocate(byteLength);
  if (bytes.length !== byteLength) {
    throw new RangeError(`allocate: expected ${byteLength} bytes, got ${bytes.length}`);
  }
  const tableBytes = TABLE_PAGES * PAGE_BYTES;
  for (const [index, cid] of memory.tables.entries()) {
    if (cid === null) continue;
    const at = index * tableBytes;
    const target = bytes.subarray(at, Math.min(at + tableBytes, byteLength));
    const baseTable = reader.base?.tables[index];
    const sameSize = baseTable?.hashes.length === target.length / PAGE_BYTES;
    if (sameSize && baseTable?.cid && equalBytes(baseTable.cid, cid)) {
      target.set((reader.base as BaseMemory).bytes.subarray(at, at + target.length));
    } else {
      decodeTable({ target, at, cid, baseTable }, reader);
    }
  }
  return { pages: memory.pages, bytes };
}

function decodeTable(
  table: { target: Uint8Array; at: number; cid: Uint8Array; baseTable: BaseTable | undefined },
  reader: MemoryReader,
): void {
  const { target, at, cid, baseTable } = table;
  const where = `${reader.where}: page table ${at / (TABLE_PAGES * PAGE_BYTES)}`;
  const block = reader.source(cidToText(cid));
  if (block === undefined) throw missing(where, cid);
  const hashes = decodePageTable(block, { count: target.length / PAGE_BYTES, where });
  for (const [index, hash] of hashes.entries()) {
    if (hash === null) continue;
    const offset = index * PAGE_BYTES;
    const baseHash = baseTable?.hashes[index];
    if (baseHash && reader.base !== undefined && equalBytes(baseHash, hash)) {
      target.set(reader.base.bytes.subarray(at + offset, at + offset + PAGE_BYTES), offset);
    } else {
      target.set(readPage(hash, `${where}: page ${index}`, reader), offset);
    }
  }
}

function readPage(hash: Uint8Array, where: string, reader: MemoryReader): Uint8Array {
  const cid = makeCid("raw", hash);
  const name = cidToText(cid);
  const page = reader.source(name);
  if (page === undefined) throw missing(where, cid);
  if (page.length !== PAGE_BYTES) {
    throw new ImageError({ code: "bad-field", where, what: `has ${page.length} bytes instead of ${PAGE_BYTES}` });
  }
  if (name === reader.zeroPage) {
    throw new ImageError({ code: "not-canonical", where, what: "is all zeros and should have been left out" });
  }
  return page;
}

function missing(where: string, cid: Uint8Array): ImageError {
  return new ImageError({ code: "missing-block", where, what: `block ${cidToText(cid)} is missing` });
}
