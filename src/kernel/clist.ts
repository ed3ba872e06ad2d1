/**
 * The c-list: what a process holds, and all it can reach, by small positive integers. The same capability has one position for
 * as long as it is held; a position that was dropped is given to the next new entry, the lowest first.
 * @module
 */

import type { Capability } from "../passable/index.ts";
import { type Held, HeldMap } from "./held-map.ts";
import { CLIST_ENTRIES_MAX, CLIST_ENTRIES_PER_TREE_MAX } from "./limits.ts";
import { PromiseCell } from "./promise-cell.ts";
import type { ProcessRecord } from "./record.ts";
import type { Source } from "./source.ts";

export type ClistEntry =
  | { readonly kind: "capability"; readonly capability: Capability; readonly endowment: string | undefined }
  | { readonly kind: "promise"; readonly cell: PromiseCell; listening: boolean }
  | { readonly kind: "resolver"; readonly cell: PromiseCell }
  | { readonly kind: "child"; readonly process: ProcessRecord; listening: boolean }
  | { readonly kind: "source"; readonly source: Source; readonly pages: number };

/** How many entries the c-lists of a tree have together. */
export interface EntryCount {
  entries: number;
}

const BITS = 32;
const ALL_TAKEN = -1;

export class Clist {
  readonly #entries = new Map<number, ClistEntry>();
  readonly #positions = new HeldMap<number>();
  /** Where endowments are, by name: few have any. An image may claim several of one name. */
  #endowments: Map<string, Set<number>> | undefined;
  /** One bit for each position that is taken, up to the highest ever; position 0 always is. */
  readonly #taken: number[] = [1];
  /** No word before this one has a free bit. */
  #firstWord = 0;
  #isClosed = false;
  /** Undefined once the process is gone. */
  #tree: EntryCount | undefined;

  constructor(tree: EntryCount = { entries: 0 }) {
    this.#tree = tree;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(position: number): ClistEntry | undefined {
    return this.#entries.get(position);
  }

  /** Where this capability, promise or child is held already. */
  find(held: Held): number | undefined {
    return this.#positions.get(held);
  }

  /** The position of an endowment, of several the lowest; 0 where there is none of that name. */
  findEndowment(name: string): number {
    const [position = 0] = this.#endowments?.get(name) ?? [];
    return position;
  }

  /** Room for so many new entries? */
  hasRoom(count: number): boolean {
    const all = (this.#tree?.entries ?? 0) + count;
    return this.#entries.size + count <= CLIST_ENTRIES_MAX && all <= CLIST_ENTRIES_PER_TREE_MAX;
  }

  /** The entry's position, its present one where it is held already; undefined where the c-list is full. */
  add(entry: ClistEntry): number | undefined {
    const key = keyOf(entry);
    const present = key === undefined ? undefined : this.#positions.get(key);
    if (present !== undefined) return present;
    if (!this.hasRoom(1)) return undefined;
    const position = this.#lowestFree();
    this.set(position, entry);
    return position;
  }

  /** Puts an entry where an image says it was. */
  set(position: number, entry: ClistEntry): void {
    if (!(Number.isInteger(position) && position > 0 && position <= CLIST_ENTRIES_MAX) || this.#entries.has(position)) {
      throw new RangeError(`position: expected a free one from 1 to ${CLIST_ENTRIES_MAX}, got ${position}`);
    }
    const word = position >>> 5;
    while (this.#taken.length <= word) this.#taken.push(0);
    this.#taken[word] = (this.#taken[word] as number) | (1 << (position & (BITS - 1)));
    this.#entries.set(position, entry);
    if (this.#tree !== undefined) this.#tree.entries++;
    if (!this.#isClosed) cellOf(entry)?.hold();
    const key = keyOf(entry);
    if (key !== undefined) this.#positions.set(key, position);
    const name = endowmentOf(entry);
    if (name === undefined) return;
    this.#endowments ??= new Map();
    const positions = this.#endowments.get(name);
    if (positions === undefined) this.#endowments.set(name, new Set([position]));
    else positions.add(position);
  }

  drop(position: number): ClistEntry | undefined {
    const entry = this.#entries.get(position);
    if (entry === undefined) return undefined;
    this.#entries.delete(position);
    if (this.#tree !== undefined) this.#tree.entries--;
    if (!this.#isClosed) cellOf(entry)?.letGo();
    const key = keyOf(entry);
    if (key !== undefined && this.#positions.get(key) === position) this.#positions.delete(key);
    const name = endowmentOf(entry);
    if (name !== undefined) this.#endowments?.get(name)?.delete(position);
    const word = position >>> 5;
    this.#taken[word] = (this.#taken[word] as number) & ~(1 << (position & (BITS - 1)));
    this.#firstWord = Math.min(this.#firstWord, word);
    return entry;
  }

  #lowestFree(): number {
    while (this.#taken[this.#firstWord] === ALL_TAKEN) this.#firstWord++;
    const free = ~(this.#taken[this.#firstWord] ?? 0);
    return this.#firstWord * BITS + 31 - Math.clz32(free & -free);
  }

  /** Its process has ended, and will fetch nothing any more. It can still be looked at. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const entry of this.#entries.values()) cellOf(entry)?.letGo();
  }

  /** Its process is gone: what it holds counts no more. */
  release(): void {
    if (this.#tree !== undefined) this.#tree.entries -= this.#entries.size;
    this.#tree = undefined;
  }

  /** By position, whatever happened before: images depend on it. */
  sortedEntries(): readonly [number, ClistEntry][] {
    return [...this.#entries].sort(([left], [right]) => left - right);
  }

  entries(): IterableIterator<[number, ClistEntry]> {
    return this.#entries.entries();
  }
}

/** The promise that a guest could fetch the answer of. */
function cellOf(entry: ClistEntry): PromiseCell | undefined {
  if (entry.kind === "promise") return entry.cell;
  return entry.kind === "capability" && entry.capability instanceof PromiseCell ? entry.capability : undefined;
}

function endowmentOf(entry: ClistEntry): string | undefined {
  return entry.kind === "capability" ? entry.endowment : undefined;
}

/** What makes two entries the same; resolvers and sources are always apart, and a promise that is an endowment cannot be waited for. */
function keyOf(entry: ClistEntry): Held | undefined {
  if (entry.kind === "capability") return entry.capability instanceof PromiseCell ? undefined : entry.capability;
  if (entry.kind === "promise") return entry.cell;
  if (entry.kind === "child") return entry.process;
  return undefined;
}
