/**
 * A linear memory as pages and page tables. Pages that equal the base's are recognised by comparing, which is some fifty times
 * cheaper than hashing, and take the base's hash.
 * @module
 */

import type { BlockSource } from "./blocks.ts";
import { equalBytes } from "./cbor.ts";
import { cidToText, type Hasher, makeCid } from "./cid.ts";
import { ImageError } from "./errors.ts";
import { PAGE_BYTES, PAGES_PER_WASM_PAGE, TABLE_PAGES } from "./limits.ts";
import { PageComparer } from "./page-compare.ts";
import { decodePageTable, encodePageTable } from "./page-table.ts";
import type { MemoryState } from "./state.ts";
import { isZeroPage, makeStoredMemory, Runs, toWords } from "./stored-memory.ts";

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
  const comparer = base && new PageComparer(memory.bytes, base, sink.hasher);
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
      if (baseHash !== undefined && comparer?.isSame(page, baseHash) === true) {
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

export interface MemoryReader {
  readonly source: BlockSource;
  readonly base: BaseMemory | undefined;
  readonly where: string;
  /** Name of the page that is all zeros, which must never be stored. */
  readonly zeroPage: string;
}

/** The size has been checked against the limits. Every page is looked at now; the bytes are put together when they are needed. */
export function decodeMemory(
  memory: { readonly pages: number; readonly tables: readonly (Uint8Array | null)[] },
  reader: MemoryReader,
): MemoryState {
  const pageCount = memory.pages * PAGES_PER_WASM_PAGE;
  const runs = new Runs();
  for (const [index, cid] of memory.tables.entries()) {
    if (cid === null) continue;
    const first = index * TABLE_PAGES;
    const count = Math.min(TABLE_PAGES, pageCount - first);
    const table = reader.base?.tables[index];
    const baseTable = table?.hashes.length === count ? table : undefined;
    if (baseTable?.cid && equalBytes(baseTable.cid, cid)) addBasePages(runs, first, baseTable, reader);
    else decodeTable({ runs, first, count, cid, baseTable: table }, reader);
  }
  return makeStoredMemory(memory.pages, runs);
}

function addBasePages(runs: Runs, first: number, table: BaseTable, reader: MemoryReader): void {
  const { bytes } = reader.base as BaseMemory;
  for (const [index, hash] of table.hashes.entries()) {
    const at = (first + index) * PAGE_BYTES;
    if (hash !== null) runs.addPage(at, bytes, at);
  }
}

function decodeTable(
  table: { runs: Runs; first: number; count: number; cid: Uint8Array; baseTable: BaseTable | undefined },
  reader: MemoryReader,
): void {
  const { runs, first, count, cid, baseTable } = table;
  const where = `${reader.where}: page table ${first / TABLE_PAGES}`;
  const block = reader.source(cidToText(cid));
  if (block === undefined) throw missing(where, cid);
  const hashes = decodePageTable(block, { count, where });
  for (const [index, hash] of hashes.entries()) {
    if (hash === null) continue;
    const at = (first + index) * PAGE_BYTES;
    const baseHash = baseTable?.hashes[index];
    if (baseHash && reader.base !== undefined && equalBytes(baseHash, hash)) runs.addPage(at, reader.base.bytes, at);
    else runs.addPage(at, readPage(hash, `${where}: page ${index}`, reader), 0);
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
