/**
 * What an instance holds besides its functions: memories, tables and globals.
 * @module
 */

import { type Reference, Trap, type Value } from "./values.ts";

export const PAGE_BYTES = 65536;
export const MEMORY_PAGES_MAX = 65536;
/** The limit of the WebAssembly JavaScript interface, on every engine. */
export const TABLE_ELEMENTS_MAX = 10_000_000;
/** Of all tables together, counted as one page of memory. */
export const TABLE_ELEMENTS_PER_PAGE = 2048;

export class Memory {
  bytes: Uint8Array;
  readonly pagesMax: number;
  readonly declaredMax: number | undefined;

  constructor(pages: number, declaredMax: number | undefined) {
    this.bytes = new Uint8Array(pages * PAGE_BYTES);
    this.declaredMax = declaredMax;
    this.pagesMax = Math.min(declaredMax ?? MEMORY_PAGES_MAX, MEMORY_PAGES_MAX);
  }

  get pages(): number {
    return this.bytes.length / PAGE_BYTES;
  }

  growTo(pages: number): void {
    const bytes = new Uint8Array(pages * PAGE_BYTES);
    bytes.set(this.bytes);
    this.bytes = bytes;
  }

  /** Where an access of `length` bytes starts; traps if any of them is outside. */
  locate(address: number, offset: number, length: number): number {
    const start = (address >>> 0) + offset;
    if (start + length > this.bytes.length) throw new Trap("memory-out-of-bounds");
    return start;
  }

  read(start: number, length: number): bigint {
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[start + i] ?? 0);
    return value;
  }

  /** The same for at most four bytes, without big integers. */
  readSmall(start: number, length: number): number {
    let value = 0;
    for (let i = length - 1; i >= 0; i--) value = (value << 8) | (this.bytes[start + i] ?? 0);
    return value >>> 0;
  }

  write(start: number, length: number, value: bigint): void {
    let rest = value;
    for (let i = 0; i < length; i++) {
      this.bytes[start + i] = Number(rest & 0xffn);
      rest >>= 8n;
    }
  }

  writeSmall(start: number, length: number, value: number): void {
    for (let i = 0; i < length; i++) this.bytes[start + i] = value >>> (8 * i);
  }
}

export class Table {
  readonly elements: Reference[];
  readonly elementsMax: number;
  readonly declaredMax: number | undefined;

  constructor(size: number, declaredMax: number | undefined, fill: Reference) {
    this.elements = new Array<Reference>(size).fill(fill);
    this.declaredMax = declaredMax;
    this.elementsMax = Math.min(declaredMax ?? TABLE_ELEMENTS_MAX, TABLE_ELEMENTS_MAX);
  }

  get(index: number): Reference {
    const element = this.elements[index >>> 0];
    if (element === undefined) throw new Trap("table-out-of-bounds");
    return element;
  }

  set(index: number, element: Reference): void {
    if (index >>> 0 >= this.elements.length) throw new Trap("table-out-of-bounds");
    this.elements[index >>> 0] = element;
  }
}

export interface Global {
  value: Value;
}
