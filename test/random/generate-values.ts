/**
 * The straight parts of generated code: constants, and which instructions give or store what. The instructions are taken from the
 * oracle's tables, so that none is forgotten.
 * @module
 */

import { LANE_ACCESSES, LANE_OPERATIONS, MEMORY_ACCESSES } from "../oracle/access.ts";
import { OPERATIONS } from "../oracle/decode.ts";
import type { Operation } from "../oracle/operation.ts";
import type { Bytes, Letter } from "./module-writer.ts";
import type { Random } from "./random.ts";
import { randomF32, randomF64, randomInteger } from "./values.ts";

/** An instruction with what it takes; `immediates` writes what follows the opcode. */
export interface Plain {
  readonly opcode: number;
  readonly name: string;
  readonly params: readonly Letter[];
  readonly results: readonly Letter[];
  readonly immediates: (bytes: Bytes, random: Random) => void;
}

const VECTOR_BITS = 128;
const OFFSET_MAX = 40;
/** The largest power of two that every access may claim as its alignment. */
const ALIGNMENT = 0;

const asLetters = (text: string): Letter[] => [...text].filter(isLetter);

function isLetter(text: string): text is Letter {
  return "iIfFvr".includes(text);
}

function plain(opcode: number, operation: Operation, immediates: Plain["immediates"]): Plain {
  const { name, params, results } = operation;
  return { opcode, name, params: asLetters(params), results: asLetters(results), immediates };
}

const memoryImmediates: Plain["immediates"] = (bytes, random) => {
  bytes.u32(ALIGNMENT).u32(random.below(OFFSET_MAX));
};

function lanesOf(name: string): number {
  const shape = /^[if]\d+x(\d+)/.exec(name);
  if (shape?.[1] !== undefined) return Number(shape[1]);
  const bits = /(\d+)_lane$/.exec(name);
  return VECTOR_BITS / Number(bits?.[1] ?? VECTOR_BITS);
}

const AT = { memory: 0, offset: 0 };

const ALL: readonly Plain[] = [
  ...[...OPERATIONS]
    .filter(([, { name }]) => name !== "ref.as_non_null")
    .map(([code, op]) => plain(code, op, () => {})),
  ...[...MEMORY_ACCESSES].map(([code, access]) => plain(code, access(AT), memoryImmediates)),
  ...[...LANE_OPERATIONS].map(([code, make]) => {
    const operation = make(0);
    return plain(code, operation, (bytes, random) => bytes.byte(random.below(lanesOf(operation.name))));
  }),
  ...[...LANE_ACCESSES].map(([code, make]) => {
    const operation = make(AT, 0);
    return plain(code, operation, (bytes, random) => {
      memoryImmediates(bytes, random);
      bytes.byte(random.below(lanesOf(operation.name)));
    });
  }),
];

export const STORES: readonly Plain[] = ALL.filter(({ results }) => results.length === 0);

const BY_RESULT: ReadonlyMap<Letter, readonly Plain[]> = new Map(
  (["i", "I", "f", "F", "v", "r"] as const).map((letter) => [
    letter,
    ALL.filter(({ results }) => results[0] === letter),
  ]),
);

const TRAPPING_KEPT = 0.1;

/** An instruction with this result, if there is one; conversions that trap are rare. */
export function randomPlain(random: Random, result: Letter): Plain | undefined {
  const choices = BY_RESULT.get(result) ?? [];
  if (choices.length === 0) return undefined;
  const choice = random.pick(choices);
  const trapping = /\.trunc_f(32|64)_/.test(choice.name);
  return trapping && !random.chance(TRAPPING_KEPT)
    ? random.pick(choices.filter(({ name }) => !name.includes("trunc_f")))
    : choice;
}

export function isAccess({ name }: Plain): boolean {
  return /\.(load|store)/.test(name);
}

export function isDivision({ name }: Plain): boolean {
  return /^i(32|64)\.(div|rem)_/.test(name);
}

/** Also a constant expression; references are null. */
export function constant(bytes: Bytes, random: Random, letter: Letter): void {
  switch (letter) {
    case "i":
      bytes.byte(0x41).signed(BigInt.asIntN(32, randomInteger(random)));
      return;
    case "I":
      bytes.byte(0x42).signed(randomInteger(random));
      return;
    case "f":
      bytes.byte(0x43).fixed(BigInt(randomF32(random)), 4);
      return;
    case "F":
      bytes.byte(0x44).fixed(randomF64(random), 8);
      return;
    case "v":
      bytes
        .byte(0xfd)
        .u32(12)
        .fixed(randomF64(random), 8)
        .fixed(BigInt(randomF32(random)), 4)
        .fixed(BigInt(randomF32(random)), 4);
      return;
    case "r":
      bytes.byte(0xd0, 0x70);
      return;
    case "e":
      bytes.byte(0xd0, 0x69);
  }
}
