/**
 * Writes the binary format for the generator: code as a growing list of bytes, and the sections of a module.
 * @module
 */

/** A value type by the letter of the oracle's signatures; "r" is funcref, "e" exnref. */
export type Letter = "i" | "I" | "f" | "F" | "v" | "r" | "e";

export interface Signature {
  readonly params: readonly Letter[];
  readonly results: readonly Letter[];
}

export const TYPE_CODES: { readonly [letter in Letter]: number } = {
  i: 0x7f,
  I: 0x7e,
  f: 0x7d,
  F: 0x7c,
  v: 0x7b,
  r: 0x70,
  e: 0x69,
};

export type BlockKind = "block" | "loop" | "if";
export const OPENERS: { readonly [kind in BlockKind]: number } = { block: 0x02, loop: 0x03, if: 0x04 };

const BLOCK_EMPTY = 0x40;

export class Bytes {
  readonly list: number[] = [];

  byte(...bytes: number[]): this {
    this.list.push(...bytes);
    return this;
  }

  /** Any number of them: a spread has an engine's limit. */
  bytes(bytes: Iterable<number>): this {
    for (const byte of bytes) this.list.push(byte);
    return this;
  }

  u32(value: number): this {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.list.push((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.list.push(rest);
    return this;
  }

  signed(value: bigint): this {
    let rest = value;
    for (;;) {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      if ((rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0)) {
        this.list.push(low);
        return this;
      }
      this.list.push(low | 0x80);
    }
  }

  /** Little-endian. */
  fixed(value: bigint, length: number): this {
    for (let i = 0; i < length; i++) this.list.push(Number((value >> BigInt(8 * i)) & 0xffn));
    return this;
  }

  /** An opcode as the oracle numbers it: a prefix byte in the high part. */
  opcode(code: number): this {
    return code > 0xff ? this.byte(code >>> 16).u32(code & 0xffff) : this.byte(code);
  }

  name(text: string): this {
    const bytes = new TextEncoder().encode(text);
    return this.u32(bytes.length).bytes(bytes);
  }

  blockType({ params, results }: Signature, types: TypeTable): this {
    const [result] = results;
    if (params.length > 0 || results.length > 1) return this.signed(BigInt(types.numberOf({ params, results })));
    return this.byte(result === undefined ? BLOCK_EMPTY : TYPE_CODES[result]);
  }

  /** Another list, with its length before it. */
  sized(other: Bytes): this {
    return this.u32(other.list.length).bytes(other.list);
  }

  types(letters: readonly Letter[]): this {
    this.u32(letters.length);
    for (const letter of letters) this.byte(TYPE_CODES[letter]);
    return this;
  }
}

/** Function types, each once. */
export class TypeTable {
  readonly #types: Signature[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(signature: Signature): number {
    const key = `${signature.params.join("")}:${signature.results.join("")}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#types.length;
      this.#types.push(signature);
      this.#numbers.set(key, number);
    }
    return number;
  }

  items(): Bytes[] {
    return this.#types.map(({ params, results }) => new Bytes().byte(0x60).types(params).types(results));
  }
}

const HEADER: readonly number[] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

const DATA_COUNT_SECTION = 12;

/** Sections in the order given; empty ones are left out. The data count comes before the code. */
export function assemble(sections: readonly { id: number; items: readonly Bytes[] }[], dataCount: number): Uint8Array {
  const module = new Bytes().bytes(HEADER);
  for (const { id, items } of sections) {
    if (id === DATA_COUNT_SECTION) module.byte(id).sized(new Bytes().u32(dataCount));
    if (items.length === 0) continue;
    const contents = new Bytes().u32(items.length);
    for (const item of items) contents.bytes(item.list);
    module.byte(id).sized(contents);
  }
  return Uint8Array.from(module.list);
}
