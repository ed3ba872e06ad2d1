/**
 * Random modules of our own, made to stress the rewriter: values that lie on the operand stack across calls and loops, blocks
 * with parameters, branches that carry values, dead code, recursion, tail calls, exceptions, NaNs of all kinds. Always valid.
 * @module
 */

import { FunctionGenerator } from "./generate-function.ts";
import { constant } from "./generate-values.ts";
import { assemble, Bytes, TYPE_CODES } from "./module-writer.ts";
import type { Random } from "./random.ts";
import { randomShape, type Shape } from "./shape.ts";

const MEMORY_PAGES_MAX = 6;
const TABLE_ELEMENTS_MAX = 30;
const FUEL = 40;
const SEGMENT_BYTES = 200;
const SEGMENT_FUNCTIONS = 6;

const END = 0x0b;
const GLOBAL_SET = 0x24;
const FUNC = 0x00;

export function generateModule(random: Random): Uint8Array {
  const shape = randomShape(random);
  const defined = shape.functions.slice(shape.imports);
  const bodies = defined.map((_, i) => new FunctionGenerator(random, shape, shape.imports + i).body());
  bodies.push(refuel(shape));
  const refuelType = shape.types.numberOf({ params: [], results: [] });
  const types = [...defined.map(({ signature }) => shape.types.numberOf(signature)), refuelType];
  // Importing comes first in the file, but its types must be numbered before the type section is written.
  const imports = shape.functions
    .slice(0, shape.imports)
    .map(({ signature }, i) => new Bytes().name("host").name(`f${i}`).byte(FUNC).u32(shape.types.numberOf(signature)));
  const tags = shape.tags.map((tag) => new Bytes().byte(0).u32(shape.types.numberOf(tag)));
  return assemble(
    [
      { id: 1, items: shape.types.items() },
      { id: 2, items: imports },
      { id: 3, items: types.map((type) => new Bytes().u32(type)) },
      { id: 4, items: shape.tables.map((size) => new Bytes().byte(0x70, 1).u32(size).u32(TABLE_ELEMENTS_MAX)) },
      { id: 5, items: [new Bytes().byte(1).u32(1).u32(MEMORY_PAGES_MAX)] },
      { id: 13, items: tags },
      { id: 6, items: shape.globals.map((letter) => globalEntry(random, letter)) },
      { id: 7, items: exportEntries(shape) },
      { id: 9, items: elementEntries(random, shape) },
      { id: 12, items: [] },
      { id: 10, items: bodies.map((body) => new Bytes().sized(body)) },
      { id: 11, items: dataEntries(random, shape) },
    ],
    shape.passiveData + 1,
  );
}

function globalEntry(random: Random, letter: Shape["globals"][number]): Bytes {
  const entry = new Bytes().byte(TYPE_CODES[letter], 1);
  constant(entry, random, letter);
  return entry.byte(END);
}

/** Fills the fuel up again; exported before each other function. */
function refuel(shape: Shape): Bytes {
  return new Bytes().u32(0).byte(0x41).signed(BigInt(FUEL)).byte(GLOBAL_SET).u32(shape.fuel).byte(END);
}

function exportEntries(shape: Shape): Bytes[] {
  const entries: Bytes[] = [];
  for (let i = shape.imports; i < shape.functions.length; i++) {
    entries.push(new Bytes().name(`refuel${i}`).byte(FUNC).u32(shape.functions.length));
    entries.push(new Bytes().name(`f${i}`).byte(FUNC).u32(i));
  }
  return entries;
}

/** One active segment for the first table, one declarative for all functions, and the passive ones. */
function elementEntries(random: Random, shape: Shape): Bytes[] {
  const active = new Bytes().byte(4, 0x41, 0, END).u32(shape.slots.length);
  for (const slot of shape.slots) {
    if (slot === undefined) active.byte(0xd0, 0x70, END);
    else active.byte(0xd2).u32(slot).byte(END);
  }
  const declared = new Bytes().byte(3, 0).u32(shape.functions.length);
  for (let i = 0; i < shape.functions.length; i++) declared.u32(i);
  const passive = Array.from({ length: shape.passiveElements }, () => {
    const entry = new Bytes().byte(1, 0).u32(SEGMENT_FUNCTIONS);
    for (let i = 0; i < SEGMENT_FUNCTIONS; i++) entry.u32(random.below(shape.functions.length));
    return entry;
  });
  return [...passive, active, declared];
}

/** The passive ones first, then an active one. */
function dataEntries(random: Random, shape: Shape): Bytes[] {
  const passive = Array.from({ length: shape.passiveData }, () =>
    new Bytes().byte(1).u32(SEGMENT_BYTES).bytes(random.bytes(SEGMENT_BYTES)),
  );
  const active = new Bytes().byte(0, 0x41, 0, END).u32(SEGMENT_BYTES).bytes(random.bytes(SEGMENT_BYTES));
  return [...passive, active];
}
